# SPDX-License-Identifier: BSD-3-Clause
"""Commands that overwrite: write, fill."""

from __future__ import annotations

from typing import BinaryIO

import click

import upnvme

from .common import (CHUNK, Number, as_json, ask, blocks_option, destructive, lba_option, on_namespace, print_json,
                     progress, sentences, size_text, whole)
from .files import short, size_of


@click.command()
@on_namespace
@click.argument("source", type=click.File("rb"))
@lba_option
@destructive
@as_json
@sentences
def write(uri: str, nsid: int, source: BinaryIO, lba: int, yes: bool, json_: bool) -> None:
    """Write a file (- is standard input) to blocks; the last block is filled up with zeroes."""
    if source.name == "<stdin>" and not yes:
        raise click.UsageError("data from standard input needs --yes, since standard input cannot answer the question")
    with upnvme.open(uri) as ctrlr:
        ns = ctrlr.namespaces[nsid]
        size = room(source, ns, lba)
        ask(f"Overwrite {uri} from LBA {lba} with {source.name}?", yes)
        n = stream(source, ns, lba, size, quiet=json_)
        blocks = -(-n // ns.block_size)
    if json_:
        print_json({"lba": lba, "blocks": blocks, "bytes": n})
    else:
        click.echo(f"wrote {size_text(n)} to {blocks} blocks from LBA {lba}")


def room(source: BinaryIO, ns: upnvme.Namespace, lba: int) -> int | None:
    """The size of the source, if it is known; it must fit."""
    size, there = size_of(source), max(0, ns.block_count - lba) * ns.block_size
    if size is not None and size > there:
        raise click.ClickException(f"{source.name} has {size_text(size)}, and from LBA {lba} there is room for "
                                   f"{size_text(there)}")
    return size


def stream(source: BinaryIO, ns: upnvme.Namespace, lba: int, size: int | None, quiet: bool) -> int:
    """Writes piece by piece, through one buffer of DMA memory."""
    total, block, first, end = 0, ns.block_size, lba, ns.block_count
    with progress("write", size, quiet) as advance, ns.controller.alloc(max(CHUNK, block)) as buf, \
            memoryview(buf) as view:
        while n := fill_up(source, view):
            blocks = -(-n // block)
            if lba + blocks > end:
                ns.flush()
                raise click.ClickException(f"{source.name} goes on after {size_text(total)}, which were written: from "
                                           f"LBA {first} there is room for {size_text((end - first) * block)}")
            view[n:blocks * block] = bytes(blocks * block - n)
            with view[:blocks * block] as piece:
                ns.write(lba, piece)
            total, lba = total + n, lba + blocks
            advance(n)
        ns.flush()
    if size is not None and total < size:
        raise short(source.name, total, size)
    return total


def fill_up(source: BinaryIO, view: memoryview) -> int:
    """Reads until the buffer is full, since a pipe gives little at a time. Only the last piece is no whole number of
    blocks."""
    n = 0
    while n < len(view) and (data := source.read(len(view) - n)):
        view[n:n + len(data)] = data
        n += len(data)
    return n


@click.command()
@on_namespace
@lba_option
@blocks_option
@click.option("--byte", default=0, type=Number(0, 255), show_default=True, help="With what.")
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
            pour(ns, lba, n, byte, quiet=json_)
        ns.flush()
    if json_:
        print_json({"lba": lba, "blocks": n, "byte": byte})
    else:
        click.echo(f"filled {n} blocks from LBA {lba} with {byte:#04x}")


def pour(ns: upnvme.Namespace, lba: int, blocks: int, byte: int, quiet: bool) -> None:
    """Fills from one buffer of DMA memory."""
    step = min(blocks, max(1, CHUNK // ns.block_size))
    with progress("fill", blocks * ns.block_size, quiet) as advance, \
            ns.controller.alloc(step * ns.block_size) as buf, memoryview(buf) as view:
        view[:] = bytes([byte]) * len(view)
        for at in range(lba, lba + blocks, step):
            with view[:min(step, lba + blocks - at) * ns.block_size] as piece:
                ns.write(at, piece)
                advance(len(piece))


COMMANDS = (write, fill)
