#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What tests/cmocka says of tests, and that those which tests/aarch64/skips leaves out are there."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

TESTS = pathlib.Path(__file__).parent.parent
ROW = re.compile(r"([\w ]+): \S.*$")

PROGRAM = """
#include <cmocka.h>
static int begin(void **state) { (void)state; return 0; }
static int end(void **state) { (void)state; puts("torn down"); return 0; }
static void good(void **state) { (void)state; assert_in_range(2, 1, 3); }
static void bad(void **state) { (void)state; assert_int_equal(1, 2); }
static void odd(void **state) { (void)state; puts("no device"); skip(); }
static void left_out(void **state) { (void)state; fail_msg("it ran"); }
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good), cmocka_unit_test_setup_teardown(bad, begin, end),
		cmocka_unit_test(odd), cmocka_unit_test(left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
"""
SAID = """\
[==========] Running 4 test(s).
[ RUN      ] good
[       OK ] good
[ RUN      ] bad
not 1 == 2: 0x1, 0x2
[   LINE   ] --- test.c:6: error: Failure!
torn down
[  FAILED  ] bad
[ RUN      ] odd
no device
[  SKIPPED ] odd
[ RUN      ] left_out
the reason
[  SKIPPED ] left_out
[==========] 4 test(s) run.
"""


@unittest.skipUnless(shutil.which("gcc"), "gcc is not installed")
class StandIn(unittest.TestCase):
    def test_the_stand_in_prints_as_cmocka_does_and_skips_the_listed_tests(self):
        with tempfile.TemporaryDirectory(prefix="upnvme-") as name:
            folder = pathlib.Path(name)
            (folder / "test.c").write_text(PROGRAM, encoding="utf-8")
            (folder / "skips").write_text("left: another\nleft_out: the reason\n", encoding="utf-8")
            subprocess.run(["gcc", "-D_GNU_SOURCE", "-I", TESTS / "cmocka", "test.c", "-o", "test"], cwd=folder,
                           check=True)
            done = subprocess.run([folder / "test"], env={**os.environ, "UPNVME_TEST_SKIPS": str(folder / "skips")},
                                  stdout=subprocess.PIPE, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (1, SAID))


class Skips(unittest.TestCase):
    def test_each_row_names_a_test(self):
        sources = "".join(path.read_text(encoding="utf-8") for folder in ("unit", "public")
                          for path in (TESTS / folder).rglob("test_*.c"))
        known = set(re.findall(r"^static void (\w+)\(void \*\*state\)", sources, re.MULTILINE))
        table = json.loads((TESTS / "behaviour/table.json").read_text(encoding="utf-8"))
        known.update(case["name"] for case in table["cases"])
        rows = [line for line in (TESTS / "aarch64/skips").read_text(encoding="utf-8").splitlines()
                if not line.startswith("#")]
        self.assertTrue(rows)
        for row in rows:
            self.assertRegex(row, ROW)
            self.assertTrue(ROW.match(row)[1] in known, row)


if __name__ == "__main__":
    unittest.main()
