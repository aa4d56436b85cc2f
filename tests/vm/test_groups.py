#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two functions of one slot that nothing keeps apart: they share an IOMMU group, and VFIO takes a group whole."""

import guest
import library
from guest import Controller, MIB, Namespace

CONTROLLERS = [Controller((Namespace(16 * MIB, 512),), {"multifunction": "on"}),
               Controller((Namespace(16 * MIB, 512),), beside=0)]
FIRST, SECOND = guest.address_of(0), guest.address_of(0, function=1)
TOOL = "bin/upnvme-devices"


def leave_without_driver(address):
    if guest.driver_of(address):
        (guest.PCI / "devices" / address / "driver/unbind").write_text(address)


class Groups(guest.harness.Case):
    """Each test begins with both functions at the kernel's driver."""

    def setUp(self):
        super().setUp()
        for address in (FIRST, SECOND):
            leave_without_driver(address)
        for address in (FIRST, SECOND):
            guest.bind(address, "nvme")

    def test_both_functions_are_in_one_group(self):
        self.assertEqual(guest.group_of(FIRST), guest.group_of(SECOND))

    def test_opening_says_that_the_group_is_not_whole(self):
        guest.bind(FIRST, "vfio-pci")
        with self.assertRaises(library.UpnvmeError) as caught:
            library.Controller(guest.uri_of(FIRST))
        self.assertEqual(caught.exception.code, "DEVICE_GROUP", caught.exception)
        for word in (f"{FIRST}: other devices of IOMMU group {guest.group_of(FIRST)} are with kernel drivers",
                     "upnvme-devices bind"):
            self.assertIn(word, str(caught.exception))

    def test_binding_one_names_the_other(self):
        done = guest.run(TOOL, "bind", FIRST, code=1)
        for word in (f"IOMMU group {guest.group_of(FIRST)} of {FIRST}", f"{SECOND} (nvme)",
                     f"upnvme-devices bind {FIRST} {SECOND}"):
            self.assertIn(word, done.stderr)
        self.assertEqual((guest.driver_of(FIRST), guest.driver_of(SECOND)), ("nvme", "nvme"))

    def test_a_neighbour_without_a_driver_does_not_matter(self):
        leave_without_driver(SECOND)
        guest.run(TOOL, "bind", FIRST)
        with library.Controller(guest.uri_of(FIRST)) as controller:
            self.assertEqual(controller.transfer("upnvme_read", controller.qpair(), controller.buffer(4096), 0, 8), 0)

    def test_one_that_is_in_use_keeps_both(self):
        disk = guest.kernel_disk(SECOND)
        with disk.open("rb"):
            done = guest.run(TOOL, "bind", FIRST, SECOND, code=1)
        self.assertIn(f"{SECOND} is in use", done.stderr)
        self.assertEqual((guest.driver_of(FIRST), guest.driver_of(SECOND)), ("nvme", "nvme"))

    def test_the_remedy_is_one(self):
        guest.run(TOOL, "bind", FIRST, SECOND)
        with library.Controller(guest.uri_of(FIRST)), library.Controller(guest.uri_of(SECOND)) as controller:
            self.assertEqual(controller.transfer("upnvme_read", controller.qpair(), controller.buffer(4096), 0, 8), 0)


if __name__ == "__main__":
    guest.main(__file__, CONTROLLERS, each_environment=True)
