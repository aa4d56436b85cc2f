#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What Debian packages are made from: lists of files, and the source package. test_deb_built.py builds them."""

import fnmatch
import re
import shutil
import unittest

from harness import ENVIRONMENT, TOP, Case, call, main, release_only, run

DEBIAN = TOP / "capi/packaging/debian"
HEADER = (TOP / "capi/include/upnvme/version.h").read_text(encoding="utf-8")
VERSION = re.search(r'^#define UPNVME_VERSION +"([\d.]+)"', HEADER, re.MULTILINE)[1]


@release_only
class Lists(Case):
    def test_every_installed_file_is_in_the_list_of_one_package(self):
        call("make", "-s", "install", "PREFIX=/usr", "LIBDIR=/usr/lib/x", f"DESTDIR={self.folder}", cwd=TOP,
             env=ENVIRONMENT)
        lists = {path.stem: path.read_text(encoding="utf-8").replace("${DEB_HOST_MULTIARCH}", "x").split()
                 for path in DEBIAN.glob("*.install")}
        used = set()
        for path in self.folder.rglob("*"):
            if path.is_dir():
                continue
            name = str(path.relative_to(self.folder))
            packages = {package for package, patterns in lists.items()
                        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)}
            self.assertEqual(len(packages), 1, f"{name} is in {packages or 'no package'}")
            used |= packages
        self.assertEqual(used | {"libupnvme-dpdk"}, set(lists))


@release_only
@unittest.skipUnless(shutil.which("dpkg-source"), "dpkg-source is not installed (make deps)")
class Source(Case):
    def make_source(self, name):
        """The files of the source package, by name."""
        folder = self.folder / name
        folder.mkdir()
        quick = {**ENVIRONMENT, "XZ_DEFAULTS": "-0"}
        run(TOP / "capi/packaging/source-deb", VERSION, folder, cwd=TOP, env=quick)
        return {path.name: path.read_bytes() for path in folder.glob("upnvme_*")}

    def unpack(self):
        tree = self.folder / "tree"
        call("dpkg-source", "--extract", *self.folder.glob("one/*.dsc"), tree)
        return tree

    def test_the_same_tree_makes_the_same_package_with_the_licence_of_every_file(self):
        self.assertEqual(self.make_source("one"), self.make_source("two"))
        tree = self.unpack()
        fields = (tree / "debian/copyright").read_text(encoding="utf-8")
        self.assertEqual(re.findall(r"^(?:Files|License): .*", fields, re.MULTILINE),
                         ["Files: *", "License: BSD-3-clause"])
        licence = (tree / "LICENSE").read_text(encoding="utf-8")
        words = [word for word in fields[fields.index("Redistribution"):].split() if word != "."]
        self.assertEqual(words, licence[licence.index("Redistribution"):].split())
        for path in tree.rglob("*"):
            self.assertTrue(path.exists(), f"{path}: a link to nothing")
            if path.is_file():
                text = path.read_bytes()[:400].decode(errors="replace")
                names = re.findall(r"SPDX-License-Identifier: ([\w.-]+)|Copyright \(c\) (.*)", text)
                self.assertLessEqual(set(names), {("BSD-3-Clause", ""), ("", "2026, The upnvme authors")}, path)


if __name__ == "__main__":
    main()
