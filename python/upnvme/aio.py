# SPDX-License-Identifier: BSD-3-Clause
"""The same for asyncio, without threads.

    async with upnvme.aio.open(uri) as ctrlr:
        data = await ctrlr.namespaces[1].read(0, 8)
        await asyncio.gather(*(ns.read(lba, 1) for lba in lbas))
        done = await ctrlr.qpair(depth=128).run(ops, buf)

Commands are plain functions that return futures. A controller belongs to the loop that it was opened in, and to that
loop's thread. Completions are taken once a turn of the loop while they come; after that the loop sleeps on the queue's
eventfd where there is one, and looks again by a timer where not. What a full queue has no room for waits its turn. A
future that is cancelled leaves its command with the device, and the command its buffer until the device is done.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING

from . import _upnvme
from ._batch import Batch, Completions
from ._buffer import Buffer
from ._channel import ChannelBase
from ._errors import ClosedError, Error, UnsupportedError
from ._namespaces import NamespacesBase
from ._session import SessionBase
from ._space import SpaceBase

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._typing import ReadableBuffer, WriteableBuffer

__all__ = ["Controller", "Namespace", "Namespaces", "QPair", "open"]

_future, _turn = _upnvme.channel_future, _upnvme.channel_turn
_READ, _WRITE = _upnvme.UPNVME_OP_READ, _upnvme.UPNVME_OP_WRITE

DEPTH = 1024
# Turns of the loop without a completion before it goes to sleep, and for how long it then does, in seconds.
PATIENCE, SHORTEST, LONGEST = 64, 20e-6, 2e-3


class QPair(ChannelBase):
    """A queue pair of the loop's: `await qp.run(ops, buf)`."""

    __slots__ = ("_loop", "_waiting", "_busy", "_idle", "_watching", "_fd")

    def __init__(self, controller: SessionBase, depth: int | None = None, *, ring_each: bool = False,
                 histogram: bool = False) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[asyncio.Future[object], Callable[[], bool]]] = deque()
        self._busy = False
        self._idle = 0
        self._watching = False
        self._fd: int | None = None
        try:
            super().__init__(controller, depth, ring_each=ring_each, histogram=histogram, interrupt=True)
            self._fd = _upnvme.upnvme_qpair_fd(self)
        except UnsupportedError:
            super().__init__(controller, depth, ring_each=ring_each, histogram=histogram)

    def run(self, ops: Batch, buf: ReadableBuffer | None = None,
            metadata: ReadableBuffer | None = None) -> asyncio.Future[Completions]:
        """Submits a batch as room appears; the result is all its completions, in the order in which they came."""
        future: asyncio.Future[Completions] = self._loop.create_future()
        run = _Run(self, ops, buf, metadata, future)
        if self._waiting or not run.go_on():
            self._waiting.append((future, run.go_on))  # type: ignore[arg-type]
        self._begin()
        return future

    def start(self, ns: SpaceBase, opcode: int, data: ReadableBuffer, lba: int, blocks: int | None,
              flags: int) -> asyncio.Future[object]:
        """One command; the result is the buffer that was read, if none was given, or None."""
        future: asyncio.Future[object] = self._loop.create_future()
        if self._waiting or not _future(self, ns, opcode, data, lba, blocks, flags, future):
            self._waiting.append((future, lambda: bool(_future(self, ns, opcode, data, lba, blocks, flags, future))))
        if not self._busy:
            self._begin()
        return future

    # --- the loop's turns ---

    def _begin(self) -> None:
        if not self._busy:
            self._busy, self._idle = True, 0
            self._loop.call_soon(self._take_turn)

    def _take_turn(self) -> None:
        try:
            n = _turn(self)
        except Error as error:
            self._fail_all(error)
            return
        if self._waiting:
            self._feed()
        if n < 0 and not self._waiting:
            self._busy = False
        elif n:
            self._idle = 0
            self._loop.call_soon(self._take_turn)
        else:
            self._rest()

    def _feed(self) -> None:
        """What waits goes on in its order, as far as there is room."""
        while self._waiting:
            future, go_on = self._waiting[0]
            if not future.done():
                try:
                    if not go_on():
                        return
                except BaseException as error:  # it belongs to the one that waits
                    if not future.done():
                        future.set_exception(error)
            self._waiting.popleft()

    def _rest(self) -> None:
        """Nothing came: look again in the next turn, then less and less often, or when the eventfd says so."""
        self._idle += 1
        if self._idle < PATIENCE:
            self._loop.call_soon(self._take_turn)
        elif self._fd is None:
            self._loop.call_later(min(SHORTEST * 2 ** min(self._idle - PATIENCE, 16), LONGEST), self._take_turn)
        elif _upnvme.channel_wait(self, 0):
            self._loop.call_soon(self._take_turn)
        else:
            self._loop.add_reader(self._fd, self._wake)
            self._watching = True

    def _wake(self) -> None:
        assert self._fd is not None
        self._unwatch()
        os.read(self._fd, 8)
        self._idle = PATIENCE - 1
        self._take_turn()

    def _unwatch(self) -> None:
        if self._watching and self._fd is not None:
            self._watching = False
            self._loop.remove_reader(self._fd)

    def _fail_all(self, error: Error) -> None:
        """The queue pair is of no use any more."""
        self._busy = False
        while self._waiting:
            future, _ = self._waiting.popleft()
            if not future.done():
                future.set_exception(error)

    def close(self) -> None:
        """Completes all that is outstanding and frees the queue pair."""
        self._unwatch()
        super().close()
        self._fail_all(ClosedError(108, "the queue pair was closed", _upnvme.UPNVME_ERR_QPAIR_CLOSED))

    async def __aenter__(self) -> QPair:
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.close()


