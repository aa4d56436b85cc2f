#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The guides of the reference: each has a program that builds without a warning and prints what the page says."""

import re
import shutil
import subprocess
import unittest

from harness import PATIENCE, TOP, Case, fenced, main, run

FOLDER = TOP / "capi/docs"
MAIN = (FOLDER / "main.md").read_text(encoding="utf-8")
OPEN = (FOLDER / "open.md").read_text(encoding="utf-8")
GUIDES = sorted(path for path in FOLDER.glob("*.md") if path.name != "main.md")
REPOSITORY = "https://github.com/upnvme/upnvme/blob/HEAD/"
PAGES = [*FOLDER.glob("*.md"), *(TOP / name for name in (
    "README.md", "CONTRIBUTING.md", "capi/ABI.md", "bindings/ffi/languages.md", "python/README.md", "go/README.md"))]


def listed_keys(medium):
    """The keys that the library says it knows for a medium."""
    sentence = run("bin/upnvme-perf", "--uri", f"soft:{medium}?nonsense=1", code=1).stderr
    return set(sentence.strip().rsplit("takes: ", 1)[1].split(", "))


def documented_keys():
    """Each key of the table, with the media that it is for."""
    rows = re.findall(r"^\| `(\w+)` \| (all|ram|file|null|ram, null) \| [^|]+ \| [^|]+ \|$", OPEN, re.MULTILINE)
    return {key: {"ram", "file", "null"} if media == "all" else set(media.split(", ")) for key, media in rows}


class Guides(Case):
    def test_the_main_page_leads_to_every_guide(self):
        self.assertGreater(len(GUIDES), 8)
        self.assertEqual(sorted(re.findall(r"\]\((\w+\.md)\)", MAIN)), [path.name for path in GUIDES])

    def test_every_link_leads_to_a_file(self):
        for path in PAGES:
            text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
            for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
                with self.subTest(page=path.name, link=link):
                    target = TOP / link.removeprefix(REPOSITORY) if link.startswith(REPOSITORY) else path.parent / link
                    self.assertTrue(target.exists())

    def test_every_target_of_make_that_is_named_exists(self):
        help_text = subprocess.run(["make", "-s", "-C", TOP, "help"], capture_output=True, text=True, check=True,
                                   timeout=PATIENCE).stdout
        targets = set(re.findall(r"^  ([a-z0-9-]+) ", help_text, re.MULTILINE))
        for_users = [path for path in PAGES if path.name not in ("CONTRIBUTING.md", "ABI.md")]
        named = {path: re.findall(r"(?:`|^    |sudo )make ([a-z0-9-]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
                 for path in for_users}
        self.assertLessEqual({"demo", "check", "install"}, set(named[TOP / "README.md"]))
        for path, names in named.items():
            with self.subTest(page=path.name):
                self.assertLessEqual(set(names), targets)

    def test_every_example_is_named(self):
        for source in (TOP / "capi/examples").iterdir():
            with self.subTest(example=source.stem):
                self.assertIn(f"\n| `{source.stem}` | ", MAIN)

    def test_the_keys_of_uris_are_those_that_the_library_takes(self):
        documented = documented_keys()
        for medium, path in (("ram", "ram"), ("null", "null"), ("file", "/dev/null")):
            with self.subTest(medium=medium):
                self.assertEqual({key for key, media in documented.items() if medium in media}, listed_keys(path))

    def test_the_documented_default_of_each_key_is_accepted(self):
        image = self.file("disk.img", size=1 << 20)
        file_query = "block=512&readonly=0&mode=inline&mdts=5&entries=65536&queues=64&dstrd=0&sgl=1&noiob=0&serial=1"
        for uri in (f"soft:{image}?{file_query}", f"soft:{image}?engine=worker&readonly=1",
                    "soft:ram?size=1GiB&block=4096&namespaces=1&mode=thread", "soft:null?size=1TiB&zero=0&sgl=0"):
            with self.subTest(uri=uri):
                run("bin/upnvme-perf", "--uri", uri, "--ios", 10)

    def test_the_main_page_names_every_header(self):
        folder = TOP / "capi/include"
        headers = {path.relative_to(folder).as_posix() for path in (folder / "upnvme").rglob("*.h")}
        rows = re.findall(r"^\| (?:upnvme/[\w/]+\.h(?:, )?)+ \|.*$", MAIN, re.MULTILINE)
        named = {name if "/" in name else f"upnvme/spec/{name}" for row in rows
                 for name in re.findall(r"[\w/]+\.h\b", row)}
        self.assertEqual(named, headers)

    def test_every_function_that_is_named_exists(self):
        exported = (TOP / "capi/upnvme.map").read_text(encoding="utf-8")
        for path in [*FOLDER.glob("*.md"), TOP / "capi/ABI.md"]:
            for name in re.findall(r"`(upnvme_\w+)`|\b(upnvme_\w+)\(", path.read_text(encoding="utf-8")):
                with self.subTest(page=path.name, name=name):
                    self.assertTrue(f"\t{name[0] or name[1]};" in exported or self.is_declared(name[0]))

    @staticmethod
    def is_declared(name):
        """Whether it is a record, or a function that a header has whole."""
        headers = (path.read_text(encoding="utf-8") for path in (TOP / "capi/include/upnvme").rglob("*.h"))
        declared = re.compile(rf"^(struct {name} \{{|static inline .*\b{name}\()", re.MULTILINE)
        return any(declared.search(text) for text in headers)

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
