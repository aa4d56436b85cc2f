# SPDX-License-Identifier: BSD-3-Clause
"""A part of a namespace as a file: unaligned, of a fixed size."""

from __future__ import annotations

import errno
import io
import os
from typing import TYPE_CHECKING

from ._ranges import Ranges

if TYPE_CHECKING:
    from typing import BinaryIO, SupportsIndex

    from _typeshed import ReadableBuffer, WriteableBuffer

    from ._namespace import Namespace

# What one call of the raw file moves at most, and what a buffered one reads ahead.
LARGEST = 1 << 20
BUFFER = 128 << 10

_MODES = {"rb": (True, False), "wb": (False, True), "r+b": (True, True), "rb+": (True, True), "w+b": (True, True),
          "wb+": (True, True)}


class RawFile(io.RawIOBase):
    """The unbuffered file. Parts of blocks are read, changed and written back, whole blocks are moved as they are.

    Writes of one controller's files exclude each other where their blocks overlap, so that none loses another's bytes.
    """

    def __init__(self, ns: Namespace, mode: str, offset: int, size: int | None) -> None:
        super().__init__()
        if mode not in _MODES:
            raise ValueError(f"mode must be one of {', '.join(sorted(_MODES))}, not {mode!r}")
        whole = ns.size
        if size is None:
            size = whole - offset
        if offset < 0 or size < 0 or offset + size > whole:
            raise ValueError(f"{size} bytes from {offset} are not within the namespace, which has {whole}")
        self._ns, self._block, self._start, self._size = ns, ns.block_size, offset, size
        self._readable, self._writable = _MODES[mode]
        self._ranges: Ranges = ns.controller._ranges_of(ns.nsid)
        self._at = 0
        self.mode, self.name = mode, f"{ns.controller.uri}#{ns.nsid}"

    def readable(self) -> bool:
        return self._readable

    def writable(self) -> bool:
        return self._writable

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
        raise io.UnsupportedOperation("the size is fixed")

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        self._check_open()
        if not self._readable:
            raise io.UnsupportedOperation("not readable")
        view = memoryview(buffer).cast("B")
        n = min(len(view), self._size - self._at, LARGEST)
        if n <= 0:
            return 0
        first, end, before = self._blocks(n)
        data = memoryview(self._ns.read(first, end - first))
        view[:n] = data[before:before + n]
        self._at += n
        return n

    def write(self, buffer: ReadableBuffer, /) -> int:
        self._check_open()
        if not self._writable:
            raise io.UnsupportedOperation("not writable")
        view = memoryview(buffer).cast("B")
        n = min(len(view), self._size - self._at, LARGEST)
        if not len(view):
            return 0
        if n <= 0:
            raise OSError(errno.ENOSPC, f"the file ends at {self._size}", self.name)
        first, end, before = self._blocks(n)
        with self._ranges.hold(first, end):
            if before or n % self._block:
                self._change(first, end, before, view[:n])
            else:
                self._ns.write(first, view[:n])
        self._at += n
        return n

    def sync(self) -> None:
        """Makes what was written durable; flush() only sees to it that it was written."""
        self.flush()
        self._ns.flush()

    def _blocks(self, n: int) -> tuple[int, int, int]:
        """The first block, the one behind the last, and how many bytes come before the position in the first."""
        at = self._start + self._at
        return at // self._block, -(-(at + n) // self._block), at % self._block

    def _change(self, first: int, end: int, before: int, view: memoryview) -> None:
        """Only the blocks at both ends are read."""
        data = self._ns.controller.alloc((end - first) * self._block)
        with memoryview(data) as blocks:
            self._ns.readinto(blocks[:self._block], first)
            if end - first > 1:
                self._ns.readinto(blocks[-self._block:], end - 1)
            blocks[before:before + len(view)] = view
        self._ns.write(first, data)

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file")

    def __repr__(self) -> str:
        return f"<upnvme.RawFile {self.name} mode={self.mode!r}>"


def open_file(ns: Namespace, mode: str, offset: int, size: SupportsIndex | None, buffering: int) -> BinaryIO:
    """As the built-in open: 0 is unbuffered, -1 leaves the size of the buffer to the package."""
    raw = RawFile(ns, mode, offset, None if size is None else int(size))
    if buffering == 0:
        return raw  # type: ignore[return-value]
    if buffering < -1 or buffering == 1:
        raise ValueError(f"buffering must be -1, 0 or a size, not {buffering}")
    room = BUFFER if buffering == -1 else buffering
    if raw.readable() and raw.writable():
        return io.BufferedRandom(raw, room)
    return io.BufferedReader(raw, room) if raw.readable() else io.BufferedWriter(raw, room)