class _Run:
    """A batch that goes as there is room for it."""

    def __init__(self, qpair: QPair, ops: Batch, buf: ReadableBuffer, metadata: ReadableBuffer,
                 future: asyncio.Future[Completions]) -> None:
        self.qpair, self.ops, self.buf, self.metadata = qpair, ops, buf, metadata
        self.n, self.sent = len(ops), 0
        self.group = _upnvme.group_make(self.n, future)
        if not self.n:
            _upnvme.group_end(self.group, 0)

    def go_on(self) -> bool:
        """Sends what there is room for; True when that was the last. An invalid command ends the batch."""
        if not self.n:
            return True
        left = memoryview(self.ops)[self.sent:] if self.sent else self.ops
        try:
            self.sent += _upnvme.channel_group(self.qpair, left, self.buf, self.metadata, self.group)
        except Error:
            if not self.sent:
                raise
            _upnvme.group_end(self.group, self.sent)
            return True
        return self.sent == self.n


class Namespace(SpaceBase):
    """A namespace, with commands that are awaited. Buffers must be memory that the device reaches."""

    __slots__ = ("_qpair",)

    def __init__(self, controller: Controller, nsid: int) -> None:
        super().__init__(controller, nsid)
        self._qpair = controller._own_qpair()

    def read(self, lba: int, blocks: int = 1, flags: int = 0) -> asyncio.Future[Buffer]:
        """Reads blocks into DMA memory of their own, which is the result."""
        return self._qpair.start(self, _READ, None, lba, blocks, flags)  # type: ignore[return-value]

    def readinto(self, buf: WriteableBuffer, lba: int = 0, flags: int = 0) -> asyncio.Future[object]:
        """Reads as many blocks as `buf` is large."""
        return self._qpair.start(self, _READ, buf, lba, None, flags)

    def write(self, lba: int, data: ReadableBuffer, flags: int = 0) -> asyncio.Future[object]:
        """Writes a whole number of blocks."""
        return self._qpair.start(self, _WRITE, data, lba, None, flags)

    def writefrom(self, buf: ReadableBuffer, lba: int = 0, flags: int = 0) -> asyncio.Future[object]:
        """As write, in the order of readinto."""
        return self._qpair.start(self, _WRITE, buf, lba, None, flags)

    def compare(self, lba: int, data: ReadableBuffer, flags: int = 0) -> asyncio.Future[object]:
        """Has the device compare blocks with `data`: MediaError "Compare Failure" where they differ."""
        return self._qpair.start(self, _upnvme.UPNVME_OP_COMPARE, data, lba, None, flags)

    def flush(self) -> asyncio.Future[object]:
        """Makes all completed writes durable."""
        return self._qpair.start(self, _upnvme.UPNVME_OP_FLUSH, None, 0, 0, 0)

    def write_zeroes(self, lba: int, blocks: int, flags: int = 0) -> asyncio.Future[object]:
        """Makes blocks read as zeroes."""
        return self._qpair.start(self, _upnvme.UPNVME_OP_WRITE_ZEROES, None, lba, blocks, flags)

    def deallocate(self, lba: int, blocks: int) -> asyncio.Future[object]:
        """Tells the device that blocks are not needed any more."""
        return self._qpair.start(self, _upnvme.UPNVME_OP_DATASET_MANAGEMENT, None, lba, blocks, 0)

    def verify(self, lba: int, blocks: int, flags: int = 0) -> asyncio.Future[object]:
        """Has the device read blocks and check them."""
        return self._qpair.start(self, _upnvme.UPNVME_OP_VERIFY, None, lba, blocks, flags)


