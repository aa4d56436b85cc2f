#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What `make install` puts where, and that a program elsewhere needs nothing but that and pkg-config."""

import os
import re
import shlex
import shutil
import subprocess
import unittest

from harness import TOP, Case, main

PREFIX = "/opt/upnvme"
HEADERS = [path.relative_to(TOP / "capi/include") for path in sorted((TOP / "capi/include").rglob("*.h"))]
MAP = set(re.findall(r"^\t(\w+);$", (TOP / "capi/upnvme.map").read_text(encoding="utf-8"), re.MULTILINE))
# What is made from the description of the ABI, which takes a Python with pycparser.
DESCRIBED = any(subprocess.run([python, "-c", "import pycparser"], capture_output=True, check=False).returncode == 0
                for python in ("python3", "/usr/bin/python3"))
SHARED = {f"share/upnvme/{name}" for name in ("abi.json", "upnvme_cdef.h", "upnvme_ctypes.py", "upnvme.lua")
          if DESCRIBED}
# The make that runs this test is none of the business of the one that is tested.
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("MAKE") and key != "MFLAGS"}


def call(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, timeout=300,
                          **options).stdout


@unittest.skipIf(os.environ.get("UPNVME_TEST_BUILD", "release") != "release", "of the release build only")
@unittest.skipUnless(shutil.which("pkg-config"), "pkg-config is not installed")
class Install(Case):
    def setUp(self):
        super().setUp()
        self.root = self.folder / "stage"
        self.prefix = self.root / PREFIX[1:]
        self.make("install")

    def make(self, target):
        call("make", "-s", "-C", TOP, target, f"PREFIX={PREFIX}", f"DESTDIR={self.root}", env=ENVIRONMENT)

    def files(self):
        return {str(path.relative_to(self.prefix)) for path in self.prefix.rglob("*") if not path.is_dir()}

    def pkg_config(self, *options):
        environment = {"PKG_CONFIG_LIBDIR": f"{self.prefix}/lib/pkgconfig", "PKG_CONFIG_SYSROOT_DIR": str(self.root)}
        return shlex.split(call("pkg-config", *options, "upnvme", env={**ENVIRONMENT, **environment}))

    def build(self, compiler, *flags):
        """Compiles an example in a folder of its own, and gives back what it prints."""
        shutil.copy(TOP / "capi/examples/hello.c", self.folder)
        call(*compiler, "-Wall", "-Wextra", "-Werror", "hello.c", "-o", "hello", *flags, cwd=self.folder)
        return call("./hello", cwd=self.folder, env={**ENVIRONMENT, "LD_LIBRARY_PATH": f"{self.prefix}/lib"})

    def test_these_files_are_installed_and_removed(self):
        tools = {f"bin/{path.stem}" for path in (TOP / "capi/tools").iterdir()}
        version = self.pkg_config("--modversion")[0]
        libraries = {"libupnvme.a", "libupnvme.so", "libupnvme.so.0", f"libupnvme.so.{version}", "pkgconfig/upnvme.pc"}
        pages = {name for name in self.files() if name.startswith("share/man/")}
        self.assertEqual(self.files() - pages, tools | SHARED | {f"include/{path}" for path in HEADERS} |
                         {f"lib/{name}" for name in libraries})
        self.assertLessEqual({"share/man/man1/upnvme-perf.1", "share/man/man8/upnvme-devices.8",
                              *(f"share/man/man3/{name}.3" for name in MAP)}, pages)
        self.make("uninstall")
        self.assertEqual(self.files(), set())

    def test_nothing_that_is_installed_knows_where_it_was_built(self):
        self.assertNotIn(str(self.root), (self.prefix / "lib/pkgconfig/upnvme.pc").read_text(encoding="utf-8"))
        for name in [*(self.prefix / "bin").iterdir(), self.prefix / "lib/libupnvme.so.0"]:
            paths = re.findall(r"(?:RPATH|RUNPATH).*\[(.*)\]", call("readelf", "-d", name))
            self.assertIn(paths, ([], [f"{PREFIX}/lib"]))

    def test_a_program_is_built_with_the_shared_library(self):
        self.assertIn("Hello, NVMe!", self.build(["cc", "-std=gnu11"], *self.pkg_config("--cflags", "--libs")))
        self.assertIn("[libupnvme.so.0]", call("readelf", "-d", self.folder / "hello"))

    def test_a_program_is_built_with_the_static_library(self):
        try:
            output = self.build(["cc", "-std=gnu11", "-static"], *self.pkg_config("--static", "--cflags", "--libs"))
        except subprocess.CalledProcessError as error:
            if re.search(r"cannot find -l(c|uring|pthread)\b", error.stderr):
                self.skipTest("a static library of the system's is missing")
            raise
        self.assertIn("Hello, NVMe!", output)

    @unittest.skipUnless(shutil.which("g++"), "g++ is not installed")
    def test_a_program_in_cxx_finds_the_functions(self):
        (self.folder / "version.cc").write_text("#include <upnvme.h>\nint main() { return !*upnvme_version(); }\n",
                                                encoding="utf-8")
        call("g++", "-Wall", "-Wextra", "-pedantic-errors", "version.cc", "-o", "version",
             *self.pkg_config("--cflags", "--libs"), cwd=self.folder)

    def test_both_libraries_export_what_the_version_script_lists(self):
        self.assertGreater(len(MAP), 60)
        shared = call("nm", "-D", "--defined-only", self.prefix / "lib/libupnvme.so.0")
        exported = set(re.findall(r" T (\w+)@@UPNVME_0$", shared, re.MULTILINE))
        self.assertEqual(exported, MAP)
        self.assertEqual(len(shared.splitlines()), len(MAP) + 1)  # and the node of the version map
        archive = call("nm", "-g", "--defined-only", self.prefix / "lib/libupnvme.a")
        self.assertEqual(set(re.findall(r" [A-Z] (\w+)$", archive, re.MULTILINE)), MAP)


if __name__ == "__main__":
    main()
