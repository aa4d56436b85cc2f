#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A guest that does not come to an end, for test_hang.py: first the watch finds it late, and cannot end it; then the
host ends it."""

import faulthandler
import os
import pathlib
import signal
import time

import guest
import host

LEAVE = """#!/bin/sh
echo "leaving with $1"
"""


def children(process):
    return pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()


def watch():
    """The process that waits for us to be late: of init's children the other one."""
    return int(next(child for child in children(os.getppid()) if child != str(os.getpid())))


def keep_from_leaving():
    """The program that ends the guest only says with which exit code."""
    program = pathlib.Path("/run/leave")
    program.write_text(LEAVE)
    program.chmod(0o755)
    guest.shell(f"mount --bind {program} {guest.BUILD / 'tests/vm/leave'}")


def wait_for_ever():
    while True:
        time.sleep(1000)


def inside():
    faulthandler.register(signal.SIGUSR1)
    keep_from_leaving()
    sleep = guest.until(lambda: children(watch()), lambda: "the watch does not wait")[0]
    os.kill(int(sleep), signal.SIGTERM)
    wait_for_ever()


if __name__ == "__main__":
    if os.environ.get(host.IN_GUEST):
        inside()
    host.run_alone([__file__], ["hang"], {})
