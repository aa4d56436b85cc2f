#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Submission queues in the controller's own memory, which is switched on as NVMe 1.4 has it, or is always on and found
at the addresses of its BAR. The kernel's driver has used them before."""

import guest
import repeats
import together
from guest import Controller, MIB, Namespace

CONTROLLERS = [
    Controller((Namespace(64 * MIB, 4096),), {"cmb_size_mb": 64, "mdts": 3}),
    Controller((Namespace(64 * MIB, 4096),), {"cmb_size_mb": 64, "mdts": 3, "legacy-cmb": "on"}),
    Controller((Namespace(64 * MIB, 4096),), {"cmb_size_mb": 1}),
    Controller((Namespace(64 * MIB, 4096),), {"cmb_size_mb": 1, "legacy-cmb": "on"}),
]


def inside():
    addresses = [guest.address_of(index) for index in range(len(CONTROLLERS))]
    for address in addresses:
        guest.bind(address, "nvme")
        guest.kernel_disk(address)
        guest.bind(address, "vfio-pci")
    with_data = addresses[:2] if repeats.LONG else addresses[:1]
    repeats.note("cmb", 9 * (2 - len(with_data)))
    codes = [guest.call("tests/vm/device/test_io", guest.uri_of(address), "cmb") for address in with_data]
    codes += [guest.call("tests/public/test_cmb", guest.uri_of(address)) for address in addresses[2:]]
    return max(codes)


FILE = guest.File(CONTROLLERS, inside)

if __name__ == "__main__":
    together.main(__file__)
