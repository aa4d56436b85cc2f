# SPDX-License-Identifier: BSD-3-Clause
"""Ranges of blocks that are being changed; another change of the same blocks waits."""

from __future__ import annotations

from threading import Condition


class Ranges:
    """The held ranges. `with ranges.hold(first, end):` waits until no other range overlaps."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._held: list[Held] = []

    def hold(self, first: int, end: int) -> Held:
        """Makes the context in which the blocks from `first` to `end` - 1 are held."""
        return Held(self, first, end)

    def take(self, held: Held) -> None:
        """Waits until no other range overlaps, and holds this one."""
        with self._changed:
            while any(other.first < held.end and held.first < other.end for other in self._held):
                self._changed.wait()
            self._held.append(held)

    def give(self, held: Held) -> None:
        """Lets the range go."""
        with self._changed:
            self._held.remove(held)
            self._changed.notify_all()


class Held:
    """One range, for the time of a `with`."""

    def __init__(self, ranges: Ranges, first: int, end: int) -> None:
        self._ranges, self.first, self.end = ranges, first, end

    def __enter__(self) -> None:
        self._ranges.take(self)

    def __exit__(self, *exception: object) -> None:
        self._ranges.give(self)
