#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Random reads of 4 KiB through this library and through the kernel (fio with io_uring), on the same controller.

Without KVM a guest's time is that of translated instructions: only the ratio means something.
"""

import json
import time

import guest
import library
import together
from guest import Controller, MIB, Namespace

CONTROLLERS = [Controller((Namespace(256 * MIB, 4096),))]
DEPTHS = (1, 32, 128)
SECONDS = 4


def kernel_iops(disk, depth):
    out = guest.shell(f"fio --name=read --filename={disk} --ioengine=io_uring --direct=1 --rw=randread --bs=4k "
                      f"--iodepth={depth} --runtime={SECONDS} --time_based --ramp_time=1 --output-format=json")
    return json.loads(out[out.index("{"):])["jobs"][0]["read"]["iops"]


def our_iops(uri, depth):
    out = guest.run("bin/upnvme-perf", "--uri", uri, "--rw", "randread", "--bs", "4k", "--qd", depth,
                    "--time", SECONDS, "--json").stdout
    return json.loads(out)["total"]["iops"]


def open_ms(uri):
    """The shortest of a few openings. It contains the kernel's reset of the function: 100 ms that PCI Express asks for.
    """
    times = []
    for _ in range(5):
        start = time.monotonic()
        with library.Controller(uri):
            times.append(time.monotonic() - start)
    return min(times) * 1000


def inside():
    address = guest.address_of(0)
    kernel = [kernel_iops(guest.kernel_disk(address), depth) for depth in DEPTHS]
    guest.bind(address, "vfio-pci")
    ours = [our_iops(guest.uri_of(address), depth) for depth in DEPTHS]
    print("| depth | kernel, io_uring | upnvme | ratio |\n| --- | --- | --- | --- |")
    for depth, theirs, mine in zip(DEPTHS, kernel, ours):
        print(f"| {depth} | {theirs:,.0f} IOPS | {mine:,.0f} IOPS | {mine / theirs:.1f} |")
    print(f"opening: {open_ms(guest.uri_of(address)):.0f} ms")
    return 0


FILE = guest.File(CONTROLLERS, inside)

if __name__ == "__main__":
    together.main(__file__)
