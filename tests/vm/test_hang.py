#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A guest that hangs is ended, and says where it was."""

import pathlib
import signal
import subprocess
import sys
import unittest

import guest  # noqa: F401  finds the harness
import harness
import host

HANG = pathlib.Path(__file__).with_name("hang.py")


class Hang(unittest.TestCase):
    def said(self, how, at_waiting=lambda process: None):
        """The output of a guest that hangs; a call as soon as the guest says that it waits."""
        lines = []
        with subprocess.Popen([sys.executable, HANG, how], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True) as process:
            for line in process.stdout:
                lines.append(line)
                if line.strip() == "waiting":
                    at_waiting(process)
        self.assertEqual(process.returncode, 1, "".join(lines))
        return "".join(lines)

    def says(self, said, *patterns):
        for pattern in patterns:
            self.assertRegex(said, pattern)

    def test_a_guest_that_waits_for_ever_tells_the_stacks(self):
        self.says(self.said("watched"), "waiting", r"did not end within \d+ s", r'hang\.py", line \d+ in wait_for_ever',
                  r"\d+ python3: S \(sleeping\), system call \d+", r"nanosleep")

    def test_a_guest_that_does_not_even_watch_itself_is_asked_from_outside(self):
        said = self.said("alone", at_waiting=lambda process: process.send_signal(signal.SIGALRM))
        self.says(said, "waiting", "did not end in its time", r"CPU#1\n", r"RIP=[0-9a-f]{16}",
                  r"Kernel panic - not syncing: NMI", r"Call Trace")


if __name__ == "__main__":
    host.require_qemu()
    harness.main()
