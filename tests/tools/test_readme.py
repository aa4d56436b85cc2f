#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The README is true and short: its program in C builds and runs.

The programs in Python and Go are run by tests/python/test_docs.py and by the step `consumers` of tests/go/lane; links
and targets of make are looked up by test_guides.py.
"""

import shutil
import unittest

from harness import TOP, Case, fenced, main, run

README = (TOP / "README.md").read_text(encoding="utf-8")


class Readme(Case):
    @unittest.skipUnless(shutil.which("gcc"), "gcc is not installed")
    def test_the_program_builds_without_a_warning_and_runs(self):
        programs = fenced(README, "c")
        self.assertEqual(len(programs), 1)
        self.assertEqual(run(self.program(programs[0])).stdout, "read 32768 bytes\n")

    def test_the_readme_fits_on_two_screens(self):
        self.assertLessEqual(len(README.splitlines()), 160)

    def test_the_readme_has_one_program_for_each_language(self):
        self.assertEqual([len(fenced(README, language)) for language in ("c", "python", "go")], [1, 1, 1])


if __name__ == "__main__":
    main()
