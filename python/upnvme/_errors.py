# SPDX-License-Identifier: BSD-3-Clause
"""Exceptions: one class for each kind of error, each also the built-in exception that a caller would expect.

`Error` is for a call that the library refuses; it has `errno`, `strerror`, and the library's stable `code`. `NVMeError`
is for an answer of a device. All can be pickled.
"""

from __future__ import annotations

import builtins
import errno

from . import _upnvme

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ._batch import Completions


class Error(OSError):
    """A call failed. `code` is the library's number for the reason, `code_name` its name."""

    code: int = 0
    completions: Completions | None = None
    """The completions that QPair.reap or QPair.run had taken before it failed."""

    def __init__(self, err: int, text: str, code: int = 0) -> None:
        super().__init__(err, text)
        self.code = code

    @property
    def code_name(self) -> str:
        """The code's name, as in upnvme/error.h."""
        name: str = _upnvme.upnvme_error_name(self.code)
        return name

    def __str__(self) -> str:
        return str(self.strerror)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.errno, self.strerror, self.code)


class ArgumentError(Error, ValueError):
    """An argument is wrong."""


class RangeError(ArgumentError):
    """Blocks pass the end of the namespace."""


class UnreachableError(ArgumentError):
    """The device does not reach this memory: use Controller.alloc, or Controller.register it."""


class NotFoundError(Error, FileNotFoundError):
    """There is no such file, or no such driver."""


class NotADeviceError(Error, LookupError):
    """There is no such device, or it has gone."""


class NamespaceNotFoundError(NotADeviceError, KeyError):
    """There is no such namespace, or it has gone."""


class WouldBlockError(Error, BlockingIOError):
    """The queue is full: poll or reap, and try again."""


class TaggedCompletionError(Error):
    """poll() came to a tagged completion, which only reap() takes."""


class TimeoutError(Error, builtins.TimeoutError):
    """The time-out was over first."""


class BusyError(Error):
    """The controller, device, memory or file is in use; the sentence says by what."""


class AccessError(Error, PermissionError):
    """The system does not permit the access."""


class WrongThreadError(Error, RuntimeError):
    """A queue pair belongs to another thread, or to none."""


class InCallbackError(Error, RuntimeError):
    """The call may not come within a callback."""


class ForkedError(Error, RuntimeError):
    """A child process uses an object of its parent."""


class ClosedError(Error, ValueError):
    """The object was closed."""


class UnsupportedError(Error, NotImplementedError):
    """The controller lacks the feature or command."""


class OutOfMemoryError(Error, MemoryError):
    """There is no memory left, or none that the process may lock."""


class IsADirectoryError(Error, builtins.IsADirectoryError):
    """A directory is no disk image."""


class NotADirectoryError(Error, builtins.NotADirectoryError):
    """A part of the path is no directory."""


class PartialError(Error):
    """A batch ended at a command that was refused: `index` is the command's place, `__cause__` its exception.

    The commands before it were accepted. After run these are done, and `completions` has their completions; after
    submit they are in flight, for reap.
    """

    def __init__(self, err: int, text: str, code: int = 0, index: int = 0) -> None:
        super().__init__(err, text, code)
        self.index = index

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.errno, self.strerror, self.code, self.index)


class ControllerError(Error):
    """The controller failed, or does what the specification forbids."""


class NVMeError(Error):
    """A device answered with a status.

    `status` is the number, `sct` and `sc` its parts, `name` the specification's name of it, `text` a sentence with its
    meaning, `dnr` whether the command would fail again, `command` the command in words, `blocks` how many blocks are
    valid before the first error.
    """

    errno_of = errno.EIO
    """The `errno` of exceptions of the class."""

    def __init__(self, status: int, flags: int = 0, blocks: int = 0, command: str = "") -> None:
        self.status, self.flags, self.blocks, self.command = status, flags, blocks, command
        super().__init__(self.errno_of, f"{command or 'command'}: {self.name}: {self.text}",
                         _upnvme.UPNVME_ERR_CTRLR_STATUS)

    @property
    def sc(self) -> int:
        """Status code."""
        return self.status & 0xFF

    @property
    def sct(self) -> int:
        """Status code type."""
        return self.status >> 8 & 7

    @property
    def dnr(self) -> bool:
        """Do not retry."""
        return bool(self.status >> 14 & 1)

    @property
    def name(self) -> str:
        """The status, as the specification names it."""
        name: str = _upnvme.upnvme_status_name(self.status)
        return name

    @property
    def text(self) -> str:
        """The meaning of the status, in a sentence."""
        text: str = _upnvme.upnvme_status_text(self.status)
        return text

    @property
    def aborted(self) -> bool:
        """Whether the library completed the command, because of a close or a failure."""
        return bool(self.flags & _upnvme.UPNVME_DONE_ABORTED)

    @property
    def indeterminate(self) -> bool:
        """Whether the command was a write that the library completed, and that may have happened or not."""
        return bool(self.flags & _upnvme.UPNVME_DONE_INDETERMINATE)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.status, self.flags, self.blocks, self.command)


class GenericStatusError(NVMeError):
    """Status code type 0: generic command status."""


class CommandStatusError(NVMeError):
    """Status code type 1: specific to the command."""


class MediaError(NVMeError):
    """Status code type 2: media and data integrity, compare failures too."""


class PathError(NVMeError):
    """Status code type 3: errors on the path to the controller."""


class VendorStatusError(NVMeError):
    """Status code type 7: the vendor's own."""


