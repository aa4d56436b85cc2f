#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A guest that hangs is ended, and says where it was."""

import pathlib
import subprocess
import sys
import unittest

import guest  # noqa: F401  finds the harness
import harness
import host

HANG = pathlib.Path(__file__).with_name("hang.py")


class Hang(unittest.TestCase):
    def said(self, *how):
        done = subprocess.run([sys.executable, HANG, *how], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(done.returncode, 1, done.stdout)
        return done.stdout

    def says(self, said, *patterns):
        for pattern in patterns:
            self.assertRegex(said, pattern)

    def test_a_guest_that_waits_for_ever_tells_the_stacks(self):
        self.says(self.said("watched"), "waiting", r"did not end within \d+ s", r'hang\.py", line \d+ in wait_for_ever',
                  r"\d+ python3: S \(sleeping\), system call \d+", r"nanosleep")

    def test_a_guest_that_does_not_even_watch_itself_is_asked_from_outside(self):
        for seconds in ("15", "60", "240"):
            said = self.said("alone", seconds)
            if "waiting" in said:  # the guest was fast enough to get there
                break
        self.says(said, "waiting", f"did not end within {seconds}", r"CPU#1\n", r"RIP=[0-9a-f]{16}",
                  r"Kernel panic - not syncing: NMI", r"Call Trace")


if __name__ == "__main__":
    host.require_qemu()
    harness.main()
