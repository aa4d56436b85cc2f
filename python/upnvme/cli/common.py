# SPDX-License-Identifier: BSD-3-Clause
"""What the commands share: arguments, output for people and for machines, errors, questions."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any, Literal, TypeVar
from urllib.parse import unquote

import click
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Column, Table
from rich.text import Text

import upnvme

F = TypeVar("F", bound=Callable[..., Any])
CHUNK = 1 << 20
NO_LIMIT = 2 ** 64 - 1
UNBOUNDED = 10000
# Exit codes of a shell for programs that a signal ended.
INTERRUPTED, READER_GONE = 130, 141
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


class Size(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Bytes: 4096, 4k, 1MiB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        if re.fullmatch(r"0[xX][0-9a-fA-F]+", str(value)):
            return int(value, 16)
        match = re.fullmatch(r"(\d+)([KMGT]?)(?:I?B)?", str(value).upper())
        if not match:
            self.fail(f"{value!r} is no size: 4096, 4k, 1MiB", param, ctx)
        return int(match.group(1)) * UNITS[match.group(2)]


class Number(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A whole number, decimal or as 0x10."""

    name = "number"

    def __init__(self, least: int = 0, most: int | None = None) -> None:
        self.least, self.most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value).strip()
        match = re.fullmatch(r"-?(\d+|0[xX][0-9a-fA-F]+)", text)
        number = int(text, 16 if "x" in text.lower() else 10) if match else None
        if number is None or number < self.least or (self.most is not None and number > self.most):
            upper = "" if self.most is None else f" to {self.most}"
            self.fail(f"{value!r} is no number from {self.least}{upper or ' on'}: 16, 0x10", param, ctx)
        return number


def as_json(function: F) -> F:
    """The option --json, which every command has."""
    return click.option("--json", "json_", is_flag=True, help="Print JSON.")(function)


def on_namespace(function: F) -> F:
    """The arguments URI and namespace."""
    function = click.option("-n", "--nsid", default=1, show_default=True, type=Number(),
                            help="Namespace identifier.")(function)
    return click.argument("uri")(function)


def lba_option(function: F) -> F:
    """The option for the first block."""
    return click.option("--lba", default=0, type=Number(), help="First block; 0x10 is hexadecimal.")(function)


def blocks_option(function: F) -> F:
    """The option for the number of blocks."""
    return click.option("--blocks", type=Number(1), help="How many; if not given, up to the end.")(function)


def destructive(function: F) -> F:
    """The option of commands that overwrite what is stored."""
    return click.option("--yes", is_flag=True, help="Do not ask.")(function)


def ask(question: str, yes: bool) -> None:
    """Asks the user, and ends the command unless the answer is yes."""
    if not yes:
        click.confirm(question, abort=True, err=True)


def sentences(function: F) -> F:
    """Turns errors of the library and of devices into a sentence and exit code 1.

    The output is flushed before a command counts as successful.
    """
    @functools.wraps(function)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        try:
            result = function(*arguments, **options)
            sys.stdout.flush()
            return result
        except ExceptionGroup as group:
            raise click.ClickException("; ".join(map(str, group.exceptions))) from group
        except (upnvme.Error, ValueError, OSError, MemoryError) as error:
            raise click.ClickException(str(error) or "there is not so much memory") from error
    return wrapped  # type: ignore[return-value]


def console(stderr: bool = False) -> Console:
    """The console, made at its use, so that it sees the current output. An output that is no terminal has any width."""
    made = Console(highlight=False, stderr=stderr)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = UNBOUNDED
    return made


class Rate(ProgressColumn):
    """Bytes in a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{size_text(speed)}/s" if speed else "", style="progress.data.speed")


@contextlib.contextmanager
def progress(name: str, total: int | None, quiet: bool) -> Generator[Callable[[int], None], None, None]:
    """A progress bar with rate and remaining time on standard error, and the function that tells it of finished bytes.
    """
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), DownloadColumn(binary_units=True),
               Rate(), TimeRemainingColumn(compact=True))
    screen = Console(stderr=True)
    with Progress(*columns, console=screen, disable=quiet or not screen.is_terminal, transient=True) as made:
        task = made.add_task(name, total=total)
        yield lambda n: made.update(task, advance=n)


def print_json(value: Any) -> None:
    """Makes bytes hexadecimal, for JSON."""
    click.echo(json.dumps(value, indent=2, default=lambda one: one.hex() if isinstance(one, bytes) else str(one)))


def print_record(title: str, values: dict[str, Any], json_: bool) -> None:
    """Names and values, one a line."""
    if json_:
        print_json(values)
        return
    table = Table(Column(overflow="fold"), Column(overflow="fold"), show_header=False)
    for name, value in values.items():
        table.add_row(name.replace("_", " "), escape(shown(value, name)))
    click.echo(title)
    console().print(table)


def print_rows(empty: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table, or a sentence if the table is empty."""
    texts = [[shown(value) for value in row] for row in rows]
    screen = console()
    if texts:
        screen.print(fitting(headings, texts, screen.width))
    else:
        click.echo(empty)


def fitting(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int,
            justify: Literal["left", "right"] = "left") -> Table:
    """A table with a line for each row; where that is too wide, with a line for each value."""
    widths = [max(map(cell_len, column)) for column in zip(headings, *rows)]
    if sum(widths) + 3 * len(widths) + 1 <= width:
        table = Table(*(Column(heading, justify=justify, overflow="fold") for heading in headings))
        for row in rows:
            table.add_row(*map(escape, row))
        return table
    table = Table(Column(overflow="fold"), Column(overflow="fold"), show_header=False)
    for row in rows:
        for heading, value in zip(headings, row):
            table.add_row(heading, escape(value))
        table.add_section()
    return table


def shown(value: Any, name: str = "") -> str:
    """A value in a table."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return ", ".join(f"{key} {one}" for key, one in value.items())
    if isinstance(value, list):
        return "; ".join(shown(one) for one in value if one not in (None, ""))
    if name == "version":
        return f"{value >> 16}.{value >> 8 & 0xFF}.{value & 0xFF}"
    if value == NO_LIMIT:
        return "no limit"
    return f"{value} ({size_text(value)})" if name.endswith("_bytes") and value >= 1024 else str(value)


def size_text(size: float) -> str:
    """1.5 MiB."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if size == int(size) else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def whole(ns: upnvme.Namespace, lba: int, blocks: int | None) -> int:
    """The number of blocks from the first on, or the number that was asked for; the library refuses one past the end.
    """
    return max(1, ns.block_count - lba) if blocks is None else blocks


def _file_of(name: str) -> str:
    """The file behind an argument: of soft: the path in its URI."""
    path = unquote(name.removeprefix("soft:").partition("?")[0])
    return path if name.startswith("soft:") and "/" in path else name


def keep_apart(source: str, target: str) -> None:
    """A target is emptied before anything is read: it must be neither the source nor the image that the source is in.
    """
    with contextlib.suppress(OSError):  # a missing file is not the other one
        if os.path.samefile(_file_of(source), _file_of(target)):
            raise click.ClickException(f"{source} and {target} are the same file")
