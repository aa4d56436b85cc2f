# SPDX-License-Identifier: BSD-3-Clause
"""A part of a namespace as a file of a fixed size, which is read and written at any byte."""

from __future__ import annotations

import errno
import io
import os
import weakref
from typing import TYPE_CHECKING

from ._errors import ForkedError

if TYPE_CHECKING:
    from typing import BinaryIO, NoReturn

    from _typeshed import ReadableBuffer, WriteableBuffer

    from ._namespace import Namespace

    class File(BinaryIO):
        """The result of Namespace.open: also a BufferedReader or a BufferedRandom, or with buffering=0 a RawFile."""

        def sync(self) -> None:
            """Writes the buffered data, and makes it durable."""

        def __enter__(self) -> File: ...

# The most bytes that one call of the raw file moves.
LARGEST = 1 << 20
# The number of bytes that a small read fetches: LEAST_AHEAD for scattered reads; for each read that follows the one
# before GROWTH times as many, up to LARGEST.
LEAST_AHEAD, GROWTH = 4096, 8


class RawFile(io.RawIOBase):
    """The unbuffered file. Blocks that are written in part are read, changed and written back; whole blocks are moved
    as they are.

    Writes of one controller's files exclude each other where their blocks overlap, so that no write loses another's
    bytes. `room` is the size in bytes of the buffer above the file; 0: there is none.
    """

    _above: weakref.ref[File] | None = None
    _alone = False

    def __init__(self, ns: Namespace, mode: str, offset: int, size: int | None, room: int = 0) -> None:
        super().__init__()
        self._files = ns.controller._files
        self._ns, self._block, self._start = ns, ns.block_size, offset
        self._size = part_of(ns.size, offset, size)
        self._ranges = ns.controller._ranges_of(ns.nsid)
        self._room, self._ahead, self._read_end = room, max(LEAST_AHEAD, self._block), -1
        self._at = 0
        self.moving = 0
        """The number of threads that are moving data, and may wait for the device."""
        self.mode, self.name = mode, f"{ns.controller.uri}#{ns.nsid}"

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return "+" in self.mode

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        self._check_open()
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        self._check_open()
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}.get(whence)
        if base is None:
            raise ValueError(f"whence must be 0, 1 or 2, not {whence}")
        if base + offset < 0:
            raise ValueError(f"negative position {base + offset}")
        self._at = base + offset
        return self._at

    def truncate(self, size: int | None = None, /) -> int:
        self._check_open()
        wanted = self._at if size is None else size
        if wanted != self._size:
            raise io.UnsupportedOperation(f"the file has {self._size} bytes for ever, and cannot get {wanted}: a "
                                          "namespace keeps no length; open a part of it with size=")
        return wanted

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        self._check_open()
        view = memoryview(buffer).cast("B")
        n = min(len(view), self._size - self._at, LARGEST)
        if n <= 0:
            return 0
        self._check_format()
        n = min(n, self._window(len(view)))
        first, end, before = self._blocks(n)
        with self._mover():
            if before or n % self._block:
                view[:n] = memoryview(self._ns.read(first, end - first))[before:before + n]
            else:
                self._ns.readinto(view[:n], first)
        self._check_format()  # the format may have changed during the read
        self._at += n
        self._read_end = self._at
        return n

    def write(self, buffer: ReadableBuffer, /) -> int:
        self._check_open()
        if not self.writable():
            raise io.UnsupportedOperation("not writable")
        view = memoryview(buffer).cast("B")
        n = min(len(view), self._size - self._at, LARGEST)
        if not len(view):
            return 0
        if n <= 0:
            raise OSError(errno.ENOSPC, f"the file ends at {self._size}", self.name)
        self._check_format()
        first, end, before = self._blocks(n)
        with self._mover(), self._ranges.hold(first, end):
            if before or n % self._block:
                self._change(first, end, before, view[:n])
            else:
                self._ns.write(first, view[:n])
        self._at += n
        return n

    def sync(self) -> None:
        """Makes written data durable, and the data in a buffer above; flush() only writes that data."""
        above = self._above() if self._above else None
        (above or self).flush()
        self._ns.flush()

    def close(self) -> None:
        super().close()
        self._files.remove(self)

    def become(self, file: File) -> None:
        """The object that the caller has: the file itself, or the buffer above."""
        self._alone = not self._room
        self._above = weakref.ref(file)
        self._files.add(file, self)

    def is_inherited(self) -> bool:
        """Whether this is a child of the process that opened the controller: the buffered data is the parent's."""
        try:
            return not self._ns.block_size
        except ForkedError:
            return True
        except OSError:
            return False

    def _mover(self) -> _Mover:
        return _Mover(self)

    def _window(self, wanted: int) -> int:
        """The number of bytes to read: more and more for reads that follow each other, unless the caller asks for more
        than a buffer full."""
        if wanted > self._room:
            return wanted
        least = max(LEAST_AHEAD, self._block)
        self._ahead = min(GROWTH * self._ahead, LARGEST) if self._at == self._read_end else least
        return self._ahead - (self._start + self._at) % self._block

    def _blocks(self, n: int) -> tuple[int, int, int]:
        """The first block of n bytes, the block behind the last, and the number of bytes in the first before them."""
        at = self._start + self._at
        return at // self._block, -(-(at + n) // self._block), at % self._block

    def _change(self, first: int, end: int, before: int, view: memoryview) -> None:
        """Writes blocks of which the first or the last is changed in part: reads these two, and no others."""
        data = self._ns.controller.alloc((end - first) * self._block)
        with memoryview(data) as blocks:
            self._ns.readinto(blocks[:self._block], first)
            if end - first > 1:
                self._ns.readinto(blocks[-self._block:], end - 1)
            blocks[before:before + len(view)] = view
        self._ns.write(first, data)

    def _check_format(self) -> None:
        """Refuses a namespace that was formatted: positions count in blocks of the size at the opening of the file."""
        block = self._ns.block_size
        if block != self._block:
            raise OSError(errno.ESTALE, f"the namespace was formatted, and has blocks of {block} bytes now, not "
                          f"{self._block}: open the file anew", self.name)

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file")

    def __del__(self) -> None:
        # The finaliser of a buffer above warns and closes in place of this one, also where both are garbage in one
        # cycle.
        if self._alone and not self.closed:
            if not self.is_inherited():
                warn_unclosed(self)
            self.close()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        refuse_pickle(self)

    def __repr__(self) -> str:
        return f"<upnvme.RawFile {self.name} mode={self.mode!r}>"


