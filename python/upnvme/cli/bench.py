# SPDX-License-Identifier: BSD-3-Clause
"""The command bench: IOPS and latencies, live, with a histogram or a plot."""

from __future__ import annotations

import random
import time
from typing import Any

import click
from rich.live import Live
from rich.table import Table

import upnvme

from .._extras import load
from .common import Size, as_json, ask, console, destructive, on_namespace, print_json, sentences, size_text

PERCENTILES = (50, 90, 99, 99.9)
BAR = 50
TICK = 0.25


class Run:
    """A queue that is kept full, and what was seen of it."""

    def __init__(self, ns: upnvme.Namespace, write: bool, sequential: bool, size: int, depth: int) -> None:
        self.qp = ns.controller.qpair(depth, histogram=True)
        self.blocks, self.places = size // ns.block_size, ns.size // size
        if not self.blocks or size % ns.block_size or not self.places:
            raise ValueError(f"{size} bytes are no whole number of blocks of {ns.block_size}, or more than there are")
        self.depth, self.sequential, self.next = depth, sequential, 0
        self.buf = ns.controller.alloc(depth * size)
        self.ops = upnvme.batch(depth, ns, upnvme.Op.WRITE if write else upnvme.Op.READ, blocks=self.blocks)
        self.lbas = self.ops.column("lba")
        offsets = self.ops.column("offset")
        for i in range(depth):
            offsets[i] = i * size
        self.done = 0
        self.samples: list[dict[str, float]] = []

    def step(self) -> None:
        """One batch, from its first command to its last completion."""
        for i in range(self.depth):
            if self.sequential:
                self.lbas[i] = self.next * self.blocks
                self.next = (self.next + 1) % self.places
            else:
                self.lbas[i] = random.randrange(self.places) * self.blocks
        self.done += len(self.qp.run(self.ops, self.buf).check())

    def percentile(self, percent: float) -> float:
        """Microseconds."""
        buckets: list[tuple[int, int]] = self.qp.histogram()
        wanted: float = sum(count for _, count in buckets) * percent / 100
        for limit, count in buckets:
            wanted -= count
            if wanted <= 0:
                return limit / 1e3
        return 0.0

    def sample(self, at: float, n: int, seconds: float) -> dict[str, float]:
        """What a moment looked like."""
        sample = {"seconds": at, "iops": n / seconds, **{f"p{percent}_us": self.percentile(percent)
                                                         for percent in PERCENTILES}}
        self.samples.append(sample)
        return sample


def table(sample: dict[str, float], size: int) -> Table:
    """The live one."""
    made = Table("IOPS", "throughput", *(f"p{percent}" for percent in PERCENTILES))
    made.add_row(f"{sample['iops']:,.0f}", f"{size_text(sample['iops'] * size)}/s",
                 *(f"{sample[f'p{percent}_us']:.1f} µs" for percent in PERCENTILES))
    return made


def histogram(buckets: list[tuple[int, int]]) -> list[str]:
    """Bars, by powers of two."""
    sums: dict[int, int] = {}
    for limit, count in buckets:
        sums[limit.bit_length()] = sums.get(limit.bit_length(), 0) + count
    most = max(sums.values(), default=1)
    return [f"  < {2 ** bits / 1e3:>12,.1f} µs  {count:>10,}  {'█' * (count * BAR // most)}"
            for bits, count in sorted(sums.items())]


def measure(run: Run, seconds: float, size: int, quiet: bool) -> float:
    """Runs for a time, and returns how long that was."""
    start = before = time.perf_counter()
    counted = 0
    with Live(console=console(), auto_refresh=False, transient=True) as live:
        while (now := time.perf_counter()) - start < seconds:
            run.step()
            if now - before >= TICK:
                sample = run.sample(now - start, run.done - counted, now - before)
                counted, before = run.done, now
                if not quiet:
                    live.update(table(sample, size), refresh=True)
    return time.perf_counter() - start


def plotter() -> Any:
    """Matplotlib's pyplot, without a window."""
    try:
        load("matplotlib", "plot", "--plot").use("Agg")
    except ModuleNotFoundError as error:
        raise click.ClickException(str(error)) from error
    from matplotlib import pyplot

    return pyplot


def plot(pyplot: Any, run: Run, path: str) -> None:
    """IOPS and percentiles over time."""
    figure, (top, bottom) = pyplot.subplots(2, sharex=True, figsize=(9, 6))
    seconds = [sample["seconds"] for sample in run.samples]
    top.plot(seconds, [sample["iops"] for sample in run.samples])
    top.set_ylabel("IOPS")
    for percent in PERCENTILES:
        bottom.plot(seconds, [sample[f"p{percent}_us"] for sample in run.samples], label=f"p{percent}")
    bottom.set(xlabel="seconds", ylabel="latency, µs", yscale="log")
    bottom.legend()
    figure.savefig(path)


@click.command()
@on_namespace
@click.option("--rw", type=click.Choice(["randread", "read", "randwrite", "write"]), default="randread",
              show_default=True)
@click.option("--bs", type=Size(), default=4096, show_default=True, help="Bytes of each command.")
@click.option("--qd", default=32, show_default=True, type=click.IntRange(1, 4096), help="Commands in flight.")
@click.option("--time", "seconds", default=3.0, show_default=True, help="Seconds.")
@click.option("--plot", "path", type=click.Path(dir_okay=False), help="Draw IOPS and latencies over time (svg, png).")
@destructive
@as_json
@sentences
def bench(uri: str, nsid: int, rw: str, bs: int, qd: int, seconds: float, path: str | None, yes: bool,
          json_: bool) -> None:
    """Measure IOPS and latencies, by batches. (upnvme-perf measures without Python.)"""
    write = rw.endswith("write")
    pyplot = plotter() if path else None
    if write:
        ask(f"Overwrite what {uri} has stored?", yes)
    with upnvme.open(uri) as ctrlr:
        run = Run(ctrlr.namespaces[nsid], write, not rw.startswith("rand"), bs, qd)
        took = measure(run, seconds, bs, quiet=json_)
        total = run.sample(took, run.done, took)
        result: dict[str, Any] = {"uri": uri, "rw": rw, "bytes": bs, "depth": qd, "ios": run.done, **total}
        buckets = run.qp.histogram()
        run.samples.pop()
        if path:
            run.samples = run.samples or [total]
            plot(pyplot, run, path)
    if json_:
        print_json(result)
        return
    console().print(table(total, bs))
    click.echo("\n".join(histogram(buckets)))


COMMANDS = (bench,)
