# SPDX-License-Identifier: BSD-3-Clause
"""The NVMe devices on the PCI bus, and which driver each one is bound to. Binding and unbinding need root."""

from __future__ import annotations

import pwd
from collections.abc import Iterable
from enum import IntFlag

from . import _upnvme
from ._records import Device, System

__all__ = ["Device", "InUse", "System", "SystemFlag", "bind", "get", "list_devices", "system", "unbind"]


class InUse(IntFlag):
    """Bits of Device.flags: the uses of the device."""

    MOUNTED = _upnvme.UPNVME_DEVICE_MOUNTED
    SWAP = _upnvme.UPNVME_DEVICE_SWAP
    HELD = _upnvme.UPNVME_DEVICE_HELD
    OPEN = _upnvme.UPNVME_DEVICE_OPEN
    EXPORTED = _upnvme.UPNVME_DEVICE_EXPORTED
    FUNCTIONS = _upnvme.UPNVME_DEVICE_FUNCTIONS


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
    """The NVMe devices, in the order of their addresses."""
    return [Device(device) for device in _upnvme.devices_list()]


def get(address: str) -> Device:
    """One device, by its PCI address."""
    return Device(_upnvme.upnvme_device_get(address))


def bind(addresses: str | Iterable[str], driver: str | None = None, *, user: str | int | None = None,
         force: bool = False) -> None:
    """Takes devices from their drivers and gives them to a driver for user space: all of them, or none. Devices of one
    IOMMU group go together.

    Args:
        addresses: one PCI address, or several
        driver: "vfio-pci" (the default), "uio_pci_generic" or "igb_uio"
        user: the user who is to drive the devices, by name or number, and who gets the nodes of VFIO until the devices
            are bound anew; a name that is not known is a KeyError
        force: also devices whose users cannot be seen, as in a container (DEVICE_UNSEEN); a device that is seen to be
            in use is never taken
    """
    flags, owner = _upnvme.UPNVME_BIND_FORCE if force else 0, 0
    if user is not None:
        owner = user if isinstance(user, int) else pwd.getpwnam(user).pw_uid
        flags |= _upnvme.UPNVME_BIND_OWNER
    _upnvme.upnvme_devices_bind(_joined(addresses), driver, flags, owner)


def unbind(addresses: str | Iterable[str], *, force: bool = False) -> None:
    """Gives devices back to the kernel's nvme driver: all of them, or none; `force` as in `bind`."""
    _upnvme.upnvme_devices_unbind(_joined(addresses), _upnvme.UPNVME_BIND_FORCE if force else 0)


def _joined(addresses: str | Iterable[str]) -> str:
    """The addresses in the form that the library takes."""
    return addresses if isinstance(addresses, str) else ",".join(addresses)


def system() -> System:
    """The means of this machine for driving devices from user space."""
    return System(_upnvme.upnvme_system_get())
