# SPDX-License-Identifier: BSD-3-Clause
"""The command bench: IOPS and latencies, live, with a histogram or a plot."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

import click
from rich.live import Live
from rich.table import Table

import upnvme

from .common import (INTERRUPTED, Size, as_json, ask, console, destructive, fitting, on_namespace, print_json,
                     sentences, size_text)
from .load import PERCENTILES, Load, Sample
from .plot import Picture, check

BAR_MAX, BEFORE_BAR = 50, 40
EIGHTHS = " ▏▎▍▌▋▊▉"


def table(sample: Sample, size: int, width: int) -> Table:
    """The result in one line, or, where that is too wide, in one column."""
    return fitting(("seconds", "IOPS", "throughput", *(f"p{percent}" for percent in PERCENTILES)),
                   [(f"{sample['seconds']:.1f}", f"{sample['iops']:,.0f}", f"{size_text(sample['iops'] * size)}/s",
                     *(f"{sample[f'p{percent}_us']:,.1f} µs" for percent in PERCENTILES))], width, justify="right")


def histogram(counts: Counter[int], width: int) -> list[str]:
    """Bars, by powers of two, each with the percentage of latencies up to there."""
    sums: Counter[int] = Counter()
    for limit, count in counts.items():
        sums[limit.bit_length()] += count
    most, room = max(sums.values(), default=1), max(1, min(BAR_MAX, width - BEFORE_BAR))
    lines: list[str] = []
    so_far = 0
    for bits, count in sorted(sums.items()):
        so_far += count
        lines.append(f"< {2 ** bits / 1e3:>11,.1f} µs {count:>11,} {percent(so_far, sums.total()):>9} "
                     f"{bar(count / most * room)}")
    return lines


def percent(part: int, whole: int) -> str:
    """A percentage, rounded down: 100 % means all."""
    return f"{part * 100_000 // whole / 1000:.3f} %"


def bar(length: float) -> str:
    """A bar in eighths of a character, and at least one eighth."""
    eighths = max(1, round(length * 8))
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def measure(load: Load, seconds: float, size: int, quiet: bool) -> bool:
    """Runs the load with a live table; false if it was interrupted."""
    if quiet:
        return load.run(seconds, lambda sample: None)
    screen = console(stderr=True)
    with Live(console=screen, auto_refresh=False, transient=True) as live:
        return load.run(seconds, lambda sample: live.update(table(sample, size, screen.width), refresh=True))


@click.command()
@on_namespace
@click.option("--rw", type=click.Choice(["randread", "read", "randwrite", "write"]), default="randread",
              show_default=True)
@click.option("--bs", type=Size(), default=4096, show_default=True, help="Bytes of each command: 512, 4k, 1MiB.")
@click.option("--qd", default=32, show_default=True, type=click.IntRange(1, 4096), help="Commands in flight, of each "
              "queue pair.")
@click.option("--qpairs", default=1, show_default=True, type=click.IntRange(1), help="Queue pairs, one thread's.")
@click.option("--time", "seconds", default=3.0, show_default=True, type=click.FloatRange(0, min_open=True),
              help="Seconds; Ctrl-C ends it before.")
@click.option("--plot", "path", type=click.Path(dir_okay=False), help="Draw IOPS and latencies over time (svg, png).")
@destructive
@as_json
@sentences
def bench(uri: str, nsid: int, rw: str, bs: int, qd: int, qpairs: int, seconds: float, path: str | None, yes: bool,
          json_: bool) -> None:
    """Measure IOPS and latencies, by batches. (upnvme-perf measures without Python.)"""
    if path:
        check(path)
    if rw.endswith("write"):
        ask(f"Overwrite what {uri} has stored?", yes)
    picture = Picture(path, yes) if path else None
    with upnvme.open(uri, queue_pairs=qpairs if qpairs > 64 else 0) as ctrlr:
        load = Load(ctrlr.namespaces[nsid], rw, bs, qd, qpairs)
        finished = measure(load, seconds, bs, quiet=json_)
        total, counts = load.total(), load.histogram()
    title = f"{rw} of {size_text(bs)}, {qpairs} x {qd} in flight: {uri}"
    if json_:
        print_json({"uri": uri, "rw": rw, "bytes": bs, "depth": qd, "queue_pairs": qpairs, "ios": load.done, **total,
                    "samples": load.samples})
    else:
        show(title, total, bs, counts)
    if picture:
        sys.stdout.flush()
        click.echo(f"drawing {path}", err=True)
        picture.draw(load.samples or [total], title)
    if not finished:
        raise SystemExit(INTERRUPTED)


def show(title: str, total: Sample, size: int, counts: Counter[int]) -> None:
    """The columns of the whole run."""
    screen = console()
    click.echo(title)
    screen.print(table(total, size, screen.width))
    click.echo("\n".join(histogram(counts, screen.width)))


COMMANDS: tuple[Any, ...] = (bench,)
