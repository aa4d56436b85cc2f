# SPDX-License-Identifier: BSD-3-Clause
"""The end of the interpreter: what is open then is closed, so that no device writes into memory that goes."""

from __future__ import annotations

import atexit
from _weakref import ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._session import SessionBase

_open: set[ref[SessionBase]] = set()


def remember(controller: SessionBase) -> None:
    """Notes a controller until it goes."""
    _open.add(ref(controller, _open.discard))


def remembered() -> list[SessionBase]:
    """Those that live, open or not."""
    return [controller for controller in [entry() for entry in tuple(_open)] if controller is not None]


@atexit.register
def _close_all() -> None:
    for controller in remembered():
        if controller.is_open:
            controller.close()
