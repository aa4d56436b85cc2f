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


def end_of_a_guest():
    """The output of a guest that hangs, and the exit code. The host's time is over as soon as the guest's own watch has
    tried to end it."""
    lines = []
    with subprocess.Popen([sys.executable, HANG], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout:
            lines.append(line)
            if line.startswith("leaving with"):
                process.send_signal(signal.SIGALRM)
    return "".join(lines), process.returncode


class Hang(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.said, cls.code = end_of_a_guest()

    def says(self, *patterns):
        for pattern in patterns:
            self.assertRegex(self.said, pattern)

    def test_a_guest_that_waits_for_ever_tells_the_stacks_and_leaves(self):
        self.says(r"did not end within \d+ s", r'hang\.py", line \d+ in wait_for_ever',
                  r"\d+ python3: S \(sleeping\), system call \d+", r"nanosleep", "leaving with 1\n")

    def test_a_guest_that_does_not_even_leave_is_asked_from_outside(self):
        self.says("did not end in its time", r"CPU#1\n", r"RIP=[0-9a-f]{16}", r"Kernel panic - not syncing: NMI",
                  r"Call Trace")
        self.assertEqual(self.code, 1)


if __name__ == "__main__":
    host.require_qemu()
    harness.main()
