#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The checker of sizes and loose ends must find each kind of mistake."""

import pathlib
import tempfile
import unittest

import files

HEAD = "/* SPDX-License-Identifier: BSD-3-Clause */\n"


def complaints(text, name="a.c"):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        lengths = []
        found = [line.removeprefix(f"{path}:") for line in files.check(path, lengths, name)]
        return found, lengths


class Files(unittest.TestCase):
    def test_a_good_file(self):
        text = HEAD + "static int one(void)\n{\n\treturn 1;\n}\n\nstruct a {\n\tint b;\n};\n"
        self.assertEqual(complaints(text), ([], [4]))

    def test_a_head_of_several_lines_counts(self):
        text = HEAD + "/* why */\nstatic int two(int a,\n\t       int b)\n{\n\treturn a + b;\n}\n"
        self.assertEqual(complaints(text), ([], [5]))

    def test_a_long_function(self):
        for name, limit in (("a.c", 55), ("core/a.c", 45)):
            text = HEAD + "void f(void)\n{\n" + "\ta();\n" * (limit - 3) + "}\n"
            self.assertEqual(complaints(text, name), ([], [limit]))
            text = text.replace("\ta();\n", "\ta();\n\tb();\n", 1)
            self.assertEqual(complaints(text, name)[0], [f"2: a function of {limit + 1} lines, {limit} at most"])

    def test_a_descriptor_that_may_be_a_standard_one(self):
        body = HEAD + "int f(void)\n{\n\t/* open() */\n\tlog(\"open()\");\n\treturn ops->open(1);\n}\n"
        self.assertEqual(complaints(body, "core/a.c")[0], [])
        text = body.replace("ops->open(1)", "open(path, 0)")
        self.assertEqual(complaints(text, "core/a.c")[0],
                         ["6: open( may give a descriptor below 3: see core/base/fd.h"])
        self.assertEqual(complaints(text, "tests/a.c")[0], [])
        self.assertEqual(complaints(text.replace("/* open() */", "fd_floor_raise();"), "core/a.c")[0], [])
        text = body.replace("ops->open(1)", "ioctl(fd, VFIO_GROUP_GET_DEVICE_FD, 1)")
        self.assertEqual(len(complaints(text, "capi/src/a.c")[0]), 1)

    def test_a_long_file(self):
        for name, limit in (("a.c", 700), ("core/a.c", 400)):
            self.assertEqual(complaints(HEAD + "\n" * (limit - 1), name)[0], [])
            self.assertEqual(complaints(HEAD + "\n" * limit, name)[0], [f"{limit}: {limit + 1} lines, {limit} at most"])

    def test_no_licence(self):
        self.assertEqual(len(complaints("int a;\n")[0]), 1)
        self.assertEqual(complaints("#!/bin/sh\n# SPDX-License-Identifier: BSD-3-Clause\n", "a.sh")[0], [])

    def test_a_loose_end(self):
        self.assertEqual(complaints(HEAD + "/* TO" + "DO: more */\n")[0][0][:15], "2: a loose end:")

    def test_a_declaration_that_its_comment_split(self):
        split = "struct a {\n\tuint32_t\n\t\tb; /* long */\n\tuint16_t c; /* short */\n};\n"
        self.assertEqual([line[:2] for line in complaints(HEAD + split)[0]], ["3:"])


if __name__ == "__main__":
    unittest.main()
