# SPDX-License-Identifier: BSD-3-Clause
"""Controllers for asyncio, without threads.

    async with upnvme.aio.open(uri) as ctrlr:
        data = await ctrlr.namespaces[1].read(0, 8)
        await asyncio.gather(*(ns.read(lba, 1) for lba in lbas))
        done = await ctrlr.qpair(depth=128).run(ops, buf)

Commands are plain functions that return futures. A controller belongs to the loop that it was opened in, and to that
loop's thread. Each turn of the loop takes completions while some come; after that the loop waits for the queue pair's
eventfd, or, where it has none, looks again by a timer. Commands that find the queue full wait in turn. A cancelled
future leaves its command with the device, and the command keeps its buffer until the device is done.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from . import _upnvme
from ._arguments import dwords, number
from ._batch import Completion
from ._errors import ClosedError, Error
from ._loop_qpair import LONGEST, SHORTEST, QPair, settle
from ._namespaces import NamespacesBase
from ._session import SessionBase
from ._space import SpaceBase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._buffer import Buffer
    from ._typing import Int, ReadableBuffer, WriteableBuffer

__all__ = ["Controller", "Namespace", "Namespaces", "QPair", "open"]

_READ, _WRITE = _upnvme.UPNVME_OP_READ, _upnvme.UPNVME_OP_WRITE

# The default number of commands in flight by the namespaces of a controller.
DEPTH = 1024


class Namespace(SpaceBase):
    """A namespace, with the commands of upnvme.Namespace as functions that return futures; for the loop's thread.

    A read needs memory that the device reaches (Controller.alloc, Controller.register); a write or compare takes any
    memory, and copies it where the device does not reach it. A call with wrong arguments mostly raises at once, or its
    future does if the queue was full; an error of the device is the future's NVMeError. For a time limit use
    asyncio.timeout.
    """

    __slots__ = ("_qpair",)

    def __init__(self, controller: Controller, nsid: int) -> None:
        super().__init__(controller, nsid)
        self._qpair = controller._own_qpair()

    def read(self, lba: Int, blocks: Int = 1, flags: Int = 0) -> asyncio.Future[Buffer]:
        """Reads blocks into DMA memory of their own, which is the result."""
        return self._qpair.start(self, _READ, None, lba, blocks, flags)

    def readinto(self, buf: WriteableBuffer, lba: Int = 0, flags: Int = 0) -> asyncio.Future[None]:
        """Reads as many blocks as fill `buf`."""
        return self._qpair.start(self, _READ, buf, lba, None, flags)

    def write(self, lba: Int, data: ReadableBuffer, flags: Int = 0) -> asyncio.Future[None]:
        """Writes a whole number of blocks."""
        return self._qpair.start(self, _WRITE, data, lba, None, flags)

    def writefrom(self, buf: ReadableBuffer, lba: Int = 0, flags: Int = 0) -> asyncio.Future[None]:
        """Does as write, with arguments in the order of readinto."""
        return self._qpair.start(self, _WRITE, buf, lba, None, flags)

    def compare(self, lba: Int, data: ReadableBuffer, flags: Int = 0) -> asyncio.Future[None]:
        """Makes the device compare blocks with `data`: MediaError "Compare Failure" where they differ."""
        return self._qpair.start(self, _upnvme.UPNVME_OP_COMPARE, data, lba, None, flags)

    def flush(self) -> asyncio.Future[None]:
        """Makes all completed writes durable."""
        return self._qpair.start(self, _upnvme.UPNVME_OP_FLUSH, None, 0, 0, 0)

    def write_zeroes(self, lba: Int, blocks: Int, flags: Int = 0) -> asyncio.Future[None]:
        """Makes blocks read as zeroes."""
        return self._qpair.start(self, _upnvme.UPNVME_OP_WRITE_ZEROES, None, lba, blocks, flags)

    def deallocate(self, lba: Int, blocks: Int) -> asyncio.Future[None]:
        """Tells the device that blocks are not needed any more."""
        return self._qpair.start(self, _upnvme.UPNVME_OP_DATASET_MANAGEMENT, None, lba, blocks, 0)

    def verify(self, lba: Int, blocks: Int, flags: Int = 0) -> asyncio.Future[None]:
        """Makes the device read blocks and check them."""
        return self._qpair.start(self, _upnvme.UPNVME_OP_VERIFY, None, lba, blocks, flags)


class Namespaces(NamespacesBase, Mapping[int, Namespace]):
    """The active namespaces of a controller by their identifiers."""

    __slots__ = ()

    def __getitem__(self, nsid: Int) -> Namespace:
        return Namespace(self._controller, self._identifier(nsid))


class Controller(SessionBase):
    """A controller that belongs to a loop and its thread. `admin` returns a future; opening, closing and the other
    calls of the admin side block the loop until the controller has answered.
    """

    __slots__ = ("_loop", "_qpair", "_qpairs", "_depth", "_admins", "_nap")

    def __init__(self, uri: str, *, depth: Int = DEPTH, queue_pairs: Int = 0, keep_alive: float = 0,
                 admin_timeout: float = 0, max_transfer: Int = 0, housekeeping: bool = False) -> None:
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError("upnvme.aio.open: no loop is running: call it in a coroutine, or use upnvme.open "
                               "elsewhere") from None
        super().__init__(uri, queue_pairs=queue_pairs, keep_alive=keep_alive, admin_timeout=admin_timeout,
                         max_transfer=max_transfer, housekeeping=housekeeping)
        self._depth = min(number("depth", depth, 65534), self.info.max_queue_entries - 1)
        self._qpair: QPair | None = None
        self._qpairs: list[QPair] = []
        self._admins: set[asyncio.Future[Completion]] = set()
        self._nap = SHORTEST

    @property
    def namespaces(self) -> Namespaces:
        """The active namespaces, as a mapping from their identifiers."""
        return Namespaces(self)

    def qpair(self, depth: Int | None = None, *, entries: Int = 0, outstanding: Int = 0, ring_each: bool = False,
              histogram: bool = False, cmb: bool = False) -> QPair:
        """Makes a queue pair for the running loop; the arguments are those of upnvme.Controller.qpair."""
        qpair = QPair(self, depth, entries=entries, outstanding=outstanding, ring_each=ring_each, histogram=histogram,
                      cmb=cmb)
        self._qpairs = [other for other in self._qpairs if other.is_open] + [qpair]
        return qpair

    def _own_qpair(self) -> QPair:
        """The queue pair that the namespaces use."""
        if self._qpair is None:
            self._qpair = self.qpair(self._depth)
        return self._qpair

    # --- admin commands ---

    def admin(  # type: ignore[override]
            self, cdw: Sequence[Int], data: ReadableBuffer | None = None, direction: Int = 0,
            timeout: float | None = None) -> asyncio.Future[Completion]:
        """Starts an admin command, given dword by dword, and returns a future of its completion.

        `data` may be any memory, which stays held until the controller is done; `direction` is of upnvme.Direction;
        `timeout` in seconds. WouldBlockError: too many commands are outstanding.
        """
        future: asyncio.Future[Completion] = self._loop.create_future()
        _upnvme.session_admin_start(self, dwords(cdw), data, direction, timeout, future)
        if not self._admins:
            self._nap = SHORTEST
            self._loop.call_soon(self._take_admins)
        self._admins.add(future)
        return future

    def _take_admins(self) -> None:
        """Takes ended admin commands, and sets a timer for the next look, since the admin queue has no eventfd."""
        if not self._admins:
            return
        try:
            for future, done in _upnvme.session_admin_take(self):
                self._admins.discard(future)
                self._nap = SHORTEST
                settle(future, done)
        except Error as error:
            self._fail_admins(error)
        if self._admins:
            self._nap = min(2 * self._nap, LONGEST)
            self._loop.call_later(self._nap, self._take_admins)

    def _fail_admins(self, error: Error) -> None:
        for future in self._admins:
            if not future.done():
                future.set_exception(error)
        self._admins.clear()

    def close(self) -> None:
        """Completes the commands in flight, and closes the controller and everything of it; a second call does nothing.
        """
        with contextlib.ExitStack() as ends:  # runs each, the last one first, even if others raise
            ends.callback(self._fail_admins, ClosedError(108, "the controller was closed"))
            ends.callback(super().close)
            for qpair in self._qpairs:
                ends.callback(qpair.close)
            self._qpairs.clear()
            self._qpair = None

    async def __aenter__(self) -> Controller:
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.close()


def open(uri: str, *, depth: Int = DEPTH, queue_pairs: Int = 0, keep_alive: float = 0, admin_timeout: float = 0,
         max_transfer: Int = 0, housekeeping: bool = False) -> Controller:
    """Opens the controller that a URI names, for the running loop; `depth`: commands in flight by its namespaces."""
    return Controller(uri, depth=depth, queue_pairs=queue_pairs, keep_alive=keep_alive, admin_timeout=admin_timeout,
                      max_transfer=max_transfer, housekeeping=housekeeping)
