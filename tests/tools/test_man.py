#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The manual pages: each exported name has one, a tool's page has its --help, and troff has no complaints."""

import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

from harness import BUILD, PATIENCE, TOP, Case, main, release_only, run

MAN = TOP / "capi/docs/man.py"
TOOLS = {"upnvme-perf": "man1/upnvme-perf.1", "upnvme-devices": "man8/upnvme-devices.8"}
EXPORTED = set(re.findall(r"^\t(\w+);$", (TOP / "capi/upnvme.map").read_text(encoding="utf-8"), re.MULTILINE))


def call(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, timeout=PATIENCE)


def plain(page):
    """The words of a page, without what is for troff."""
    text = re.sub(r"\\f[BIR]|\\&", "", page.read_text(encoding="utf-8"))
    return re.sub(r"\\-", "-", text).replace("\\(aq", "'")


@release_only
class Man(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="upnvme-")
        cls.addClassCleanup(folder.cleanup)
        cls.man = pathlib.Path(folder.name)
        call(sys.executable, "-B", MAN, "functions", "1.2.3", cls.man)
        for tool in TOOLS:
            call(sys.executable, "-B", MAN, "tool", BUILD / "bin" / tool, "1.2.3", cls.man)

    def pages(self):
        return sorted(self.man.glob("man*/*"))

    def test_each_function_and_each_tool_has_a_page(self):
        names = {path.stem for path in self.pages()}
        self.assertLessEqual(EXPORTED | set(TOOLS) | {"upnvme", "upnvme_op", "upnvme_cb", "upnvme_constants"}, names)
        self.assertEqual({path.stem for path in (TOP / "capi/tools").iterdir()}, set(TOOLS))

    def test_a_page_has_all_that_its_reader_looks_for(self):
        page = plain(self.man / "man3/upnvme_read.3")
        sections = re.findall(r'^\.SH "(.*)"$', page, re.MULTILINE)
        self.assertEqual(sections, ["NAME", "SYNOPSIS", "DESCRIPTION", "PARAMETERS", "RETURN VALUE", "THREADS",
                                    "HISTORY", "SEE ALSO"])
        self.assertIn(".TP\n-EXDEV\nnamespace of another controller\n", page)
        self.assertIn("upnvme 1.2.3", page.splitlines()[1])

    def test_each_error_is_a_term_of_its_own(self):
        for path in self.man.glob("man3/upnvme_*.3"):
            errors = plain(path).partition('.SH "RETURN VALUE"')[2].partition(".SH")[0]
            for line in errors.splitlines():
                with self.subTest(page=path.name, line=line):
                    self.assertNotRegex(line, r"-E[A-Z0-9]+.*; -E|negative errno: ")

    def test_each_word_of_the_help_is_in_the_page(self):
        for tool, page in TOOLS.items():
            words = plain(self.man / page).split()
            for word in run(f"bin/{tool}", "--help").stdout.removeprefix("usage: ").split():
                with self.subTest(tool=tool, word=word):
                    self.assertIn(word.replace("\\", "\\e"), words)

    def test_the_examples_of_the_tool_that_measures_run(self):
        lines = [line for line in (TOP / "capi/docs/tools/upnvme-perf.txt").read_text(encoding="utf-8").splitlines()
                 if line.startswith(" ")]
        self.assertEqual(len(lines), 3)
        for line in lines:
            with self.subTest(line=line):
                program, *words = shlex.split(line)
                run(f"bin/{program}", *words)

    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not installed")
    def test_mandoc_warns_of_nothing(self):
        call("mandoc", "-Tlint", "-Wwarning", *self.pages())

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_groff_warns_of_nothing(self):
        for path in self.pages():
            with self.subTest(page=path.name):
                self.assertEqual(call("groff", "-ww", "-man", "-Tutf8", "-z", path).stderr, "")

    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not installed")
    def test_a_page_that_is_wrong_is_seen(self):
        path = self.folder / "wrong.3"
        path.write_text(self.pages()[-1].read_text(encoding="utf-8") + ".NOSUCH macro\n", encoding="utf-8")
        with self.assertRaises(subprocess.CalledProcessError):
            call("mandoc", "-Tlint", "-Wwarning", path)


if __name__ == "__main__":
    main()
