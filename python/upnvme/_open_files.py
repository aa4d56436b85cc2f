# SPDX-License-Identifier: BSD-3-Clause
"""The open files of a controller: what they have buffered is written before the controller goes."""

from __future__ import annotations

from _thread import get_ident
from _weakref import ref

from ._errors import ClosedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._file import File, RawFile


class OpenFiles:
    """Weak references to files, each as the caller has it: with its buffer, if it has one."""

    __slots__ = ("_entries", "_closers")

    def __init__(self) -> None:
        self._entries: dict[int, tuple[ref[File], ref[RawFile]]] = {}
        self._closers: set[int] = set()

    def add(self, file: File, raw: RawFile) -> None:
        """Notes one until it is closed."""
        self._entries[id(raw)] = ref(file), ref(raw)

    def remove(self, raw: RawFile) -> None:
        """It was closed."""
        self._entries.pop(id(raw), None)

    def __len__(self) -> int:
        return len(self._entries)

    def check(self) -> None:
        """Who begins to move data while another thread closes the files would keep that waiting for the device."""
        if self._closers and get_ident() not in self._closers:
            raise ClosedError(108, "the controller is being closed")

    def close(self, errors: list[Exception], busy: bool = False) -> None:
        """Writes what is buffered, closes the files, and collects what failed.

        A file in which another thread waits for the device is left alone, unless `busy`: that thread may wait for ever.
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
            file.flush()  # apart, because a close that Ctrl-C interrupts would lose what is not written yet
    except Exception as error:
        errors.append(error)
    try:
        file.close()
    except Exception as error:  # flushing failed once more
        if not errors:
            errors.append(error)


def raise_all(errors: list[Exception], what: str) -> None:
    """The one that there is, or several as a group."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ExceptionGroup(what, errors)
