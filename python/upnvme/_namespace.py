# SPDX-License-Identifier: BSD-3-Clause
"""A namespace, with commands that are waited for."""

from __future__ import annotations

from . import _upnvme
from ._records import NamespaceInfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._buffer import Buffer
    from ._controller import Controller
    from ._typing import ReadableBuffer, WriteableBuffer

_READ, _WRITE, _COMPARE = _upnvme.UPNVME_OP_READ, _upnvme.UPNVME_OP_WRITE, _upnvme.UPNVME_OP_COMPARE
_space_read, _space_move, _space_tell = _upnvme.space_read, _upnvme.space_move, _upnvme.space_tell


class Namespace(_upnvme.Space):
    """A namespace of a controller, from `Controller.namespaces`; for any thread.

    Its commands wait for the device. Each borrows a queue pair of a small pool for its time; when all are lent, calls
    wait in turn. `flags` are of `upnvme.Flag`; `timeout` is in seconds, None for without end. A call that is
    interrupted (Ctrl-C, a timeout) leaves its command with the device, and its memory until the device is done.
    A device's refusal is an NVMeError.
    """

    __slots__ = ("_controller", "_nsid")

    def __init__(self, controller: Controller, nsid: int) -> None:
        _upnvme.space_open(self, controller, nsid)
        self._controller = controller
        self._nsid = nsid

    @property
    def controller(self) -> Controller:
        """Whose it is."""
        return self._controller

    @property
    def nsid(self) -> int:
        """Its identifier."""
        return self._nsid

    @property
    def block_size(self) -> int:
        """Bytes of data in a logical block."""
        return int(_upnvme.upnvme_ns_block_size(self))

    @property
    def block_count(self) -> int:
        """Logical blocks."""
        return int(_upnvme.upnvme_ns_block_count(self))

    @property
    def size(self) -> int:
        """Bytes of data in all."""
        return self.block_size * self.block_count

    @property
    def metadata_size(self) -> int:
        """Bytes of metadata for each block."""
        return int(_upnvme.upnvme_ns_metadata_size(self))

    @property
    def max_transfer_blocks(self) -> int:
        """Blocks of one command at most; larger requests are split."""
        return int(_upnvme.upnvme_ns_max_transfer_blocks(self))

    @property
    def info(self) -> NamespaceInfo:
        """All that a fresh Identify says."""
        return NamespaceInfo(_upnvme.upnvme_ns_info_get(self))

    def read(self, lba: int, blocks: int = 1, flags: int = 0, timeout: float | None = None) -> Buffer:
        """Reads blocks into DMA memory of their own."""
        buffer: Buffer = _space_read(self, lba, blocks, flags, timeout)
        return buffer

    def readinto(self, buf: WriteableBuffer, lba: int = 0, flags: int = 0, timeout: float | None = None) -> None:
        """Reads as many blocks as `buf` is large; without a copy where the device reaches it."""
        _space_move(self, _READ, buf, lba, flags, timeout)

    def write(self, lba: int, data: ReadableBuffer, flags: int = 0, timeout: float | None = None) -> None:
        """Writes a whole number of blocks; without a copy where the device reaches them."""
        _space_move(self, _WRITE, data, lba, flags, timeout)

    def writefrom(self, buf: ReadableBuffer, lba: int = 0, flags: int = 0, timeout: float | None = None) -> None:
        """As write, in the order of readinto."""
        _space_move(self, _WRITE, buf, lba, flags, timeout)

    def compare(self, lba: int, data: ReadableBuffer, flags: int = 0, timeout: float | None = None) -> None:
        """Has the device compare blocks with `data`: MediaError "Compare Failure" where they differ."""
        _space_move(self, _COMPARE, data, lba, flags, timeout)

    def flush(self, timeout: float | None = None) -> None:
        """Makes all completed writes durable."""
        _space_tell(self, _upnvme.UPNVME_OP_FLUSH, 0, 0, 0, timeout)

    def write_zeroes(self, lba: int, blocks: int, flags: int = 0, timeout: float | None = None) -> None:
        """Makes blocks read as zeroes."""
        _space_tell(self, _upnvme.UPNVME_OP_WRITE_ZEROES, lba, blocks, flags, timeout)

    def deallocate(self, lba: int, blocks: int, timeout: float | None = None) -> None:
        """Tells the device that blocks are not needed any more."""
        _space_tell(self, _upnvme.UPNVME_OP_DATASET_MANAGEMENT, lba, blocks, 0, timeout)

    def verify(self, lba: int, blocks: int, flags: int = 0, timeout: float | None = None) -> None:
        """Has the device read blocks and check them."""
        _space_tell(self, _upnvme.UPNVME_OP_VERIFY, lba, blocks, flags, timeout)

    def __len__(self) -> int:
        return self.block_count

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Namespace) and (self._controller is other._controller and self._nsid == other._nsid)

    def __hash__(self) -> int:
        return hash((id(self._controller), self._nsid))

    def __repr__(self) -> str:
        if not self._controller.is_open:
            return f"<upnvme.Namespace {self._nsid}, closed>"
        return f"<upnvme.Namespace {self._nsid} of {self.block_count} blocks of {self.block_size} bytes>"
