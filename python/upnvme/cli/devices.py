# SPDX-License-Identifier: BSD-3-Clause
"""Devices on the PCI bus: list, bind, unbind, setup."""

from __future__ import annotations

import click

import upnvme
from upnvme import devices as api

from .common import as_json, ask, destructive, print_json, print_record, print_rows, sentences
from .setup import setup


@click.group()
def devices() -> None:
    """NVMe devices on the PCI bus, and the drivers that they are bound to."""


@devices.command("list")
@as_json
@sentences
def list_(json_: bool) -> None:
    """List the devices, and who uses them."""
    found = api.list_devices()
    if json_:
        print_json([device.as_dict() for device in found])
        return
    print_rows("" if found else "no NVMe devices", ("address", "model", "driver", "group", "node", "used by"),
               [(device.address, device.model, device.driver or "none", device.iommu_group, device.numa_node,
                 device.in_use_by) for device in found])


@devices.command()
@click.argument("address")
@click.option("--driver", help="vfio-pci, if not given; uio_pci_generic, igb_uio.")
@destructive
@as_json
@sentences
def bind(address: str, driver: str | None, yes: bool, json_: bool) -> None:
    """Take a device from the kernel and give it to a driver for user space."""
    device = api.get(address)
    ask(f"Take {device.address} from {device.driver or 'no driver'}?", yes)
    api.bind(address, driver)
    tell(address, json_)


@devices.command()
@click.argument("address")
@destructive
@as_json
@sentences
def unbind(address: str, yes: bool, json_: bool) -> None:
    """Give a device back to the kernel."""
    device = api.get(address)
    ask(f"Take {device.address} from {device.driver or 'no driver'}?", yes)
    api.unbind(address)
    tell(address, json_)


def tell(address: str, json_: bool) -> None:
    """Where it is now."""
    device = api.get(address)
    if json_:
        print_json(device.as_dict())
    else:
        click.echo(f"{device.address} is bound to {device.driver or 'no driver'}")


@devices.command()
@as_json
@sentences
def status(json_: bool) -> None:
    """Tell what this machine has for driving devices from user space."""
    system = api.system()
    values = system.as_dict() | {"flags": [flag.name for flag in api.SystemFlag(system.flags)]}
    print_record(f"libupnvme {upnvme.__version__}", values, json_)


devices.add_command(setup)
