# SPDX-License-Identifier: BSD-3-Clause
"""Commands that read: read, hexdump, verify."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import click

import upnvme

from .common import CHUNK, as_json, on_namespace, print_json, sentences, standard_output, whole

WIDTH = 16


def chunks(ns: upnvme.Namespace, lba: int, blocks: int) -> Iterator[tuple[int, upnvme.Buffer]]:
    """The namespace's contents piece by piece, each with its first block."""
    step = max(1, CHUNK // ns.block_size)
    for at in range(lba, lba + blocks, step):
        yield at, ns.read(at, min(step, lba + blocks - at))


@click.command()
@on_namespace
@click.option("--lba", default=0, help="First block.")
@click.option("--blocks", default=1, show_default=True, help="How many.")
@click.option("-o", "--output", type=click.File("wb"), help="A file, instead of standard output.")
@as_json
@sentences
def read(uri: str, nsid: int, lba: int, blocks: int, output: BinaryIO | None, json_: bool) -> None:
    """Read blocks to a file or to standard output."""
    with upnvme.open(uri) as ctrlr:
        target, n = output or standard_output(), 0
        if json_ and output is None:
            raise click.UsageError("--json goes with --output: standard output has the data")
        for _, data in chunks(ctrlr.namespaces[nsid], lba, blocks):
            n += target.write(memoryview(data))
    if json_:
        print_json({"lba": lba, "blocks": blocks, "bytes": n})


def lines(data: bytes, offset: int) -> Iterator[str]:
    """As hexdump -C: lines that are as the one before are a *."""
    before, starred = None, False
    for at in range(0, len(data), WIDTH):
        line = data[at:at + WIDTH]
        if line == before:
            if not starred:
                yield "*"
            starred = True
            continue
        before, starred = line, False
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in line)
        yield f"{offset + at:012x}  {line[:8].hex(' '):23}  {line[8:].hex(' '):23}  |{text}|"
    yield f"{offset + len(data):012x}"


@click.command()
@on_namespace
@click.option("--lba", default=0, help="First block.")
@click.option("--blocks", default=1, show_default=True, help="How many.")
@as_json
@sentences
def hexdump(uri: str, nsid: int, lba: int, blocks: int, json_: bool) -> None:
    """Show blocks in hexadecimal."""
    with upnvme.open(uri) as ctrlr:
        ns = ctrlr.namespaces[nsid]
        data = bytes(ns.read(lba, blocks))
        if json_:
            print_json({"lba": lba, "blocks": blocks, "data": data})
            return
        click.echo("\n".join(lines(data, lba * ns.block_size)))


@click.command()
@on_namespace
@click.option("--lba", default=0, help="First block.")
@click.option("--blocks", type=int, help="How many; if not given, up to the end.")
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
