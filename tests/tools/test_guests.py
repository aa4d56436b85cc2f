#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The guests of tests/vm as make arranges them: what runs in each, and what a short run leaves out."""

import re
import sys
import unittest

import harness

VM = harness.TOP / "tests/vm"
sys.path.insert(0, str(VM))  # before the files of the same names here
import machine  # noqa: E402
import repeats  # noqa: E402
import together  # noqa: E402

ARRANGED = re.findall(r"^guest_\w+ *:= (.*)$", (harness.TOP / "tests/make/vm.mk").read_text(), re.MULTILINE)
LAST_SLOT = 0x1d  # two tests want none at the next


@harness.release_only  # what the files import loads the library
class Guests(unittest.TestCase):
    def test_each_guest_has_a_machine_for_all_its_files_and_room_for_their_controllers(self):
        self.assertTrue(ARRANGED)
        for names in ARRANGED:
            files = [together.load(f"test_{name}", 0).FILE for name in names.split()]
            together.machine_options(files)
            count = sum(len(file.controllers) for file in files)
            self.assertLessEqual(machine.FIRST_SLOT + count - 1, LAST_SLOT, names)

    def test_no_file_runs_twice(self):
        names = " ".join(ARRANGED).split()
        self.assertEqual(len(names), len(set(names)))
        for name in names:
            self.assertTrue((VM / f"test_{name}.py").exists(), name)

    def test_machines_that_differ_are_not_one(self):
        files = [together.guest.File([], machine={"iommu": iommu}) for iommu in (True, False)]
        with self.assertRaisesRegex(RuntimeError, "iommu=True cannot have iommu=False"):
            together.machine_options(files)


class Repeats(unittest.TestCase):
    def setUp(self):
        self.addCleanup(setattr, repeats, "LONG", repeats.LONG)

    def test_repeats_are_for_long_runs(self):
        class Some(unittest.TestCase):
            @repeats.repeats
            def test_that_repeats(self):
                pass

            def test_that_does_not(self):
                pass

        tests = [Some("test_that_repeats"), Some("test_that_does_not")]
        for repeats.LONG, kept in ((False, tests[1:]), (True, tests)):
            self.assertEqual(repeats.kept(tests), kept)

    def test_an_environment_may_be_for_long_runs(self):
        file = together.guest.File([], environments=("vfio", "dpdk"), repeated=("dpdk",))
        for repeats.LONG, runs in ((False, ["vfio"]), (True, ["vfio", "dpdk"])):
            self.assertEqual(file.runs(), runs)


if __name__ == "__main__":
    harness.main()
