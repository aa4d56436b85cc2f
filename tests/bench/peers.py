# SPDX-License-Identifier: BSD-3-Clause
"""Other ways of a Python program to read a file, beside soft: on the same file, which is in the page cache."""

import contextlib
import os
import tempfile
import time

import upnvme

BATCH, BLOCK = 128, 4096


def timed(function, n):
    """Nanoseconds per I/O."""
    function(n // 10)
    start = time.perf_counter_ns()
    function(n)
    return (time.perf_counter_ns() - start) / n


def by_upnvme(name, n):
    """A block at a time, and by batches."""
    with upnvme.open(f"soft:{name}?block={BLOCK}") as ctrlr:
        ns, buf = ctrlr.namespaces[1], ctrlr.alloc(BATCH * BLOCK)
        qp, ops = ctrlr.qpair(depth=BATCH), upnvme.batch(BATCH, ns, upnvme.Op.READ)
        for i in range(BATCH):
            ops.column("lba")[i], ops.column("offset")[i] = i, i * BLOCK
        with memoryview(buf)[:BLOCK] as block:
            one = timed(lambda n: [ns.readinto(block, i % BATCH) for i in range(n)], n)
        return one, timed(lambda n: [qp.reap(min=qp.submit(ops, buf)).check() for _ in range(n // BATCH)], n)


def by_preadv(file, n):
    """A system call for each."""
    block = bytearray(BLOCK)
    return timed(lambda n: [os.preadv(file.fileno(), [block], i % BATCH * BLOCK) for i in range(n)], n)


def by_io_uring(file, n):
    """The package liburing: a batch for each system call. None where the package or io_uring is missing."""
    try:
        import liburing
    except ImportError:
        return None
    ring = liburing.Ring()
    try:
        liburing.io_uring_queue_init(2 * BATCH, ring)
    except OSError:  # not allowed, in a container
        return None
    with contextlib.ExitStack() as stack:
        stack.callback(liburing.io_uring_queue_exit, ring)
        return timed(lambda n: [ring_batch(liburing, ring, file.fileno()) for _ in range(n // BATCH)], n)


BLOCKS = [bytearray(BLOCK) for _ in range(BATCH)]


def ring_batch(liburing, ring, fd):
    """From its first entry to its last completion."""
    cqe = liburing.Cqe()
    for i, block in enumerate(BLOCKS):
        sqe = liburing.io_uring_get_sqe(ring)
        liburing.io_uring_prep_read(sqe, fd, block, BLOCK, i * BLOCK)
        sqe.user_data = i + 1
    liburing.io_uring_submit_and_wait(ring, BATCH)
    liburing.io_uring_wait_cqe(ring, cqe)
    if any(cqe[i].res != BLOCK for i in range(BATCH)):
        raise OSError("io_uring: a read was short")
    liburing.io_uring_cq_advance(ring, BATCH)


def figures(n):
    """By the names that make bench prints."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(os.urandom(BATCH * BLOCK))
        file.flush()
        one, batch = by_upnvme(file.name, n)
        return {"python_file_read_ns": one, "python_file_preadv_ns": by_preadv(file, n),
                "python_file_batch_ns": batch, "python_file_io_uring_ns": by_io_uring(file, n)}
