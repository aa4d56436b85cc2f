# SPDX-License-Identifier: BSD-3-Clause
"""Objects that serve as memory: those of plain bytes and numbers, in one piece, in every call."""

import array
import asyncio
import ctypes
import mmap

import numpy as np
import pytest

import upnvme
import upnvme.aio

BLOCK = 4096


class Structure(ctypes.Structure):
    _fields_ = [("O", ctypes.c_int32 * 512), ("P", ctypes.c_double * 256)]


class Pointing(ctypes.Structure):
    _fields_ = [("at", ctypes.c_void_p * 512)]


PLAIN = {
    "bytearray": lambda: bytearray(BLOCK), "complex": lambda: np.zeros(256, np.complex128),
    "text": lambda: np.zeros(1024, "U1"), "bytes of a length": lambda: np.zeros(256, "S16"),
    "names as of objects": lambda: np.zeros(256, [("O", "u8"), ("PZ", "f4", (2,))]),
    "bool": lambda: np.zeros(BLOCK, bool),
    "big-endian": lambda: np.zeros(512, ">u8"), "half": lambda: np.zeros(2048, np.float16),
    "long double": lambda: np.zeros(256, np.longdouble), "two dimensions": lambda: np.zeros((64, 64), np.uint8),
    "array": lambda: array.array("d", [0] * 512), "ctypes": lambda: (ctypes.c_long * 512)(),
    "mmap": lambda: mmap.mmap(-1, BLOCK),
    "characters of ctypes": lambda: (ctypes.c_wchar * 1024)(), "structure": Structure,
}

ODD = {
    "objects": lambda: np.array([None] * 512, object),
    "objects in records": lambda: np.zeros(256, [("plain", "u8"), ("object", object)]),
    "objects in records in records": lambda: np.zeros(512, [("in", [("o", object)])]),
    "pointers": lambda: (ctypes.c_void_p * 512)(), "pointers to text": lambda: (ctypes.c_char_p * 512)(),
    "pointers to wide text": lambda: (ctypes.c_wchar_p * 512)(),
    "pointers to numbers": lambda: (ctypes.POINTER(ctypes.c_int) * 512)(),
    "objects of ctypes": lambda: (ctypes.py_object * 512)(),
    "a structure with pointers": Pointing,
}

IDENTIFY = [6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]

# Each takes a buffer.
CALLS = {
    "write": lambda ctrlr, ns, qp, data: ns.write(0, data),
    "writefrom": lambda ctrlr, ns, qp, data: ns.writefrom(data, 0),
    "compare": lambda ctrlr, ns, qp, data: ns.compare(0, data),
    "readinto": lambda ctrlr, ns, qp, data: ns.readinto(data, 0),
    "register": lambda ctrlr, ns, qp, data: ctrlr.register(data).free(),
    "admin": lambda ctrlr, ns, qp, data: ctrlr.admin(IDENTIFY, data, upnvme.Direction.FROM_DEVICE),
    "get_feature": lambda ctrlr, ns, qp, data: ctrlr.get_feature(1, data=data),
    "set_feature": lambda ctrlr, ns, qp, data: ctrlr.set_feature(4, 350, data=data),
    "qp.read": lambda ctrlr, ns, qp, data: qp.read(ns, data),
    "qp.write": lambda ctrlr, ns, qp, data: qp.write(ns, data),
    "qp.compare": lambda ctrlr, ns, qp, data: qp.compare(ns, data),
    "qp.readv": lambda ctrlr, ns, qp, data: qp.readv(ns, [data], 0, 1),
    "qp.writev": lambda ctrlr, ns, qp, data: qp.writev(ns, [data], 0, 1),
    "qp.io": lambda ctrlr, ns, qp, data: qp.io(upnvme.batch(1, ns, upnvme.Op.READ), data),
    "qp.io metadata": lambda ctrlr, ns, qp, data: qp.io(upnvme.batch(1, ns, upnvme.Op.READ), None, metadata=data),
    "qp.raw": lambda ctrlr, ns, qp, data: qp.raw([2, 1], data, upnvme.Direction.FROM_DEVICE),
    "qp.submit": lambda ctrlr, ns, qp, data: qp.submit(upnvme.batch(1, ns, upnvme.Op.READ), data),
    "qp.submit metadata": lambda ctrlr, ns, qp, data: qp.submit(upnvme.batch(1, ns, upnvme.Op.READ), None, data),
    "qp.run": lambda ctrlr, ns, qp, data: qp.run(upnvme.batch(1, ns, upnvme.Op.READ), data),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_no_call_takes_objects_or_pointers(make, call):
    data = make()
    with upnvme.open("soft:ram?size=1MiB") as ctrlr:
        ns = ctrlr.namespaces[1]
        ns.write(0, b"\xff" * BLOCK)
        before = bytes(memoryview(data))
        with pytest.raises(TypeError, match="references to objects in it, or pointers"):
            call(ctrlr, ns, ctrlr.qpair(4), data)
        assert bytes(memoryview(data)) == before


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_no_call_of_asyncio_takes_objects_or_pointers(make):
    async def main():
        async with upnvme.aio.open("soft:ram?size=1MiB") as ctrlr:
            ns, qp, data = ctrlr.namespaces[1], ctrlr.qpair(4), make()
            for call in (lambda: ns.write(0, data), lambda: ns.readinto(data), lambda: ns.compare(0, data),
                         lambda: qp.read(ns, data), lambda: qp.write(ns, data), lambda: qp.readv(ns, [data], 0, 1),
                         lambda: qp.run(upnvme.batch(1, ns, upnvme.Op.READ), data),
                         lambda: ctrlr.admin(IDENTIFY, data, upnvme.Direction.FROM_DEVICE)):
                with pytest.raises(TypeError, match="references to objects in it, or pointers"):
                    await call()
    asyncio.run(main())


def test_objects_are_no_commands():
    with upnvme.open("soft:ram?size=1MiB") as ctrlr:
        ops = np.zeros(2, [("", object)] * 8)
        assert ops.itemsize == 64
        with pytest.raises(TypeError, match="references to objects"):
            ctrlr.qpair(4).submit(ops, ctrlr.alloc(BLOCK))


@pytest.mark.parametrize("make", PLAIN.values(), ids=PLAIN)
def test_bytes_and_numbers_are_taken(make):
    with upnvme.open("soft:ram?size=1MiB") as ctrlr:
        ns, data = ctrlr.namespaces[1], make()
        ns.write(0, data)
        ns.readinto(data)
        ns.compare(0, data)
        with ctrlr.register(data), ctrlr.qpair(4) as qp:
            qp.read(ns, data)
            assert qp.reap(min=1).ok


@pytest.mark.parametrize("data", [np.zeros(2 * BLOCK, np.uint8)[::2], np.zeros((64, 64), np.uint8, order="F")],
                         ids=["every second", "columns first"])
def test_pieces_are_refused(data):
    with upnvme.open("soft:ram?size=1MiB") as ctrlr:
        for call in CALLS.values():
            with pytest.raises((BufferError, ValueError), match="contiguous"):
                call(ctrlr, ctrlr.namespaces[1], ctrlr.qpair(4), data)
