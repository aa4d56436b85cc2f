# SPDX-License-Identifier: BSD-3-Clause
"""The library's records about controllers, namespaces, queue pairs and devices, as objects with typed fields."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Record:
    """Fields that were read once and do not change. `as_dict()` gives them all."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)

    def as_dict(self) -> dict[str, Any]:
        """The fields by name."""
        return dict(self.__dict__)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} is read-only")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(repr(self))

    def _repr_html_(self) -> str:
        """For notebooks."""
        from ._html import table

        return table(type(self).__name__, None, self.__dict__.items())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"


class ControllerInfo(Record):
    """What a controller is, and its limits (struct upnvme_ctrlr_info; NVMe Base 2.0c, 5.17.2.1).

    vendor_id: PCI vendor (VID)
    ctrlr_id: controller identifier (CNTLID)
    version: of the specification: major << 16 | minor << 8 | tertiary
    ns_count: active namespaces
    serial, model, firmware, subnqn: as the controller names itself
    max_transfer_bytes: bytes of data of one command; larger requests are split
    max_queue_entries: entries of a queue at most
    max_qpairs: I/O queue pairs that the controller granted
    page_bytes: bytes of a memory page as the controller counts them
    buffer_align: bytes: the alignment of a buffer's start
    oncs: optional commands, bits as in the specification (ONCS)
    volatile_write_cache: whether there is a volatile write cache: then writes are durable after a flush only
    sgl: whether scatter gather lists (SGL) are used for memory that page lists (PRP) cannot describe
    ready_timeout_ms: milliseconds that the controller may take to become ready
    max_write_zeroes_bytes, max_verify_bytes: bytes of one command; larger requests are split
    max_deallocate_ranges: ranges of one command
    numa_node: the node that is near the controller, and has its memory; -1: any
    environment: the provider of memory and access: "host", "vfio", "dpdk" or "uio"
    cmb_bytes: bytes of the controller's own memory (CMB) that can be used; 0: none
    cmb_flags: what that may hold: bits of UPNVME_CMB_... in upnvme/ctrlr.h
    quirks: what it is known to do otherwise than the specification says, and is treated with: words with commas
        between, as `quirks=` in a URI takes them
    """

    vendor_id: int
    ctrlr_id: int
    version: int
    ns_count: int
    serial: str
    model: str
    firmware: str
    subnqn: str
    max_transfer_bytes: int
    max_queue_entries: int
    max_qpairs: int
    page_bytes: int
    buffer_align: int
    oncs: int
    volatile_write_cache: bool
    sgl: bool
    ready_timeout_ms: int
    max_write_zeroes_bytes: int
    max_verify_bytes: int
    max_deallocate_ranges: int
    numa_node: int
    environment: str
    cmb_bytes: int
    cmb_flags: int
    quirks: str


class NamespaceInfo(Record):
    """What a namespace is, from a fresh Identify (struct upnvme_ns_info).

    nsid: identifier
    block_count: logical blocks (NSZE)
    capacity_blocks: blocks that can be allocated at a time (NCAP)
    used_blocks: blocks that are allocated (NUSE)
    block_bytes: bytes of data in a block
    metadata_bytes: bytes of metadata of a block
    max_transfer_blocks: blocks of one command; larger requests are split
    boundary_blocks: blocks between the boundaries that requests are split at (NOIOB); 0: none
    metadata_extended: whether metadata follows each block's data in the buffer
    protection: type of end-to-end protection; 0: none
    deallocated_reads_zero: whether deallocated blocks read as zeroes
    readonly: whether the namespace is write protected
    eui64, nguid, uuid: the namespace's identifiers for ever; zeroes where it has none
    max_write_zeroes_blocks, max_verify_blocks: blocks of one command; larger requests are split
    write_granularity_blocks, write_alignment_blocks: the best writes have a multiple of the first number of blocks
        (NPWG), and begin at a multiple of the second (NPWA); 0: not told
    deallocate_granularity_blocks, deallocate_alignment_blocks: the same for deallocations (NPDG, NPDA)
    optimal_write_blocks: blocks of the fastest writes (NOWS); 0: not told
    ctrlr_atomic_blocks, ctrlr_atomic_power_fail_blocks: blocks that one command writes atomically in each namespace
        of the controller, and also if the power fails (AWUN, AWUPF)
    atomic_blocks, atomic_power_fail_blocks: the same for this namespace (NAWUN, NAWUPF)
    atomic_boundary_blocks, atomic_boundary_power_fail_blocks: blocks between the boundaries that such a write must
        not cross (NABSN, NABSPF); 0: none
    atomic_boundary_offset: the block of the first of these boundaries (NABO)
    """

    nsid: int
    block_count: int
    capacity_blocks: int
    used_blocks: int
    block_bytes: int
    metadata_bytes: int
    max_transfer_blocks: int
    boundary_blocks: int
    metadata_extended: bool
    protection: int
    deallocated_reads_zero: bool
    readonly: bool
    eui64: bytes
    nguid: bytes
    uuid: bytes
    max_write_zeroes_blocks: int
    max_verify_blocks: int
    write_granularity_blocks: int
    write_alignment_blocks: int
    deallocate_granularity_blocks: int
    deallocate_alignment_blocks: int
    optimal_write_blocks: int
    ctrlr_atomic_blocks: int
    ctrlr_atomic_power_fail_blocks: int
    atomic_blocks: int
    atomic_power_fail_blocks: int
    atomic_boundary_blocks: int
    atomic_boundary_power_fail_blocks: int
    atomic_boundary_offset: int


