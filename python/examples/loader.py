#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A data loader: processes that read random records from a namespace and hand out batches of them as NumPy arrays.

  loader.py [--uri URI] [--record BYTES] [--batch N] [--batches N] [--workers N]

Each worker gets a Source and opens the controller itself: a process cannot use the open controller of another. With
`?readonly=1` a disk image has as many readers as there are workers. Without --uri an image is made to try it.
"""

import argparse
import contextlib
import multiprocessing
import pathlib
import tempfile
import time

import numpy as np

import upnvme


def records(source, record, size, seed):
    """Endless batches of random records, read by one command each, without a Python object for any of them."""
    with source.controller as ctrlr:
        ns, qp, buf = ctrlr.namespaces[1], ctrlr.qpair(depth=size), ctrlr.alloc(size * record)
        blocks, rest = divmod(record, ns.block_size)
        if rest or not blocks:
            raise ValueError(f"records of {record} bytes are no whole number of blocks of {ns.block_size}")
        ops = upnvme.batch(size, ns, upnvme.Op.READ, blocks=blocks)
        ops["offset"] = np.arange(size) * record
        random = np.random.default_rng(seed)
        view = np.asarray(buf).reshape(size, record)
        try:
            while True:
                ops["lba"] = random.integers(0, len(ns) // blocks, size) * blocks
                qp.run(ops, buf).check()
                yield view
        finally:
            del view  # or the controller could not let its memory go


def work(queue, source, record, size, batches, seed):
    """A worker's loop: here a sum stands for the work of a model on a batch. Failures go to the parent."""
    try:
        with contextlib.closing(records(source, record, size, seed)) as batch:
            for _ in range(batches):
                queue.put(int(next(batch).sum(dtype=np.int64)))
    except (upnvme.Error, ValueError) as error:
        queue.put(error)


def take(queue):
    result = queue.get()
    if isinstance(result, Exception):
        raise result
    return result


def image(folder, size=16 << 20):
    path = pathlib.Path(folder) / "records.img"
    np.random.default_rng(1).integers(0, 256, size, np.uint8).tofile(path)
    return upnvme.uri(path, block=512, readonly=True)


def load(uri, args):
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    workers = [context.Process(target=work, daemon=True,
                               args=(queue, upnvme.Source(uri), args.record, args.batch, args.batches, seed))
               for seed in range(args.workers)]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    sums = [take(queue) for _ in range(args.workers * args.batches)]
    for worker in workers:
        worker.join()
    n = len(sums) * args.batch
    print(f"{n} records of {args.record} bytes by {args.workers} workers in {time.perf_counter() - start:.2f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uri", help="with readonly=1 for more than one worker")
    parser.add_argument("--record", type=int, default=4096)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--batches", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        load(args.uri or image(folder), args)


if __name__ == "__main__":
    main()
