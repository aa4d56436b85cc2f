#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A controller goes to and fro between the kernel and this library, and each reads the other's data.

The controller with blocks of 4,096 bytes is opened in one environment, that with 512 in the other: test_io.py tries
data of every shape in both.
"""

import os

import guest
import together
from guest import Controller, MIB, Namespace
from library import Controller as Opened
from repeats import LONG, repeats

CONTROLLERS = [
    Controller((Namespace(16 * MIB, 4096),)),
    Controller((Namespace(16 * MIB, 512), Namespace(8 * MIB, 4096)), {"mdts": 5}),
    Controller((Namespace(16 * MIB, 4096),)),
]
ADDRESSES = [guest.address_of(index) for index in range(len(CONTROLLERS))]
ENVIRONMENTS = dict(zip(ADDRESSES, (guest.ENVIRONMENTS[0], guest.ENVIRONMENTS[-1])))
TREE = "core/driver capi/include LICENSE Makefile"
IMAGE = "14M"  # smaller than the namespace


def uri_of(address):
    return guest.uri_of(address, env=ENVIRONMENTS[address])


class Handover(guest.harness.Case):
    """Each test begins with the devices at the kernel's driver."""

    def setUp(self):
        super().setUp()
        for address in ADDRESSES:
            if guest.driver_of(address) != "nvme":
                guest.bind(address, "nvme")

    def compare_identify(self, address, nsids):
        wanted = [(1, 0), (2, 0)] + [(cns, nsid) for cns in (0, 3) for nsid in nsids]
        before = [guest.kernel_identify(address, *what) for what in wanted]
        guest.bind(address, "vfio-pci")
        with Opened(uri_of(address)) as controller:
            for what, data in zip(wanted, before):
                self.assertEqual(controller.identify(*what), data, f"{address}: CNS {what[0]}, NSID {what[1]}")

    def test_identify_is_what_the_kernel_saw(self):
        self.compare_identify(ADDRESSES[0], [1])
        self.compare_identify(ADDRESSES[1], [1, 2])

    def make_tree(self):
        tree = self.folder / "tree"
        guest.shell(f"mkdir -p '{tree}/odd/empty folder'; cp -R {TREE} {tree}; cd {tree}/odd; "
                    "ln -s ../README.md link; : >empty; truncate -s 3000000 holes; printf end >>holes")
        return tree

    def write_with_us_read_with_the_kernel(self, address, block):
        """An ext4 image goes to the device through our driver; the kernel mounts it."""
        tree, image, mount = self.make_tree(), self.folder / "image", self.folder / "mount"
        guest.shell(f"mke2fs -q -F -t ext4 -b 4096 -d {tree} {image} {IMAGE}")
        guest.bind(address, "vfio-pci")
        guest.run("examples/copy", f"soft:{image}?block={block}&readonly=1", uri_of(address))
        guest.bind(address, "nvme")
        disk = guest.kernel_disk(address)
        guest.shell(f"e2fsck -fn {disk}; mkdir {mount}; mount -o ro {disk} {mount}; "
                    f"diff -r --no-dereference --exclude=lost+found {tree} {mount}; umount {mount}")

    def test_the_kernel_mounts_what_we_wrote_in_blocks_of_4096(self):
        self.write_with_us_read_with_the_kernel(ADDRESSES[0], 4096)

    @repeats
    def test_the_kernel_mounts_what_we_wrote_in_blocks_of_512(self):
        self.write_with_us_read_with_the_kernel(ADDRESSES[1], 512)

    def copy_and_compare(self, source, target, env):
        data = self.file("data", os.urandom(2 * MIB))
        guest.shell(f"cat {data} >{guest.kernel_disk(source)}; sync")
        for address in (source, target):
            guest.bind(address, "vfio-pci")
        guest.run("examples/copy", guest.uri_of(source, env=env), guest.uri_of(target, env=env))
        for address in (source, target):
            guest.bind(address, "nvme")
        disk = guest.kernel_disk(target)
        guest.shell(f"cmp -n {2 * MIB} {data} {disk}; cmp {guest.kernel_disk(source)} {disk}")

    def test_one_controller_is_copied_to_another_through_the_same_buffers(self):
        for env in guest.ENVIRONMENTS if LONG else guest.ENVIRONMENTS[-1:]:
            self.copy_and_compare(ADDRESSES[0], ADDRESSES[2], env)

    def write_with_the_kernel_read_with_us(self, address):
        """The kernel makes and fills a file system; what we read is checked as an image."""
        tree, image, mount = self.make_tree(), self.folder / "image", self.folder / "mount"
        disk = guest.kernel_disk(address)
        guest.shell(f"mke2fs -q -F -t ext4 {disk}; mkdir {mount}; mount {disk} {mount}; cp -a {tree}/. {mount}; "
                    f"umount {mount}; b2sum <{disk} >{self.folder}/kernel.sum")
        guest.bind(address, "vfio-pci")
        guest.run("examples/dump", uri_of(address), image, 2)
        guest.shell(f"cd {self.folder}; b2sum <image >our.sum; cmp our.sum kernel.sum; e2fsck -fn image; "
                    f"mkdir dumped; debugfs -R 'rdump / dumped' image; "
                    f"diff -r --no-dereference --exclude=lost+found tree dumped")

    @repeats
    def test_we_read_what_the_kernel_wrote_in_blocks_of_4096(self):
        self.write_with_the_kernel_read_with_us(ADDRESSES[0])

    def test_we_read_what_the_kernel_wrote_in_blocks_of_512(self):
        self.write_with_the_kernel_read_with_us(ADDRESSES[1])

    def test_a_pattern_that_perf_wrote_is_there_after_the_kernel_had_the_device(self):
        address = ADDRESSES[1]
        guest.bind(address, "vfio-pci")
        guest.run("bin/upnvme-perf", "--uri", uri_of(address), "--rw", "write", "--bs", "64k", "--verify",
                  "--threads", 2, "--nsid", 2)
        guest.bind(address, "nvme")
        guest.kernel_disk(address, 2)
        guest.bind(address, "vfio-pci")
        guest.run("bin/upnvme-perf", "--uri", uri_of(address), "--rw", "read", "--bs", "4k", "--verify",
                  "--threads", 2, "--nsid", 2)


FILE = guest.File(CONTROLLERS, machine=guest.FOR_DPDK)

if __name__ == "__main__":
    together.main(__file__)
