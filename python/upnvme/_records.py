# SPDX-License-Identifier: BSD-3-Clause
"""What the library tells about controllers, namespaces, queue pairs and devices, as objects with typed fields."""

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

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"


class ControllerInfo(Record):
    """What a controller is, and its limits (struct upnvme_ctrlr_info)."""

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
    volatile_write_cache: int
    sgl: int
    ready_timeout_ms: int
    max_write_zeroes_bytes: int
    max_verify_bytes: int
    max_deallocate_ranges: int
    numa_node: int
    environment: str
    cmb_bytes: int
    cmb_flags: int


class NamespaceInfo(Record):
    """What a namespace is, from a fresh Identify (struct upnvme_ns_info)."""

    nsid: int
    block_count: int
    capacity_blocks: int
    used_blocks: int
    block_bytes: int
    metadata_bytes: int
    max_transfer_blocks: int
    boundary_blocks: int
    metadata_extended: int
    protection: int
    deallocated_reads_zero: int
    readonly: int
    eui64: bytes
    nguid: bytes
    uuid: bytes


class Features(Record):
    """Current values of the features (struct upnvme_features)."""

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
    deallocated_reads_fail: int
    volatile_write_cache: int
    volatile_write_cache_enabled: int
    write_atomicity_disabled: int
    timestamp_from_host: int
    timestamp_stopped: int
    submission_queues: int
    completion_queues: int
    coalescing_entries: int
    coalescing_us: int
    events: int
    keep_alive_ms: int
    timestamp_ms: int


class Smart(Record):
    """The health log (struct upnvme_smart)."""

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
    """The firmware slot log (struct upnvme_firmware)."""

    active_slot: int
    next_slot: int
    revisions: list[str]


class ErrorEntry(Record):
    """An entry of the error log (struct upnvme_error_entry)."""

    count: int
    lba: int
    nsid: int
    sqid: int
    cid: int
    status: int
    parameter: int


class Event(Record):
    """Something that the controller reported (struct upnvme_event); `kind` is an EventKind."""

    kind: int
    nsid: int
    type: int
    info: int
    log_page: int


class QPairStats(Record):
    """Counters of a queue pair (struct upnvme_qpair_stats)."""

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


class Limits(Record):
    """What one command may do; what is larger is split by the library, but for ranges and what has no limit (None).

    `buffer_align` is the alignment of a buffer's start, in bytes. MDTS, WZSL, VSL, DMRL (NVMe Base 2.0, 5.17.2.1; NVM
    Command Set 1.0, 4.1.5.2).
    """

    max_transfer_blocks: int
    max_transfer_bytes: int
    max_write_zeroes_blocks: int | None
    max_verify_blocks: int | None
    max_deallocate_ranges: int
    buffer_align: int


class ControllerStats(Record):
    """What the package counts: `bounced_bytes` were copied as the device does not reach the caller's memory."""

    bounced_bytes: int
    leases: int
    draining: int
    buffers: int
    qpairs: int


class Device(Record):
    """An NVMe device on the PCI bus (struct upnvme_device)."""

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
    """What this machine has for driving devices from user space (struct upnvme_system)."""

    flags: int
    niommu_groups: int
    nhuge_sizes: int
    memlock_bytes: int
    memlock_max_bytes: int
    huge_bytes: int
    huge: list[dict[str, int]]
