# SPDX-License-Identifier: BSD-3-Clause
"""The library for tests in the guest: a few of its functions, and errors as exceptions."""

import ctypes
import os
import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = TOP / os.environ.get("UPNVME_BUILD", "build")
HEADER = (TOP / "capi/include/upnvme/error.h").read_text()
CODES = {name: int(value) for name, value in re.findall(r"#define UPNVME_ERR_(\w+)[ \\\n\t]+(\d+)u", HEADER)}


class ErrorRecord(ctypes.Structure):
    _fields_ = [("err", ctypes.c_int32), ("code", ctypes.c_uint32), ("status", ctypes.c_uint16),
                ("reserved", ctypes.c_uint16), ("text", ctypes.c_char * 500)]


class Completion(ctypes.Structure):
    _fields_ = [("tag", ctypes.c_uint64), ("result", ctypes.c_uint64), ("status", ctypes.c_uint16),
                ("flags", ctypes.c_uint16), ("blocks", ctypes.c_uint32), ("reserved", ctypes.c_uint64)]


class UpnvmeError(OSError):
    def __init__(self, record):
        super().__init__(-record.err, record.text.decode())
        self.code = next((name for name, value in CODES.items() if value == record.code), str(record.code))

    def __str__(self):
        return f"{self.code}: {os.strerror(self.errno)}: {self.strerror}"


lib = ctypes.CDLL(str(BUILD / "lib/libupnvme.so"))
for function in ("upnvme_read", "upnvme_write"):
    getattr(lib, function).argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint64,
                                       ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p]
lib.upnvme_dma_alloc.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t]


def check(rc):
    """The result of a call that has not failed."""
    if rc < 0:
        record = ErrorRecord()
        lib.upnvme_error_get(ctypes.byref(record))
        raise UpnvmeError(record)
    return rc


class Controller:
    """An open controller; a context."""

    def __init__(self, uri):
        self.handle = ctypes.c_void_p()
        self.qpairs = []
        check(lib.upnvme_open(ctypes.byref(self.handle), uri.encode(), None))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for qpair in self.qpairs:
            check(lib.upnvme_qpair_close(qpair))
        check(lib.upnvme_close(self.handle))

    def identify(self, cns, nsid=0):
        data = ctypes.create_string_buffer(4096)
        check(lib.upnvme_identify(self.handle, ctypes.c_uint32(cns), ctypes.c_uint32(nsid), data))
        return data.raw

    def qpair(self):
        qpair = ctypes.c_void_p()
        check(lib.upnvme_qpair_create(ctypes.byref(qpair), self.handle, None))
        self.qpairs.append(qpair)
        return qpair

    def buffer(self, size):
        memory = ctypes.c_void_p()
        check(lib.upnvme_dma_alloc(ctypes.byref(memory), self.handle, size, 0))
        return memory

    def transfer(self, function, qpair, memory, lba, blocks, nsid=1):
        """One command by the named function; its status."""
        ns = ctypes.c_void_p()
        check(lib.upnvme_ns_get(ctypes.byref(ns), self.handle, ctypes.c_uint32(nsid)))
        check(getattr(lib, function)(qpair, ns, memory, lba, blocks, None, None))
        done = Completion()
        while not check(lib.upnvme_reap(qpair, ctypes.byref(done), 1)):
            pass
        return done.status & 0x7FF
