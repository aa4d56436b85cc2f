# SPDX-License-Identifier: BSD-3-Clause
"""Callers' arguments in the form that C takes: an error names the argument and its value."""

from __future__ import annotations

from _operator import index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._typing import Int


def number(name: str, value: Int, top: int, what: str = "a whole number") -> int:
    """The value as an int, from 0 to `top`; otherwise a TypeError or ValueError that names the argument."""
    try:
        whole = index(value)
    except TypeError:
        raise TypeError(f"{name} must be {what}, not {value!r}") from None
    if not 0 <= whole <= top:
        raise ValueError(f"{name} must be from 0 to {top}, not {value}")
    return whole


def ticks(name: str, seconds: float, per_second: int, top: int) -> int:
    """Seconds as a whole number of smaller units, rounded up, since 0 has a meaning of its own."""
    try:
        exact = seconds * per_second + 0.0
    except TypeError:
        raise TypeError(f"{name} must be a number of seconds, not {seconds!r}") from None
    if not 0 <= exact <= top:
        raise ValueError(f"{name} must be from 0 to {top // per_second} seconds, not {seconds!r}")
    # An error of floating point, as in 1.1 times 10**9, must not count as a further unit.
    return max(1, int(-(-round(exact, 6) // 1))) if exact else 0


def dwords(cdw: Sequence[Int]) -> bytes:
    """A command's dwords as bytes."""
    try:
        values = [index(dword) for dword in cdw]
    except TypeError:
        raise TypeError(f"cdw must be a sequence of dwords, which are whole numbers, not {cdw!r}") from None
    try:
        return b"".join(dword.to_bytes(4, "little") for dword in values)
    except OverflowError:
        raise ValueError(f"a dword must be from 0 to 4294967295, which {values} are not") from None