class WriteProtectedError(NVMeError, PermissionError):
    """The namespace, or the range of blocks, is write protected: one of the two below."""

    errno_of = errno.EROFS


class NamespaceProtectedError(WriteProtectedError, GenericStatusError):
    """Status 20h: Namespace is Write Protected."""


class ReadOnlyRangeError(WriteProtectedError, CommandStatusError):
    """Status 182h: Attempted Write to Read Only Range."""


# Tracebacks show the public names of these classes.
for _class in list(globals().values()):
    if isinstance(_class, type) and issubclass(_class, Error):
        _class.__module__ = "upnvme"

_BY_CODE: dict[int, type[Error]] = {
    _upnvme.UPNVME_ERR_WRONG_THREAD: WrongThreadError,
    _upnvme.UPNVME_ERR_QPAIR_RELEASED: WrongThreadError,
    _upnvme.UPNVME_ERR_NS_NOT_FOUND: NamespaceNotFoundError,
    _upnvme.UPNVME_ERR_NS_GONE: NamespaceNotFoundError,
    _upnvme.UPNVME_ERR_BUFFER_SHORT: RangeError,
}

_BY_ERRNO: dict[int, type[Error]] = {
    errno.EINVAL: ArgumentError, errno.E2BIG: ArgumentError, errno.EXDEV: ArgumentError, errno.ERANGE: RangeError,
    errno.EFAULT: UnreachableError, errno.ENOENT: NotFoundError, errno.ENODEV: NotADeviceError,
    errno.ENXIO: NotADeviceError, errno.EAGAIN: WouldBlockError, errno.ENOMSG: TaggedCompletionError,
    errno.ETIMEDOUT: TimeoutError, errno.EBUSY: BusyError, errno.EPERM: AccessError, errno.EACCES: AccessError,
    errno.EDEADLK: InCallbackError, errno.EOWNERDEAD: ForkedError, errno.ESHUTDOWN: ClosedError,
    errno.ENOTSUP: UnsupportedError, errno.ENOMEM: OutOfMemoryError, errno.EISDIR: IsADirectoryError,
    errno.ENOTDIR: NotADirectoryError, errno.EIO: ControllerError, errno.EROFS: AccessError,
}

_BY_TYPE: dict[int, type[NVMeError]] = {
    0: GenericStatusError, 1: CommandStatusError, 2: MediaError, 3: PathError, 7: VendorStatusError,
}

# Statuses with a class of their own, by type and code together (NVMe Base 2.0c, Figures 94 and 97).
_BY_STATUS: dict[int, type[NVMeError]] = {0x020: NamespaceProtectedError, 0x182: ReadOnlyRangeError}

COMMANDS = {
    _upnvme.UPNVME_OP_FLUSH: "flush", _upnvme.UPNVME_OP_WRITE: "write", _upnvme.UPNVME_OP_READ: "read",
    _upnvme.UPNVME_OP_COMPARE: "compare", _upnvme.UPNVME_OP_WRITE_ZEROES: "write zeroes",
    _upnvme.UPNVME_OP_DATASET_MANAGEMENT: "deallocate", _upnvme.UPNVME_OP_VERIFY: "verify",
}


def make_error(err: int, code: int, text: str, status: int) -> Error:
    """The exception for a call that the library refused, or that the controller answered with an error."""
    if status:
        return make_status(status, 0, 0, text.partition(":")[0])
    if "upnvme_" in text or "UPNVME_" in text:
        from ._names import in_python

        text = in_python(text)
    return (_BY_CODE.get(code) or _BY_ERRNO.get(err, Error))(err, text, code)


def make_status(status: int, flags: int, blocks: int, command: str) -> NVMeError:
    """The exception for a status."""
    kind = _BY_STATUS.get(status & 0x7FF) or _BY_TYPE.get(status >> 8 & 7, NVMeError)
    return kind(status, flags, blocks, command)


def make_op_status(status: int, flags: int, done_blocks: int, opcode: int, lba: int, blocks: int) -> NVMeError:
    """The exception for the status of an I/O command, which it names."""
    return make_status(status, flags, done_blocks, _describe(opcode, lba, blocks))


def _describe(opcode: int, lba: int, blocks: int) -> str:
    name = COMMANDS.get(opcode, f"command {opcode:#04x}")
    return name + ("" if opcode == _upnvme.UPNVME_OP_FLUSH else f" of {blocks} blocks from LBA {lba}")


def make_timeout(opcode: int, lba: int, blocks: int, timeout_ns: int) -> Error:
    """The exception for an I/O command that the device has not answered within the time-out."""
    text = (f"{_describe(opcode, lba, blocks)} was not done in {timeout_ns / 1e9:g} s: the command stays with the "
            "device, and its memory with it, until that answers")
    return TimeoutError(errno.ETIMEDOUT, text, _upnvme.UPNVME_ERR_TIMEOUT)


def make_partial(index: int, refusal: BaseException) -> PartialError:
    """The exception for a batch that ended at a command that was refused."""
    err, code = (refusal.errno, refusal.code) if isinstance(refusal, Error) else (errno.EINVAL, 0)
    error = PartialError(err or errno.EINVAL, f"command {index} of the batch was refused, those before it were not: "
                         f"{refusal}", code, index)
    error.__cause__ = refusal
    return error


def make_group(errors: Sequence[BaseException]) -> BaseException:
    """The exception for several callbacks that failed."""
    group = BaseExceptionGroup("several callbacks failed", errors)
    group.completions = getattr(errors[0], "completions", None)  # type: ignore[attr-defined]
    return group
