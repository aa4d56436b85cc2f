# SPDX-License-Identifier: BSD-3-Clause
"""A queue pair: commands by callback, by tag, and in batches."""

from __future__ import annotations

from . import _upnvme
from ._arguments import dwords
from ._batch import Batch, Completions, fill
from ._channel import ChannelBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._namespace import Namespace
    from ._space import SpaceBase
    from ._typing import Callback, Int, ReadableBuffer, WriteableBuffer

_channel_io = _upnvme.channel_io
_channel_poll, _channel_submit, _channel_reap = _upnvme.channel_poll, _upnvme.channel_submit, _upnvme.channel_reap
_READ, _WRITE, _COMPARE = _upnvme.UPNVME_OP_READ, _upnvme.UPNVME_OP_WRITE, _upnvme.UPNVME_OP_COMPARE


class QPair(ChannelBase):
    """A queue pair, from Controller.qpair. A queue pair belongs to the thread that made it, until another thread adopts
    it after a release; any other thread's call is a WrongThreadError.

    A command with a `callback` completes by `callback(completion)`, inside poll or reap. A command without a callback
    has a `tag`, and reap returns its completion. The buffer must be memory that the device reaches (Controller.alloc,
    Controller.register): nothing is copied. A command holds its buffer until it completes; a batch does not, but freed
    memory is set aside as long as needed. `lba` and `blocks` count logical blocks; a command has 2^32 - 1 blocks at
    most (else ValueError), and the library splits one that is too large for the device. `flags` are of upnvme.Flag.
    Callbacks may submit, free buffers and close; poll or reap raises their exceptions after it has delivered all
    completions (several as an ExceptionGroup).

    All commands: WouldBlockError (the queue is full), RangeError (past the end), UnreachableError (the memory),
    ArgumentError, UnsupportedError (the controller has no such command), NamespaceNotFoundError, ClosedError,
    ControllerError. Errors of the device are in the completion.
    """

    __slots__ = ()

    # --- one command at a time ---

    def read(self, ns: Namespace, buf: WriteableBuffer, lba: Int = 0, blocks: Int | None = None, *,
             callback: Callback | None = None, flags: Int = 0, tag: Int = 0) -> None:
        """Reads blocks into `buf`, by default as many as fill it (NVM Command Set 1.0c, 3.2.4)."""
        _channel_io(self, ns, _READ, buf, lba, blocks, flags, callback, tag)

    def write(self, ns: Namespace, buf: ReadableBuffer, lba: Int = 0, blocks: Int | None = None, *,
              callback: Callback | None = None, flags: Int = 0, tag: Int = 0) -> None:
        """Writes blocks from `buf` (NVM Command Set 1.0c, 3.2.6)."""
        _channel_io(self, ns, _WRITE, buf, lba, blocks, flags, callback, tag)

    def compare(self, ns: Namespace, buf: ReadableBuffer, lba: Int = 0, blocks: Int | None = None, *,
                callback: Callback | None = None, flags: Int = 0, tag: Int = 0) -> None:
        """Compares blocks with `buf`; where they differ, the completion has a status (NVM Command Set 1.0c, 3.2.1)."""
        _channel_io(self, ns, _COMPARE, buf, lba, blocks, flags, callback, tag)

    def flush(self, ns: Namespace, *, callback: Callback | None = None, tag: Int = 0) -> None:
        """Makes all completed writes of the namespace durable (NVMe Base 2.0c, 7.1)."""
        _channel_io(self, ns, _upnvme.UPNVME_OP_FLUSH, None, 0, 0, 0, callback, tag)

    def write_zeroes(self, ns: Namespace, lba: Int, blocks: Int, *, callback: Callback | None = None, flags: Int = 0,
                     tag: Int = 0) -> None:
        """Makes blocks read as zeroes (NVM Command Set 1.0c, 3.2.8)."""
        _channel_io(self, ns, _upnvme.UPNVME_OP_WRITE_ZEROES, None, lba, blocks, flags, callback, tag)

    def deallocate(self, ns: Namespace, lba: Int, blocks: Int, *, callback: Callback | None = None,
                   tag: Int = 0) -> None:
        """Tells the device that blocks are not needed any more (NVM Command Set 1.0c, 3.2.3)."""
        _channel_io(self, ns, _upnvme.UPNVME_OP_DATASET_MANAGEMENT, None, lba, blocks, 0, callback, tag)

    def verify(self, ns: Namespace, lba: Int, blocks: Int, *, callback: Callback | None = None, flags: Int = 0,
               tag: Int = 0) -> None:
        """Makes the device read blocks and check them, without moving data (NVM Command Set 1.0c, 3.2.5)."""
        _channel_io(self, ns, _upnvme.UPNVME_OP_VERIFY, None, lba, blocks, flags, callback, tag)

    def readv(self, ns: Namespace, pieces: Sequence[WriteableBuffer], lba: Int, blocks: Int, *,
              callback: Callback | None = None, flags: Int = 0, tag: Int = 0) -> None:
        """Reads blocks into several pieces of memory, `blocks` blocks in all (NVMe Base 2.0c, 4.1).

        ArgumentError: pieces that make another number of bytes, or that neither PRP nor SGL can express.
        """
        _upnvme.channel_iov(self, one_command(ns, _READ, lba, blocks, flags, tag), pieces, None, callback)

    def writev(self, ns: Namespace, pieces: Sequence[ReadableBuffer], lba: Int, blocks: Int, *,
               callback: Callback | None = None, flags: Int = 0, tag: Int = 0) -> None:
        """Writes blocks from several pieces of memory; as readv."""
        _upnvme.channel_iov(self, one_command(ns, _WRITE, lba, blocks, flags, tag), pieces, None, callback)

    def io(self, op: Batch, buf: ReadableBuffer | Sequence[ReadableBuffer] | None = None, *,
           metadata: ReadableBuffer | None = None, callback: Callback | None = None) -> None:
        """Submits one command with all its fields: a Batch of one, whose offset is into `buf`.

        `buf` may be a list or tuple of pieces of memory. `metadata` is the memory of separate metadata.
        """
        if isinstance(buf, (list, tuple)):
            _upnvme.channel_iov(self, op, buf, metadata, callback)
        else:
            _upnvme.channel_op(self, op, buf, metadata, callback)

    def raw(self, cdw: Sequence[Int], data: ReadableBuffer | None = None, direction: Int = 0, *,
            metadata: ReadableBuffer | None = None, callback: Callback | None = None, tag: Int = 0) -> None:
        """Sends a command of up to 16 dwords of 32 bits as it is; `direction` is of upnvme.Direction.

        `data` must be memory that the device reaches. The library sets the command identifier and the data pointer.
        """
        _upnvme.channel_raw(self, dwords(cdw), data, metadata, direction, callback, tag)

    # --- batches ---

    def submit(self, ops: Batch, buf: ReadableBuffer | None = None, metadata: ReadableBuffer | None = None) -> int:
        """Submits a batch, whose offsets are into `buf`, and returns the number of accepted commands.

        `ops` is a Batch, a slice of its memoryview, or a structured NumPy array of its dtype; its offsets are in bytes.
        Fewer are accepted when the queue is full: submit the others, `ops.numpy()[n:]`, after a reap. WouldBlockError:
        there was no room for any. A refused command is a PartialError with its index, and the commands before it are in
        flight. If the first command is refused, its own exception is raised: RangeError if its data does not fit into
        `buf`.
        """
        n: int = _channel_submit(self, ops, buf, metadata)
        return n

    def reap(self, min: int = 0, timeout: float | None = None, *, max: int = 0) -> Completions:
        """Takes tagged completions: those that have come; with `min`, waits for that many, `timeout` seconds at most.

        `max`: takes no more than that (0: all). The wait also ends when nothing is in flight. Callbacks of other
        commands run in between. After a failure the exception's `completions` has those that were taken.
        """
        done: Completions = _channel_reap(self, min, max, timeout)
        return done

    def poll(self, max: int = 0, timeout: float | None = 0) -> int:
        """Runs the callbacks of commands that are done, `max` at most (0: all), and returns their number.

        With `timeout`, in seconds, it waits for a command if none is done (None: without end), unless nothing is in
        flight. TaggedCompletionError: the next completion is for reap.
        """
        n: int = _channel_poll(self, max, timeout)
        return n

    def run(self, ops: Batch, buf: ReadableBuffer | None = None, timeout: float | None = None,
            metadata: ReadableBuffer | None = None) -> Completions:
        """Submits a batch as room appears, and returns all its completions.

        Commands that were in flight before are completed too; those with a tag are among the completions. `timeout` is
        in seconds. PartialError: a command was refused, and those before it are done. TimeoutError: commands stay in
        flight. Both exceptions have the `completions` that came.
        """
        from ._run import run

        return run(self, ops, buf, timeout, metadata)

    def wait(self, timeout: float | None = None) -> bool:
        """Sleeps until there is a completion for poll or reap, `timeout` seconds at most; False: the time is over.

        The queue pair must have been made with `interrupt=True`: else UnsupportedError.
        """
        return bool(_upnvme.channel_wait(self, timeout))

    def fileno(self) -> int:
        """The eventfd that completions signal, if the queue pair was made with `interrupt=True`; upnvme/io.h says how
        to use it."""
        return int(_upnvme.upnvme_qpair_fd(self))

    # --- the queue pair itself ---

    def ring(self) -> None:
        """Rings the doorbell for submitted commands; poll and reap do so by themselves."""
        _upnvme.channel_ring(self)

    def stop(self) -> None:
        """Refuses new commands and completes all that is outstanding; tagged completions can still be reaped."""
        _upnvme.channel_stop(self)

    def release(self) -> None:
        """Gives the queue pair up, commands in flight included, for another thread to adopt."""
        _upnvme.channel_release(self)

    def adopt(self) -> None:
        """Makes the calling thread the owner of a released queue pair. BusyError: it has an owner."""
        _upnvme.channel_adopt(self)

    def abandon(self) -> None:
        """Releases a queue pair whose owner thread has ended, which the caller must be sure of."""
        _upnvme.channel_abandon(self)

    def __enter__(self) -> QPair:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def one_command(ns: SpaceBase, opcode: Int, lba: Int, blocks: Int, flags: Int, tag: Int) -> Batch:
    """Makes a Batch of one command."""
    op = Batch(1)
    for name, value in (("opcode", opcode), ("nsid", ns.nsid), ("lba", lba), ("blocks", blocks), ("flags", flags),
                        ("tag", tag)):
        fill(op, name, value)
    return op
