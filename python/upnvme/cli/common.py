# SPDX-License-Identifier: BSD-3-Clause
"""What the commands share: arguments, output for people and for machines, errors, questions."""

from __future__ import annotations

import functools
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.table import Table

import upnvme

F = TypeVar("F", bound=Callable[..., Any])
CHUNK = 1 << 20
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


class Size(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Bytes: 4096, 4k, 1MiB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"(\d+)([KMGT]?)(?:I?B)?", str(value).upper())
        if not match:
            self.fail(f"{value!r} is no size: 4096, 4k, 1MiB", param, ctx)
        return int(match.group(1)) * UNITS[match.group(2)]


def as_json(function: F) -> F:
    """The option that every command has."""
    return click.option("--json", "json_", is_flag=True, help="Print JSON.")(function)


def on_namespace(function: F) -> F:
    """The URI, and which namespace of it."""
    function = click.option("-n", "--nsid", default=1, show_default=True, help="Namespace identifier.")(function)
    return click.argument("uri")(function)


def destructive(function: F) -> F:
    """The option of commands that overwrite what is stored."""
    return click.option("--yes", is_flag=True, help="Do not ask.")(function)


def ask(question: str, yes: bool) -> None:
    """Ends the command if the user does not want it."""
    if not yes:
        click.confirm(question, abort=True, err=True)


def sentences(function: F) -> F:
    """What the library refuses, and what a device answers, is a sentence and exit code 1."""
    @functools.wraps(function)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        try:
            return function(*arguments, **options)
        except (upnvme.Error, ValueError, OSError) as error:
            raise click.ClickException(str(error)) from error
    return wrapped  # type: ignore[return-value]


def console() -> Console:
    """Made when it is needed, so that it sees the output of the time."""
    return Console(highlight=False)


def print_json(value: Any) -> None:
    """Bytes are hexadecimal."""
    click.echo(json.dumps(value, indent=2, default=lambda one: one.hex() if isinstance(one, bytes) else str(one)))


def print_record(title: str, values: dict[str, Any], json_: bool) -> None:
    """Names and values, one a line."""
    if json_:
        print_json(values)
        return
    table = Table(title=title, show_header=False, title_justify="left")
    for name, value in values.items():
        table.add_row(name.replace("_", " "), shown(value))
    console().print(table)


def print_rows(title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table."""
    table = Table(*headings, title=title, title_justify="left")
    for row in rows:
        table.add_row(*map(shown, row))
    console().print(table)


def shown(value: Any) -> str:
    """A value in a table."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return ", ".join(str(one) for one in value if one not in (None, ""))
    return str(value)


def size_text(size: float) -> str:
    """1.5 MiB."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if size == int(size) else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def whole(ns: upnvme.Namespace, lba: int, blocks: int | None) -> int:
    """How many blocks there are from one on, or as many as were asked for."""
    return max(0, ns.block_count - lba) if blocks is None else blocks


def standard_output() -> Any:
    """For bytes."""
    return sys.stdout.buffer
