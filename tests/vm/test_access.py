#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The users who may open a controller, and the errors of those who may not."""

import os
import pathlib
import subprocess

import guest
import library
import together
from guest import Controller, MIB, Namespace

CONTROLLERS = [Controller((Namespace(16 * MIB, 512),))]
ADDRESS = guest.address_of(0)
URI = guest.uri_of(ADDRESS)
NOBODY = 65534


class Access(guest.harness.Case):
    def setUp(self):
        super().setUp()
        if guest.driver_of(ADDRESS) != "vfio-pci":
            guest.bind(ADDRESS, "vfio-pci")

    def refused(self, uri, code, *words):
        with self.assertRaises(library.UpnvmeError) as caught:
            library.Controller(uri)
        self.assertEqual(caught.exception.code, code, caught.exception)
        for word in words:
            self.assertIn(word, str(caught.exception))

    def process(self):
        return guest.hold(self, [URI])

    def as_nobody(self, locked_bytes=64 * MIB):
        """The result for a user without privileges who may lock this much memory."""
        said, _ = guest.hold(self, [URI], user=NOBODY, limit=f"--memlock={locked_bytes}",
                             env=guest.for_any_user(self.folder), stderr=subprocess.STDOUT).communicate()
        return said.strip()

    def give_group_to_nobody(self):
        path = pathlib.Path("/dev/vfio") / guest.group_of(ADDRESS)
        os.chown(path, NOBODY, NOBODY)
        self.addCleanup(os.chown, path, 0, 0)

    def test_an_address_that_is_none_is_refused(self):
        self.refused("pcie:nonsense", "DEVICE_ADDRESS", "nonsense", "0000:01:00.0")
        self.refused("pcie:", "URI")

    def test_an_address_without_a_device_is_refused(self):
        self.refused("pcie:0000:00:1e.0", "DEVICE_NOT_FOUND", "0000:00:1e.0")

    def test_a_device_of_another_kind_is_refused(self):
        self.refused("pcie:0000:00:00.0", "DEVICE_CLASS", "0000:00:00.0")

    def test_unknown_keys_and_values_are_refused(self):
        self.refused(guest.uri_of(ADDRESS, size="1GiB"), "URI_KEY", "size")
        self.refused(guest.uri_of(ADDRESS, env="magic"), "URI_VALUE", "magic")

    def test_the_environment_need_not_be_named(self):
        with library.Controller(guest.uri_of(ADDRESS, env=None)):
            pass

    def test_a_device_with_the_kernel_is_refused_with_the_command_that_helps(self):
        guest.bind(ADDRESS, "nvme")
        self.refused(URI, "DEVICE_DRIVER", "nvme", f"upnvme-devices bind {ADDRESS}")

    def test_a_device_without_a_driver_is_refused_with_the_command_that_helps(self):
        (guest.PCI / "devices" / ADDRESS / "driver/unbind").write_text(ADDRESS)
        self.refused(URI, "DEVICE_DRIVER", "no driver", f"upnvme-devices bind {ADDRESS}")

    def test_a_second_process_is_refused_until_the_first_is_done(self):
        first = self.process()
        self.assertEqual(first.stdout.readline(), "open\n")
        self.refused(URI, "DEVICE_BUSY", "another process", ADDRESS)
        first.communicate()
        with library.Controller(URI):
            pass

    def test_a_process_that_was_killed_leaves_the_device_free(self):
        first = self.process()
        self.assertEqual(first.stdout.readline(), "open\n")
        first.kill()
        first.wait()
        with library.Controller(URI) as controller:
            self.assertEqual(controller.transfer("upnvme_read", controller.qpair(), controller.buffer(4096), 0, 8), 0)

    def test_a_user_without_permission_is_told_which_file_it_is(self):
        seen = self.as_nobody()
        self.assertIn("DEVICE_ACCESS", seen)
        self.assertIn(f"/dev/vfio/{guest.group_of(ADDRESS)}", seen)

    def test_a_user_who_is_not_root_opens_the_device_given_to_that_user(self):
        self.give_group_to_nobody()
        self.assertEqual(self.as_nobody(), "open")

    def test_a_limit_of_locked_memory_that_is_too_low_is_explained(self):
        self.give_group_to_nobody()
        seen = self.as_nobody(locked_bytes=1 * MIB)
        self.assertIn("MEM_LOCK_LIMIT", seen)
        for word in ("1024 KiB", "ulimit -l", "LimitMEMLOCK", "limits.conf"):
            self.assertIn(word, seen)

    def test_the_process_is_as_it_was_before(self):
        def state():
            status = pathlib.Path("/proc/self/status").read_text()
            signals = [line for line in status.splitlines() if line.startswith(("Sig", "Shd"))]
            return os.sched_getaffinity(0), signals, dict(os.environ), sorted(os.listdir("/proc/self/fd"))
        with library.Controller(URI):
            pass  # DPDK is started once, and stays: tests/vm/device/test_polite.c
        before = state()
        with library.Controller(URI) as controller:
            controller.qpair()
            during = state()
        self.assertEqual(during[:3], before[:3])
        self.assertEqual(state(), before)


FILE = guest.File(CONTROLLERS, environments=guest.ENVIRONMENTS, repeated=guest.ENVIRONMENTS[1:], machine=guest.FOR_DPDK)

if __name__ == "__main__":
    together.main(__file__)
