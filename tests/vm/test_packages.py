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
import repeats
import test_behaviour
import together

BLOCK = 512
# Of larger blocks a whole set is not needed: one case wants more bytes than those of the block have.
CONTROLLERS = [*test_behaviour.of_each_kind(BLOCK), *test_behaviour.of_each_kind(test_behaviour.BLOCKS[-1])[::3]]
PYTHON = guest.host.TOP / "build/venv/bin/python"
GO = guest.BUILD / "go/upnvme.test"
GO_LINE = re.compile(r"^\s+--- (PASS|FAIL|SKIP): TestBehaviour/(.*) \(")
WORDS = {"PASS": "      OK", "FAIL": " FAILED ", "SKIP": " SKIPPED"}


def chosen_cases():
    """The cases of a short run are few: what a language adds is shown by others of its tests, without a guest."""
    every = test_behaviour.names(BLOCK, "all")
    chosen = every if repeats.LONG else test_behaviour.names(BLOCK, "few")
    repeats.note("packages", 2 * (len(every) - len(chosen)))
    return chosen


def environment(cases):
    """The environment of a program that gets these controllers for these cases."""
    listed = pathlib.Path(os.environ["TMPDIR"]) / "cases"
    listed.write_text("\n".join(cases))
    uris = [guest.uri_of(guest.address_of(index), env="vfio") for index in range(len(CONTROLLERS))]
    return {**os.environ, "UPNVME_TEST_CASES": str(listed), "UPNVME_TEST_BLOCK": str(BLOCK),
            "UPNVME_STRANGERS": " ".join(uris), "LD_PRELOAD": str(guest.BUILD / "tests/vm/preload/stranger.so"),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # none is wanted, and each takes its time
            "LD_LIBRARY_PATH": str(guest.BUILD / "lib"),
            "PYTHONPYCACHEPREFIX": str(guest.host.TOP / "build/pycache")}  # from make vm-packages


def python(cases):
    return subprocess.call([PYTHON, "tests/python/run", "tests/python/test_behaviour.py"], env=environment(cases),
                           stdin=subprocess.DEVNULL)


def go(cases):
    """Prints the results of its tests, in the words that are counted."""
    done = subprocess.run([GO, "-test.run", "TestBehaviour", "-test.v"], cwd="go", env=environment(cases), text=True,
                          check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for line in done.stdout.splitlines():
        match = GO_LINE.match(line)
        if match:
            print(f"[ RUN      ] {match[2]}\n[ {WORDS[match[1]]} ] {match[2]}")
        else:
            print(line)
    return done.returncode


def package(name, program, run, cases):
    if program.exists():
        return run(cases)
    print(f"[ RUN      ] {name}\n{program} was not built: make check-{name}\n[  SKIPPED ] {name}")
    return 0


def inside():
    for index in range(len(CONTROLLERS)):
        guest.bind(guest.address_of(index), "vfio-pci")
    cases = chosen_cases()
    sys.stdout.flush()
    return max(package("python", PYTHON, python, cases), package("go", GO, go, cases))


FILE = guest.File(CONTROLLERS, inside)

if __name__ == "__main__":
    together.main(__file__)
