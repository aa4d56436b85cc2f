# SPDX-License-Identifier: BSD-3-Clause
"""User-space, polled NVMe.

    with upnvme.open("soft:/tmp/disk.img?block=4096") as ctrlr:
        ns = ctrlr.namespaces[1]
        ns.write(0, b"hello" + bytes(4091))
        data = ns.read(0, 8)                      # DMA memory: bytes(data), memoryview(data), numpy.asarray(data)

Three ways to run commands: a `Namespace` waits for each command; a `QPair` completes commands by callbacks, inside its
poll(); a batch is an array of commands, which are submitted and reaped without a Python object for each.

References, and the order in which things end:

- A namespace, a queue pair and a buffer hold their controller; a command by itself holds its buffer until the device is
  done, a batch does not.
- A controller without references is closed, with a ResourceWarning, and so is a queue pair.
- Closing a controller: new calls fail; calls that wait return within 50 ms; queue pairs of all threads are closed,
  which completes each accepted command once (callbacks run on the closing thread); then buffers are freed, then the
  device is let go. Memory with a view (a memoryview, an array) stays, and the device is held as long.
- Ctrl-C ends any wait for a device within 50 ms. The command stays with the device until it is done, and its memory
  is kept as long: closing the controller waits for the command.
- Closing a controller within a callback, a finaliser or a signal's handler that runs in the midst of a call is carried
  out when that call returns; a call that waits ends with ClosedError.
- Freed memory that a device may still touch is set aside by the library until the device cannot touch it.
- After fork, every use in the child raises ForkedError, and the child's finalisers leave the parent's things alone.
  The memory itself is not inherited: views of it must not be touched in the child.
- Closing a controller writes what files of Namespace.open have buffered, closes them, and raises what failed.
- At the interpreter's exit, open controllers are closed; where that fails, standard error says so, and the exit code
  is 120.
- The package is for the main interpreter of a process: importing it in a sub-interpreter is an ImportError.

A call that finds its completions ready keeps the interpreter's lock; a call that waits releases the lock.
"""

from __future__ import annotations

from . import _errors, _log, _upnvme
from ._batch import Batch, Completion, Completions, batch
from ._buffer import Buffer
from ._controller import Controller, Namespaces, open
from ._errors import (AccessError, ArgumentError, BusyError, ClosedError, CommandStatusError, ControllerError, Error,
                      ForkedError, GenericStatusError, InCallbackError, IsADirectoryError, MediaError,
                      NamespaceNotFoundError, NamespaceProtectedError, NotADeviceError, NotADirectoryError,
                      NotFoundError, NVMeError, OutOfMemoryError, PartialError, PathError, RangeError,
                      ReadOnlyRangeError, TaggedCompletionError, TimeoutError, UnreachableError, UnsupportedError,
                      VendorStatusError, WouldBlockError, WriteProtectedError, WrongThreadError)
from ._log import set_log_level
from ._namespace import Namespace
from ._qpair import QPair
from ._records import (ControllerInfo, ControllerStats, Device, ErrorEntry, Event, Features, Firmware, Limits,
                       NamespaceInfo, QPairStats, Smart, System)
from ._session import ALL_NAMESPACES
from ._source import Source, uri

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import aio as aio
    from . import devices as devices
    from ._enums import Direction, DoneFlag, EventKind, Flag, Form, Op, Select

__all__ = [
    "ALL_NAMESPACES", "AccessError", "ArgumentError", "Batch", "Buffer", "BusyError", "ClosedError",
    "CommandStatusError", "Completion", "Completions", "Controller", "ControllerError", "ControllerInfo",
    "ControllerStats", "Device", "Direction", "DoneFlag", "Error", "ErrorEntry", "Event", "EventKind", "Features",
    "Firmware", "Flag", "ForkedError", "Form", "GenericStatusError", "InCallbackError", "IsADirectoryError",
    "Limits", "MediaError", "NVMeError", "Namespace", "NamespaceInfo", "NamespaceNotFoundError",
    "NamespaceProtectedError", "Namespaces", "NotADeviceError", "NotADirectoryError", "NotFoundError", "Op",
    "OutOfMemoryError", "PartialError", "PathError", "QPair", "QPairStats", "RangeError", "ReadOnlyRangeError",
    "Select", "Smart", "Source", "System", "TaggedCompletionError", "TimeoutError", "UnreachableError",
    "UnsupportedError", "VendorStatusError", "WouldBlockError", "WriteProtectedError", "WrongThreadError",
    "__version__", "batch", "build_info", "open", "set_log_level", "uri",
]

if _upnvme.upnvme_abi_version() != _upnvme.UPNVME_ABI_VERSION:
    raise ImportError(f"libupnvme has ABI {_upnvme.upnvme_abi_version()}, this package was made for "
                      f"{_upnvme.UPNVME_ABI_VERSION}")

__version__: str = _upnvme.upnvme_version()
_upnvme.hooks_set(_errors.make_error, _errors.make_op_status, _errors.make_group, _errors.make_partial,
                  _errors.make_timeout, Buffer, Completion, Completions, _log.hand_on)
_upnvme.log_start(_upnvme.UPNVME_LOG_DEBUG)

_MODULES = ("aio", "devices")
_ENUMS = ("Direction", "DoneFlag", "EventKind", "Flag", "Form", "Op", "Select")


def build_info() -> str:
    """How the library was built."""
    return str(_upnvme.upnvme_build_info())


def __getattr__(name: str) -> object:
    """Imports the modules and enumerations that are loaded at their first use."""
    from importlib import import_module

    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name in _ENUMS:
        value: object = getattr(import_module("._enums", __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
