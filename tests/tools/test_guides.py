#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The guides of the reference: each has a program that builds without a warning and prints what the page says."""

import re
import shutil
import unittest

from harness import TOP, Case, fenced, main, run

FOLDER = TOP / "capi/docs"
MAIN = (FOLDER / "main.md").read_text(encoding="utf-8")
GUIDES = sorted(path for path in FOLDER.glob("*.md") if path.name != "main.md")


class Guides(Case):
    def test_the_main_page_leads_to_every_guide(self):
        self.assertGreater(len(GUIDES), 8)
        self.assertEqual(sorted(re.findall(r"\]\((\w+\.md)\)", MAIN)), [path.name for path in GUIDES])

    def test_the_main_page_names_every_header(self):
        headers = {f"upnvme/{path.name}" for path in (TOP / "capi/include/upnvme").glob("*.h")}
        self.assertEqual(set(re.findall(r"^\| (upnvme/\w+\.h) \|", MAIN, re.MULTILINE)), headers)

    def test_every_function_that_is_named_exists(self):
        exported = (TOP / "capi/upnvme.map").read_text(encoding="utf-8")
        for path in [*FOLDER.glob("*.md"), TOP / "capi/ABI.md"]:
            for name in re.findall(r"`(upnvme_\w+)`|\b(upnvme_\w+)\(", path.read_text(encoding="utf-8")):
                with self.subTest(page=path.name, name=name):
                    self.assertTrue(f"\t{name[0] or name[1]};" in exported or self.is_type(name[0]))

    @staticmethod
    def is_type(name):
        headers = (TOP / "capi/include/upnvme").glob("*.h")
        return any(f"struct {name} {{" in path.read_text(encoding="utf-8") for path in headers)

    @unittest.skipUnless(shutil.which("gcc"), "gcc is not installed")
    def test_each_program_prints_what_its_page_says(self):
        for path in GUIDES:
            text = path.read_text(encoding="utf-8")
            programs, outputs = fenced(text, "c"), fenced(text, "text")
            with self.subTest(page=path.name):
                self.assertEqual(len(programs), 1)
                printed = run(self.program(programs[0])).stdout
                if path.stem != "devices":  # which depend on the machine
                    self.assertEqual([printed], outputs)


if __name__ == "__main__":
    main()
