# SPDX-License-Identifier: BSD-3-Clause
"""The namespaces of a controller as a mapping, but for its values, which derived classes make."""

from __future__ import annotations

from errno import EINVAL
from _operator import index

from ._errors import NamespaceNotFoundError
from ._names import public_name
from ._upnvme import UPNVME_ERR_ARGUMENT

_NONE = 0xFFFFFFFF

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class NamespacesBase:
    """The identifiers of a controller's active namespaces, as keys of a mapping."""

    __slots__ = ("_controller",)

    def __init__(self, controller: Any) -> None:
        self._controller = controller

    def _identifier(self, nsid: object) -> int:
        """The key as a namespace identifier; a key that cannot be one is a missing key, as in any mapping."""
        try:
            known = index(nsid)  # type: ignore[arg-type]
        except TypeError:
            known = 0
        if 0 < known < _NONE:
            return known
        raise NamespaceNotFoundError(EINVAL, f"{nsid!r} is no identifier of a namespace: Controller.nsids lists "
                                     "those that are active", UPNVME_ERR_ARGUMENT)

    def __iter__(self) -> Iterator[int]:
        identifiers: Iterator[int] = self._controller.nsids()
        return identifiers

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _repr_html_(self) -> str:
        """For notebooks."""
        from ._html import table

        spaces: list[Any] = [self[nsid] for nsid in self]  # type: ignore[index]
        rows = [(ns.nsid, ns.block_count, ns.block_size, ns.size, ns.metadata_size) for ns in spaces]
        return table(repr(self)[1:-1], ("nsid", "blocks", "block size", "bytes", "metadata"), rows, len(rows))

    def __repr__(self) -> str:
        return f"<{public_name(self)} {list(self)}>"
