# SPDX-License-Identifier: BSD-3-Clause
"""The support of the Python package's tests. A test that hangs ends with the stacks of all threads."""

import faulthandler
import os
import pathlib
import subprocess
import sys
import textwrap

import child
import pytest

import upnvme

pytest_plugins = ["repeats"]
TREE = pathlib.Path(__file__).resolve().parents[2]
HANG_SECONDS = 600


def well(process):
    """Checks that a program has ended well, without a warning."""
    assert process.returncode == 0, process.stdout + process.stderr
    assert "Warning" not in process.stderr, process.stderr


@pytest.fixture(autouse=True)
def no_hang():
    faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture(params=["inline", "thread"])
def ctrlr(request):
    """A controller over memory, with blocks of 4,096 bytes, in every mode."""
    with upnvme.open(f"soft:ram?size=64MiB&block=4096&mode={request.param}") as ctrlr:
        yield ctrlr


@pytest.fixture
def ns(ctrlr):
    return ctrlr.namespaces[1]


@pytest.fixture
def run_python():
    """Runs a program in a Python of its own and returns the ended process."""
    def run(text, *arguments, **options):
        environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
        return child.run([sys.executable, "-X", "dev", "-c", textwrap.dedent(text), *arguments], env=environment,
                         **options)
    return run


@pytest.fixture(scope="session")
def slow_python(tmp_path_factory):
    """Runs a program in a Python whose disk image does not answer reads while it is held.

    The program finds `image` (8 MiB, as a URI), `hold()` and `let_go()`, `hold_syncs()`, `fail_syncs()` and
    `allow_syncs()` defined; and `stall()` and `go_on()` for the controllers with `mode=thread`, which then do nothing
    at all.
    """
    folder = tmp_path_factory.mktemp("slow")
    library = folder / "hold.so"
    plain = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-O1", "-o", library,
                    TREE / "tests" / "python" / "support" / "hold.c", "-ldl"], check=True, env=plain)
    number = iter(range(1000))

    def run(text, *arguments, **options):
        image, held, stalled = (folder / f"{next(number)}.{kind}" for kind in ("img", "held", "stall"))
        with image.open("wb") as file:
            file.truncate(8 << 20)
        prologue = f"""
            import os, pathlib, signal, sys, threading, time
            import upnvme
            signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
            image = "soft:{image}?engine=worker&block=4096"
            hold = pathlib.Path({str(held)!r}).touch
            let_go = pathlib.Path({str(held)!r}).unlink
            hold_syncs = pathlib.Path({f"{held}.sync"!r}).touch
            fail_syncs = pathlib.Path({f"{held}.bad"!r}).touch
            allow_syncs = pathlib.Path({f"{held}.bad"!r}).unlink
            def stall():
                pathlib.Path({str(stalled)!r}).touch()
                while not pathlib.Path({f"{stalled}.ed"!r}).exists():
                    time.sleep(0.001)
            def go_on():
                pathlib.Path({str(stalled)!r}).unlink()
                pathlib.Path({f"{stalled}.ed"!r}).unlink()
        """
        environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", UPNVME_HOLD=str(held), UPNVME_STALL=str(stalled),
                           LD_PRELOAD=f"{os.environ.get('LD_PRELOAD', '')} {library}")
        return child.run([sys.executable, "-X", "dev", "-c", textwrap.dedent(prologue) + textwrap.dedent(text),
                          *arguments], env=environment, **options)
    return run
