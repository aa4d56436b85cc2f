# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of the Python package share. A test that hangs ends with the stacks of all threads."""

import faulthandler
import os
import pathlib
import subprocess
import sys
import textwrap

import pytest

import upnvme

TREE = pathlib.Path(__file__).resolve().parents[2]
HANG_SECONDS = 300


@pytest.fixture(autouse=True)
def no_hang():
    faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture(params=["inline", "thread"])
def ctrlr(request):
    """A controller over memory, with blocks of 4,096 bytes, of which every mode is seen."""
    with upnvme.open(f"soft:ram?size=64MiB&block=4096&mode={request.param}") as ctrlr:
        yield ctrlr


@pytest.fixture
def ns(ctrlr):
    return ctrlr.namespaces[1]


@pytest.fixture
def run_python():
    """Runs a program in a Python of its own and returns what came of it."""
    def run(text, *arguments, **options):
        options.setdefault("timeout", HANG_SECONDS)
        environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
        return subprocess.run([sys.executable, "-X", "dev", "-c", textwrap.dedent(text), *arguments],
                              capture_output=True, text=True, env=environment, **options)
    return run
