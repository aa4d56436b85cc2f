#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A controller works on while its neighbour is switched off and on, as a driver, a reset or a hot-plug
does. It is a test of the guest too: every access of the one must arrive while the map of the other changes."""

import os
import pathlib
import subprocess

import guest
import library
import machine
import together
from guest import Controller, MIB, Namespace

# The board leads the interrupt lines of every fourth slot together, up to slot 0x18.
CONTROLLERS = [Controller((Namespace(16 * MIB, 512),)), Controller((Namespace(64 * MIB, 4096),)), None, None,
               Controller((Namespace(16 * MIB, 512),))]
SHARING = guest.address_of(4)
COMMAND, ALL_ON, ALL_OFF = 4, b"\6\0", b"\0\0"


def line_of(address):
    return (guest.PCI / "devices" / address / "irq").read_text().strip()


def interrupts(line):
    """The number of interrupts so far, on all processors."""
    rows = (row.split() for row in pathlib.Path("/proc/interrupts").read_text().splitlines())
    counts = next(row for row in rows if row[0] == f"{line}:")[1:]
    return sum(int(count) for count in counts[:machine.PROCESSORS])


class Neighbours(guest.harness.Case):
    def test_no_access_is_lost_while_another_device_comes_and_goes(self):
        switched, working = guest.address_of(0), guest.address_of(1)
        (guest.PCI / "devices" / switched / "driver/unbind").write_text(switched)
        guest.bind(working, "vfio-pci")
        perf = subprocess.Popen([guest.BUILD / "bin/upnvme-perf", "--uri", guest.uri_of(working), "--rw", "randread",
                                 "--bs", "4k", "--qd", "1", "--time", "5"], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        config = os.open(guest.PCI / "devices" / switched / "config", os.O_RDWR)
        while perf.poll() is None:
            os.pwrite(config, ALL_OFF, COMMAND)
            os.pwrite(config, ALL_ON, COMMAND)
        os.close(config)
        said = perf.stdout.read()
        self.assertEqual(perf.returncode, 0, said)
        self.assertIn("errors    none", said)

    def test_the_interrupt_line_of_a_neighbour_is_not_pulled(self):
        address, data = guest.address_of(0), os.urandom(4096)
        guest.load("uio_pci_generic")
        guest.bind(address, "vfio-pci")
        guest.bind(SHARING, "uio_pci_generic")
        line = line_of(SHARING)
        self.assertEqual(line_of(address), line)
        before = interrupts(line)
        with library.Controller(guest.uri_of(address)) as controller:
            queue, memory = controller.qpair(), controller.buffer(4096)
            library.ctypes.memmove(memory, data, 4096)
            self.assertEqual(controller.transfer("upnvme_write", queue, memory, 0, 8), 0)
        self.assertEqual(interrupts(line), before)
        guest.bind(SHARING, "nvme")


FILE = guest.File(CONTROLLERS)

if __name__ == "__main__":
    together.main(__file__)
