#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The libffi harness must see what it is there for: a function that the table forgot, one that answers otherwise."""

import json

from lane import BUILD, TOP, Case, call, main, needs


@needs
class Harness(Case):
    """test_ffi with a table in which one thing is wrong."""

    def setUp(self):
        super().setUp()
        self.table = json.loads((TOP / "tests/abi/calls.json").read_text(encoding="utf-8"))

    def failures(self, n=1):
        """The harness's messages about the `n` tests that fail."""
        table = self.file("calls.json", json.dumps(self.table).encode())
        return call(BUILD / "tests/abi/test_ffi", table, code=n)

    def test_a_function_without_a_line(self):
        for name in ("upnvme_verify", "upnvme_firmware_get"):
            del self.table[name]
        self.assertIn("upnvme_verify has no line in tests/abi/calls.json", self.failures(2))

    def test_a_function_without_a_call(self):
        self.table["upnvme_device_bind"]["gives"] = "ok"
        output = self.failures(2)
        self.assertIn("upnvme_device_bind was never called with good arguments", output)
        self.assertRegex(output, r"NOTE (\d+) of (?!\1 )\d+ functions called")

    def test_a_line_for_no_function(self):
        self.table["upnvme_gone"] = {"arguments": []}
        self.assertIn("upnvme_gone is not among the description's functions", self.failures())

    def test_a_line_that_says_nothing_of_null(self):
        self.table["upnvme_poll"]["arguments"][0] = "qp"
        self.assertIn("says nothing of a null `qp`", self.failures())

    def test_a_line_with_an_argument_too_few(self):
        self.table["upnvme_poll"]["arguments"].pop()
        self.assertIn("has not its 2 arguments", self.failures())

    def test_an_answer_that_differs_from_the_table(self):
        self.table["upnvme_reap"]["arguments"][0][1] = "EINVAL UPNVME_ERR_ARGUMENT"
        self.table["upnvme_ns_id"]["gives"] = "zero"
        output = self.failures(2)
        self.assertIn("upnvme_reap with `qp` = 0: -22, expected: EINVAL UPNVME_ERR_ARGUMENT", output)
        self.assertIn("upnvme_ns_id with good arguments: 1, expected: zero", output)

    def test_no_table(self):
        self.assertIn("cannot be read", call(BUILD / "tests/abi/test_ffi", self.folder / "none", code=1))


if __name__ == "__main__":
    main()
