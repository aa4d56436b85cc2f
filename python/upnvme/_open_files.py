# SPDX-License-Identifier: BSD-3-Clause
"""The open files of a controller, whose buffered data is written before the controller is closed."""

from __future__ import annotations

from _thread import get_ident
from _weakref import ref

from ._errors import ClosedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._file import File, RawFile


class OpenFiles:
    """Weak references to the open files: to the object that the caller has, and to its raw file."""

    __slots__ = ("_entries", "_closers")

    def __init__(self) -> None:
        self._entries: dict[int, tuple[ref[File], ref[RawFile]]] = {}
        self._closers: set[int] = set()

    def add(self, file: File, raw: RawFile) -> None:
        """Notes a file until it is closed."""
        self._entries[id(raw)] = ref(file), ref(raw)

    def remove(self, raw: RawFile) -> None:
        """Forgets a file that was closed."""
        self._entries.pop(id(raw), None)

    def __len__(self) -> int:
        return len(self._entries)

    def check(self) -> None:
        """Refuses a new transfer while another thread closes the files: it would wait for the transfer's end."""
        if self._closers and get_ident() not in self._closers:
            raise ClosedError(108, "the controller is being closed")

    def close(self, errors: list[Exception], busy: bool = False) -> None:
        """Writes the buffered data, closes the files, and collects the errors.

        A file in which another thread waits for the device stays open, unless `busy`: that thread may wait for ever.
        """
        me = get_ident()
        first = me not in self._closers
        self._closers.add(me)
        try:
            for file, raw in tuple(self._entries.values()):
                _end(file(), raw(), errors, busy)
        finally:
            if first:
                self._closers.discard(me)


def _end(file: File | None, raw: RawFile | None, errors: list[Exception], busy: bool) -> None:
    if file is None or raw is None or (raw.moving and not busy):
        return
    try:
        if not file.closed:
            file.flush()  # before the close, since a close that Ctrl-C interrupts would lose unwritten data
    except Exception as error:
        errors.append(error)
    try:
        file.close()
    except Exception as error:  # flushing failed once more
        if not errors:
            errors.append(error)


def raise_all(errors: list[Exception], what: str) -> None:
    """Raises the error, or several errors as a group with the text `what`; does nothing without any."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ExceptionGroup(what, errors)
