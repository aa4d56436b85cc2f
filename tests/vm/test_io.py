#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Data in every shape, to controllers with blocks of 512 and 4096 bytes, large and small transfers; and the accesses
that the IOMMU stops."""

import guest
import repeats
import together
from guest import Controller, MIB, Namespace

CONTROLLERS = [
    Controller((Namespace(64 * MIB, 512), Namespace(16 * MIB, 4096), Namespace(16 * MIB, 512)), {"mdts": 3}),
    Controller((Namespace(128 * MIB, 4096),)),
]


def is_of(index):
    """Whether the controller with this place is tried in this environment: in a short run each has one of its own."""
    return repeats.LONG or guest.ENVIRONMENTS[index % len(guest.ENVIRONMENTS)] == guest.environment()


def inside():
    addresses = [guest.address_of(index) for index in range(len(CONTROLLERS))]
    for address in addresses:
        guest.bind(address, "vfio-pci")
    uris = [guest.uri_of(address) for index, address in enumerate(addresses) if is_of(index)]
    repeats.note(f"io, env={guest.environment()}", 9 * (len(addresses) - len(uris)) + 3 * (not is_of(0)))
    codes = [guest.call("tests/vm/device/test_io", uri) for uri in uris]
    if is_of(0):
        codes.append(guest.call("tests/vm/inside/test_iommu", guest.uri_of(addresses[1])))
    return max(codes)


FILE = guest.File(CONTROLLERS, inside, environments=guest.ENVIRONMENTS, machine=guest.FOR_DPDK)

if __name__ == "__main__":
    together.main(__file__)
