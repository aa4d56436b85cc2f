# SPDX-License-Identifier: BSD-3-Clause
"""The part of a controller that does not depend on how its commands complete: properties, memory, the admin side, and
its end."""

from __future__ import annotations

from . import _atexit, _upnvme
from ._arguments import dwords, number, ticks
from ._batch import Completion
from ._buffer import Buffer
from ._errors import BusyError, make_status
from ._names import printable, public_name
from ._open_files import OpenFiles, raise_all
from ._records import ControllerInfo, ControllerStats, ErrorEntry, Event, Features, Firmware, Smart

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import NoReturn

    from ._ranges import Ranges
    from ._typing import Int, ReadableBuffer, WriteableBuffer

ALL_NAMESPACES = 0xFFFFFFFF


class SessionBase(_upnvme.Session):
    """A controller without its namespaces and queue pairs; for any thread.

    Calls of the admin side wait for the controller: ControllerError (it failed), NVMeError (it answered with an error
    status), TimeoutError (after upnvme.open's admin_timeout), ClosedError, ForkedError. Other threads run meanwhile.
    Ctrl-C and close() end the wait within 50 ms; the command stays with the controller, and close() waits for its end.
    """

    __slots__ = ("_files", "_name", "_on_event", "_ranges", "__weakref__")

    def __init__(self, uri: str, *, queue_pairs: Int = 0, keep_alive: float = 0, admin_timeout: float = 0,
                 max_transfer: Int = 0, housekeeping: bool = False, leases: Int = 8, lease_depth: Int = 63) -> None:
        self._files = OpenFiles()
        self._ranges: dict[int, Ranges] = {}
        self._on_event: Callable[[Event], object] | None = None
        self._name = uri
        _check_uri(uri)
        options = (_upnvme.UPNVME_OPEN_HOUSEKEEPING * housekeeping, queue_pairs,
                   ticks("keep_alive", keep_alive, 1000, 2 ** 32 - 1),
                   ticks("admin_timeout", admin_timeout, 10 ** 9, 2 ** 63), max_transfer, leases,
                   number("lease_depth", lease_depth, 65534) + 1)
        try:
            _upnvme.session_open(self, uri, *options)
        except BusyError as error:
            _blame_this_process(uri, error)
            raise
        _atexit.remember(self)

    # --- properties ---

    @property
    def uri(self) -> str:
        """The URI that the controller was opened with."""
        return str(_upnvme.upnvme_ctrlr_uri(self))

    @property
    def info(self) -> ControllerInfo:
        """The controller's identity and limits, as read when it was opened (NVMe Base 2.0c, 5.17.2.1)."""
        return ControllerInfo(_upnvme.upnvme_ctrlr_info_get(self))

    @property
    def stats(self) -> ControllerStats:
        """The package's own counters of the controller."""
        return ControllerStats(_upnvme.session_stats(self))

    def nsids(self) -> Iterator[int]:
        """The identifiers of the active namespaces, in their order."""
        nsid = 0
        while nsid := _upnvme.upnvme_ns_next(self, nsid):
            yield nsid

    @property
    def is_open(self) -> bool:
        """Whether the controller is open."""
        return bool(_upnvme.session_is_open(self))

    # --- memory ---

    def alloc(self, size: Int, align: Int = 0) -> Buffer:
        """Allocates `size` bytes of zeroed DMA memory, aligned to `align` bytes, a power of two (0: a page).

        ArgumentError: a size of 0 or over 2^46, an alignment that is no power of two or over 2 MiB; OutOfMemoryError.
        """
        buffer = Buffer()
        _upnvme.memory_alloc(buffer, self, size, align)
        return buffer

    def register(self, array: WriteableBuffer) -> Buffer:
        """Makes the caller's own memory (a NumPy array, a bytearray, an mmap) reachable for devices.

        The memory must be contiguous; read-only memory serves for writes to the device only. The Buffer that is
        returned is the same memory, and holds it; the registration ends with the Buffer's free(), or with its last
        reference. Until then the array itself, and its slices, can be given to commands as well, and are not copied.
        OutOfMemoryError: no more memory may be locked.
        """
        buffer = Buffer()
        _upnvme.memory_register(buffer, self, array)
        return buffer

    def unregister(self, buffer: Buffer) -> None:
        """Does the same as buffer.free()."""
        buffer.free()

    def _ranges_of(self, nsid: int) -> Ranges:
        """The ranges of a namespace that files are changing."""
        from ._ranges import Ranges

        return self._ranges.setdefault(nsid, Ranges())

    # --- the admin side ---

    def poll(self) -> int:
        """Serves the admin side: events go to the function given to on_event. Returns how many events there were.

        Also serves keep-alive, and notices a failed controller, which raises ControllerError. Does not wait. With
        `housekeeping=True` a thread of the library serves the admin side, and this call only hands the events on.
        """
        events = self.events()
        if self._on_event:
            for event in events:
                self._on_event(event)
        return len(events)

    def events(self) -> list[Event]:
        """Serves the admin side, and returns the events that came (NVMe Base 2.0c, 5.2): the latest 64 at most."""
        names = ("kind", "nsid", "type", "info", "log_page")
        return [Event(dict(zip(names, event))) for event in _upnvme.session_events(self)]

    def on_event(self, callback: Callable[[Event], object] | None) -> None:
        """Sets the function that poll() gives each event to."""
        self._on_event = callback

    def admin(self, cdw: Sequence[Int], data: ReadableBuffer | None = None, direction: Int = 0,
              timeout: float | None = None) -> Completion:
        """Runs an admin command, given as up to 16 dwords of 32 bits, and returns its completion (NVMe Base 2.0c, 5).

        `data` may be any contiguous memory, up to 2 MiB, `direction` is of upnvme.Direction, `timeout` is in seconds
        (None: the controller's). ArgumentError: a command that is the library's own; NVMeError: the controller's
        answer; TimeoutError; WouldBlockError: too many commands are outstanding; BusyError: a command that may change
        namespaces (Format NVM and its like), while a queue pair has commands in flight, or an owner that makes no call.
        """
        command = dwords(cdw)
        done: Completion = _upnvme.session_admin(self, command, data, direction, timeout)
        if done.status:
            raise make_status(done.status, done.flags, done.blocks, f"admin command 0x{command[:1].hex()}")
        return done

    def identify(self, cns: Int = 1, nsid: Int = 0) -> bytes:
        """Runs Identify: the 4,096 bytes of a structure (NVMe Base 2.0c, 5.17; CNS 1: the controller's)."""
        data: bytes = _upnvme.ask_identify(self, cns, nsid)
        return data

    def log_page(self, lid: Int, size: Int, *, offset: Int = 0, nsid: Int = ALL_NAMESPACES) -> bytes:
        """Reads `size` bytes of a log page from `offset` on, both multiples of 4 (NVMe Base 2.0c, 5.16).

        A large log is read in parts. UnsupportedError: the controller does not support the offset.
        """
        data: bytes = _upnvme.ask_log_page(self, nsid, lid, offset, size)
        return data

    def get_feature(self, fid: Int, *, nsid: Int = 0, select: Int = 0, data: WriteableBuffer | None = None) -> int:
        """Reads a feature: dword 0 of the answer (NVMe Base 2.0c, 5.15).

        `select` is of upnvme.Select. `data` is writable memory, up to 2 MiB, for a feature that has data.
        """
        return int(_upnvme.ask_feature_get(self, nsid, fid, select, data))

    def set_feature(self, fid: Int, value: Int = 0, *, nsid: Int = 0, save: bool = False,
                    data: ReadableBuffer | None = None) -> None:
        """Sets a feature to `value`, dword 11, with `data` where it has some (NVMe Base 2.0c, 5.27).

        `save`: the controller keeps the value over power cycles. ArgumentError: a feature that the library manages.
        """
        _upnvme.ask_feature_set(self, nsid, fid, value, save, data)

    @property
    def features(self) -> Features:
        """The features' current values (NVMe Base 2.0c, 5.27.1); `valid` says which the controller has."""
        return Features(_upnvme.ask_features(self))

    @property
    def smart(self) -> Smart:
        """The health log (NVMe Base 2.0c, 5.16.1.3)."""
        return Smart(_upnvme.ask_smart(self))

    @property
    def firmware(self) -> Firmware:
        """The firmware slot log (NVMe Base 2.0c, 5.16.1.4)."""
        return Firmware(_upnvme.ask_firmware(self))

    def error_log(self, n: int = 64) -> list[ErrorEntry]:
        """The newest `n` entries of the error log (NVMe Base 2.0c, 5.16.1.2), newest first."""
        return [ErrorEntry(entry) for entry in _upnvme.ask_errors(self, n)]

    def command_effects(self, opcode: Int, *, admin: bool = False) -> int:
        """The effects of a command: bits of UPNVME_EFFECT_... in upnvme/ctrlr.h (NVMe Base 2.0c, 5.16.1.6).

        `opcode` is an I/O command's, or with `admin=True` an admin command's. UnsupportedError: there is no such log.
        """
        return int(_upnvme.ask_effects(self, admin, opcode))

    # --- the end ---

    def close(self) -> None:
        """Completes the commands in flight, and closes the controller and everything of it.

        Data that files of Namespace.open have buffered is written before that; where that fails, everything is closed,
        and the error is raised (several as an ExceptionGroup). Any thread may close the controller, and more than once;
        within a call (in a callback, a finaliser, a signal's handler) the close is carried out when the call returns.
        Calls that wait return within 50 ms with ClosedError; admin commands of interrupted calls are waited for; Ctrl-C
        ends that wait, and the controller stays open. Buffers are freed; while views of a buffer live (memoryviews,
        NumPy arrays), its memory stays, and so does the device, with a ResourceWarning.

        ControllerError or TimeoutError: the controller *is* closed, but unflushed writes may be lost
        (UPNVME_ERR_NOT_DURABLE), or storage did not answer within admin_timeout, and memory that the controller may
        still touch is set aside; the sentence says which.
        """
        errors: list[Exception] = []
        self._files.close(errors)
        self._close_session(errors)
        if not self.is_open:
            self._files.close(errors, busy=True)
        raise_all(errors, "what files had buffered could not be written, or closing failed")

    def _close_session(self, errors: list[Exception]) -> None:
        try:
            views = _upnvme.session_close(self)
        except Exception as error:
            errors.append(error)
            return
        if views:
            _warn(f"{views} buffers of a closed controller have views: the device is held until they go", self)

    def __del__(self, is_open: Callable[[SessionBase], bool] = _upnvme.session_is_open) -> None:
        # The function is a default argument for the reason that ChannelBase.__del__ has.
        if is_open(self):
            _warn(f"unclosed {self!r}", self)
            # Open files hold the controller, which is in a cycle with them then. The files' finalisers write their
            # buffered data; after that nothing holds the controller, and its base class closes it.
            if not self._files:
                _upnvme.session_close(self)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"{self!r} cannot be pickled: pickle an upnvme.Source, which opens it in each process")

    def __repr__(self) -> str:
        return f"<{public_name(self)} {printable(self.uri)}>" if self.is_open else f"<{public_name(self)}, closed>"


def _check_uri(uri: object) -> None:
    if not isinstance(uri, str):
        raise TypeError(f"uri must be a str, not {type(uri)}: upnvme.uri makes one of a path")


def _blame_this_process(uri: str, error: BusyError) -> None:
    """Names the controller to close, where this process itself has the busy device open."""
    for other in _atexit.remembered():
        if _upnvme.session_holds(other) and _same_device(uri, other._name):
            what = "close it first" if other.is_open else "its memory still has views, which must go first"
            error.strerror = (f"{printable(uri)} is held by this process itself, by {other!r}: {what} (a notebook's "
                              "cell that is run again opens it again)")
            return


def _same_device(uri: str, other: str) -> bool:
    """Whether two URIs name one file, or one device."""
    import os.path
    from urllib.parse import unquote

    (scheme, _, path), (_, _, its) = (one.partition("?")[0].partition(":") for one in (uri, other))
    try:
        return path == its or (scheme == "soft" and os.path.samefile(
            *(unquote(one, errors="surrogateescape") for one in (path, its))))
    except OSError:
        return False


def _warn(text: str, source: object) -> None:
    import warnings

    warnings.warn(text, ResourceWarning, stacklevel=3, source=source)
