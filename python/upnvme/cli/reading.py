# SPDX-License-Identifier: BSD-3-Clause
"""Commands that read: read, hexdump, verify."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
import click

import upnvme

from .common import (CHUNK, Number, as_json, blocks_option, destructive, keep_apart, lba_option, on_namespace,
                     print_json, progress, sentences, size_text, whole)
from .files import Target

WIDTH = 16


def chunks(ns: upnvme.Namespace, lba: int, blocks: int) -> Iterator[tuple[int, upnvme.Buffer]]:
    """The namespace's contents piece by piece, each with its first block."""
    step = max(1, CHUNK // ns.block_size)
    for at in range(lba, lba + blocks, step):
        yield at, ns.read(at, min(step, lba + blocks - at))


@click.command()
@on_namespace
@lba_option
@click.option("--blocks", default=1, type=Number(1), show_default=True, help="How many.")
@click.option("-o", "--output", metavar="FILE", help="A file, instead of standard output.")
@destructive
@as_json
@sentences
def read(uri: str, nsid: int, lba: int, blocks: int, output: str | None, yes: bool, json_: bool) -> None:
    """Read blocks to a file or to standard output."""
    if json_ and output is None:
        raise click.UsageError("--json needs --output, since standard output has the data")
    if output is not None:
        keep_apart(uri, output)
    with upnvme.open(uri) as ctrlr:
        ns = ctrlr.namespaces[nsid]
        if output is None:
            for _, data in chunks(ns, lba, blocks):
                sys.stdout.buffer.write(memoryview(data))
            return
        target = Target(output, f"Overwrite {output} with {blocks} blocks of {uri}?", yes)
        n = save(ns, lba, blocks, target, quiet=json_)
    if json_:
        print_json({"lba": lba, "blocks": blocks, "bytes": n})
    else:
        click.echo(f"read {size_text(n)} from LBA {lba} to {output}")


def save(ns: upnvme.Namespace, lba: int, blocks: int, target: Target, quiet: bool) -> int:
    """Writes to a file; returns the number of bytes."""
    n = 0
    with target, progress("read", blocks * ns.block_size, quiet) as advance:
        for _, data in chunks(ns, lba, blocks):
            target.write(bytes(data))
            n += len(data)
            advance(len(data))
    return n


def rows(pieces: Iterable[memoryview]) -> Iterator[bytes]:
    """The text of one line."""
    for piece in pieces:
        for at in range(0, len(piece), WIDTH):
            yield bytes(piece[at:at + WIDTH])


def lines(pieces: Iterable[memoryview], offset: int) -> Iterator[str]:
    """Lines as of hexdump -C: repeated lines are shown as a *."""
    before, starred = None, False
    for row in rows(pieces):
        if row != before:
            text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
            yield f"{offset:012x}  {row[:8].hex(' '):23}  {row[8:].hex(' '):23}  |{text}|"
            before, starred = row, False
        elif not starred:
            yield "*"
            starred = True
        offset += len(row)
    yield f"{offset:012x}"


@click.command()
@on_namespace
@lba_option
@click.option("--blocks", default=1, type=Number(1), show_default=True, help="How many.")
@as_json
@sentences
def hexdump(uri: str, nsid: int, lba: int, blocks: int, json_: bool) -> None:
    """Show blocks in hexadecimal."""
    with upnvme.open(uri) as ctrlr:
        ns = ctrlr.namespaces[nsid]
        if json_:
            print_json({"lba": lba, "blocks": blocks, "data": bytes(ns.read(lba, blocks))})
            return
        for line in lines((memoryview(data) for _, data in chunks(ns, lba, blocks)), lba * ns.block_size):
            click.echo(line)


@click.command()
@on_namespace
@lba_option
@blocks_option
@as_json
@sentences
def verify(uri: str, nsid: int, lba: int, blocks: int | None, json_: bool) -> None:
    """Have the device read blocks and check them, without moving data."""
    with upnvme.open(uri) as ctrlr:
        ns = ctrlr.namespaces[nsid]
        n = whole(ns, lba, blocks)
        ns.verify(lba, n)
    if json_:
        print_json({"lba": lba, "blocks": n, "ok": True})
    else:
        click.echo(f"{n} blocks from LBA {lba} are readable")


COMMANDS = (read, hexdump, verify)
