# SPDX-License-Identifier: BSD-3-Clause
"""Tables for notebooks."""

from __future__ import annotations

from html import escape
from itertools import islice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST = 20  # rows


def table(caption: str, header: Sequence[str] | None, rows: Iterable[Sequence[object]], n: int = 0) -> str:
    """A table of `n` rows; where there are many, only of the first rows, unless the table has no header."""
    shown = list(islice(rows, MOST)) if header else list(rows)
    head = f"<thead>{_row('th', header)}</thead>" if header else ""
    rest = f"<tfoot>{_row('td', [f'... and {n - len(shown)} more'])}</tfoot>" if n > len(shown) else ""
    body = "".join(_row("td", row) for row in shown)
    return f"<table><caption>{escape(caption)}</caption>{head}<tbody>{body}</tbody>{rest}</table>"


def _row(cell: str, values: Sequence[object]) -> str:
    return f"<tr>{''.join(f'<{cell}>{escape(_text(value))}</{cell}>' for value in values)}</tr>"


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
