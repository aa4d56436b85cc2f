#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Data in every shape, to controllers with blocks of 512 and 4096 bytes, large and small transfers; and the accesses
that the IOMMU stops."""

import guest
import together
from guest import Controller, MIB, Namespace

CONTROLLERS = [
    Controller((Namespace(64 * MIB, 512), Namespace(16 * MIB, 4096), Namespace(16 * MIB, 512)), {"mdts": 3}),
    Controller((Namespace(128 * MIB, 4096),)),
]


def inside():
    addresses = [guest.address_of(index) for index in range(len(CONTROLLERS))]
    for address in addresses:
        guest.bind(address, "vfio-pci")
    codes = [guest.call("tests/vm/device/test_io", guest.uri_of(address)) for address in addresses]
    codes.append(guest.call("tests/vm/inside/test_iommu", guest.uri_of(addresses[1])))
    return max(codes)


FILE = guest.File(CONTROLLERS, inside, environments=guest.ENVIRONMENTS, machine=guest.FOR_DPDK)

if __name__ == "__main__":
    together.main(__file__)
