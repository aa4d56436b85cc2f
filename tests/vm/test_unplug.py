#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A controller is pulled out while it works, and plugged in again."""

import subprocess

import guest
import library
from guest import Controller, MIB, Namespace

# A namespace to begin with, and one for each time that it is plugged in again.
CONTROLLERS = [Controller((Namespace(16 * MIB, 512),) * (1 + len(guest.ENVIRONMENTS)), {"mdts": 3}, plug=True)]


class Unplug(guest.harness.Case):
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


if __name__ == "__main__":
    guest.main(__file__, CONTROLLERS, each_environment=True)
