# SPDX-License-Identifier: BSD-3-Clause
"""The load of bench: queues that are kept full, and samples of them."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable

import upnvme

PERCENTILES = (50, 90, 99, 99.9)
# The intervals of a run: enough for a live table, and few enough to draw.
TICK, TICKS_MAX = 0.25, 1000
Sample = dict[str, float]


class Queue:
    """One queue pair with a command for each place of its buffer; a place is used again when its command is done."""

    def __init__(self, ns: upnvme.Namespace, opcode: int, size: int, depth: int) -> None:
        self.qp = ns.controller.qpair(depth, histogram=True)
        self.size, self.blocks = size, size // ns.block_size
        self.buf = ns.controller.alloc(depth * size)
        self.ops = upnvme.batch(depth, ns, opcode, blocks=self.blocks)
        self.lbas, self.offsets, self.tags = map(self.ops.column, ("lba", "offset", "tag"))
        self.free = list(range(depth))

    def submit(self, place: Callable[[], int]) -> None:
        """Fills the queue."""
        ready = self.free
        for i, slot in enumerate(ready):
            self.lbas[i], self.offsets[i], self.tags[i] = place() * self.blocks, slot * self.size, slot
        n = self.qp.submit(memoryview(self.ops)[:len(ready)], self.buf) if ready else 0  # type: ignore[arg-type]
        self.free = ready[n:]

    def reap(self) -> int:
        """Waits for one completion, and takes all that have come."""
        done = self.qp.reap(min=1).check()
        self.free += done.column("tag").tolist()
        return len(done)


class Load:
    """Reads or writes of one size, at random blocks of a namespace or in order."""

    def __init__(self, ns: upnvme.Namespace, rw: str, size: int, depth: int, queues: int) -> None:
        if size < 1 or size % ns.block_size:
            raise ValueError(f"{size} bytes are no whole number of blocks: this namespace has blocks of "
                             f"{ns.block_size} bytes")
        self.places, self.next = ns.size // size, 0
        if not self.places:
            raise ValueError(f"{size} bytes are more than the namespace has, which is {ns.size}")
        opcode = upnvme.Op.WRITE if rw.endswith("write") else upnvme.Op.READ
        self.place = self.random if rw.startswith("rand") else self.sequential
        self.queues = [Queue(ns, opcode, size, depth) for _ in range(queues)]
        self.done, self.seconds = 0, 0.0
        self.samples: list[Sample] = []
        self.counted: Counter[int] = Counter()

    def random(self) -> int:
        """A random place."""
        return int(random.random() * self.places)

    def sequential(self) -> int:
        """The next place."""
        self.next = (self.next + 1) % self.places
        return self.next

    def step(self) -> None:
        """Fills each queue, and takes completions."""
        for queue in self.queues:
            queue.submit(self.place)
        for queue in self.queues:
            self.done += queue.reap()

    def histogram(self) -> Counter[int]:
        """The histogram of all queues: counts of latencies up to a number of nanoseconds."""
        counts: Counter[int] = Counter()
        for queue in self.queues:
            counts.update(dict(queue.qp.histogram()))
        return counts

    def run(self, seconds: float, show: Callable[[Sample], None]) -> bool:
        """Runs for a time; false if Ctrl-C ended it."""
        start = before = time.perf_counter()
        tick, counted = max(TICK, seconds / TICKS_MAX), 0
        try:
            while (now := time.perf_counter()) - start < seconds:
                self.step()
                if now - before >= tick:
                    self.sample(now - start, self.done - counted, now - before)
                    counted, before = self.done, now
                    show(self.samples[-1])
        except KeyboardInterrupt:
            return False
        finally:
            self.seconds = time.perf_counter() - start
        return True

    def sample(self, at: float, n: int, seconds: float) -> None:
        """A sample of the time since the last one."""
        counts = self.histogram()
        self.samples.append(figures(at, n, seconds, counts - self.counted))
        self.counted = counts

    def total(self) -> Sample:
        """A sample of the whole run."""
        return figures(self.seconds, self.done, self.seconds, self.histogram())


def figures(at: float, n: int, seconds: float, counts: Counter[int]) -> Sample:
    """The rate in an interval, and percentiles."""
    return {"seconds": at, "iops": n / seconds if seconds else 0.0,
            **{f"p{percent}_us": percentile(counts, percent) for percent in PERCENTILES}}


def percentile(counts: Counter[int], percent: float) -> float:
    """A percentile, in microseconds."""
    wanted = counts.total() * percent / 100
    for limit in sorted(counts):
        wanted -= counts[limit]
        if wanted <= 0:
            return limit / 1e3
    return 0.0
