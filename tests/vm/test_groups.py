#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Controllers that share something: two functions of one slot that nothing keeps apart share an IOMMU group, and VFIO
takes a group whole; two controllers of one subsystem share a namespace; a function has virtual ones."""

import guest
import library
import together
from guest import Controller, MIB, Namespace

CONTROLLERS = [Controller((Namespace(16 * MIB, 512),), {"multifunction": "on"}),
               Controller((Namespace(16 * MIB, 512),), beside=0),
               Controller((Namespace(16 * MIB, 512),), subsystem="pair"),
               Controller((), {"sriov_max_vfs": 1, "sriov_vq_flexible": 2, "sriov_vi_flexible": 1}, subsystem="pair")]
FIRST, SECOND = guest.address_of(0), guest.address_of(0, function=1)
LEFT, RIGHT = guest.address_of(2), guest.address_of(3)
TOOL = "bin/upnvme-devices"


def can_be_read(address, env):
    with library.Controller(guest.uri_of(address, env=env)) as controller:
        return controller.transfer("upnvme_read", controller.qpair(), controller.buffer(4096), 0, 8) == 0


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
        for env in guest.ENVIRONMENTS:
            with self.assertRaises(library.UpnvmeError) as caught:
                library.Controller(guest.uri_of(FIRST, env=env))
            self.assertEqual(caught.exception.code, "DEVICE_GROUP", caught.exception)
            for word in (f"{FIRST}: other devices of IOMMU group {guest.group_of(FIRST)} are bound to kernel drivers",
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
        for env in guest.ENVIRONMENTS:
            self.assertTrue(can_be_read(FIRST, env))

    def test_one_device_in_use_keeps_both(self):
        disk = guest.kernel_disk(SECOND)
        with disk.open("rb"):
            done = guest.run(TOOL, "bind", FIRST, SECOND, code=1)
        self.assertIn(f"{SECOND} is in use", done.stderr)
        self.assertEqual((guest.driver_of(FIRST), guest.driver_of(SECOND)), ("nvme", "nvme"))

    def test_the_remedy_is_one(self):
        guest.run(TOOL, "bind", FIRST, SECOND)
        for env in guest.ENVIRONMENTS:
            with library.Controller(guest.uri_of(FIRST, env=env)):
                self.assertTrue(can_be_read(SECOND, env))


class Subsystems(guest.harness.Case):
    """Without the kernel's multipath each controller of a namespace has a disk of its own."""

    def setUp(self):
        super().setUp()
        for address in (LEFT, RIGHT):
            if guest.driver_of(address) != "nvme":
                guest.bind(address, "nvme")

    def test_a_disk_that_is_mounted_through_the_other_controller_is_in_use(self):
        disk, other = guest.kernel_disk(LEFT), guest.kernel_disk(RIGHT)
        self.assertNotEqual(disk, other)
        mount = self.folder / "mount"
        mount.mkdir()
        guest.shell(f"mke2fs -q -F -t ext4 {other}; mount {other} {mount}")
        done = guest.run(TOOL, "bind", LEFT, code=1)
        name = f"{other.name} (shared, of {guest.kernel_controller(RIGHT)})"
        self.assertIn(f"{LEFT} is in use: {name} is mounted on {mount}", done.stderr)
        guest.shell(f"umount {mount}")
        guest.run(TOOL, "bind", LEFT, RIGHT)
        self.assertEqual((guest.driver_of(LEFT), guest.driver_of(RIGHT)), ("vfio-pci", "vfio-pci"))

    def test_virtual_functions_keep_their_device(self):
        folder = guest.PCI / "devices" / RIGHT
        (folder / "sriov_drivers_autoprobe").write_text("0")
        (folder / "sriov_numvfs").write_text("1")
        function = (folder / "virtfn0").resolve().name
        done = guest.run(TOOL, "bind", RIGHT, code=1)
        self.assertIn(f"{RIGHT} is in use: it has the virtual function {function} (no driver)", done.stderr)
        (folder / "sriov_numvfs").write_text("0")
        guest.run(TOOL, "bind", RIGHT)


FILE = guest.File(CONTROLLERS, machine={"multipath": False, **guest.FOR_DPDK})

if __name__ == "__main__":
    together.main(__file__)
