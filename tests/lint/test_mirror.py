#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The checker of the mirror rule must see what it is there for."""

import pathlib
import tempfile
import unittest

import mirror


class Mirror(unittest.TestCase):
    def complaints(self, files, elsewhere):
        with tempfile.TemporaryDirectory() as folder:
            tree = pathlib.Path(folder)
            for name in files:
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                (tree / name).touch()
            return list(mirror.complaints(tree, elsewhere))

    def test_a_file_and_its_test(self):
        files = ["core/a/b.c", "tests/unit/a/test_b.c"]
        self.assertEqual(self.complaints(files, {}), [])
        self.assertEqual(len(self.complaints(files[:1], {})), 1)
        self.assertEqual(len(self.complaints(["core/a/b.c", "tests/unit/test_b.c"], {})), 1)

    def test_a_file_whose_test_is_elsewhere(self):
        table = {"core/a/b.c": "tests/unit/a/test_c.c"}
        self.assertEqual(self.complaints(["core/a/b.c", "tests/unit/a/test_c.c"], table), [])
        self.assertEqual(len(self.complaints(["core/a/b.c"], table)), 1)
        files = ["core/a/b.c", "tests/unit/a/test_b.c", "tests/unit/a/test_c.c"]
        self.assertEqual(len(self.complaints(files, table)), 1)
        self.assertEqual(len(self.complaints(["core/a/c.c", "tests/unit/a/test_c.c"], table)), 1)


if __name__ == "__main__":
    unittest.main()
