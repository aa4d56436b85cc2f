# SPDX-License-Identifier: BSD-3-Clause
"""The end of the interpreter: what is open then is closed, so that no device writes into memory that goes."""

from __future__ import annotations

import atexit
from _weakref import ref
from contextlib import ExitStack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._session import SessionBase

_open: set[ref[SessionBase]] = set()


def remember(controller: SessionBase) -> None:
    """Notes a controller until it goes."""
    _open.add(ref(controller, _open.discard))


@atexit.register
def _close_all() -> None:
    with ExitStack() as ends:  # each, whatever the others say
        for controller in [entry() for entry in tuple(_open)]:
            if controller is not None and controller.is_open:
                ends.callback(controller.close)
