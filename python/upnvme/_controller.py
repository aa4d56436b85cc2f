# SPDX-License-Identifier: BSD-3-Clause
"""A controller, with its namespaces, whose calls wait for their commands, and its queue pairs."""

from __future__ import annotations

from _collections_abc import Mapping  # collections.abc, without the modules that collections brings

from ._namespace import Namespace
from ._namespaces import NamespacesBase
from ._qpair import QPair
from ._session import SessionBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._typing import Int


class Namespaces(NamespacesBase, Mapping[int, Namespace]):
    """The active namespaces of a controller by their identifiers."""

    __slots__ = ()

    def __getitem__(self, nsid: Int) -> Namespace:
        return Namespace(self._controller, self._identifier(nsid))


class Controller(SessionBase):
    """An NVMe controller, from `upnvme.open`; for any thread.

    `close()`, at the end of a `with` too, may be called from any thread and more than once: new calls fail, calls that
    wait return within 50 ms with ClosedError, each accepted command completes once, and memory goes last.
    """

    __slots__ = ()

    @property
    def namespaces(self) -> Namespaces:
        """The active namespaces, as a mapping from their identifiers."""
        return Namespaces(self)

    def qpair(self, depth: Int | None = None, *, entries: Int = 0, outstanding: Int = 0, ring_each: bool = False,
              histogram: bool = False, cmb: bool = False, interrupt: bool = False) -> QPair:
        """Makes a queue pair for the calling thread; `depth` commands can be in flight (default: 255).

        `entries` (of each ring, 2 to 65,536) and `outstanding` (commands in flight, fewer than entries and at most
        4,096) set apart the two numbers that `depth` sets together. `ring_each`: ring the doorbell at each command;
        `histogram`: measure latencies; `cmb`: the submission queue is in the controller's memory; `interrupt`:
        completions can be waited for (QPair.wait, fileno). (NVMe Base 2.0c, 5.4 and 5.5.)

        ArgumentError: more entries than the controller takes; Error with UPNVME_ERR_QPAIR_LIMIT: no more queue pairs;
        UnsupportedError: the controller has no such memory, or no interrupts; ControllerError, TimeoutError,
        ClosedError, ForkedError.
        """
        return QPair(self, depth, entries=entries, outstanding=outstanding, ring_each=ring_each, histogram=histogram,
                     cmb=cmb, interrupt=interrupt)

    def __enter__(self) -> Controller:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def open(uri: str, *, queue_pairs: Int = 0, keep_alive: float = 0, admin_timeout: float = 0, max_transfer: Int = 0,
         housekeeping: bool = False, leases: Int = 8, lease_depth: Int = 63) -> Controller:
    """Opens the controller that a URI names: `soft:ram?size=1GiB`, `soft:/path/disk.img`, `pcie:0000:01:00.0`, ...

    `queue_pairs`: how many to ask the controller for (0: 64). `keep_alive` (0: none) and `admin_timeout` (0: 10 s) are
    in seconds. `max_transfer`: an upper limit of one command's data in bytes (0: the controller's). `housekeeping`: a
    thread of the library serves the admin side. `leases`: the most queue pairs that are kept for commands of
    namespaces; each has room for `lease_depth` commands, into which a large request is split. (NVMe Base 2.0c, 3.5.1.)

    ArgumentError (an unknown key or value in the URI), NotFoundError, AccessError, BusyError (another user has the
    controller), NotADeviceError, TimeoutError, ControllerError, UnsupportedError, OutOfMemoryError. Ctrl-C ends the
    wait for the controller. Any thread.
    """
    return Controller(uri, queue_pairs=queue_pairs, keep_alive=keep_alive, admin_timeout=admin_timeout,
                      max_transfer=max_transfer, housekeeping=housekeeping, leases=leases, lease_depth=lease_depth)
