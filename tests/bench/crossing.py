# SPDX-License-Identifier: BSD-3-Clause
"""The cost of Python over C, through the package's public interface; run by the Python that has the package.

  crossing.py CROSSING [PAIRS]      CROSSING: the C program, built

Each figure is the median of interleaved pairs: C, then Python, over and over. Prints JSON.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import time

import peers
from peers import BATCH, BLOCK

import upnvme
import upnvme.aio

ROUND, N = 32, 12800
IMPORTS = 15


class Python:
    """The same work as crossing.c."""

    def __init__(self, uri):
        self.ctrlr = upnvme.open(uri)
        self.ns, self.qp = self.ctrlr.namespaces[1], self.ctrlr.qpair(depth=256)
        self.buf, self.block = self.ctrlr.alloc(BATCH * BLOCK), self.ctrlr.alloc(BLOCK)
        self.ops = batch(self.ns)

    def read(self, n):
        read = self.ns.read
        for _ in range(n):
            read(0)

    def callback(self, n):
        ns, block, read, qp = self.ns, self.block, self.qp.read, self.qp

        def on_done(done):
            """A callback that does nothing, as C's does next to nothing."""

        for _ in range(n // ROUND):
            for lba in range(ROUND):
                read(ns, block, lba, 1, callback=on_done)
            while qp.inflight:
                qp.poll()

    def batch(self, n):
        ops, buf, submit, reap = self.ops, self.buf, self.qp.submit, self.qp.reap
        for _ in range(n // BATCH):
            reap(min=submit(ops, buf), timeout=1.0)

    def measure(self):
        return {name: peers.timed(getattr(self, name), N) for name in ("read", "callback", "batch")}


def batch(ns):
    ops = upnvme.batch(BATCH, ns, upnvme.Op.READ)
    for i in range(BATCH):
        ops.column("lba")[i], ops.column("offset")[i] = i, i * BLOCK
    return ops


def in_c(program, uri):
    output = subprocess.run([program, uri, str(N)], check=True, capture_output=True, text=True).stdout
    return {name: float(value) for name, value in (line.split() for line in output.splitlines())}


def difference(pairs, name):
    return statistics.median(python[name] - c[name] for c, python in pairs)


def ratio(pairs, name):
    return statistics.median(python[name] / c[name] for c, python in pairs)


async def run_over_c(program, pairs):
    """Batches that are awaited, one after the other."""
    values = []
    async with upnvme.aio.open("soft:null") as ctrlr:
        ns, qp, buf = ctrlr.namespaces[1], ctrlr.qpair(depth=256), ctrlr.alloc(BATCH * BLOCK)
        ops = batch(ns)
        for _ in range(pairs):
            c = in_c(program, "soft:null")["batch"]
            start = time.perf_counter_ns()
            for _ in range(N // BATCH):
                await qp.run(ops, buf)
            values.append((time.perf_counter_ns() - start) / N - c)
    return statistics.median(values)


async def gather_over_futures(pairs, n=1000):
    """Reads that are gathered, against as many bare futures."""
    values = []
    loop = asyncio.get_running_loop()
    async with upnvme.aio.open("soft:null") as ctrlr:
        ns = ctrlr.namespaces[1]
        for _ in range(pairs):
            start = time.perf_counter_ns()
            futures = [loop.create_future() for _ in range(n)]
            for future in futures:
                loop.call_soon(future.set_result, None)
            await asyncio.gather(*futures)
            middle = time.perf_counter_ns()
            await asyncio.gather(*(ns.read(lba, 1) for lba in range(n)))
            values.append((time.perf_counter_ns() - middle) / (middle - start))
    return statistics.median(values)


def import_over_bare():
    """Milliseconds of fresh processes."""
    def once(text):
        start = time.perf_counter_ns()
        subprocess.run([sys.executable, "-I", "-c", text], check=True)
        return (time.perf_counter_ns() - start) / 1e6

    return statistics.median(once("import upnvme") - once("pass") for _ in range(IMPORTS))


def main():
    program, pairs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 15
    null, ram = Python("soft:null"), Python("soft:ram?size=64MiB")
    over_null = [(in_c(program, "soft:null"), null.measure()) for _ in range(pairs)]
    over_ram = [(in_c(program, "soft:ram?size=64MiB"), ram.measure()) for _ in range(pairs)]
    null.ctrlr.close()
    ram.ctrlr.close()
    print(json.dumps({
        "python_batch_over_c_ns": difference(over_null, "batch"),
        "python_read_over_c_ns": difference(over_null, "read"),
        "python_callback_over_c_ns": difference(over_null, "callback"),
        "python_run_over_c_ns": asyncio.run(run_over_c(program, pairs)),
        "python_gather_vs_future_floor": asyncio.run(gather_over_futures(pairs)),
        "python_import_over_bare_ms": import_over_bare(),
        "python_ram_read_vs_c": ratio(over_ram, "read"), "python_ram_batch_vs_c": ratio(over_ram, "batch"),
    } | peers.figures(N)))


if __name__ == "__main__":
    main()
