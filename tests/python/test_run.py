# SPDX-License-Identifier: BSD-3-Clause
"""tests/python/run: its lines about tests that do not run are counted as skips."""

import os
import pathlib
import runpy
import sys

import child
import pytest
import repeats

RUN = pathlib.Path(__file__).with_name("run")


def run(path, text, *options):
    """In a fork: a Python with pytest of its own would take a second to start."""
    path = path / "test_made_up.py"
    path.write_text(f"import pytest\n{text}\n")
    output = path.with_name("output")

    def main():
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT)
        os.dup2(descriptor, 1)
        sys.stdout = open(1, "w", closefd=False)
        # That plug-in would wait for its watchdog, a thread of the parent.
        sys.argv = [str(RUN), str(path), *options, "-p", "no:faulthandler"]
        try:
            runpy.run_path(str(RUN), run_name="__main__")
        except SystemExit as end:
            sys.stdout.flush()
            os._exit(end.code)

    status = child.fork(main)
    return os.waitstatus_to_exitcode(status), [line for line in output.read_text().splitlines()
                                               if line.startswith(("[", "NOTE")) or "why" in line]


def test_a_file_that_is_skipped_is_no_failure_and_has_a_reason(tmp_path):
    code, lines = run(tmp_path, "pytest.skip('that is why', allow_module_level=True)")
    assert code == 0
    assert lines[:3] == [f"[ RUN      ] {lines[0][13:]}", "that is why", f"[  SKIPPED ] {lines[0][13:]}"]
    assert "test_made_up.py" in lines[0]


@pytest.mark.parametrize("text", ["def test_a(): pytest.skip('that is why')",
                                  "@pytest.mark.skipif(True, reason='that is why')\ndef test_a(): pass"])
def test_a_test_that_is_skipped_has_a_reason(tmp_path, text):
    code, lines = run(tmp_path, text)
    assert (code, lines[:3]) == (0, ["[ RUN      ] test_a", "that is why", "[  SKIPPED ] test_a"])


@pytest.mark.parametrize("text, options", [("", ()), ("def test_a(): pass", ("-k", "another"))])
def test_a_file_without_tests_has_failed(tmp_path, text, options):
    code, lines = run(tmp_path, text, *options)
    assert code == pytest.ExitCode.NO_TESTS_COLLECTED and not lines


REPEATS = """
from repeats import repeats
@repeats("by test_b")
def test_a(): pass
def test_b(): pass
@pytest.mark.parametrize("n", [1, pytest.param(2, marks=repeats("by 1"))])
def test_c(n): pass
"""


@pytest.mark.parametrize("is_long, names", [(False, ["test_b", "test_c[1]"]),
                                            (True, ["test_a", "test_b", "test_c[1]", "test_c[2]"])])
def test_repeats_are_left_out_of_a_short_run(tmp_path, monkeypatch, is_long, names):
    monkeypatch.setattr(repeats, "LONG", is_long)
    code, lines = run(tmp_path, REPEATS, "-p", "repeats")
    assert code == 0
    assert lines == ([] if is_long else ["NOTE 2 tests are left out, which repeat others: make check LONG=yes"]) + [
        line for name in names for line in (f"[ RUN      ] {name}", f"[  OK ] {name}")]


def test_a_file_that_cannot_be_imported_has_failed(tmp_path):
    code, _ = run(tmp_path, "import no_such_module")
    assert code == pytest.ExitCode.INTERRUPTED
