#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Each test that tests/aarch64/skips leaves out must be there, and the reason be said."""

import pathlib
import re
import unittest

TESTS = pathlib.Path(__file__).parent.parent
ROW = re.compile(r"(\w+): \S.*$")


class Skips(unittest.TestCase):
    def test_each_row_names_a_test(self):
        sources = "".join(path.read_text(encoding="utf-8") for folder in ("unit", "public")
                          for path in (TESTS / folder).rglob("test_*.c"))
        known = set(re.findall(r"cmocka_unit_test\w*\(\s*(\w+)", sources))
        rows = [line for line in (TESTS / "aarch64/skips").read_text(encoding="utf-8").splitlines()
                if not line.startswith("#")]
        self.assertTrue(rows)
        for row in rows:
            self.assertRegex(row, ROW)
            self.assertIn(ROW.match(row)[1], known)


if __name__ == "__main__":
    unittest.main()
