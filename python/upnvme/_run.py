# SPDX-License-Identifier: BSD-3-Clause
"""A batch of any size, from its first command to its last completion."""

from __future__ import annotations

from time import monotonic

from . import _upnvme
from ._batch import Batch, Completions
from ._errors import Error, TimeoutError, WouldBlockError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._qpair import QPair
    from ._typing import ReadableBuffer

_TIMED_OUT = _upnvme.UPNVME_ERR_TIMEOUT


def _submit(qpair: QPair, ops: memoryview, buf: ReadableBuffer, metadata: ReadableBuffer) -> int:
    """How many there was room for."""
    try:
        return qpair.submit(ops, buf, metadata)  # type: ignore[arg-type]
    except WouldBlockError:
        return 0


def run(qpair: QPair, ops: Batch, buf: ReadableBuffer, timeout: float | None, metadata: ReadableBuffer) -> Completions:
    """As upnvme_exec: an invalid command ends the batch; it is an exception if nothing was done before it."""
    _upnvme.channel_may_wait(qpair)
    left, accepted, taken = memoryview(ops), 0, 0
    parts: list[Completions] = []
    end = None if timeout is None else monotonic() + timeout
    wanted, before = len(ops), qpair.inflight
    while accepted < wanted or (taken < accepted + before and qpair.inflight):
        if accepted < wanted:
            try:
                n = _submit(qpair, left[accepted:], buf, metadata)
            except Error:
                if not accepted:
                    raise
                wanted = accepted
                continue
            accepted += n
        rest = None if end is None else max(0.0, end - monotonic())
        part = qpair.reap(min=max(1, accepted - taken) if accepted == wanted else 1, timeout=rest)
        parts.append(part)
        taken += len(part)
        if rest == 0 and not part:
            raise TimeoutError(110, f"{taken} of {wanted} commands were done in {timeout} s: the others stay in flight",
                               _TIMED_OUT)
    return parts[0] if len(parts) == 1 else _join(parts)


def _join(parts: list[Completions]) -> Completions:
    whole = Completions(sum(map(len, parts)))
    to, at = memoryview(whole).cast("B"), 0
    for part in parts:
        size = 32 * len(part)
        to[at:at + size] = memoryview(part).cast("B")
        at += size
    return whole
