# SPDX-License-Identifier: BSD-3-Clause
"""The namespaces of a controller, as what a mapping needs besides its values."""

from __future__ import annotations

from ._names import public_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class NamespacesBase:
    """The active namespaces of a controller by their identifiers, without the namespaces."""

    __slots__ = ("_controller",)

    def __init__(self, controller: Any) -> None:
        self._controller = controller

    def __iter__(self) -> Iterator[int]:
        identifiers: Iterator[int] = self._controller.nsids()
        return identifiers

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<{public_name(self)} {list(self)}>"
