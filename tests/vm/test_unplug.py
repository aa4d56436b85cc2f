#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A controller is pulled out while it works, and plugged in again; or another program resets it, or it has an error of
the bus: all of this is noticed."""

import subprocess

import guest
import library
import together
from guest import Controller, MIB, Namespace
from machine import port_of

# A namespace to begin with, and one for each time that it is plugged in again.
CONTROLLERS = [Controller((Namespace(16 * MIB, 512),) * (1 + len(guest.ENVIRONMENTS)), {"mdts": 3}, plug=True)]


ABORTED_BY_HOST = 0x371


class Unplug(guest.harness.Case):
    def opened(self):
        address = guest.plugged_address(0)
        guest.bind(address, "vfio-pci")
        return address, library.Controller(guest.uri_of(address))

    def has_failed(self, controller, *words):
        """The controller's calls fail and say why; so does its close, since it has a cache."""
        for call in (lambda: controller.identify(1), lambda: controller.__exit__()):  # pylint: disable=W0108
            with self.assertRaises(library.UpnvmeError) as caught:
                call()
            self.assertIn(caught.exception.code, ("CTRLR_FAILED", "NOT_DURABLE"))
            for word in words:
                self.assertIn(word, str(caught.exception))
            words = ()

    def test_a_reset_by_another_program_is_noticed(self):
        address, controller = self.opened()
        queue, memory = controller.qpair(), controller.buffer(4096)
        self.assertEqual(controller.transfer("upnvme_read", queue, memory, 0, 8), 0)
        (guest.PCI / "devices" / address / "reset").write_text("1")
        self.assertEqual(controller.transfer("upnvme_read", queue, memory, 0, 8), ABORTED_BY_HOST)
        self.has_failed(controller, "has reset it")
        with library.Controller(guest.uri_of(address)) as controller:
            self.assertEqual(controller.transfer("upnvme_read", controller.qpair(), controller.buffer(4096), 0, 8), 0)

    def test_an_error_of_the_bus_is_noticed(self):
        _, controller = self.opened()
        self.assertEqual(library.lib.upnvme_ctrlr_poll(controller.handle), 0)
        inject = f"pcie_aer_inject_error {port_of(0)} DLP"
        guest.monitor().ask("human-monitor-command", **{"command-line": inject})
        guest.until(lambda: library.lib.upnvme_ctrlr_poll(controller.handle) < 0, lambda: "it is not noticed")
        self.has_failed(controller, "AER")

    def test_pulled_out_under_io_and_plugged_in_again(self):
        address = guest.plugged_address(0)
        guest.bind(address, "vfio-pci")
        program = subprocess.Popen([guest.BUILD / "tests/vm/device/test_unplug", guest.uri_of(address)], text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        lines = []
        for line in program.stdout:
            lines.append(line)
            if line == "running\n":
                guest.unplug(0)
        self.assertEqual(program.wait(), 0, "".join(lines))
        guest.wait_until_unplugged(address)
        with self.assertRaises(library.UpnvmeError) as caught:
            library.Controller(guest.uri_of(address))
        self.assertEqual(caught.exception.code, "DEVICE_NOT_FOUND")

        guest.plug(0, CONTROLLERS[0], 2 + guest.ENVIRONMENTS.index(guest.environment()))
        self.assertEqual(guest.plugged_address(0), address)
        guest.kernel_controller(address)
        guest.bind(address, "vfio-pci")
        with library.Controller(guest.uri_of(address)) as controller:
            self.assertEqual(controller.transfer("upnvme_read", controller.qpair(), controller.buffer(4096), 0, 8), 0)


FILE = guest.File(CONTROLLERS, environments=guest.ENVIRONMENTS, repeated=guest.ENVIRONMENTS[1:], machine=guest.FOR_DPDK)

if __name__ == "__main__":
    together.main(__file__)
