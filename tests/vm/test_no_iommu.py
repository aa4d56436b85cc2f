#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A machine without an IOMMU: the refusals, and their reasons. The machine has two NUMA nodes, and huge pages."""

import os

import guest
import library
import together
from guest import Controller, MIB, Namespace

CONTROLLERS = [Controller((Namespace(16 * MIB, 512),))]
ADDRESS = guest.address_of(0)
TOOL = "bin/upnvme-devices"
HUGE_PAGES = guest.FOR_DPDK["hugepages"]


class NoIommu(guest.harness.Case):
    def refused(self):
        with self.assertRaises(library.UpnvmeError) as caught:
            library.Controller(guest.uri_of(ADDRESS))
        self.assertEqual(caught.exception.code, "DEVICE_IOMMU", caught.exception)
        for word in (ADDRESS, "firmware", "intel_iommu=on"):
            self.assertIn(word, str(caught.exception))

    def test_opening_a_device_with_the_kernel_is_refused_for_want_of_an_iommu(self):
        guest.bind(ADDRESS, "nvme")
        self.refused()

    def test_opening_a_device_without_a_driver_is_refused_for_want_of_an_iommu(self):
        (guest.PCI / "devices" / ADDRESS / "driver/unbind").write_text(ADDRESS)
        self.refused()
        guest.bind(ADDRESS, "nvme")

    def test_binding_to_vfio_is_refused_for_want_of_an_iommu(self):
        done = guest.run(TOOL, "bind", ADDRESS, code=1)
        for word in (f"{ADDRESS} has no IOMMU group: no IOMMU is on", "VT-d", "no no-IOMMU mode"):
            self.assertIn(word, done.stderr)
        self.assertEqual(guest.driver_of(ADDRESS), "nvme")

    def test_uio_pci_generic_takes_the_device(self):
        guest.load("uio_pci_generic")
        self.assertIn("uio_pci_generic (was: nvme)",
                      guest.run(TOOL, "bind", ADDRESS, "--driver", "uio_pci_generic").stdout)
        self.assertEqual(guest.driver_of(ADDRESS), "uio_pci_generic")
        self.assertIn("nvme (was: uio_pci_generic)", guest.run(TOOL, "unbind", ADDRESS).stdout)

    def test_the_machine_is_as_it_was_ordered(self):
        self.assertEqual(sorted(name for name in os.listdir("/sys/devices/system/node") if name[4:].isdigit()),
                         ["node0", "node1"])
        said = guest.run(TOOL, "status").stdout
        self.assertRegex(said, r"IOMMU +none is on")
        self.assertIn(f"{HUGE_PAGES} of 2 MiB, {HUGE_PAGES} free", said)


FILE = guest.File(CONTROLLERS, machine={"iommu": False, "nodes": 2, **guest.FOR_DPDK})

if __name__ == "__main__":
    together.main(__file__)
