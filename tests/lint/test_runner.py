#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The test runner must not take a failure for a success."""

import argparse
import contextlib
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest
import unittest.mock

PATH = pathlib.Path(__file__).parent.parent / "run-tests"
LOADER = importlib.machinery.SourceFileLoader("run_tests", str(PATH))
runner = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_tests", LOADER))
LOADER.exec_module(runner)

THREE = """[==========] Running 3 test(s).
[ RUN      ] a
[       OK ] a
[ RUN      ] b
[  ERROR   ] --- 0x1 != 0x2
[  FAILED  ] b
[ RUN      ] c
[  SKIPPED ] c
[==========] 3 test(s) run.
[  PASSED  ] 1 test(s).
[  SKIPPED ] 1 test(s), listed below:
[  SKIPPED ] c
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] b
"""


def judged(code, output, timed_out=False):
    outcome = runner.judge(code, output, timed_out, 10)
    return outcome.passed, outcome.failed, outcome.skipped


COMPILED = "  CC      a.c\n  LD      build/a\na.c:1:1: error: no\nmake[2]: *** [Makefile:1: a.o] Error 1\n"


class Show(unittest.TestCase):
    def test_passing_tests_are_left_out_of_a_failures_output(self):
        self.assertEqual(runner.telling(THREE.splitlines())[:4],
                         ["[==========] Running 3 test(s).", "[ RUN      ] b", "[  ERROR   ] --- 0x1 != 0x2",
                          "[  FAILED  ] b"])
        self.assertEqual(runner.telling(COMPILED.splitlines()),
                         ["a.c:1:1: error: no", "make[2]: *** [Makefile:1: a.o] Error 1"])

    def test_the_output_of_a_test_that_died_is_kept(self):
        lines = ["[ RUN      ] a", "[       OK ] a", "[ RUN      ] b", "assertion failed"]
        self.assertEqual(runner.telling(lines), lines[2:])

    def test_output_among_passing_tests_is_kept(self):
        # Lines among passing tests need not be theirs: standard error comes unbuffered.
        self.assertEqual(runner.telling(["[ RUN      ] a", "seed 1", "[       OK ] a"]), ["seed 1"])


class Judge(unittest.TestCase):
    def test_a_cmocka_program_counts_by_test(self):
        self.assertEqual(judged(1, THREE), (1, 1, 1))

    def test_a_skip_has_its_reason(self):
        output = "[ RUN      ] a\nno disk\n[  SKIPPED ] a\n[ RUN      ] b\n[  SKIPPED ] b\nmore\n"
        self.assertEqual(runner.judge(0, output, False, 10).notes, ["SKIP a: no disk", "SKIP b"])

    def test_a_reason_of_many_is_said_once(self):
        output = "".join(f"[ RUN      ] {name}\nno disk\n[  SKIPPED ] {name}\n" for name in "abc")
        self.assertEqual(runner.judge(0, output, False, 10).notes, ["SKIP 3 tests: no disk"])

    def test_a_test_that_never_ended_has_failed(self):
        self.assertEqual(judged(-6, "[ RUN      ] a\n[       OK ] a\n[ RUN      ] b\n"), (1, 1, 0))

    def test_a_program_that_dies_after_its_tests_has_failed(self):
        self.assertEqual(judged(-11, "[ RUN      ] a\n[       OK ] a\n"), (1, 1, 0))

    def test_a_group_whose_setup_fails_has_failed(self):
        self.assertEqual(judged(0, "[==========] Running 1 test(s).\n[  FAILED  ] GROUP SETUP\n"), (0, 1, 0))

    def test_a_test_that_prints_the_words_of_success_has_not_ended(self):
        self.assertEqual(judged(1, "[ RUN      ] a\n[       OK ] b\n[  FAILED  ] a\n"), (0, 1, 0))

    def test_other_programs_count_by_exit_code(self):
        self.assertEqual(judged(0, "fine\n"), (1, 0, 0))
        self.assertEqual(judged(3, "fine\n"), (0, 1, 0))
        self.assertEqual(judged(77, "no such device\n"), (0, 0, 1))

    def test_a_program_that_takes_too_long_has_failed(self):
        self.assertEqual(judged(0, "[ RUN      ] a\n[       OK ] a\n", timed_out=True), (1, 1, 0))

    def test_a_lane_says_how_much_it_leaves_to_a_long_run(self):
        with tempfile.TemporaryDirectory() as folder:
            for left, lines in (("2", 1), ("0", 0)):
                said = subprocess.run([PATH.resolve(), "lane", "--left", left, "some", "true"], cwd=folder, check=True,
                                      capture_output=True, text=True).stdout
                self.assertEqual(said.count("NOTE left to make check LONG=yes"), lines, said)

    def test_a_note_is_shown_of_a_command_that_passes(self):
        outcome, _, _ = runner.run_command("printf 'NOTE 3 symbols\\nmore\\n'", 10)
        self.assertEqual((outcome.passed, outcome.notes), (1, ["NOTE 3 symbols"]))

    def test_a_command_is_stopped_with_its_children(self):
        # A busy machine may need a while for the first line.
        for timeout in (0.2, 2, 20):
            outcome, output, seconds = runner.run_command("sh -c 'echo here; sleep 60 & wait'", timeout)
            self.assertEqual(outcome.failed, 1)
            self.assertLess(seconds, timeout + 10)
            if output:
                break
        self.assertEqual(output, "here\n")

    @staticmethod
    def terminated(process):
        """The exit code after SIGTERM. Python drops the exception of a signal that comes while an object is freed, so
        that the signal is sent again. A shell's background job ignores SIGINT."""
        for _ in range(30):
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(1)
        return None

    def test_an_interrupted_lane_ends_its_commands_and_begins_no_other(self):
        with tempfile.TemporaryDirectory() as folder:
            began = pathlib.Path(folder, "began")
            os.mkfifo(began)
            first = "sh -c 'echo $$ >began; exec sleep 60'"
            with subprocess.Popen([PATH, "lane", "--jobs=1", "l", first, "touch next"], cwd=folder,
                                  stdout=subprocess.DEVNULL) as lane:
                first = int(began.read_text(encoding="ascii"))
                self.assertEqual(self.terminated(lane), 130)
            self.assertRaises(ProcessLookupError, os.kill, first, 0)
            self.assertFalse(pathlib.Path(folder, "next").exists())


