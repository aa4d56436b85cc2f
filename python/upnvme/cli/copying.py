# SPDX-License-Identifier: BSD-3-Clause
"""The command copy: a file to a namespace, a namespace to a file, a namespace to another."""

from __future__ import annotations

import contextlib
import pathlib
import time
from typing import IO

import click

import upnvme

from .common import CHUNK, Size, as_json, ask, destructive, keep_apart, print_json, progress, sentences, size_text

SCHEMES = ("soft:", "pcie:")


class End:
    """One end of the copy, opened as a file."""

    def __init__(self, name: str, nsid: int, mode: str, stack: contextlib.ExitStack) -> None:
        self.name, self.is_namespace = name, name.startswith(SCHEMES)
        self.file: IO[bytes]
        if self.is_namespace:
            self.ns = stack.enter_context(upnvme.open(name)).namespaces[nsid]
            self.size = self.ns.size
            self.file = stack.enter_context(self.ns.open("rb" if mode == "rb" else "r+b", buffering=CHUNK))
        else:
            path = pathlib.Path(name)
            self.size = path.stat().st_size if mode == "rb" else 0
            self.file = stack.enter_context(path.open(mode))


@click.command()
@click.argument("source")
@click.argument("target")
@click.option("--bytes", "limit", type=Size(), help="At most so many bytes; if not given, all of the source.")
@click.option("--source-nsid", default=1, show_default=True)
@click.option("--target-nsid", default=1, show_default=True)
@destructive
@as_json
@sentences
def copy(source: str, target: str, limit: int | None, source_nsid: int, target_nsid: int, yes: bool,
         json_: bool) -> None:
    """Copy a file to a namespace, back, or one namespace to another. What begins with soft: or pcie: is a URI."""
    if not source.startswith(SCHEMES) and not target.startswith(SCHEMES):
        raise click.UsageError(f"neither {source} nor {target} is a URI")
    keep_apart(source, target)
    with contextlib.ExitStack() as stack:
        giver = End(source, source_nsid, "rb", stack)
        n = giver.size if limit is None else min(limit, giver.size)
        if target.startswith(SCHEMES) or pathlib.Path(target).exists():
            ask(f"Overwrite {target} with {size_text(n)} of {source}?", yes)
        taker = End(target, target_nsid, "wb", stack)
        if taker.is_namespace and n > taker.size:
            raise click.ClickException(f"{source} has {size_text(n)}, {target} room for {size_text(taker.size)}")
        start = time.perf_counter()
        move(giver, taker, n, quiet=json_)
        seconds = time.perf_counter() - start
    if json_:
        print_json({"source": source, "target": target, "bytes": n, "seconds": seconds})
    else:
        click.echo(f"copied {size_text(n)} in {seconds:.2f} s ({size_text(n / seconds if seconds else 0)}/s)")


def move(giver: End, taker: End, n: int, quiet: bool) -> None:
    """Piece by piece."""
    with progress("copy", n, quiet) as advance:
        while n:
            data = giver.file.read(min(CHUNK, n))
            if not data:
                raise click.ClickException(f"{giver.name} ended {size_text(n)} early")
            taker.file.write(data)
            n -= len(data)
            advance(len(data))
    taker.file.flush()
    if taker.is_namespace:
        taker.ns.flush()


COMMANDS = (copy,)
