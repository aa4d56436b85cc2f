#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A machine without an IOMMU: the device is driven through UIO, with a URI that accepts the risk."""

import ctypes
import mmap
import os
import struct

import guest
import library
import repeats
import together
from guest import Controller, MIB, Namespace

CONTROLLERS = [
    Controller((Namespace(64 * MIB, 512), Namespace(16 * MIB, 4096)), {"mdts": 3}),
    Controller((Namespace(64 * MIB, 4096),)),
]
ADDRESSES = [guest.address_of(index) for index in range(len(CONTROLLERS))]
ADDRESS = ADDRESSES[0]
DRIVER = "uio_pci_generic"
COMMAND, BUS_MASTER = 4, 4
NODES = 2
NOBODY = 65534
MIGRATE_PAGES = 256  # the system call's number on x86-64
HUGETLB = 0x40000
HUGE = 2 * MIB


def physical(va):
    """The page's physical place, as the kernel tells root (Documentation/admin-guide/mm/pagemap.rst)."""
    with open("/proc/self/pagemap", "rb") as pagemap:
        pagemap.seek(va // mmap.PAGESIZE * 8)
        entry, = struct.unpack("<Q", pagemap.read(8))
    return (entry & (1 << 55) - 1) * mmap.PAGESIZE


def move_to_node(node):
    """Makes the kernel move all memory of this process that it can move."""
    masks = [(ctypes.c_ulong * 1)(1 << at) for at in (1 - node, node)]
    if ctypes.CDLL(None, use_errno=True).syscall(MIGRATE_PAGES, 0, ctypes.c_ulong(64), *masks) < 0:
        raise OSError(ctypes.get_errno(), "migrate_pages")


class Movable:
    """A huge page of this process that no device uses."""

    def __init__(self):
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | HUGETLB
        self.pages = mmap.mmap(-1, HUGE, flags=flags)
        self.pages[0] = 1
        self.va = ctypes.addressof(ctypes.c_char.from_buffer(self.pages))


class Uio(guest.harness.Case):
    def setUp(self):
        super().setUp()
        guest.load(DRIVER)
        for address in ADDRESSES:
            if guest.driver_of(address) != DRIVER:
                guest.run("bin/upnvme-devices", "bind", address, "--driver", DRIVER)

    def refused(self, code, *words, **keys):
        with self.assertRaises(library.UpnvmeError) as caught:
            library.Controller(guest.uri_of(ADDRESS, **keys))
        self.assertEqual(caught.exception.code, code, caught.exception)
        for word in words:
            self.assertIn(word, str(caught.exception))

    def is_bus_master(self):
        return bool((guest.PCI / "devices" / ADDRESS / "config").read_bytes()[COMMAND] & BUS_MASTER)

    def process(self, **options):
        return guest.hold(self, [guest.uri_of(ADDRESS, unsafe=1)], **options)

    def test_a_device_without_an_iommu_is_refused_without_unsafe(self):
        self.refused("UNSAFE", "unsafe=1", DRIVER, "IOMMU")
        self.refused("UNSAFE", unsafe=0)
        self.refused("URI_KEY", "not to vfio-pci", unsafe=1, env="vfio")
        self.refused("URI_KEY", unsafe=1, pages="huge")

    def test_data_in_every_shape(self):
        repeats.note("uio", 0 if repeats.LONG else 5)
        guest.run("tests/vm/device/test_io", guest.uri_of(ADDRESSES[1], unsafe=1), *repeats.few())

    def test_opening_and_closing_leave_the_process_as_it_was(self):
        guest.run("tests/vm/device/test_polite", guest.uri_of(ADDRESS, unsafe=1))

    def test_the_kernel_reads_what_was_written_and_the_other_way_round(self):
        data = os.urandom(MIB)
        with library.Controller(guest.uri_of(ADDRESS, unsafe=1)) as controller:
            memory = controller.buffer(MIB)
            ctypes.memmove(memory, data, MIB)
            self.assertEqual(controller.transfer("upnvme_write", controller.qpair(), memory, 0, MIB // 512), 0)
        guest.run("bin/upnvme-devices", "unbind", ADDRESS)
        with guest.kernel_disk(ADDRESS).open("r+b") as disk:
            self.assertEqual(disk.read(MIB), data)
            disk.write(data[::-1])
        guest.run("bin/upnvme-devices", "bind", ADDRESS, "--driver", DRIVER)
        with library.Controller(guest.uri_of(ADDRESS, unsafe=1)) as controller:
            memory = controller.buffer(MIB)
            self.assertEqual(controller.transfer("upnvme_read", controller.qpair(), memory, MIB // 512, MIB // 512), 0)
            self.assertEqual(ctypes.string_at(memory, MIB), data[::-1])

    def test_memory_stays_where_the_device_knows_it(self):
        data = os.urandom(HUGE)
        movable = Movable()
        with library.Controller(guest.uri_of(ADDRESS, unsafe=1)) as controller:
            queue, memory = controller.qpair(), controller.buffer(HUGE)
            ctypes.memmove(memory, data, HUGE)
            before, free = physical(memory.value), set()
            for node in (0, 1, 0):
                move_to_node(node)
                free.add(physical(movable.va))
                self.assertEqual(physical(memory.value), before)
            self.assertGreater(len(free), 1, "the kernel moves no huge pages: this shows nothing")
            self.assertEqual(controller.transfer("upnvme_write", queue, memory, 0, HUGE // 512), 0)
            ctypes.memset(memory, 0, HUGE)
            self.assertEqual(controller.transfer("upnvme_read", queue, memory, 0, HUGE // 512), 0)
            self.assertEqual(ctypes.string_at(memory, HUGE), data)

    def test_a_second_process_is_refused_until_the_first_is_done(self):
        first = self.process()
        self.assertEqual(first.stdout.readline(), "open\n")
        self.assertTrue(self.is_bus_master())
        self.refused("DEVICE_BUSY", "another process", unsafe=1)
        self.assertTrue(self.is_bus_master())  # the attempt did not cut the first one off
        first.communicate()
        with library.Controller(guest.uri_of(ADDRESS, unsafe=1)):
            pass
        self.assertFalse(self.is_bus_master())

    def test_a_process_that_was_killed_leaves_a_device_that_reaches_nothing(self):
        first = self.process()
        self.assertEqual(first.stdout.readline(), "open\n")
        first.kill()
        first.wait()
        self.assertFalse(self.is_bus_master())

    def test_a_controller_that_was_left_enabled_and_cannot_be_reset_is_disabled(self):
        first = self.process()
        self.assertEqual(first.stdout.readline(), "open\n")
        first.kill()
        first.wait()
        methods = guest.PCI / "devices" / ADDRESS / "reset_method"
        before = methods.read_text()
        methods.write_text("\n")
        try:
            with library.Controller(guest.uri_of(ADDRESS, unsafe=1)) as controller:
                memory = controller.buffer(4096)
                self.assertEqual(controller.transfer("upnvme_read", controller.qpair(), memory, 0, 8), 0)
        finally:
            methods.write_text(before)

    def test_a_user_who_is_not_root_is_refused(self):
        said, _ = self.process(user=NOBODY, env=guest.for_any_user(self.folder)).communicate()
        self.assertIn("DEVICE_ACCESS", said)
        self.assertIn("run as root", said)

    def test_without_huge_pages_opening_is_refused(self):
        pages = guest.pathlib.Path("/proc/sys/vm/nr_hugepages")
        before = pages.read_text()
        pages.write_text("0")
        said, _ = self.process().communicate()
        pages.write_text(before)
        self.assertIn("HUGE_PAGES", said)
        guest.run("tests/vm/dpdk/test_own_eal", guest.uri_of(ADDRESS, unsafe=1), "no-huge")


FILE = guest.File(CONTROLLERS, machine={"iommu": False, "nodes": NODES, **guest.FOR_DPDK}, dpdk=True)

if __name__ == "__main__":
    together.main(__file__)
