# SPDX-License-Identifier: BSD-3-Clause
"""A controller: its namespaces, memory, queue pairs, and the admin side."""

from __future__ import annotations

from collections.abc import Mapping

from . import _atexit, _upnvme
from ._batch import Completion
from ._buffer import Buffer
from ._errors import make_status
from ._namespace import Namespace
from ._qpair import QPair, _dwords
from ._records import ControllerInfo, ControllerStats, ErrorEntry, Event, Features, Firmware, Smart

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ._typing import ReadableBuffer, WriteableBuffer

ALL_NAMESPACES = 0xFFFFFFFF


class Namespaces(Mapping[int, Namespace]):
    """The active namespaces of a controller by their identifiers."""

    __slots__ = ("_controller",)

    def __init__(self, controller: Controller) -> None:
        self._controller = controller

    def __getitem__(self, nsid: int) -> Namespace:
        return Namespace(self._controller, nsid)

    def __iter__(self) -> Iterator[int]:
        nsid = 0
        while nsid := _upnvme.upnvme_ns_next(self._controller, nsid):
            yield nsid

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<upnvme.Namespaces {list(self)}>"


class Controller(_upnvme.Session):
    """An NVMe controller, from `upnvme.open`; for any thread.

    `close()`, at the end of a `with` too, may be called from any thread and more than once: new calls fail, calls that
    wait return within 50 ms with ClosedError, each accepted command completes once, and memory goes last.
    """

    __slots__ = ("_on_event", "__weakref__")

    def __init__(self, uri: str, *, queue_pairs: int = 0, keep_alive: float = 0, admin_timeout: float = 0,
                 max_transfer: int = 0, housekeeping: bool = False, leases: int = 8, lease_depth: int = 63) -> None:
        self._on_event: Callable[[Event], object] | None = None
        _upnvme.session_open(self, uri, _upnvme.UPNVME_OPEN_HOUSEKEEPING * housekeeping, queue_pairs,
                             int(keep_alive * 1e3), int(admin_timeout * 1e9), max_transfer, leases, lease_depth + 1)
        _atexit.remember(self)

    # --- what there is ---

    @property
    def namespaces(self) -> Namespaces:
        """The active namespaces, as a mapping from their identifiers."""
        return Namespaces(self)

    @property
    def uri(self) -> str:
        """The URI that it was opened with."""
        return str(_upnvme.upnvme_ctrlr_uri(self))

    @property
    def info(self) -> ControllerInfo:
        """What it is, and its limits."""
        return ControllerInfo(_upnvme.upnvme_ctrlr_info_get(self))

    @property
    def stats(self) -> ControllerStats:
        """What the package counts of it."""
        return ControllerStats(_upnvme.session_stats(self))

    @property
    def is_open(self) -> bool:
        """Whether it can be used."""
        return bool(_upnvme.session_is_open(self))

    # --- memory and queue pairs ---

    def alloc(self, size: int, align: int = 0) -> Buffer:
        """Allocates zeroed DMA memory, aligned to a page if not said."""
        buffer = Buffer()
        _upnvme.memory_alloc(buffer, self, size, align)
        return buffer

    def register(self, array: WriteableBuffer) -> Buffer:
        """Makes the caller's own memory (a NumPy array, a bytearray, an mmap) reachable for devices.

        The Buffer that comes back holds it, and is the same memory; its free() ends the registration. Until then the
        array itself, and its slices, can be given to commands as well.
        """
        buffer = Buffer()
        _upnvme.memory_register(buffer, self, array)
        return buffer

    def unregister(self, buffer: Buffer) -> None:
        """The same as buffer.free()."""
        buffer.free()

    def qpair(self, depth: int | None = None, *, entries: int = 0, outstanding: int = 0, ring_each: bool = False,
              histogram: bool = False, cmb: bool = False, interrupt: bool = False) -> QPair:
        """Makes a queue pair for the calling thread; `depth` commands can be in flight (if not said: 255).

        `ring_each`: ring the doorbell at each command; `histogram`: measure latencies; `cmb`: the submission queue is in
        the controller's memory; `interrupt`: completions can be waited for (QPair.wait, fileno).
        """
        return QPair(self, depth, entries=entries, outstanding=outstanding, ring_each=ring_each, histogram=histogram,
                     cmb=cmb, interrupt=interrupt)

    # --- the admin side ---

    def poll(self) -> int:
        """Serves the admin side: events go to the function given to on_event. Returns how many there were."""
        events = self.events()
        if self._on_event:
            for event in events:
                self._on_event(event)
        return len(events)

    def events(self) -> list[Event]:
        """Serves the admin side, and returns the events that came."""
        names = ("kind", "nsid", "type", "info", "log_page")
        return [Event(dict(zip(names, event))) for event in _upnvme.session_events(self)]

    def on_event(self, callback: Callable[[Event], object] | None) -> None:
        """Sets the function that poll() gives each event to."""
        self._on_event = callback

    def admin(self, cdw: Sequence[int], data: ReadableBuffer | None = None, direction: int = 0,
              timeout: float | None = None) -> Completion:
        """Runs an admin command, given dword by dword; `data` may be any memory, `direction` is of upnvme.Direction."""
        done: Completion = _upnvme.session_admin(self, _dwords(cdw), data, direction, timeout)
        if done.status:
            raise make_status(done.status, done.flags, done.blocks, f"admin command {cdw[0] & 0xFF:#04x}")
        return done

    def identify(self, cns: int = 1, nsid: int = 0) -> bytes:
        """Runs Identify: the 4,096 bytes of a structure (CNS 1: the controller's)."""
        data = bytearray(4096)
        _upnvme.upnvme_identify(self, cns, nsid, data)
        return bytes(data)

    def log_page(self, lid: int, size: int, *, offset: int = 0, nsid: int = ALL_NAMESPACES) -> bytes:
        """Reads a log page, in parts where it is large."""
        data = bytearray(size)
        _upnvme.upnvme_log_page(self, nsid, lid, offset, data)
        return bytes(data)

    def get_feature(self, fid: int, *, nsid: int = 0, select: int = 0, data: WriteableBuffer | None = None) -> int:
        """Reads a feature: dword 0 of the answer. `select` is of upnvme.Select; what has data wants room for it."""
        return int(_upnvme.upnvme_feature_get(self, nsid, fid, select, data))

    def set_feature(self, fid: int, value: int = 0, *, nsid: int = 0, save: bool = False,
                    data: ReadableBuffer | None = None) -> None:
        """Sets a feature."""
        _upnvme.upnvme_feature_set(self, nsid, fid, value, save, data)

    @property
    def features(self) -> Features:
        """The features' current values."""
        return Features(_upnvme.upnvme_features_get(self))

    @property
    def smart(self) -> Smart:
        """The health log."""
        return Smart(_upnvme.upnvme_smart_get(self))

    @property
    def firmware(self) -> Firmware:
        """The firmware slot log."""
        return Firmware(_upnvme.upnvme_firmware_get(self))

    def error_log(self, n: int = 64) -> list[ErrorEntry]:
        """The newest entries of the error log."""
        return [ErrorEntry(entry) for entry in _upnvme.error_log(self, n)]

    def command_effects(self, opcode: int, *, admin: bool = False) -> int:
        """What a command does: bits of UPNVME_EFFECT_... in upnvme/ctrlr.h."""
        return int(_upnvme.upnvme_command_effects(self, admin, opcode))

    # --- the end ---

    def close(self) -> None:
        """Completes what is in flight, and closes the controller and all that it gave.

        Buffers become freed; while views of some live (memoryviews, NumPy arrays), their memory stays, and the device
        with it: that is a ResourceWarning.
        """
        views = _upnvme.session_close(self)
        if views:
            _warn(f"{views} buffers of a closed controller have views: the device is held until they go", self)

    def __enter__(self) -> Controller:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __del__(self) -> None:
        if _upnvme.session_is_open(self):
            _warn(f"unclosed {self!r}", self)
            _upnvme.session_close(self)

    def __repr__(self) -> str:
        return f"<upnvme.Controller {self.uri}>" if self.is_open else "<upnvme.Controller, closed>"


def _warn(text: str, source: object) -> None:
    import warnings

    warnings.warn(text, ResourceWarning, stacklevel=3, source=source)


def open(uri: str, *, queue_pairs: int = 0, keep_alive: float = 0, admin_timeout: float = 0, max_transfer: int = 0,
         housekeeping: bool = False, leases: int = 8, lease_depth: int = 63) -> Controller:
    """Opens the controller that a URI names: `soft:ram?size=1GiB`, `soft:/path/disk.img`, `pcie:0000:01:00.0`, ...

    `queue_pairs` to ask for (64), `keep_alive` and `admin_timeout` in seconds, `max_transfer` an upper limit of one
    command's data in bytes, `housekeeping`: a thread of the library's serves the admin side, `leases` queue pairs at
    most for commands of namespaces, each with `lease_depth` commands for what has to be split.
    """
    return Controller(uri, queue_pairs=queue_pairs, keep_alive=keep_alive, admin_timeout=admin_timeout,
                      max_transfer=max_transfer, housekeeping=housekeeping, leases=leases, lease_depth=lease_depth)
