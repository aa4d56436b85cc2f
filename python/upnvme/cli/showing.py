# SPDX-License-Identifier: BSD-3-Clause
"""Commands that tell what there is: list, identify, smart."""

from __future__ import annotations

from typing import Any

import click

import upnvme
import upnvme.devices

from .common import as_json, print_json, print_record, print_rows, sentences, size_text

USER_SPACE = ("vfio-pci", "uio_pci_generic", "igb_uio")


@click.command("list")
@click.argument("uris", nargs=-1, metavar="[URI...]")
@as_json
@sentences
def list_(uris: tuple[str, ...], json_: bool) -> None:
    """List the namespaces of controllers; if none is named, of those on the PCI bus that user space has."""
    rows = [row for uri in uris or bound() for row in namespaces(uri)]
    if json_:
        print_json(rows)
        return
    print_rows("no controller is bound to a driver for user space: upnvme devices list shows what there is",
               ("URI", "model", "serial", "namespace", "block", "blocks", "size"),
               [(*list(row.values())[:6], size_text(row["bytes"])) for row in rows])


def bound() -> list[str]:
    """The devices that upnvme can open."""
    return [f"pcie:{device.address}" for device in upnvme.devices.list_devices() if device.driver in USER_SPACE]


def namespaces(uri: str) -> list[dict[str, Any]]:
    """A row for each namespace."""
    with upnvme.open(uri) as ctrlr:
        info = ctrlr.info
        return [{"uri": uri, "model": info.model, "serial": info.serial, "nsid": nsid, "block_size": ns.block_size,
                 "block_count": ns.block_count, "bytes": ns.size} for nsid, ns in ctrlr.namespaces.items()]


@click.command()
@click.argument("uri")
@click.option("-n", "--nsid", type=int, help="A namespace instead of the controller.")
@as_json
@sentences
def identify(uri: str, nsid: int | None, json_: bool) -> None:
    """Tell what a controller, or a namespace of it, is."""
    with upnvme.open(uri) as ctrlr:
        if nsid is None:
            print_record(uri, ctrlr.info.as_dict(), json_)
        else:
            print_record(f"{uri} namespace {nsid}", ctrlr.namespaces[nsid].info.as_dict(), json_)


@click.command()
@click.argument("uri")
@as_json
@sentences
def smart(uri: str, json_: bool) -> None:
    """Read the health log."""
    with upnvme.open(uri) as ctrlr:
        print_record(f"{uri} health", ctrlr.smart.as_dict(), json_)


COMMANDS = (list_, identify, smart)
