# SPDX-License-Identifier: BSD-3-Clause
"""A queue pair in an asyncio loop: its commands' completions are taken in turns of the loop, and settle futures."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from typing import TYPE_CHECKING

from . import _upnvme
from ._arguments import dwords
from ._batch import Batch, Completion, Completions
from ._channel import ChannelBase
from ._errors import ClosedError, Error, UnsupportedError, WouldBlockError, make_partial
from ._parts import fit_one, parts
from ._qpair import one_command
from ._session import SessionBase
from ._space import SpaceBase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from ._typing import Int, ReadableBuffer, WriteableBuffer

_future, _turn = _upnvme.channel_future, _upnvme.channel_turn
_READ, _WRITE, _COMPARE = _upnvme.UPNVME_OP_READ, _upnvme.UPNVME_OP_WRITE, _upnvme.UPNVME_OP_COMPARE

# The number of loop turns without a completion before a sleep, and the shortest and longest sleep, in seconds.
PATIENCE, SHORTEST, LONGEST = 64, 20e-6, 2e-3


class QPair(ChannelBase):
    """A queue pair of a loop, from Controller.qpair. Its commands are plain functions that return futures.

    A read needs memory that the device reaches; a write or compare takes any memory, and copies the data where the
    device does not reach it (io, raw, writev and run do not copy). Commands that find the queue full wait in turn. A
    cancelled future leaves its command with the device, and the command keeps its buffer. Futures belong to the loop's
    thread; any other thread's call is a WrongThreadError.
    """

    __slots__ = ("_loop", "_waiting", "_awake", "_idle", "_watching", "_timer", "_fd", "_next")

    def __init__(self, controller: SessionBase, depth: Int | None = None, *, entries: Int = 0, outstanding: Int = 0,
                 ring_each: bool = False, histogram: bool = False, cmb: bool = False) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[asyncio.Future[Any], Callable[[], bool]]] = deque()
        self._awake = self._watching = False
        self._timer: asyncio.TimerHandle | None = None
        self._next: asyncio.Handle | None = None
        self._idle = 0
        self._fd: int | None = None
        options = {"entries": entries, "outstanding": outstanding, "ring_each": ring_each, "histogram": histogram,
                   "cmb": cmb}
        try:
            super().__init__(controller, depth, interrupt=True, **options)  # type: ignore[arg-type]
            self._fd = _upnvme.upnvme_qpair_fd(self)
        except UnsupportedError:
            super().__init__(controller, depth, **options)  # type: ignore[arg-type]

    # --- one command at a time ---

    def read(self, ns: SpaceBase, buf: WriteableBuffer, lba: Int = 0, blocks: Int | None = None, *,
             flags: Int = 0) -> asyncio.Future[None]:
        """Reads blocks into `buf`, by default as many as fill it (NVM Command Set 1.0c, 3.2.4)."""
        return self.start(ns, _READ, buf, lba, blocks, flags)

    def write(self, ns: SpaceBase, buf: ReadableBuffer, lba: Int = 0, blocks: Int | None = None, *,
              flags: Int = 0) -> asyncio.Future[None]:
        """Writes blocks from `buf` (3.2.6)."""
        return self.start(ns, _WRITE, buf, lba, blocks, flags)

    def compare(self, ns: SpaceBase, buf: ReadableBuffer, lba: Int = 0, blocks: Int | None = None, *,
                flags: Int = 0) -> asyncio.Future[None]:
        """Compares blocks with `buf`: MediaError where they differ (3.2.1)."""
        return self.start(ns, _COMPARE, buf, lba, blocks, flags)

    def flush(self, ns: SpaceBase) -> asyncio.Future[None]:
        """Makes all completed writes durable (NVMe Base 2.0c, 7.1)."""
        return self.start(ns, _upnvme.UPNVME_OP_FLUSH, None, 0, 0, 0)

    def write_zeroes(self, ns: SpaceBase, lba: Int, blocks: Int, *, flags: Int = 0) -> asyncio.Future[None]:
        """Makes blocks read as zeroes (3.2.8)."""
        return self.start(ns, _upnvme.UPNVME_OP_WRITE_ZEROES, None, lba, blocks, flags)

    def deallocate(self, ns: SpaceBase, lba: Int, blocks: Int) -> asyncio.Future[None]:
        """Tells the device that blocks are not needed any more (3.2.3)."""
        return self.start(ns, _upnvme.UPNVME_OP_DATASET_MANAGEMENT, None, lba, blocks, 0)

    def verify(self, ns: SpaceBase, lba: Int, blocks: Int, *, flags: Int = 0) -> asyncio.Future[None]:
        """Makes the device read blocks and check them (3.2.5)."""
        return self.start(ns, _upnvme.UPNVME_OP_VERIFY, None, lba, blocks, flags)

    def readv(self, ns: SpaceBase, pieces: Sequence[WriteableBuffer], lba: Int, blocks: Int, *,
              flags: Int = 0) -> asyncio.Future[Completion]:
        """Reads blocks into several pieces of memory, `blocks` blocks in all."""
        return self.io(one_command(ns, _READ, lba, blocks, flags, 0), pieces)

    def writev(self, ns: SpaceBase, pieces: Sequence[ReadableBuffer], lba: Int, blocks: Int, *,
               flags: Int = 0) -> asyncio.Future[Completion]:
        """Writes blocks from several pieces of memory."""
        return self.io(one_command(ns, _WRITE, lba, blocks, flags, 0), pieces)

    def io(self, op: Batch, buf: ReadableBuffer | Sequence[ReadableBuffer] | None = None, *,
           metadata: ReadableBuffer | None = None) -> asyncio.Future[Completion]:
        """Submits one command with all its fields: a Batch of one, with a buffer or a list of pieces of memory."""
        submit = _upnvme.channel_iov if isinstance(buf, (list, tuple)) else _upnvme.channel_op
        return self._by_callback(lambda callback: submit(self, op, buf, metadata, callback))

    def raw(self, cdw: Sequence[Int], data: ReadableBuffer | None = None, direction: Int = 0, *,
            metadata: ReadableBuffer | None = None) -> asyncio.Future[Completion]:
        """Sends a command given as up to 16 dwords of 32 bits, as it is; `direction` is of upnvme.Direction."""
        command = dwords(cdw)
        return self._by_callback(lambda callback: _upnvme.channel_raw(self, command, data, metadata, direction,
                                                                      callback, 0))

    def start(self, ns: SpaceBase, opcode: int, data: ReadableBuffer | WriteableBuffer | None, lba: Int,
              blocks: Int | None, flags: Int) -> asyncio.Future[Any]:
        """Runs one command; the result is the buffer that was read, if none was given, or None."""
        if data is None and opcode != _READ and blocks is not None and not fit_one(blocks):
            return self._loop.create_task(self._start_each(ns, opcode, parts(ns, lba, blocks), flags))
        future: asyncio.Future[Any] = self._loop.create_future()
        if self._waiting or not _future(self, ns, opcode, data, lba, blocks, flags, future):
            self._waiting.append((future, lambda: bool(_future(self, ns, opcode, data, lba, blocks, flags, future))))
        if not self._awake:
            self._begin()
        return future

    async def _start_each(self, ns: SpaceBase, opcode: int, each: Iterator[tuple[int, int]], flags: Int) -> None:
        """Runs the parts of a request one after the other."""
        for lba, blocks in each:
            await self.start(ns, opcode, None, lba, blocks, flags)

    def _by_callback(self, submit: Callable[[Callable[[Completion], object]], object]) -> asyncio.Future[Completion]:
        """Submits a command by `submit`, with a callback that settles the future."""
        future: asyncio.Future[Completion] = self._loop.create_future()

        def go_on() -> bool:
            try:
                submit(lambda done: settle(future, done))
            except WouldBlockError:
                return False
            return True

        self._go(future, go_on)
        return future

    # --- batches ---

    def run(self, ops: Batch, buf: ReadableBuffer | None = None,
            metadata: ReadableBuffer | None = None) -> asyncio.Future[Completions]:
        """Submits a batch as room appears; the result has all its completions, in the order in which they came.

        PartialError: a command was refused, and those before it are done.
        """
        future: asyncio.Future[Completions] = self._loop.create_future()
        self._go(future, _Run(self, ops, buf, metadata, future).go_on)
        return future

    # --- the loop's turns ---

    def _go(self, future: asyncio.Future[Any], go_on: Callable[[], bool]) -> None:
        """Submits a command by `go_on`, after the commands that wait already; False: the queue is full."""
        if self._waiting or not go_on():
            self._waiting.append((future, go_on))
        if not self._awake:
            self._begin()

    def _begin(self) -> None:
        """Notes a new command, which begins at the device when the next turn rings the doorbell."""
        self._rise()
        self._idle = 0
        self._next = self._loop.call_soon(self._take_turn)

    def _take_turn(self) -> None:
        try:
            n = _turn(self)
            if self._waiting:
                self._feed()
            if n < 0 and not self._waiting:
                self._awake = False
            elif n:
                self._idle = 0
                self._next = self._loop.call_soon(self._take_turn)
            else:
                self._rest()
        except Error as error:
            self._fail_all(error)
        except BaseException:  # a signal's handler failed, or a future was settled elsewhere: other commands go on
            if self._next is not None:
                self._next.cancel()
            self._begin()
            raise

    def _feed(self) -> None:
        """Submits waiting commands in their order, as far as there is room."""
        while self._waiting:
            future, go_on = self._waiting[0]
            if not future.done():
                try:
                    if not go_on():
                        return
                except BaseException as error:  # the waiting command's error
                    if not future.done():
                        future.set_exception(error)
            self._waiting.popleft()

    def _rest(self) -> None:
        """Plans the next look after one without completions: in the next turn, later by the eventfd or a timer."""
        self._idle += 1
        if self._idle < PATIENCE or (self._fd is not None and _upnvme.channel_wait(self, 0)):
            self._next = self._loop.call_soon(self._take_turn)
            return
        self._awake = False
        if self._fd is None:
            seconds = min(SHORTEST * 2 ** min(self._idle - PATIENCE, 16), LONGEST)
            self._timer = self._loop.call_later(seconds, self._look_again)
        else:
            self._watching = True
            self._loop.add_reader(self._fd, self._wake)

    def _look_again(self) -> None:
        self._rise()
        self._take_turn()

    def _wake(self) -> None:
        """Reads the eventfd, so that later completions make it readable anew, and then takes completions."""
        assert self._fd is not None
        self._rise()
        os.read(self._fd, 8)
        self._idle = PATIENCE - 1
        self._take_turn()

    def _rise(self) -> None:
        """Stops the timer and the watch of the eventfd."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._watching and self._fd is not None:
            self._watching = False
            self._loop.remove_reader(self._fd)
        self._awake = True

    def _fail_all(self, error: Error) -> None:
        """Ends the turns, and the waiting commands with the error: the queue pair is of no use any more."""
        self._awake = False
        while self._waiting:
            future, _ = self._waiting.popleft()
            if not future.done():
                future.set_exception(error)

    def close(self) -> None:
        """Completes all outstanding commands and frees the queue pair; a second call does nothing."""
        self._rise()
        try:
            super().close()
        finally:
            self._fail_all(ClosedError(108, "the queue pair was closed", _upnvme.UPNVME_ERR_QPAIR_CLOSED))

    async def __aenter__(self) -> QPair:
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.close()


