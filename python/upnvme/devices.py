# SPDX-License-Identifier: BSD-3-Clause
"""The NVMe devices on the PCI bus, and which driver each one is bound to. Binding and unbinding need root."""

from __future__ import annotations

from enum import IntFlag

from . import _upnvme
from ._records import Device, System

__all__ = ["Device", "InUse", "System", "SystemFlag", "bind", "get", "list_devices", "system", "unbind"]


class InUse(IntFlag):
    """Bits of Device.flags: what somebody does with it."""

    MOUNTED = _upnvme.UPNVME_DEVICE_MOUNTED
    SWAP = _upnvme.UPNVME_DEVICE_SWAP
    HELD = _upnvme.UPNVME_DEVICE_HELD
    OPEN = _upnvme.UPNVME_DEVICE_OPEN


class SystemFlag(IntFlag):
    """Bits of System.flags."""

    IOMMU = _upnvme.UPNVME_SYSTEM_IOMMU
    VFIO_PCI = _upnvme.UPNVME_SYSTEM_VFIO_PCI
    UIO_PCI_GENERIC = _upnvme.UPNVME_SYSTEM_UIO_PCI_GENERIC
    IGB_UIO = _upnvme.UPNVME_SYSTEM_IGB_UIO
    NVME = _upnvme.UPNVME_SYSTEM_NVME
    VFIO_NOIOMMU = _upnvme.UPNVME_SYSTEM_VFIO_NOIOMMU
    IPC_LOCK = _upnvme.UPNVME_SYSTEM_IPC_LOCK


def list_devices() -> list[Device]:
    """All of them, in the order of their addresses."""
    return [Device(device) for device in _upnvme.devices_list()]


def get(address: str) -> Device:
    """One of them, by its PCI address."""
    return Device(_upnvme.upnvme_device_get(address))


def bind(address: str, driver: str | None = None) -> None:
    """Takes a device from its driver and gives it to one for user space ("vfio-pci" if not said)."""
    _upnvme.upnvme_device_bind(address, driver)


def unbind(address: str) -> None:
    """Gives a device back to the kernel's nvme driver."""
    _upnvme.upnvme_device_unbind(address)


def system() -> System:
    """What this machine has for driving devices from user space."""
    return System(_upnvme.upnvme_system_get())
