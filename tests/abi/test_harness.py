#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The libffi harness must see what it is there for: a function that the table forgot, one that answers otherwise."""

import json
import pathlib
import re
import tempfile

from lane import BUILD, TOP, Case, call, main, needs


# The tests that fail with this table.
FAILING = {"upnvme_verify", "upnvme_firmware_get", "upnvme_device_bind", "every_function_was_called",
           "calls_are_all_known", "upnvme_poll", "upnvme_ns_next", "upnvme_reap", "upnvme_ns_id"}


def broken_table():
    """The table with mistakes in it, each in functions of its own."""
    table = json.loads((TOP / "tests/abi/calls.json").read_text(encoding="utf-8"))
    for name in ("upnvme_verify", "upnvme_firmware_get"):
        del table[name]
    table["upnvme_device_bind"]["gives"] = "ok"
    table["upnvme_gone"] = {"arguments": []}
    table["upnvme_poll"]["arguments"][0] = "qp"
    table["upnvme_ns_next"]["arguments"].pop()
    table["upnvme_reap"]["arguments"][0][1] = "EINVAL UPNVME_ERR_ARGUMENT"
    table["upnvme_ns_id"]["gives"] = "zero"
    return table


@needs
class Harness(Case):
    """test_ffi with a table in which some things are wrong."""

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory(prefix="upnvme-") as folder:
            table = pathlib.Path(folder) / "calls.json"
            table.write_text(json.dumps(broken_table()), encoding="utf-8")
            cls.output = call(BUILD / "tests/abi/test_ffi", table, code=len(FAILING))

    def test_each_mistake_is_found_and_nothing_else_fails(self):
        self.assertEqual(set(re.findall(r"^\[  FAILED  \] (\w+)$", self.output, re.MULTILINE)), FAILING)

    def test_a_function_without_a_line(self):
        self.assertIn("upnvme_verify has no line in tests/abi/calls.json", self.output)

    def test_a_function_without_a_call(self):
        self.assertIn("upnvme_device_bind was never called with good arguments", self.output)
        self.assertRegex(self.output, r"NOTE (\d+) of (?!\1 )\d+ functions called")

    def test_a_line_for_no_function(self):
        self.assertIn("upnvme_gone is not among the description's functions", self.output)

    def test_a_line_that_says_nothing_of_null(self):
        self.assertIn("says nothing of a null `qp`", self.output)

    def test_a_line_with_an_argument_too_few(self):
        self.assertIn("has not its 2 arguments", self.output)

    def test_an_answer_that_differs_from_the_table(self):
        self.assertIn("upnvme_reap with `qp` = 0: -22, expected: EINVAL UPNVME_ERR_ARGUMENT", self.output)
        self.assertIn("upnvme_ns_id with good arguments: 1, expected: zero", self.output)

    def test_no_table(self):
        self.assertIn("cannot be read", call(BUILD / "tests/abi/test_ffi", self.folder / "none", code=1))


if __name__ == "__main__":
    main()