class Order(unittest.TestCase):
    def test_the_longest_begin_first_and_the_others_stay_as_they_are(self):
        commands = ["tests/go/lane format", "build/tests/hostile/test_media_attack",
                    "build/asan/tests/hostile/test_nth_call", "tests/go/lane race"]
        self.assertEqual(runner.in_order(commands), [*commands[2:], *commands[:2]])

    def test_each_of_the_longest_is_there(self):
        alternatives = re.findall(r"(\w+)/test_(\w+|\(.*?\))", runner.LONGEST.pattern)
        self.assertTrue(alternatives)
        for folder, names in alternatives:
            for name in names.strip("()").split("|"):
                self.assertTrue(list((PATH.parent / folder).glob(f"test_{name}.*")), f"{folder}/test_{name}")


# Stands for make: lane b says its second line when lane c has ended, and lane c begins when b has said its first.
MAKE = """#!/bin/sh
mkfifo -m 600 began ended 2>/dev/null
result() { echo "{\\"passed\\": $1, \\"failed\\": $2, \\"skipped\\": 0}" >"build/results/${lane}.json"; }
lane=${1#check-}
echo "$lane first"
case $lane in
a) result 1 0 ;;
b) echo >began; read -r _ <ended; result 2 0 ;;
c) read -r _ <began; echo >ended; result 3 1; code=1 ;;
d) code=2 ;;
e) sleep 15 & result 1 0 ;;
esac
echo "$lane last"
exit ${code:-0}
"""


class All(unittest.TestCase):
    def run_all(self, *lanes, beside=2, make="sh make"):
        """The exit code and what was printed of lane a, then of the others."""
        printed = io.StringIO()
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), contextlib.redirect_stdout(printed):
            pathlib.Path("make").write_text(MAKE, encoding="utf-8")
            code = runner.run_all(argparse.Namespace(make=make, first=["a"], lanes=lanes, beside=beside))
            self.total = pathlib.Path("build/results/total").read_text(encoding="utf-8")
        return code, printed.getvalue().splitlines()

    def test_lanes_side_by_side_are_shown_one_after_the_other(self):
        code, lines = self.run_all("b", "c")
        self.assertEqual(code, 1)
        self.assertEqual(lines, ["a first", "a last", "b first", "b last", "c first", "c last", "failed in: c",
                                 "6 passed, 1 failed, 0 skipped"])
        self.assertEqual(self.total, lines[-1] + "\n")

    def test_a_lane_that_ends_without_a_result_has_failed(self):
        code, lines = self.run_all("d", beside=1)
        self.assertEqual((code, lines[-3:]), (1, ["  FAIL make check-d (exit code 2)", "failed in: d",
                                                  "1 passed, 1 failed, 0 skipped"]))

    def test_a_process_that_a_lane_left_behind_is_not_waited_for(self):
        with unittest.mock.patch.object(runner, "LEFTOVER_SECONDS", 0.2):
            start = time.monotonic()
            self.assertEqual(self.run_all("e")[0], 0)
        self.assertLess(time.monotonic() - start, 10)

    def test_a_make_that_cannot_start_is_a_failed_lane(self):
        code, lines = self.run_all(make="/nowhere/make")
        self.assertEqual((code, lines[1:]), (1, ["failed in: a", "0 passed, 1 failed, 0 skipped"]))
        self.assertIn("No such file", lines[0])

    def test_a_lane_that_passes_leaves_no_failure(self):
        self.assertEqual(self.run_all(), (0, ["a first", "a last", "1 passed, 0 failed, 0 skipped"]))


if __name__ == "__main__":
    unittest.main()
