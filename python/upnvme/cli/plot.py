# SPDX-License-Identifier: BSD-3-Clause
"""bench --plot: IOPS and percentiles of the latency over time, drawn by matplotlib."""

from __future__ import annotations

import io
import pathlib
from typing import BinaryIO

import click

from .._extras import load
from .files import Target
from .load import PERCENTILES, Sample

KINDS = (".svg", ".png", ".pdf")


def check(path: str) -> None:
    """Imports matplotlib before the run, so that its absence is noticed early."""
    if pathlib.Path(path).suffix not in KINDS:
        raise click.BadParameter(f"{path} must end in one of {', '.join(KINDS)}", param_hint="--plot")
    try:
        load("matplotlib", "plot", "--plot")
    except ModuleNotFoundError as error:
        raise click.ClickException(str(error)) from error


class Picture:
    """Opens the file before the run, too; it is empty until the plot is drawn."""

    def __init__(self, path: str, yes: bool) -> None:
        self._path = path
        self._target = Target(path, f"Overwrite {path}?", yes)

    def draw(self, samples: list[Sample], title: str) -> None:
        """Draws the plot."""
        drawn = io.BytesIO()
        with self._target as target:
            plot(samples, title, drawn, pathlib.Path(self._path).suffix[1:])
            target.write(drawn.getvalue())

    def __del__(self) -> None:
        self._target.forget()


def plot(samples: list[Sample], title: str, file: BinaryIO, kind: str) -> None:
    """Two panels with one axis of time."""
    load("matplotlib", "plot", "--plot").use("Agg")
    figure, (top, bottom) = load("matplotlib.pyplot", "plot", "--plot").subplots(
        2, sharex=True, figsize=(9, 6), layout="constrained")
    figure.suptitle(title, fontsize="medium")
    seconds = [sample["seconds"] for sample in samples]
    marker = "o" if len(samples) < 2 else None
    top.plot(seconds, [sample["iops"] for sample in samples], marker=marker)
    top.set(ylabel="IOPS", ylim=(0, 1.1 * max(sample["iops"] for sample in samples) or 1))
    top.yaxis.set_major_formatter("{x:,.0f}")
    unit, scale = unit_of(samples)
    for percent in PERCENTILES:
        bottom.plot(seconds, [sample[f"p{percent}_us"] / scale for sample in samples], label=f"p{percent}",
                    marker=marker)
    bottom.set(xlabel="seconds", ylabel=f"latency, {unit}", yscale="log")
    bottom.yaxis.set_major_locator(load("matplotlib.ticker", "plot", "--plot").LogLocator(subs=(1, 2, 5)))
    bottom.yaxis.set_major_formatter("{x:,g}")
    bottom.yaxis.set_minor_formatter("")
    bottom.legend()
    for axes in top, bottom:
        axes.grid(alpha=0.3)
    figure.savefig(file, format=kind)


def unit_of(samples: list[Sample]) -> tuple[str, float]:
    """The unit of latencies in the plot, and its size in microseconds."""
    most = max(sample[f"p{PERCENTILES[-1]}_us"] for sample in samples)
    return ("ms", 1e3) if most >= 10_000 else ("µs", 1)