def settle(future: asyncio.Future[Completion], done: Completion | BaseException) -> None:
    """Settles a future with the completion, the exception for its status, or the exception that is given."""
    if future.done():  # cancelled
        return
    if isinstance(done, BaseException):
        future.set_exception(done)
    elif done.error:
        future.set_exception(done.error)
    else:
        future.set_result(done)


class _Run:
    """A batch that is submitted as room appears."""

    def __init__(self, qpair: QPair, ops: Batch, buf: ReadableBuffer | None, metadata: ReadableBuffer | None,
                 future: asyncio.Future[Completions]) -> None:
        self.qpair, self.ops, self.buf, self.metadata = qpair, ops, buf, metadata
        self.n, self.sent = len(ops), 0
        self.group = _upnvme.group_make(self.n, future)
        if not self.n:
            _upnvme.group_end(self.group, 0, None)

    def go_on(self) -> bool:
        """Submits as many commands as there is room for; True: the batch needs no further submission. A refused command
        ends the batch."""
        if not self.n:
            return True
        left = memoryview(self.ops)[self.sent:] if self.sent else self.ops
        try:
            self.sent += _upnvme.channel_group(self.qpair, left, self.buf, self.metadata, self.group)
        except Exception as refusal:
            if not self.sent:
                raise
            _upnvme.group_end(self.group, self.sent, make_partial(self.sent, refusal))
            return True
        return self.sent == self.n
