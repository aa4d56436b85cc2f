# SPDX-License-Identifier: BSD-3-Clause
"""The part of a namespace that does not depend on how its commands complete: its properties."""

from __future__ import annotations

from . import _upnvme
from ._names import public_name
from ._records import Limits, NamespaceInfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._session import SessionBase


NO_LIMIT = 2 ** 64 - 1


class SpaceBase(_upnvme.Space):
    """The part of a namespace that upnvme.Namespace and upnvme.aio.Namespace have in common."""

    __slots__ = ("_controller", "_nsid")

    def __init__(self, controller: SessionBase, nsid: int) -> None:
        _upnvme.space_open(self, controller, nsid)
        self._controller = controller
        self._nsid = nsid

    @property
    def controller(self) -> SessionBase:
        """The controller of the namespace."""
        return self._controller

    @property
    def nsid(self) -> int:
        """The namespace identifier."""
        return self._nsid

    @property
    def block_size(self) -> int:
        """Bytes of data in a logical block."""
        return int(_upnvme.upnvme_ns_block_size(self))

    @property
    def block_count(self) -> int:
        """The number of logical blocks."""
        return int(_upnvme.upnvme_ns_block_count(self))

    @property
    def size(self) -> int:
        """Bytes of data of all blocks."""
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
    def limits(self) -> Limits:
        """The limits of one command."""
        info, mine = _upnvme.upnvme_ctrlr_info_get(self._controller), _upnvme.ask_ns_info(self)
        blocks = mine["max_transfer_blocks"]
        return Limits({
            "max_transfer_blocks": blocks, "max_transfer_bytes": blocks * mine["block_bytes"],
            "max_write_zeroes_blocks": mine["max_write_zeroes_blocks"],
            "max_verify_blocks": None if info["max_verify_bytes"] == NO_LIMIT else mine["max_verify_blocks"],
            "max_deallocate_ranges": info["max_deallocate_ranges"], "buffer_align": info["buffer_align"]})

    @property
    def info(self) -> NamespaceInfo:
        """The namespace's properties, from a fresh Identify."""
        return NamespaceInfo(_upnvme.ask_ns_info(self))

    def __len__(self) -> int:
        return self.block_count

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SpaceBase) and (self._controller is other._controller and self._nsid == other._nsid)

    def __hash__(self) -> int:
        return hash((id(self._controller), self._nsid))

    def __repr__(self) -> str:
        if not self._controller.is_open:
            return f"<{public_name(self)} {self._nsid}, closed>"
        return f"<{public_name(self)} {self._nsid} of {self.block_count} blocks of {self.block_size} bytes>"
