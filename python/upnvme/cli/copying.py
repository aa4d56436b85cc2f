# SPDX-License-Identifier: BSD-3-Clause
"""The command copy: a file to a namespace, a namespace to a file, a namespace to another. Holes stay holes."""

from __future__ import annotations

import contextlib
import pathlib
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO

import click

import upnvme

from .common import (CHUNK, Number, Size, as_json, ask, destructive, keep_apart, print_json, progress, sentences,
                     size_text)
from .files import ZEROES, Piece, Target, pieces, short, size_of

SCHEMES = ("soft:", "pcie:")


class FileSource:
    """A source that is a file; the size may be known at the end only."""

    def __init__(self, name: str, stack: contextlib.ExitStack) -> None:
        self.name = name
        self._file: BinaryIO = stack.enter_context(pathlib.Path(name).open("rb", buffering=0))
        self.size = size_of(self._file)

    def pieces(self) -> Iterator[Piece]:
        """The file's pieces."""
        return pieces(self._file)


class SpaceSource:
    """A source that is a namespace."""

    def __init__(self, name: str, nsid: int, stack: contextlib.ExitStack) -> None:
        self.name = name
        self._ns = stack.enter_context(upnvme.open(name)).namespaces[nsid]
        self.size: int | None = self._ns.size

    def pieces(self) -> Iterator[Piece]:
        """The namespace's pieces; a piece of zeroes is a hole."""
        step = max(1, CHUNK // self._ns.block_size)
        for lba in range(0, self._ns.block_count, step):
            data = bytes(self._ns.read(lba, min(step, self._ns.block_count - lba)))
            yield len(data) if data == ZEROES[:len(data)] else data


class SpaceTarget:
    """A target that is a namespace. Whole blocks of zeroes are left to the device, which may free their storage."""

    def __init__(self, name: str, nsid: int, stack: contextlib.ExitStack) -> None:
        self.name = name
        self._ns = stack.enter_context(upnvme.open(name)).namespaces[nsid]
        self.size = self._ns.size
        self._file = stack.enter_context(self._ns.open("r+b", buffering=CHUNK))
        self._can_zero = True

    def write(self, piece: Piece) -> None:
        """Adds a piece."""
        if isinstance(piece, int):
            self._zero(piece)
        else:
            self._file.write(piece)

    def _zero(self, n: int) -> None:
        at, block = self._file.tell(), self._ns.block_size
        first, end = -(-at // block) * block, (at + n) // block * block
        if first >= end or not self._can_zero:
            self._put_zeroes(n)
            return
        self._put_zeroes(first - at)
        self._file.flush()
        try:
            self._ns.write_zeroes(first // block, (end - first) // block, upnvme.Flag.DEALLOCATE_ZEROES)
        except upnvme.UnsupportedError:
            self._can_zero = False
            self._put_zeroes(end - first)
        self._file.seek(end)
        self._put_zeroes(at + n - end)

    def _put_zeroes(self, n: int) -> None:
        for left in range(n, 0, -CHUNK):
            self._file.write(ZEROES[:left])

    def finish(self) -> None:
        """Makes the written data durable."""
        self._file.sync()


@click.command()
@click.argument("source")
@click.argument("target")
@click.option("--bytes", "limit", type=Size(), help="So many, which the source must have; if not given, all of it.")
@click.option("--source-nsid", default=1, show_default=True, type=Number())
@click.option("--target-nsid", default=1, show_default=True, type=Number())
@destructive
@as_json
@sentences
def copy(source: str, target: str, limit: int | None, source_nsid: int, target_nsid: int, yes: bool,
         json_: bool) -> None:
    """Copy a file to a namespace, back, or one namespace to another. What begins with soft: or pcie: is a URI.

    A pipe or a device is a file too. Holes and zeroes are not moved: they become holes of a file, and blocks that the
    device makes zeroes.
    """
    if not source.startswith(SCHEMES) and not target.startswith(SCHEMES):
        raise click.UsageError(f"neither {source} nor {target} is a URI")
    keep_apart(source, target)
    with contextlib.ExitStack() as stack:
        giver = SpaceSource(source, source_nsid, stack) if source.startswith(SCHEMES) else FileSource(source, stack)
        n = wanted(giver, limit)
        question = f"Overwrite {target} with {'all' if n is None else size_text(n)} of {source}?"
        start = time.perf_counter()
        if target.startswith(SCHEMES):
            ask(question, yes)
            n = to_space(giver, SpaceTarget(target, target_nsid, stack), n, json_)
        else:
            with Target(target, question, yes) as taker:
                n = move(giver, taker.write, n, None, json_)
        seconds = time.perf_counter() - start
    if json_:
        print_json({"source": source, "target": target, "bytes": n, "seconds": seconds})
    else:
        click.echo(f"copied {size_text(n)} in {seconds:.2f} s ({size_text(n / seconds if seconds else 0)}/s)")


def wanted(giver: FileSource | SpaceSource, limit: int | None) -> int | None:
    """The number of bytes to copy; None: until the end of the source."""
    if limit is not None and giver.size is not None and giver.size < limit:
        raise short(giver.name, giver.size, limit)
    return giver.size if limit is None else limit


def to_space(giver: FileSource | SpaceSource, taker: SpaceTarget, n: int | None, quiet: bool) -> int:
    """Refuses a copy that does not fit before anything is written, if the size is known."""
    if n is not None and n > taker.size:
        raise no_room(giver, taker.name, taker.size, f"{giver.name} has {size_text(n)}")
    done = move(giver, taker.write, n, taker.size, quiet, taker.name)
    taker.finish()
    return done


def no_room(giver: FileSource | SpaceSource, name: str, there: int, what: str) -> click.ClickException:
    """The error for a target that is too small."""
    return click.ClickException(f"{what}, {name} room for {size_text(there)}")


def move(giver: FileSource | SpaceSource, write: Callable[[Piece], None], n: int | None, there: int | None, quiet: bool,
         target: str = "") -> int:
    """Copies piece by piece: `n` bytes, or all; `there` is the room of the target. Returns the number of bytes."""
    done = 0
    with progress("copy", n, quiet) as advance:
        for piece in giver.pieces():
            size = piece if isinstance(piece, int) else len(piece)
            if n is not None and done + size > n:
                size = n - done
                piece = size if isinstance(piece, int) else piece[:size]
            if there is not None and done + size > there:
                raise no_room(giver, target, there, f"{giver.name} goes on after {size_text(done)}, which were written")
            write(piece)
            done += size
            advance(size)
            if done == n:
                break
    if n is not None and done < n:
        raise short(giver.name, done, n)
    return done


COMMANDS = (copy,)
