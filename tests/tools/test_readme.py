#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The README says what is so: its program builds and runs, its keys and targets are those that there are."""

import pathlib
import re
import shutil
import subprocess
import unittest

from harness import PATIENCE, TOP, Case, fenced, main, run

README = (TOP / "README.md").read_text(encoding="utf-8")


def listed_keys(medium):
    """The keys that the library says it knows for a medium."""
    sentence = run("bin/upnvme-perf", "--uri", f"soft:{medium}?nonsense=1", code=1).stderr
    return set(sentence.strip().rsplit("takes: ", 1)[1].split(", "))


def documented_keys():
    """Each key of the table, with the media that it is for."""
    rows = re.findall(r"^\| `(\w+)` \| (all|ram|file|null|ram, null) \| [^|]+ \| [^|]+ \|$", README, re.MULTILINE)
    return {key: {"ram", "file", "null"} if media == "all" else set(media.split(", ")) for key, media in rows}


class Readme(Case):
    @unittest.skipUnless(shutil.which("gcc"), "gcc is not installed")
    def test_the_program_builds_without_a_warning_and_runs(self):
        programs = fenced(README, "c")
        self.assertEqual(len(programs), 1)
        self.assertEqual(run(self.program(programs[0])).stdout, "read 32768 bytes\n")

    def test_the_keys_of_uris_are_those_that_the_library_takes(self):
        documented = documented_keys()
        for medium, path in (("ram", "ram"), ("null", "null"), ("file", "/dev/null")):
            with self.subTest(medium=medium):
                self.assertEqual({key for key, media in documented.items() if medium in media}, listed_keys(path))

    def test_what_each_key_defaults_to_is_a_value_that_it_takes(self):
        image = self.file("disk.img", size=1 << 20)
        file_query = "block=512&readonly=0&mode=inline&mdts=5&entries=65536&queues=64&dstrd=0&sgl=1&noiob=0&serial=1"
        for uri in (f"soft:{image}?{file_query}", f"soft:{image}?engine=worker&readonly=1",
                    "soft:ram?size=1GiB&block=4096&namespaces=1&mode=thread", "soft:null?size=1TiB&zero=0&sgl=0"):
            with self.subTest(uri=uri):
                run("bin/upnvme-perf", "--uri", uri, "--ios", 10)

    def test_every_target_of_make_that_is_named_exists(self):
        named = set(re.findall(r"(?:`|^    |sudo )make ([a-z-]+)", README, re.MULTILINE))
        help_text = subprocess.run(["make", "-s", "-C", TOP, "help"], capture_output=True, text=True, check=True,
                                   timeout=PATIENCE).stdout
        self.assertLessEqual({"demo", "check", "bench", "install"}, named)
        self.assertLessEqual(named, set(re.findall(r"^  ([a-z-]+) ", help_text, re.MULTILINE)))

    def test_every_path_that_is_named_exists(self):
        named = re.findall(r"\]\(([^)#:]+)\)", README) + re.findall(r"^\| `(\w+/[^`]*)`", README, re.MULTILINE)
        self.assertIn("capi/examples", named)
        for path in named:
            with self.subTest(path=path):
                self.assertTrue((TOP / pathlib.Path(path)).exists())

    def test_every_example_is_named(self):
        for source in (TOP / "capi/examples").iterdir():
            with self.subTest(example=source.stem):
                self.assertIn(f"`{source.stem}` (", README)


if __name__ == "__main__":
    main()
