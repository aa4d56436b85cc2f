#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The same build everywhere, whichever folder it is made in."""

import filecmp
import os
import pathlib
import shutil

from harness import BUILD, ENVIRONMENT, TOP, Case, call, main, release_only

# What is no source of the library and its tools.
OTHERS = shutil.ignore_patterns("build", "tests", ".git", "__pycache__", "*.egg-info")


def make(*words, cwd):
    call("make", "--no-print-directory", *words, cwd=cwd, env=ENVIRONMENT)


@release_only
class Reproducible(Case):
    """A part of the library stands for it: files of every rule that compiles, and both libraries of two folders.
    tests/deb compares whole packages."""

    def setUp(self):
        super().setUp()
        self.copy = self.copied("copy")

    def copied(self, name):
        copy = self.folder / name
        shutil.copytree(TOP, copy, symlinks=True, ignore=OTHERS)
        shutil.copytree(TOP / "tests/make", copy / "tests/make")
        return copy

    def compare(self, paths, one, other):
        self.assertEqual([path for path in paths if not filecmp.cmp(one / path, other / path, shallow=False)], [])

    def test_an_object_is_the_same_to_the_byte_in_another_folder(self):
        sources = [TOP / "capi/src/io.c"] + [path for folder in ("core/base", "core/env/dpdk/plugin", "capi/tools")
                                             for path in sorted((TOP / folder).rglob("*.c"))]
        objects = [path.relative_to(TOP).with_suffix(".o") for path in sources
                   if (BUILD / "obj" / path.relative_to(TOP).with_suffix(".o")).exists()]
        self.assertGreater(len(objects), 20)
        make(f"-j{os.cpu_count()}", *[f"build/obj/{path}" for path in objects], cwd=self.copy)
        self.compare(objects, self.copy / "build/obj", BUILD / "obj")

    def test_a_library_is_the_same_to_the_byte_in_another_folder(self):
        copies = [self.copy, self.copied("another/copy")]
        for copy in copies:
            make(f"-j{os.cpu_count()}", "FOLDERS=core/base core/spec", "DPDK=no", "libs", cwd=copy)
        made = sorted(path.relative_to(self.copy) for path in (self.copy / "build/lib").iterdir())
        self.assertIn(pathlib.Path("build/lib/libupnvme.a"), made)
        self.assertGreater(len(made), 1)
        self.compare(made, *copies)


if __name__ == "__main__":
    main()
