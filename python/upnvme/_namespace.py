# SPDX-License-Identifier: BSD-3-Clause
"""A namespace, whose calls wait for their commands."""

from __future__ import annotations

from . import _upnvme
from ._parts import tell
from ._space import SpaceBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._buffer import Buffer
    from ._controller import Controller
    from ._file import File
    from ._typing import Int, ReadableBuffer, WriteableBuffer

_READ, _WRITE, _COMPARE = _upnvme.UPNVME_OP_READ, _upnvme.UPNVME_OP_WRITE, _upnvme.UPNVME_OP_COMPARE
_space_read, _space_move, _space_tell = _upnvme.space_read, _upnvme.space_move, tell


class Namespace(SpaceBase):
    """A namespace of a controller, from `Controller.namespaces`; for any thread.

    Each call borrows a queue pair from a small pool, and waits for its command; when all are lent, calls wait in turn.
    `lba` and `blocks` count logical blocks of `block_size` bytes; a request may have any number of blocks, and the
    library splits it. `flags` are of `upnvme.Flag`; `timeout` is in seconds, None for a wait without end. A call that
    is interrupted (by Ctrl-C, or the timeout) leaves its command with the device, and the command keeps its memory.

    All commands: RangeError past the end, NVMeError for an error of the device, TimeoutError, ClosedError,
    NamespaceNotFoundError when the namespace has gone, ControllerError when the controller fails, ForkedError in a
    child process.
    """

    __slots__ = ()

    @property
    def controller(self) -> Controller:
        """The controller of the namespace."""
        return self._controller  # type: ignore[return-value]

    def read(self, lba: Int, blocks: Int = 1, flags: Int = 0, timeout: float | None = None) -> Buffer:
        """Reads blocks into DMA memory of their own (NVM Command Set 1.0c, 3.2.4).

        The Buffer has `blocks * block_size` bytes, and more where metadata follows each block's data. OutOfMemoryError.
        """
        buffer: Buffer = _space_read(self, lba, blocks, flags, timeout)
        return buffer

    def readinto(self, buf: WriteableBuffer, lba: Int = 0, flags: Int = 0, timeout: float | None = None) -> None:
        """Reads as many blocks as fill `buf` (3.2.4), without a copy where the device reaches it.

        ValueError, BufferError: `buf` is not writable, contiguous memory of a whole number of blocks.
        """
        _space_move(self, _READ, buf, lba, flags, timeout)

    def write(self, lba: Int, data: ReadableBuffer, flags: Int = 0, timeout: float | None = None) -> None:
        """Writes a whole number of blocks (NVM Command Set 1.0c, 3.2.6); without a copy where the device reaches the
        memory.

        `data` is any contiguous memory; ValueError if it is no whole number of blocks. The data is durable after
        flush(), or with Flag.FUA.
        """
        _space_move(self, _WRITE, data, lba, flags, timeout)

    def writefrom(self, buf: ReadableBuffer, lba: Int = 0, flags: Int = 0, timeout: float | None = None) -> None:
        """Does as write, with arguments in the order of readinto."""
        _space_move(self, _WRITE, buf, lba, flags, timeout)

    def compare(self, lba: Int, data: ReadableBuffer, flags: Int = 0, timeout: float | None = None) -> None:
        """Makes the device compare blocks with `data` (NVM Command Set 1.0c, 3.2.1).

        MediaError "Compare Failure" where they differ, UnsupportedError where the controller cannot.
        """
        _space_move(self, _COMPARE, data, lba, flags, timeout)

    def flush(self, timeout: float | None = None) -> None:
        """Makes all completed writes of the namespace durable (NVMe Base 2.0c, 7.1)."""
        _space_tell(self, _upnvme.UPNVME_OP_FLUSH, 0, 0, 0, timeout)

    def write_zeroes(self, lba: Int, blocks: Int, flags: Int = 0, timeout: float | None = None) -> None:
        """Makes blocks read as zeroes (NVM Command Set 1.0c, 3.2.8). UnsupportedError where the controller cannot."""
        _space_tell(self, _upnvme.UPNVME_OP_WRITE_ZEROES, lba, blocks, flags, timeout)

    def deallocate(self, lba: Int, blocks: Int, timeout: float | None = None) -> None:
        """Tells the device that blocks are not needed any more (NVM Command Set 1.0c, 3.2.3).

        `info.deallocated_reads_zero` says what such blocks read as. UnsupportedError where the controller cannot.
        """
        _space_tell(self, _upnvme.UPNVME_OP_DATASET_MANAGEMENT, lba, blocks, 0, timeout)

    def verify(self, lba: Int, blocks: Int, flags: Int = 0, timeout: float | None = None) -> None:
        """Makes the device read blocks and check them, without moving data (NVM Command Set 1.0c, 3.2.5).

        MediaError where one is bad, UnsupportedError where the controller cannot.
        """
        _space_tell(self, _upnvme.UPNVME_OP_VERIFY, lba, blocks, flags, timeout)

    def open(self, mode: str = "rb", offset: int = 0, size: int | None = None, buffering: int = -1) -> File:
        """Opens the namespace, or `size` bytes from `offset` of it, as a file of fixed size.

        Modes are "rb" and "r+b". The namespace keeps no length of the written data: for a program that looks for a
        file's end (zip, Parquet), give the length as `size`. `size` and `offset` are in bytes, and need no alignment.
        `buffering` is as in the built-in open. flush() writes the buffered data, sync() also makes it durable. A write
        past the end of the file writes the bytes that fit, and the next one fails with ENOSPC. Each thread may have
        files of its own; writes of several files of one controller never lose each other's bytes. Closing the
        controller, or the end of the interpreter, writes the buffered data.

        AccessError: "r+b" where the namespace is read-only.
        """
        from ._buffered import open_file

        return open_file(self, mode, offset, size, buffering)

    def fromfile(self, dtype: Any, count: int = -1, offset: int = 0) -> Any:
        """Reads a NumPy array of `dtype`, `count` items from byte `offset` on (-1: as many as there are).

        The array has one dimension, and is DMA memory itself: nothing is copied. ValueError for data past the end.
        """
        from ._numpy import fromfile

        return fromfile(self, dtype, count, offset)

    def tofile(self, array: Any, offset: int = 0) -> None:
        """Writes a NumPy array's bytes, in C order, from byte `offset` on; other bytes in these blocks stay."""
        from ._numpy import tofile

        tofile(self, array, offset)
