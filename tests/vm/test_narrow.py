#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""An IOMMU with 39 bits of address: bus addresses cannot be virtual addresses."""

import guest
import repeats
import together
from guest import Controller, MIB, Namespace

CONTROLLERS = [Controller((Namespace(64 * MIB, 4096),), {"mdts": 4})]


def inside():
    guest.bind(guest.address_of(0), "vfio-pci")
    repeats.note("narrow", 0 if repeats.LONG else 5)
    return guest.call("tests/vm/device/test_io", guest.uri_of(guest.address_of(0)), *repeats.few())


FILE = guest.File(CONTROLLERS, inside, machine={"address_bits": 39})

if __name__ == "__main__":
    together.main(__file__)
