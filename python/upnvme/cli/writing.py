# SPDX-License-Identifier: BSD-3-Clause
"""Commands that overwrite: write, fill."""

from __future__ import annotations

from typing import BinaryIO

import click

import upnvme

from .common import CHUNK, as_json, ask, destructive, on_namespace, print_json, sentences, size_text, whole


@click.command()
@on_namespace
@click.argument("source", type=click.File("rb"))
@click.option("--lba", default=0, help="First block.")
@destructive
@as_json
@sentences
def write(uri: str, nsid: int, source: BinaryIO, lba: int, yes: bool, json_: bool) -> None:
    """Write a file (- is standard input) to blocks; the last block is filled up with zeroes."""
    data = source.read()
    with upnvme.open(uri) as ctrlr:
        ns = ctrlr.namespaces[nsid]
        blocks = -(-len(data) // ns.block_size)
        ask(f"Overwrite {blocks} blocks from LBA {lba} of {uri}?", yes)
        if blocks:
            ns.write(lba, data + bytes(blocks * ns.block_size - len(data)))
            ns.flush()
    if json_:
        print_json({"lba": lba, "blocks": blocks, "bytes": len(data)})
    else:
        click.echo(f"wrote {size_text(len(data))} to {blocks} blocks from LBA {lba}")


@click.command()
@on_namespace
@click.option("--lba", default=0, help="First block.")
@click.option("--blocks", type=int, help="How many; if not given, up to the end.")
@click.option("--byte", default=0, type=click.IntRange(0, 255), show_default=True, help="With what.")
@destructive
@as_json
@sentences
def fill(uri: str, nsid: int, lba: int, blocks: int | None, byte: int, yes: bool, json_: bool) -> None:
    """Fill blocks with a byte; zeroes are left to the device (Write Zeroes)."""
    with upnvme.open(uri) as ctrlr:
        ns = ctrlr.namespaces[nsid]
        n = whole(ns, lba, blocks)
        ask(f"Overwrite {n} blocks from LBA {lba} of {uri}?", yes)
        if n and byte == 0:
            ns.write_zeroes(lba, n)
        elif n:
            pour(ns, lba, n, byte)
        ns.flush()
    if json_:
        print_json({"lba": lba, "blocks": n, "byte": byte})
    else:
        click.echo(f"filled {n} blocks from LBA {lba} with {byte:#04x}")


def pour(ns: upnvme.Namespace, lba: int, blocks: int, byte: int) -> None:
    """From one buffer of DMA memory."""
    step = min(blocks, max(1, CHUNK // ns.block_size))
    with ns.controller.alloc(step * ns.block_size) as buf:
        with memoryview(buf) as view:
            view[:] = bytes([byte]) * len(view)
            for at in range(lba, lba + blocks, step):
                ns.write(at, view[:min(step, lba + blocks - at) * ns.block_size])


COMMANDS = (write, fill)
