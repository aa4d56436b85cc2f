# SPDX-License-Identifier: BSD-3-Clause
"""A batch of any size, from its first command to its last completion."""

from __future__ import annotations

from math import inf
from time import monotonic

from . import _upnvme
from ._arguments import ticks
from ._batch import Batch, Completions
from ._errors import Error, PartialError, TimeoutError, WouldBlockError, make_partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._qpair import QPair
    from ._typing import ReadableBuffer

_TIMED_OUT = _upnvme.UPNVME_ERR_TIMEOUT


class _Run:
    """The progress of a batch."""

    def __init__(self, qpair: QPair, ops: Batch, buf: ReadableBuffer | None,
                 metadata: ReadableBuffer | None) -> None:
        self.qpair, self.buf, self.metadata = qpair, buf, metadata
        self.ops = memoryview(ops)
        self.wanted, self.before = len(ops), qpair.inflight
        self.accepted = self.taken = 0
        self.parts: list[Completions] = []
        self.refusal: BaseException | None = None

    def submit(self) -> None:
        """Submits as many commands as there is room for. A refused command ends the batch; the first one raises its
        exception."""
        try:
            left: Any = self.ops[self.accepted:]
            self.accepted += self.qpair.submit(left, self.buf, self.metadata)
        except WouldBlockError:
            pass
        except PartialError as error:
            self.accepted += error.index
            self.wanted, self.refusal = self.accepted, error.__cause__
        except Error as error:
            if not self.accepted:
                raise
            self.wanted, self.refusal = self.accepted, error

    def reap(self, seconds: float | None) -> bool:
        """Takes completions; returns whether any came."""
        least = max(1, self.accepted - self.taken) if self.accepted == self.wanted else 1
        part = self.qpair.reap(min=least, timeout=seconds)
        self.parts.append(part)
        self.taken += len(part)
        return len(part) > 0

    def is_done(self) -> bool:
        """Whether the batch is done, and with it the commands that were in flight before."""
        return self.accepted == self.wanted and not (self.taken < self.accepted + self.before and self.qpair.inflight)

    def go_on(self, timeout: float | None) -> None:
        """Runs the batch to its end, or until the time is over."""
        end = None if timeout is None else monotonic() + timeout
        while not self.is_done():
            if self.accepted < self.wanted:
                self.submit()
                if self.is_done():
                    break
            rest = None if end is None else max(0.0, end - monotonic())
            if not self.reap(rest) and rest == 0:
                raise TimeoutError(110, f"{self.taken} of {self.wanted} commands were done in {timeout:g} s: "
                                   f"{self.accepted - self.taken} stay in flight, {self.wanted - self.accepted} were "
                                   "not submitted", _TIMED_OUT)


def run(qpair: QPair, ops: Batch, buf: ReadableBuffer | None, timeout: float | None,
        metadata: ReadableBuffer | None) -> Completions:
    """Runs a batch for QPair.run: does as upnvme_exec, but a refused command raises an exception."""
    _upnvme.channel_may_wait(qpair)
    if timeout is not None and timeout != inf:
        timeout = ticks("timeout", timeout, 10 ** 9, 2 ** 63) / 1e9
    run = _Run(qpair, ops, buf, metadata)
    try:
        run.go_on(None if timeout == inf else timeout)
        if run.refusal:
            raise make_partial(run.accepted, run.refusal)
    except BaseException as error:
        last: Completions | None = getattr(error, "completions", None)
        error.completions = _join(run.parts + [last] if last else run.parts)  # type: ignore[attr-defined]
        raise
    return _join(run.parts)


def _join(parts: list[Completions]) -> Completions:
    if len(parts) == 1:
        return parts[0]
    whole = Completions(sum(map(len, parts)))
    to, at = memoryview(whole).cast("B"), 0
    for part in parts:
        size = 32 * len(part)
        to[at:at + size] = memoryview(part).cast("B")
        at += size
    return whole
