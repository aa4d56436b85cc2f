#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The behaviour table through the Python and the Go package, over PCIe. The packages get QEMU's controllers in the
place of software ones: tests/vm/preload/stranger.c."""

import os
import pathlib
import re
import subprocess
import sys

import guest
import test_behaviour

BLOCK = 512
CONTROLLERS = test_behaviour.CONTROLLERS  # those of the block come first
TABLE = "tests/behaviour/table.json"
PYTHON = guest.host.TOP / "build/venv/bin/python"
GO = guest.BUILD / "go/upnvme.test"
GO_LINE = re.compile(r"^\s+--- (PASS|FAIL|SKIP): TestBehaviour/(.*) \(")
WORDS = {"PASS": "      OK", "FAIL": " FAILED ", "SKIP": " SKIPPED"}


def environment():
    """The environment of a program that gets these controllers."""
    cases = pathlib.Path(os.environ["TMPDIR"]) / "cases"
    cases.write_text(guest.run("tests/vm/inside/test_behaviour", "--list", TABLE, BLOCK).stdout)
    uris = [guest.uri_of(guest.address_of(index), env="vfio") for index in range(len(CONTROLLERS))]
    return {**os.environ, "UPNVME_TEST_CASES": str(cases), "UPNVME_TEST_BLOCK": str(BLOCK),
            "UPNVME_STRANGERS": " ".join(uris), "LD_PRELOAD": str(guest.BUILD / "tests/vm/preload/stranger.so"),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # none is wanted, and each takes its time
            "LD_LIBRARY_PATH": str(guest.BUILD / "lib"),
            "PYTHONPYCACHEPREFIX": str(guest.host.TOP / "build/pycache")}  # as the host's lane has left it, if it ran


def python():
    return subprocess.call([PYTHON, "tests/python/run", "tests/python/test_behaviour.py"], env=environment(),
                           stdin=subprocess.DEVNULL)


def go():
    """Prints the results of its tests, in the words that are counted."""
    done = subprocess.run([GO, "-test.run", "TestBehaviour", "-test.v"], cwd="go", env=environment(), text=True,
                          check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for line in done.stdout.splitlines():
        match = GO_LINE.match(line)
        if match:
            print(f"[ RUN      ] {match[2]}\n[ {WORDS[match[1]]} ] {match[2]}")
        else:
            print(line)
    return done.returncode


def package(name, program, run):
    if program.exists():
        return run()
    print(f"[ RUN      ] {name}\n{program} was not built: make check-{name}\n[  SKIPPED ] {name}")
    return 0


def inside():
    for index in range(len(CONTROLLERS)):
        guest.bind(guest.address_of(index), "vfio-pci")
    sys.stdout.flush()
    return max(package("python", PYTHON, python), package("go", GO, go))


if __name__ == "__main__":
    guest.main(__file__, CONTROLLERS, inside)
