#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs test files together in one guest, whose machine has the controllers of all of them: the start of a guest, and
of Python in it, takes longer than most tests.

  tests/vm/together.py NAME...

The file NAME.py has a `FILE`, which says what it asks of the machine. In the guest each file, in each of its
environments, runs in a process of its own, which finds neither the modules nor the DPDK of another.
"""

import faulthandler
import importlib
import os
import pathlib
import signal
import sys
import unittest

import guest
import host
import machine
import repeats
from guest import harness


def load(name, first):
    """The module of a test file, whose controllers have the places in the machine from this one on."""
    machine.first = first
    return importlib.import_module(name)


# --- on the host ----------------------------------------------------------------------------------


def machine_options(files):
    """The options of a machine that all the files can use."""
    options = {}
    for file in files:
        for key, value in file.machine.items():
            if options.setdefault(key, value) != value:
                raise RuntimeError(f"a machine with {key}={options[key]} cannot have {key}={value}")
    return options


def boot(names):
    """Boots a guest for the files, and ends this program with its exit code."""
    files, words, controllers, first = [], [], {}, 0
    for name in names:
        file = load(name, first).FILE
        files.append(file)
        words += [f"{name}:{first}:{environment}" for environment in file.runs()]
        controllers[first] = file.controllers
        first += len(file.controllers)
    modules = ["together", "library", *names]
    host.run_alone([__file__, *words], modules, controllers, **machine_options(files))


def main(path):
    """Boots a guest for this test file alone."""
    boot([pathlib.Path(path).stem])


# --- in the guest ---------------------------------------------------------------------------------


def tests_of(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests_of(test)
        else:
            yield test


def run_cases(name, module):
    """Runs the test cases of the module; its exit code."""
    tests = list(tests_of(unittest.defaultTestLoader.loadTestsFromModule(module)))
    kept = repeats.kept(tests)
    if guest.environment() in (None, module.FILE.runs()[0]):
        in_all = len(tests) * len(module.FILE.environments)
        repeats.note(name, in_all - len(kept) * len(module.FILE.runs()))
    return harness.run_suite(unittest.TestSuite(kept))


def run_file(name, first):
    module = load(name, first)
    if module.FILE.dpdk and not guest.PLUGIN.exists():
        print(f"[ RUN      ] {name}\nDPDK's plug-in was not built: libdpdk-dev is not installed\n[  SKIPPED ] {name}")
        return 0
    return module.FILE.inside() if module.FILE.inside else run_cases(name, module)


def run_apart(word):
    """Runs a file in a child of this process; its exit code, or 1 if a signal ended it."""
    name, first, environment = word.split(":")
    print(f"{name}{f', env={environment}' if environment else ''}:", flush=True)
    child = os.fork()
    if child == 0:
        os.environ[guest.ENVIRONMENT] = environment
        sys.exit(run_file(name, int(first)))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code < 0:
        print(f"{name}: killed by signal {-code}", flush=True)
    return code if code >= 0 else 1


if __name__ == "__main__":
    if os.environ.get(host.IN_GUEST):
        faulthandler.register(signal.SIGUSR1)  # a test that hangs is asked where
        os.environ.setdefault("UPNVME_PLUGIN_DIR", str(guest.PLUGIN.parent))  # for programs without the shared library
        sys.exit(max([run_apart(word) for word in sys.argv[1:]]))
    boot(sys.argv[1:])