class Features(Record):
    """Current values of the features (struct upnvme_features; NVMe Base 2.0c, 5.27.1).

    valid: the features that the controller has: bits of UPNVME_FEATURES_... in upnvme/ctrlr.h
    arbitration_burst: commands taken from one queue at a time; 0: no limit
    low_weight, medium_weight, high_weight: of submission queues of that priority, 1 to 256
    power_state: 0 to 31
    workload_hint: 0: none
    over_celsius, under_celsius: degrees Celsius above and below which the controller warns
    error_recovery_ms: milliseconds for which a read or write is tried again; 0: no limit
    deallocated_reads_fail: whether reads of deallocated blocks fail
    volatile_write_cache: whether there is a volatile write cache, whatever `valid` says
    volatile_write_cache_enabled: whether the cache is in use
    write_atomicity_disabled: whether only the limits for power failures (AWUPF) hold
    timestamp_from_host: whether timestamp_ms counts from 1970, and not from the controller's reset
    timestamp_stopped: whether the timestamp may have stopped for a while
    submission_queues, completion_queues: I/O queues granted
    coalescing_entries: completions that an interrupt may wait for, 1 to 256
    coalescing_us: microseconds that an interrupt may wait for completions; 0: no delay
    events: asynchronous events that are on: bits as in 5.27.1.8
    keep_alive_ms: milliseconds; 0: no keep alive
    timestamp_ms: milliseconds
    """

    valid: int
    arbitration_burst: int
    low_weight: int
    medium_weight: int
    high_weight: int
    power_state: int
    workload_hint: int
    over_celsius: int
    under_celsius: int
    error_recovery_ms: int
    deallocated_reads_fail: bool
    volatile_write_cache: bool
    volatile_write_cache_enabled: bool
    write_atomicity_disabled: bool
    timestamp_from_host: bool
    timestamp_stopped: bool
    submission_queues: int
    completion_queues: int
    coalescing_entries: int
    coalescing_us: int
    events: int
    keep_alive_ms: int
    timestamp_ms: int


class Smart(Record):
    """The health log (struct upnvme_smart; NVMe Base 2.0c, 5.16.1.3).

    critical_warning: bits as in Figure 207; 0: none
    available_spare, spare_threshold: percent
    percentage_used: percent of the device's life; may be above 100
    temperature_celsius: degrees Celsius, composite
    warning_temperature_minutes: minutes above the warning threshold
    critical_temperature_minutes: minutes above the critical threshold
    data_units_read, data_units_written: units of 512,000 bytes
    host_reads, host_writes: commands
    busy_minutes: minutes with commands outstanding
    power_cycles: how many
    power_on_hours: hours
    unsafe_shutdowns: how many
    media_errors: unrecovered data integrity errors
    error_log_entries: over the controller's life
    sensor_celsius: degrees Celsius of eight sensors; None where there is none
    """

    critical_warning: int
    available_spare: int
    spare_threshold: int
    percentage_used: int
    temperature_celsius: int
    warning_temperature_minutes: int
    critical_temperature_minutes: int
    data_units_read: int
    data_units_written: int
    host_reads: int
    host_writes: int
    busy_minutes: int
    power_cycles: int
    power_on_hours: int
    unsafe_shutdowns: int
    media_errors: int
    error_log_entries: int
    sensor_celsius: list[int | None]


class Firmware(Record):
    """The firmware slot log (struct upnvme_firmware; NVMe Base 2.0c, 5.16.1.4).

    active_slot: 1 to 7
    next_slot: the slot that is activated at the next reset; 0: none
    revisions: of slots 1 to 7; empty where there is none
    """

    active_slot: int
    next_slot: int
    revisions: list[str]


