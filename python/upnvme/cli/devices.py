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
    print_rows("no NVMe devices on the PCI bus", ("address", "model", "driver", "group", "node", "used by"),
               [(device.address, device.model, device.driver or "none", device.iommu_group, device.numa_node,
                 device.in_use_by) for device in found])


forced = click.option("--force", is_flag=True, help="Also where it cannot be seen who uses them, as in a container.")


@devices.command()
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@click.option("--driver", help="vfio-pci, if not given; uio_pci_generic, igb_uio.")
@click.option("--user", help="Who is to drive them, until they are bound anew.")
@forced
@destructive
@as_json
@sentences
def bind(addresses: tuple[str, ...], driver: str | None, user: str | None, force: bool, yes: bool,
         json_: bool) -> None:
    """Take devices from the kernel and give them to a driver for user space: all of them, or none."""
    confirm(addresses, yes)
    try:
        api.bind(addresses, driver, user=user, force=force)
    except KeyError:
        raise click.ClickException(f"there is no user {user!r}") from None
    tell(addresses, json_)


@devices.command()
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@forced
@destructive
@as_json
@sentences
def unbind(addresses: tuple[str, ...], force: bool, yes: bool, json_: bool) -> None:
    """Give devices back to the kernel: all of them, or none."""
    confirm(addresses, yes)
    api.unbind(addresses, force=force)
    tell(addresses, json_)


def confirm(addresses: tuple[str, ...], yes: bool) -> None:
    """Asks the user once for all devices."""
    found = [api.get(address) for address in addresses]
    ask("Take " + ", ".join(f"{one.address} from {one.driver or 'no driver'}" for one in found) + "?", yes)


def tell(addresses: tuple[str, ...], json_: bool) -> None:
    """Shows the devices with their drivers; in JSON one device is an object, several are an array."""
    found = [api.get(address) for address in addresses]
    if json_:
        print_json(found[0].as_dict() if len(found) == 1 else [device.as_dict() for device in found])
        return
    for device in found:
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
