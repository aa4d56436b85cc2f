#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A machine of two NUMA nodes, with the controller near the second: its memory is there too."""

import guest
import together
from guest import Controller, MIB, Namespace

NODE = 1
CONTROLLERS = [Controller((Namespace(16 * MIB, 512),), node=NODE)]


def only_controller():
    """The firmware chooses the number of the bus, which no other controller is on."""
    address, = (path.name for path in (guest.PCI / "devices").iterdir()
                if (path / "class").read_text().startswith("0x0108") and not path.name.startswith("0000:00:"))
    return address


def inside():
    address = only_controller()
    guest.bind(address, "vfio-pci")
    uris = [guest.uri_of(address, env=env) for env in guest.ENVIRONMENTS]
    uris += [guest.uri_of(address, pages=pages) for pages in ("small", "huge")]
    return max(guest.call("tests/vm/device/test_node", uri, NODE) for uri in uris)


FILE = guest.File(CONTROLLERS, inside, machine={"nodes": 2, **guest.FOR_DPDK})

if __name__ == "__main__":
    together.main(__file__)
