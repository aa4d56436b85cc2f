#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A controller works on while its neighbour is switched off and on, as a driver, a reset or a hot-plug
does. It is a test of the guest too: every access of the one must arrive while the map of the other changes."""

import os
import subprocess

import guest
from guest import Controller, MIB, Namespace

CONTROLLERS = [Controller((Namespace(16 * MIB, 512),)), Controller((Namespace(64 * MIB, 4096),))]
COMMAND, ALL_ON, ALL_OFF = 4, b"\6\0", b"\0\0"


class Neighbours(guest.harness.Case):
    def test_no_access_is_lost_while_another_device_comes_and_goes(self):
        switched, working = guest.address_of(0), guest.address_of(1)
        (guest.PCI / "devices" / switched / "driver/unbind").write_text(switched)
        guest.bind(working, "vfio-pci")
        perf = subprocess.Popen([guest.BUILD / "bin/upnvme-perf", "--uri", guest.uri_of(working), "--rw", "randread",
                                 "--bs", "4k", "--qd", "1", "--time", "10"], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        config = os.open(guest.PCI / "devices" / switched / "config", os.O_RDWR)
        while perf.poll() is None:
            os.pwrite(config, ALL_OFF, COMMAND)
            os.pwrite(config, ALL_ON, COMMAND)
        os.close(config)
        said = perf.stdout.read()
        self.assertEqual(perf.returncode, 0, said)
        self.assertIn("errors    none", said)


if __name__ == "__main__":
    guest.main(__file__, CONTROLLERS)
