# SPDX-License-Identifier: BSD-3-Clause
"""Tests that repeat, in another environment, guest or language, what other tests of a run of `make check` have shown:
they are left out, and counted, unless it is a long run (LONG=yes)."""

import os

LONG = bool(os.environ.get("UPNVME_LONG"))


def repeats(test):
    """Marks a test."""
    test.repeats = True
    return test


def kept(tests):
    """Those of the tests that run."""
    return [test for test in tests if LONG or not getattr(getattr(test, test._testMethodName), "repeats", False)]


def few():
    """The argument that makes device/test_io.c leave out its repeats."""
    return [] if LONG else ["few"]


def note(name, count):
    """Says of a file how many of its tests were left out, in a line that is always shown."""
    if count:
        print(f"NOTE {name}: {count} tests that repeat others are left out; LONG=yes runs them", flush=True)
