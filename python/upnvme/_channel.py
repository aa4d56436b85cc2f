# SPDX-License-Identifier: BSD-3-Clause
"""The part of a queue pair that does not depend on how its commands complete: creation, properties, end."""

from __future__ import annotations

from . import _upnvme
from ._arguments import number
from ._errors import ClosedError
from ._names import public_name
from ._records import QPairStats

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ._session import SessionBase
    from ._typing import Int


class ChannelBase(_upnvme.Channel):
    """The part of a queue pair that upnvme.QPair and upnvme.aio.QPair have in common."""

    __slots__ = ("_controller",)

    def __init__(self, controller: SessionBase, depth: Int | None = None, *, entries: Int = 0, outstanding: Int = 0,
                 ring_each: bool = False, histogram: bool = False, cmb: bool = False, interrupt: bool = False,
                 flags: int = 0) -> None:
        self._controller = controller
        if depth is not None:
            depth = number("depth", depth, 65534)
            if not depth:
                raise ValueError("depth must be at least 1, not 0")
            entries, outstanding = depth + 1, depth
        flags |= (_upnvme.UPNVME_QPAIR_RING_EACH * ring_each | _upnvme.UPNVME_QPAIR_HISTOGRAM * histogram |
                  _upnvme.UPNVME_QPAIR_CMB * cmb | _upnvme.UPNVME_QPAIR_INTERRUPT * interrupt)
        _upnvme.channel_open(self, controller, flags, entries, outstanding)

    def close(self) -> None:
        """Completes all outstanding commands and frees the queue pair; a second call does nothing.

        The owner's thread closes it, or after a release any thread. Within a callback of the queue pair the close is
        carried out when the poll returns. WrongThreadError. TimeoutError, ControllerError: the queue pair *is* closed,
        but storage, or the controller, did not let go of its memory; the sentence says what that costs.
        """
        _upnvme.channel_close(self)

    @property
    def controller(self) -> SessionBase:
        """The controller of the queue pair."""
        return self._controller

    @property
    def is_open(self) -> bool:
        """Whether the queue pair is open."""
        return bool(_upnvme.channel_is_open(self))

    @property
    def id(self) -> int:
        """The queue identifier."""
        return int(_upnvme.upnvme_qpair_id(self))

    @property
    def entries(self) -> int:
        """The number of entries of each ring."""
        return int(_upnvme.upnvme_qpair_entries(self))

    @property
    def depth(self) -> int:
        """The number of commands that can be in flight."""
        return int(_upnvme.upnvme_qpair_outstanding_max(self))

    @property
    def inflight(self) -> int:
        """The number of commands that were accepted and are not completed; 0 on any thread but the owner's."""
        return int(_upnvme.channel_inflight(self))

    @property
    def stats(self) -> QPairStats:
        """Counters since the queue pair was made. WrongThreadError on any thread but the owner's."""
        return QPairStats(_upnvme.upnvme_qpair_stats_get(self))

    def histogram(self) -> list[tuple[int, int]]:
        """Latencies, if the queue pair was made with `histogram=True`: pairs of a bucket's largest latency in
        nanoseconds, and its count.

        Empty buckets are left out. UnsupportedError: the queue pair was made without `histogram=True`.
        """
        buckets: list[tuple[int, int]] = _upnvme.channel_histogram(self)
        return buckets

    def __del__(self, is_open: Callable[[ChannelBase], bool] = _upnvme.channel_is_open) -> None:
        # The function is a default argument, since the module's names are gone late in the interpreter's end; open
        # queue pairs were closed before (_atexit).
        if is_open(self):
            _warn(self)
            _upnvme.channel_force(self)

    def __repr__(self) -> str:
        if self.is_open:
            try:
                return f"<{public_name(self)} {self.id} of depth {self.depth}, {self.inflight} in flight>"
            except ClosedError:
                pass  # closed just now, by another thread
        return f"<{public_name(self)}, closed>"


def _warn(self: ChannelBase) -> None:
    import warnings

    warnings.warn(f"unclosed {self!r}", ResourceWarning, stacklevel=3, source=self)
