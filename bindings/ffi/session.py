#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A session by ctypes: opens a controller, writes a block, reads it back by callback, and compares it in a batch.

  PYTHONPATH=$PREFIX/share/upnvme session.py [URI]
"""

import ctypes
import sys

import upnvme_ctypes as upnvme


def stored(function, *arguments):
    """The handle or address that a function returns through its first argument."""
    place = ctypes.c_void_p()
    function(ctypes.byref(place), *arguments)
    return place


class Waiting:
    """Waits for one command at a time."""

    def __init__(self, qp):
        self.qp = qp
        self.status = None
        self.callback = upnvme.upnvme_cb(self.on_done)

    def on_done(self, _arg, done):
        self.status = done[0].status

    def run(self, function, *arguments):
        """A call that takes a callback: it was accepted if nothing is raised, and the callback runs in a poll."""
        self.status = None
        function(self.qp, *arguments, self.callback, None)
        while self.status is None:
            upnvme.upnvme_poll(self.qp, 0)
        if self.status:
            sys.exit(f"the controller answers: {upnvme.upnvme_status_text(self.status).decode()}")


def compare(qp, buf):
    """Compares two blocks in a batch, which needs no callback: its completions have the tags of the ops."""
    ops = (upnvme.upnvme_op * 2)()
    done = (upnvme.upnvme_completion * 2)()
    for lba, op in enumerate(ops):
        op.opcode, op.nsid, op.lba, op.blocks = upnvme.UPNVME_OP_COMPARE, 1, lba, 1
        op.buf, op.tag = buf, 100 + lba
    for one in done[:upnvme.upnvme_exec(qp, ops, 2, done, 2, 10_000_000_000)]:
        print(f"tag {one.tag}: {upnvme.upnvme_status_name(one.status).decode()}")


def main():
    uri = sys.argv[1] if len(sys.argv) > 1 else "soft:ram?size=1MiB"
    ctrlr = stored(upnvme.upnvme_open, uri.encode(), None)
    ns = stored(upnvme.upnvme_ns_get, ctrlr, 1)
    qp = stored(upnvme.upnvme_qpair_create, ctrlr, None)  # this thread owns it
    size = upnvme.upnvme_ns_block_size(ns)
    buf = stored(upnvme.upnvme_dma_alloc, ctrlr, size, 0)
    waiting = Waiting(qp)

    memory = (ctypes.c_char * size).from_address(buf.value)
    memory.value = b"Hello, NVMe!"
    waiting.run(upnvme.upnvme_write, ns, buf, 0, 1)
    ctypes.memset(memory, 0, size)
    waiting.run(upnvme.upnvme_read, ns, buf, 0, 1)
    print(f"LBA 0 of {uri}: {memory.value.decode()}")
    compare(qp, buf)

    try:
        upnvme.upnvme_read(qp, ns, buf, 1_000_000, 1, waiting.callback, None)
    except upnvme.UpnvmeError as error:
        print(f"{error.strerror} ({upnvme.upnvme_error_name(error.code).decode()})")

    upnvme.upnvme_dma_free(ctrlr, buf)
    upnvme.upnvme_qpair_close(qp)
    upnvme.upnvme_close(ctrlr)


if __name__ == "__main__":
    main()
