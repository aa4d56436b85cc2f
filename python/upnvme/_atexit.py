# SPDX-License-Identifier: BSD-3-Clause
"""The end of the interpreter: open controllers are closed, so that no device writes into freed memory, and the buffered
data of files is written. Failures are told on standard error, and the exit code is 120."""

from __future__ import annotations

import atexit
import errno
import sys
from _weakref import ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._session import SessionBase

_open: set[ref[SessionBase]] = set()


def remember(controller: SessionBase) -> None:
    """Notes a controller by a weak reference, which goes with the controller."""
    _open.add(ref(controller, _open.discard))


class _Failed:
    """A standard output that cannot be flushed: so late, only such a failure still changes Python's exit code."""

    closed = False

    def __init__(self, inner: Any) -> None:
        self._inner, self._told = inner, False

    def flush(self) -> None:
        if self._inner is not None:
            self._inner.flush()
        if not self._told:
            self._told = True
            raise OSError(errno.EIO, "controllers or files that were open at the exit could not be closed")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __repr__(self) -> str:
        return "<upnvme at exit>"


def remembered() -> list[SessionBase]:
    """The living controllers, open or not."""
    return [controller for controller in [entry() for entry in tuple(_open)] if controller is not None]


@atexit.register
def _close_all() -> None:
    failed = False
    for controller in remembered():
        try:
            if controller.is_open:
                controller.close()
        except BaseException as error:  # the other controllers are closed all the same
            sys.excepthook(type(error), error, error.__traceback__)
            failed = True
    if failed:
        sys.stdout = _Failed(sys.stdout)
