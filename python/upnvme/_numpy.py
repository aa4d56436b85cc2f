# SPDX-License-Identifier: BSD-3-Clause
"""Arrays from and to a namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._extras import load
from ._file import RawFile, part_of

if TYPE_CHECKING:
    from typing import Any

    from ._namespace import Namespace

numpy = load("numpy", "numpy", "an array from or to a namespace")


def fromfile(ns: Namespace, dtype: Any, count: int, offset: int) -> Any:
    """Reads an array, which is a view of the DMA memory of the read."""
    kind = numpy.dtype(dtype)
    block = ns.block_size
    if count < 0:
        count = part_of(ns.size, offset, None) // kind.itemsize
    size = part_of(ns.size, offset, count * kind.itemsize)
    if not count:
        return numpy.empty(0, kind)
    first, end = offset // block, -(-(offset + size) // block)
    return numpy.frombuffer(memoryview(ns.read(first, end - first)), kind, count, offset % block)


def tofile(ns: Namespace, array: Any, offset: int) -> None:
    """Writes an array: whole blocks without a copy where the device reaches the array, others as a file does."""
    data: memoryview = numpy.ascontiguousarray(array).reshape(-1).view(numpy.uint8).data
    if not len(data):
        return
    raw = RawFile(ns, "r+b", offset, len(data))
    block = ns.block_size
    if offset % block == 0 and len(data) % block == 0:
        with ns.controller._ranges_of(ns.nsid).hold(offset // block, (offset + len(data)) // block):
            ns.write(offset // block, data)
        return
    while len(data):
        data = data[raw.write(data):]
