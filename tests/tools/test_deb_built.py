#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Debian packages, built: what is in each, what it needs, no warning of lintian. tests/deb installs them."""

import pathlib
import re
import shutil
import tempfile
import unittest

from harness import ENVIRONMENT, TOP, Case, call, main, release_only, run

PACKAGES = {"libupnvme0", "libupnvme-dev", "upnvme-tools"}
TOOLS = ("dpkg-architecture", "dpkg-deb", "dpkg-gensymbols", "dpkg-shlibdeps")
HEADER = (TOP / "capi/include/upnvme/version.h").read_text(encoding="utf-8")
VERSION = re.search(r'^#define UPNVME_VERSION +"([\d.]+)"', HEADER, re.MULTILINE)[1]


@release_only
@unittest.skipUnless(all(map(shutil.which, TOOLS)), f"one of {', '.join(TOOLS)} is not installed (make deps)")
class Deb(Case):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="upnvme-")
        cls.addClassCleanup(folder.cleanup)
        cls.lib = f"usr/lib/{call('dpkg-architecture', '-qDEB_HOST_MULTIARCH').strip()}"
        cls.installed = pathlib.Path(folder.name) / "installed"
        cls.made = pathlib.Path(folder.name) / "made"
        call("make", "-s", "install", "PREFIX=/usr", f"LIBDIR=/{cls.lib}", f"DESTDIR={cls.installed}", cwd=TOP,
             env=ENVIRONMENT)
        shutil.copytree(cls.installed, cls.made / "stage", symlinks=True)
        cls.build(cls.made)

    @staticmethod
    def build(folder, code=0):
        return run(TOP / "capi/packaging/build-deb", VERSION, folder, code=code, cwd=TOP, env=ENVIRONMENT).stderr

    def stage(self):
        """The installed files, in this test's folder."""
        shutil.copytree(self.installed, self.folder / "stage", symlinks=True)
        return self.folder / "stage"

    def packages(self, folder=None):
        return {path.name.split("_")[0]: path for path in (folder or self.made).glob("*.deb")}

    def fields(self, package):
        text = call("dpkg-deb", "-f", self.packages()[package])
        return dict(line.split(": ", 1) for line in text.splitlines() if not line.startswith(" "))

    def files(self, package, folder=None):
        listed = call("dpkg-deb", "-c", self.packages(folder)[package])
        return {line.split()[5][2:] for line in listed.splitlines() if not line.startswith("d")}

    def test_each_file_is_in_its_package(self):
        self.assertEqual(set(self.packages()) - {"libupnvme-dpdk"}, PACKAGES)
        documents = {"changelog.gz", "changelog.Debian.gz", "copyright"}
        for name in PACKAGES:
            self.assertLessEqual({f"usr/share/doc/{name}/{file}" for file in documents}, self.files(name))
        self.assertLessEqual({f"{self.lib}/libupnvme.so.0", f"{self.lib}/libupnvme.so.{VERSION}"},
                             self.files("libupnvme0"))
        self.assertLessEqual({f"{self.lib}/libupnvme.so", f"{self.lib}/libupnvme.a", f"{self.lib}/pkgconfig/upnvme.pc",
                              "usr/include/upnvme.h", "usr/include/upnvme/spec/identify.h",
                              "usr/include/upnvme/sys/error.h", "usr/share/doc/libupnvme-dev/examples/hello.c"},
                             self.files("libupnvme-dev"))
        self.assertLessEqual({f"usr/bin/{path.stem}" for path in (TOP / "capi/tools").iterdir()},
                             self.files("upnvme-tools"))

    def test_each_package_names_its_dependencies(self):
        self.assertRegex(self.fields("libupnvme0")["Depends"], r"libc6 \(>= ")
        self.assertEqual(self.fields("libupnvme-dev")["Depends"].split(", ")[0], f"libupnvme0 (= {VERSION}-1)")
        self.assertIn(f"libupnvme0 (>= {VERSION})", self.fields("upnvme-tools")["Depends"])
        symbols = call("dpkg-deb", "-I", self.packages()["libupnvme0"], "symbols")
        self.assertIn(f" upnvme_open@UPNVME_0 {VERSION}", symbols)
        self.assertNotIn("MISSING", symbols)

    @unittest.skipUnless(shutil.which("lintian"), "lintian is not installed (make deps)")
    def test_lintian_has_no_warning(self):
        call("lintian", "--fail-on", "error,warning", "--suppress-tags", "initial-upload-closes-no-bugs",
             "--allow-root", *self.packages().values())

    def test_a_second_build_is_the_same_to_the_byte(self):
        self.stage()
        self.build(self.folder)
        self.assertEqual({name: path.read_bytes() for name, path in self.packages(self.folder).items()},
                         {name: path.read_bytes() for name, path in self.packages().items()})

    def test_the_plug_in_has_a_package_of_its_own(self):
        if not (self.installed / self.lib / "libupnvme-dpdk.so").exists():
            self.skipTest("built without DPDK")
        self.assertIn(f"{self.lib}/libupnvme-dpdk.so", self.files("libupnvme-dpdk"))
        depends = self.fields("libupnvme-dpdk")["Depends"]
        self.assertIn("libnuma1", depends)
        self.assertIn(f"libupnvme0 (= {VERSION}-1)", depends)
        self.assertRegex(self.fields("libupnvme-dpdk").get("Static-Built-Using", ""), r"^dpdk \(= \d+\.\d+")
        self.assertEqual(self.fields("libupnvme0")["Suggests"], "libupnvme-dpdk")

    def test_without_the_plug_in_no_package_for_it_is_made(self):
        (self.stage() / self.lib / "libupnvme-dpdk.so").unlink(missing_ok=True)
        self.build(self.folder)
        self.assertEqual(set(self.packages(self.folder)), PACKAGES)

    def test_headers_are_a_tree_of_folders(self):
        deep = self.stage() / "usr/include/upnvme/new/deep/deep.h"
        deep.parent.mkdir(parents=True)
        deep.touch()
        self.build(self.folder)
        self.assertIn("usr/include/upnvme/new/deep/deep.h", self.files("libupnvme-dev", self.folder))

    def test_a_file_that_is_in_no_package_is_an_error(self):
        games = self.stage() / "usr/games"
        games.mkdir()
        (games / "solitaire").touch()
        self.assertRegex(self.build(self.folder, code=1), "in no package:\n.*usr/games/solitaire")
        self.assertEqual(self.packages(self.folder), {})


if __name__ == "__main__":
    main()
