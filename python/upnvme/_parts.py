# SPDX-License-Identifier: BSD-3-Clause
"""Requests without data for any number of blocks, in several commands: one command can name 2^32 - 1 blocks."""

from __future__ import annotations

import errno
from time import monotonic

from . import _upnvme
from ._errors import RangeError, TimeoutError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import SupportsIndex

    from ._space import SpaceBase

# The number of blocks of a part: a power of two, so that aligned requests have aligned parts.
PART = 1 << 31

_space_tell = _upnvme.space_tell


def fit_one(blocks: SupportsIndex) -> bool:
    """Whether one command can name that many blocks; True also for a value that is no number, which C refuses."""
    return not hasattr(blocks, "__index__") or blocks.__index__() < 2 * PART


def parts(ns: SpaceBase, lba: SupportsIndex, blocks: SupportsIndex) -> Iterator[tuple[int, int]]:
    """The LBA and the number of blocks of each command. RangeError: the request passes the end of the namespace."""
    first, n, there = lba.__index__(), blocks.__index__(), ns.block_count
    if first < 0 or first + n > there:
        raise RangeError(errno.ERANGE, f"LBA {first} and {n} blocks pass the end of namespace {ns.nsid}, which has "
                         f"{there} blocks", _upnvme.UPNVME_ERR_LBA_RANGE)
    return ((at, min(PART, first + n - at)) for at in range(first, first + n, PART))


def tell(ns: SpaceBase, opcode: int, lba: SupportsIndex, blocks: SupportsIndex, flags: SupportsIndex,
         timeout: float | None) -> None:
    """Runs a request in as many commands as it takes; `timeout`, in seconds, is for all of them together."""
    if fit_one(blocks):
        _space_tell(ns, opcode, lba, blocks, flags, timeout)
        return
    end = None if timeout is None else monotonic() + timeout
    for at, n in parts(ns, lba, blocks):
        left = None if end is None else end - monotonic()
        if left is not None and left <= 0:
            raise TimeoutError(errno.ETIMEDOUT, f"not done in {timeout} s: it came as far as LBA {at}",
                               _upnvme.UPNVME_ERR_TIMEOUT)
        _space_tell(ns, opcode, at, n, flags, left)