class _Mover:
    """A context for the time in which a raw file moves data."""

    __slots__ = ("_raw",)

    def __init__(self, raw: RawFile) -> None:
        self._raw = raw

    def __enter__(self) -> None:
        self._raw.moving += 1
        try:
            self._raw._files.check()
        except BaseException:
            self._raw.moving -= 1
            raise

    def __exit__(self, *exception: object) -> None:
        self._raw.moving -= 1


def part_of(whole: int, offset: int, size: int | None) -> int:
    """The number of bytes from `offset` on: `size`, or all if that is None. ValueError: there are not so many."""
    if not 0 <= offset <= whole:
        raise ValueError(f"offset must be from 0 to {whole}, which is the namespace's size, not {offset}")
    if size is None:
        return whole - offset
    if not 0 <= size <= whole - offset:
        raise ValueError(f"size must be from 0 to {whole - offset}, the number of bytes from {offset} on, not "
                         f"{size}")
    return size


def warn_unclosed(file: object) -> None:
    """Warns of a file that is dropped unclosed, as Python's own files do."""
    import warnings

    warnings.warn(f"unclosed {file!r}", ResourceWarning, stacklevel=3, source=file)


def refuse_pickle(file: object) -> NoReturn:
    """Refuses to pickle a file, which belongs to its controller, as the controller belongs to its process."""
    raise TypeError(f"{file!r} cannot be pickled: pickle an upnvme.Source, and open the file in the other process")