class Namespaces(NamespacesBase, Mapping[int, Namespace]):
    """The active namespaces of a controller by their identifiers."""

    __slots__ = ()

    def __getitem__(self, nsid: int) -> Namespace:
        return Namespace(self._controller, nsid)


class Controller(SessionBase):
    """A controller in a loop. Opening, closing and the admin side are as elsewhere: they wait, for a short time."""

    __slots__ = ("_qpair", "_qpairs", "_depth")

    def __init__(self, uri: str, *, depth: int = DEPTH, queue_pairs: int = 0, keep_alive: float = 0,
                 admin_timeout: float = 0, max_transfer: int = 0, housekeeping: bool = False) -> None:
        super().__init__(uri, queue_pairs=queue_pairs, keep_alive=keep_alive, admin_timeout=admin_timeout,
                         max_transfer=max_transfer, housekeeping=housekeeping)
        self._depth = min(depth, self.info.max_queue_entries - 1)
        self._qpair: QPair | None = None
        self._qpairs: list[QPair] = []

    @property
    def namespaces(self) -> Namespaces:
        """The active namespaces, as a mapping from their identifiers."""
        return Namespaces(self)

    def qpair(self, depth: int | None = None, *, ring_each: bool = False, histogram: bool = False) -> QPair:
        """Makes a queue pair for the running loop."""
        qpair = QPair(self, depth, ring_each=ring_each, histogram=histogram)
        self._qpairs.append(qpair)
        return qpair

    def _own_qpair(self) -> QPair:
        """The one that the namespaces use."""
        if self._qpair is None:
            self._qpair = self.qpair(self._depth)
        return self._qpair

    def close(self) -> None:
        """Completes what is in flight, and closes the controller and all that it gave."""
        for qpair in self._qpairs:
            qpair.close()
        self._qpairs.clear()
        self._qpair = None
        super().close()

    async def __aenter__(self) -> Controller:
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.close()


def open(uri: str, *, depth: int = DEPTH, queue_pairs: int = 0, keep_alive: float = 0, admin_timeout: float = 0,
         max_transfer: int = 0, housekeeping: bool = False) -> Controller:
    """Opens the controller that a URI names, for the running loop; `depth`: commands in flight by its namespaces."""
    return Controller(uri, depth=depth, queue_pairs=queue_pairs, keep_alive=keep_alive, admin_timeout=admin_timeout,
                      max_transfer=max_transfer, housekeeping=housekeeping)
