#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A guest that does not come to an end, for test_hang.py.

hang.py watched: the watch ends it; hang.py alone: there is no watch, and the host ends it.
"""

import os
import pathlib
import signal
import sys
import time

import guest


def children(process):
    return pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()


def watch():
    """The process that waits for us to be late: of init's children the other one."""
    return int(next(child for child in children(os.getppid()) if child != str(os.getpid())))


def wait_for_ever():
    print("waiting", flush=True)
    while True:
        time.sleep(1000)


def inside():
    if sys.argv[1] == "alone":
        os.kill(watch(), signal.SIGSTOP)
    else:
        sleep = guest.until(lambda: children(watch()), lambda: "the watch does not wait")[0]
        os.kill(int(sleep), signal.SIGTERM)
    wait_for_ever()


if __name__ == "__main__":
    guest.main(__file__, [], inside)
