#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A program that was compiled when the ABI was promised works with the library of today."""

import platform
import unittest

from lane import BUILD, TOP, Case, call, main, release_only

FROZEN = sorted((TOP / "tests/abi/frozen").glob("*.s"))
LIB = BUILD / "lib"


@unittest.skipIf(platform.machine() != "x86_64", "what was compiled is for x86-64")
@release_only
class Frozen(Case):
    def test_the_frozen_program_runs_with_the_shared_library(self):
        self.assertTrue(FROZEN)
        for source in FROZEN:
            with self.subTest(program=source.stem):
                call("cc", source, "-L", LIB, "-lupnvme", f"-Wl,-rpath,{LIB}", "-o", self.folder / "old")
                self.assertEqual(call(self.folder / "old"), "all as it was\n")

    def test_the_frozen_program_runs_with_the_archive(self):
        needed = call("readelf", "-dW", LIB / "libupnvme.so")
        libraries = ["-pthread", *(["-luring"] if "[liburing.so" in needed else [])]
        for source in FROZEN:
            with self.subTest(program=source.stem):
                call("cc", source, LIB / "libupnvme.a", *libraries, "-o", self.folder / "old")
                self.assertEqual(call(self.folder / "old"), "all as it was\n")

    def test_the_frozen_programs_source_does_the_same_when_compiled_today(self):
        for source in FROZEN:
            with self.subTest(program=source.stem):
                call("cc", "-std=gnu11", "-I", TOP / "capi/include", source.with_suffix(".c"), "-L", LIB,
                     "-lupnvme", f"-Wl,-rpath,{LIB}", "-o", self.folder / "new")
                self.assertEqual(call(self.folder / "new"), "all as it was\n")


if __name__ == "__main__":
    main()