class ErrorEntry(Record):
    """An entry of the error log (struct upnvme_error_entry; NVMe Base 2.0c, 5.16.1.2).

    count: the error's own number; later errors have larger ones
    lba: the first block that had the error
    nsid: of the namespace
    sqid: submission queue; 65535: of no command in particular
    cid: command identifier; 65535: likewise
    status: as upnvme.Completion has it
    parameter: the place of the error in the command: byte in bits 7:0, bit in 10:8; 65535: no place
    """

    count: int
    lba: int
    nsid: int
    sqid: int
    cid: int
    status: int
    parameter: int


class Event(Record):
    """An event that the controller reported (struct upnvme_event; NVMe Base 2.0c, 5.2).

    kind: an upnvme.EventKind
    nsid: of the namespace that changed; 0: none, or many
    type, info: as the controller has them (Figures 145 to 150)
    log_page: the log page with more about the event
    """

    kind: int
    nsid: int
    type: int
    info: int
    log_page: int


class QPairStats(Record):
    """Counters of a queue pair (struct upnvme_qpair_stats).

    submitted: commands put into the ring; each part of a request that was split counts
    completed: completion entries taken from the ring
    errors: of these, with an error status
    aborted: commands completed by the library instead
    split: requests that went as several commands
    full: answers that the queue is full
    submission_doorbells, completion_doorbells: writes to the doorbells
    spurious: completion entries of no command in flight
    general: commands that took the general path, not the straight one
    odd: completion entries of commands in flight that named another queue, or no place in the ring
    """

    submitted: int
    completed: int
    errors: int
    aborted: int
    split: int
    full: int
    submission_doorbells: int
    completion_doorbells: int
    spurious: int
    general: int
    odd: int


class Limits(Record):
    """The limits of one command. The library splits larger requests, except ranges; None: no limit.

    max_transfer_blocks, max_transfer_bytes: of a read, write or compare, in blocks and in bytes (MDTS)
    max_write_zeroes_blocks: blocks (WZSL, or as many as a transfer may have)
    max_verify_blocks: blocks (VSL); None: no limit
    max_deallocate_ranges: ranges (DMRL)
    buffer_align: bytes: the alignment of a buffer's start

    (NVMe Base 2.0c, 5.17.2.1; NVM Command Set 1.0c, 4.1.5.2.)
    """

    max_transfer_blocks: int
    max_transfer_bytes: int
    max_write_zeroes_blocks: int
    max_verify_blocks: int | None
    max_deallocate_ranges: int
    buffer_align: int


class ControllerStats(Record):
    """The package's own counters of a controller.

    bounced_bytes: bytes that were copied, as the device does not reach the caller's memory
    leases: queue pairs of the pool for commands of namespaces
    draining: of these, with a command whose caller was interrupted
    buffers: buffers that live
    qpairs: queue pairs that live
    """

    bounced_bytes: int
    leases: int
    draining: int
    buffers: int
    qpairs: int


class Device(Record):
    """An NVMe device on the PCI bus (struct upnvme_device).

    address: as sysfs has it
    vendor_id, device_id: PCI vendor and device
    subsystem_vendor_id, subsystem_id: PCI vendor and device of the board
    class_code: 010802h
    iommu_group: -1: none
    numa_node: -1: not known
    flags: bits of upnvme.devices.InUse
    model, serial, firmware: known while the kernel's nvme driver has it
    driver: empty: bound to none
    kernel_name: the kernel's name for the controller: "nvme0"
    in_use_by: the users of the device, in words
    """

    address: str
    vendor_id: int
    device_id: int
    subsystem_vendor_id: int
    subsystem_id: int
    class_code: int
    iommu_group: int
    numa_node: int
    flags: int
    model: str
    serial: str
    firmware: str
    driver: str
    kernel_name: str
    in_use_by: str


class System(Record):
    """The means of this machine for driving devices from user space (struct upnvme_system).

    flags: bits of upnvme.devices.SystemFlag
    niommu_groups: IOMMU groups
    nhuge_sizes: sizes of huge pages that the kernel has
    memlock_bytes: bytes that this process may lock; 2**64 - 1: no limit
    memlock_max_bytes: the most that this process may raise memlock_bytes to; 2**64 - 1: no limit
    huge_bytes: bytes of a huge page of the default size; 0: there are none
    huge: of the four smallest sizes, page_bytes (bytes), npages and nfree (pages)
    """

    flags: int
    niommu_groups: int
    nhuge_sizes: int
    memlock_bytes: int
    memlock_max_bytes: int
    huge_bytes: int
    huge: list[dict[str, int]]
