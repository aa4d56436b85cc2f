#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Owners who wait for a device's interrupts instead of polling it, where it has many MSI-X vectors, few, or one."""

import guest
import together
from guest import Controller, MIB, Namespace

VECTORS = [33, 3, 1]
CONTROLLERS = [Controller((Namespace(16 * MIB, 512),), {"mdts": 2, "msix_qsize": n}) for n in VECTORS]


def inside():
    codes = []
    for index, vectors in enumerate(VECTORS):
        address = guest.address_of(index)
        guest.bind(address, "vfio-pci")
        # Vector 0 belongs to the admin queue.
        codes.append(guest.call("tests/vm/device/test_interrupt", guest.uri_of(address), vectors - 1))
    return max(codes)


FILE = guest.File(CONTROLLERS, inside)

if __name__ == "__main__":
    together.main(__file__)
