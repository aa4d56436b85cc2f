#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The files of `make install`, and that a program elsewhere needs only these and pkg-config."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

from harness import BUILD, ENVIRONMENT, TOP, Case, call, library_objects, main, release_only

PREFIX = "/opt/upnvme"
HEADERS = [path.relative_to(TOP / folder) for folder in ("capi/include", "bindings/cgo")
           for path in sorted((TOP / folder).rglob("*.h"))]
MAP = set(re.findall(r"^\t(\w+);$", (TOP / "capi/upnvme.map").read_text(encoding="utf-8"), re.MULTILINE))
# Files that are made from the description of the ABI, which takes a Python with pycparser.
DESCRIBED = any(subprocess.run([python, "-c", "import pycparser"], capture_output=True, check=False).returncode == 0
                for python in ("python3", "/usr/bin/python3"))
SHARED = {f"share/upnvme/{name}" for name in ("abi.json", "upnvme_cdef.h", "upnvme_ctypes.py", "upnvme.lua")
          if DESCRIBED}
HELLO = TOP / "capi/examples/hello.c"
ALL_EXAMPLES = sorted((TOP / "capi/examples").glob("*.c"))
# A session in C++, of the same words as in C.
SESSION = r"""
#include <cstdio>
#include <cstring>
#include <upnvme.h>

int main()
{
	upnvme_ctrlr *ctrlr; upnvme_ns *ns; upnvme_qpair *qp; void *buf;
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	bool done = false;
	auto on_done = [](void *arg, const struct upnvme_completion *completion) {
		*static_cast<bool *>(arg) = !completion->status;
	};

	if (upnvme_open(&ctrlr, "soft:ram?size=1MiB", &opts) || upnvme_ns_get(&ns, ctrlr, 1) ||
	    upnvme_qpair_create(&qp, ctrlr, nullptr) || upnvme_dma_alloc(&buf, ctrlr, 4096, 0) ||
	    upnvme_read(qp, ns, buf, 0, 1, on_done, &done)) {
		std::fprintf(stderr, "%s\n", upnvme_last_error());
		return 1;
	}
	while (!done)
		upnvme_poll(qp, 0);
	std::puts("Hello, NVMe!");
	return upnvme_qpair_close(qp) || upnvme_close(ctrlr);
}
"""
CMAKE = """
cmake_minimum_required(VERSION 3.16)
project(outside C CXX)
set(CMAKE_CXX_STANDARD 17)
find_package(upnvme 0.1 REQUIRED CONFIG)
find_package(PkgConfig REQUIRED)
pkg_check_modules(FROM_PKG_CONFIG REQUIRED IMPORTED_TARGET upnvme)
add_executable(shared hello.c)
target_link_libraries(shared PRIVATE upnvme::upnvme)
add_executable(static hello.c)
target_link_libraries(static PRIVATE upnvme::static)
add_executable(cxx session.cc)
target_link_libraries(cxx PRIVATE PkgConfig::FROM_PKG_CONFIG)
"""


def make(target, root):
    call("make", "-s", "-C", TOP, target, f"PREFIX={PREFIX}", f"DESTDIR={root}", env=ENVIRONMENT)


class Staged(Case):
    """With the library installed in a folder, as if that were the root."""

    @classmethod
    def stage(cls, folder):
        cls.root = pathlib.Path(folder)
        cls.prefix = cls.root / PREFIX[1:]
        cls.lib = cls.prefix / "lib"
        cls.environment = {**ENVIRONMENT, "LD_LIBRARY_PATH": str(cls.lib), "PKG_CONFIG_SYSROOT_DIR": str(cls.root),
                           "PKG_CONFIG_LIBDIR": f"{cls.lib}/pkgconfig"}
        make("install", cls.root)

    def pkg_config(self, *options):
        return shlex.split(call("pkg-config", *options, "upnvme", env=self.environment))


@release_only
@unittest.skipUnless(shutil.which("pkg-config"), "pkg-config is not installed")
class Install(Staged):
    def setUp(self):
        super().setUp()
        self.stage(self.folder / "stage")

    def files(self):
        return {str(path.relative_to(self.prefix)) for path in self.prefix.rglob("*") if not path.is_dir()}

    def test_the_listed_files_are_installed_and_removed(self):
        tools = {f"bin/{path.stem}" for path in (TOP / "capi/tools").iterdir()}
        version = self.pkg_config("--modversion")[0]
        libraries = {"libupnvme.a", "libupnvme.so", "libupnvme.so.0", f"libupnvme.so.{version}", "pkgconfig/upnvme.pc",
                     "cmake/upnvme/upnvme-config.cmake", "cmake/upnvme/upnvme-config-version.cmake"}
        libraries |= {path.name for path in (BUILD / "lib").glob("libupnvme-*.so")}
        pages = {name for name in self.files() if name.startswith("share/man/")}
        self.assertEqual(self.files() - pages, tools | SHARED | {f"include/{path}" for path in HEADERS} |
                         {f"lib/{name}" for name in libraries})
        self.assertLessEqual({"share/man/man1/upnvme-perf.1", "share/man/man8/upnvme-devices.8",
                              *(f"share/man/man3/{name}.3" for name in MAP)}, pages)
        make("uninstall", self.root)
        self.assertEqual(self.files(), set())

    def test_nothing_that_is_installed_knows_where_it_was_built(self):
        texts = [self.lib / "pkgconfig/upnvme.pc", *(self.lib / "cmake/upnvme").iterdir()]
        for path in texts:
            self.assertNotIn(str(self.root), path.read_text(encoding="utf-8"))
        for name in [*(self.prefix / "bin").iterdir(), self.lib / "libupnvme.so.0"]:
            paths = re.findall(r"(?:RPATH|RUNPATH).*\[(.*)\]", call("readelf", "-d", name))
            self.assertIn(paths, ([], [f"{PREFIX}/lib"]))


@release_only
@unittest.skipUnless(shutil.which("pkg-config"), "pkg-config is not installed")
class Outside(Staged):
    """Programs in folders of their own, which find the library by pkg-config or CMake."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="upnvme-")
        cls.addClassCleanup(folder.cleanup)
        cls.stage(folder.name)

    def build(self, source, *compiler, flags=("--cflags", "--libs"), more=()):
        """Compiles a copy of a program, or its text, in this test's folder, and gives back where it is."""
        if isinstance(source, pathlib.Path):
            shutil.copy(source, self.folder)
            name = source.name
        else:
            name = "session.cc"
            (self.folder / name).write_text(source, encoding="utf-8")
        call(*compiler, "-Wall", "-Wextra", "-Werror", name, *more, "-o", pathlib.Path(name).stem,
             *self.pkg_config(*flags), cwd=self.folder)
        return self.folder / pathlib.Path(name).stem

    def run_here(self, program, *args):
        return call(program, *args, cwd=self.folder, env=self.environment)

    def test_a_program_in_c11(self):
        program = self.build(HELLO, "cc", "-std=c11", "-pedantic-errors", "-D_DEFAULT_SOURCE")
        self.assertIn("Hello, NVMe!", self.run_here(program))
        self.assertIn("[libupnvme.so.0]", call("readelf", "-d", program))

    @unittest.skipUnless(shutil.which("g++"), "g++ is not installed")
    def test_a_program_in_cxx17(self):
        program = self.build(SESSION, "g++", "-std=c++17", "-pedantic-errors")
        self.assertIn("Hello, NVMe!", self.run_here(program))

    def test_a_program_with_the_static_library(self):
        try:
            program = self.build(HELLO, "cc", "-std=gnu11", "-static", flags=("--static", "--cflags", "--libs"))
        except AssertionError as error:
            if re.search(r"cannot find -l(c|uring|pthread)\b", str(error)):
                self.skipTest("a static library of the system's is missing")
            raise
        self.assertIn("Hello, NVMe!", self.run_here(program))

    @unittest.skipUnless(shutil.which("cmake") and shutil.which("g++"), "cmake or g++ is not installed")
    def test_a_project_of_cmake(self):
        self.file("CMakeLists.txt", CMAKE.encode())
        self.file("session.cc", SESSION.encode())
        shutil.copy(HELLO, self.folder)
        call("cmake", "-S", ".", "-B", "out", f"-DCMAKE_PREFIX_PATH={self.prefix}", cwd=self.folder,
             env=self.environment)
        call("cmake", "--build", "out", cwd=self.folder, env=self.environment)
        for name in ("shared", "static", "cxx"):
            with self.subTest(program=name):
                self.assertIn("Hello, NVMe!", self.run_here(self.folder / "out" / name))
        self.assertNotIn("upnvme", call("readelf", "-d", self.folder / "out/static"))

    @unittest.skipUnless(shutil.which("cmake"), "cmake is not installed")
    def test_cmake_refuses_a_version_that_is_not_there(self):
        for version in ("0.9", "1.0"):
            with self.subTest(version=version):
                self.file("CMakeLists.txt", CMAKE.replace("upnvme 0.1", f"upnvme {version}").encode())
                with self.assertRaisesRegex(AssertionError, "upnvme-config.cmake, version: 0.1.0"):
                    call("cmake", "-S", ".", "-B", "out", f"-DCMAKE_PREFIX_PATH={self.prefix}", cwd=self.folder,
                         env=self.environment)

    def test_every_example(self):
        size = (1 << 20) + 512
        content = os.urandom(size)
        arguments = {
            "hello": ((), "Hello, NVMe!"),
            "reader": (("soft:ram?size=1MiB", 2, 1000), "1000 reads"),
            "dump": (("soft:./from.img", "out"), ""),
            "copy": (("soft:./from.img", "soft:./to.img"), ""),
            "scatter": ((), "page 3, page 2"),
            "load": (("from.img", "soft:./loaded.img"), f"{size // 512} blocks"),
            "events": (("soft:ram?size=1MiB",), "a health warning"),
        }
        self.file("from.img", content)
        for name in ("to.img", "loaded.img"):
            self.file(name, size=size)
        self.assertEqual({path.stem for path in ALL_EXAMPLES}, set(arguments))
        for path in ALL_EXAMPLES:
            with self.subTest(example=path.stem):
                args, words = arguments[path.stem]
                self.assertIn(words, self.run_here(self.build(path, "cc", "-std=gnu11"), *args))
        for name in ("out", "to.img", "loaded.img"):
            self.assertEqual((self.folder / name).read_bytes(), content, name)

    def test_an_application_may_have_our_inner_names_and_those_of_a_dpdk(self):
        names = set(re.findall(r" [TDBR] (\w+)$", call("nm", "-g", *library_objects()), re.MULTILINE))
        ours = set(re.findall(r" T (\w+)@", call("nm", "-D", self.lib / "libupnvme.so.0")))
        inner = sorted(names - ours | {"rte_eal_init", "rte_malloc", "rte_vfio_setup_device"})
        self.assertGreater(len(inner), 100)
        text = "".join(f"void {name}(void) {{ __builtin_trap(); }}\n" for name in inner)
        self.file("inner.c", text.encode())
        call("cc", "-c", "-fno-builtin", "-fPIC", "inner.c", "-o", "inner.o", cwd=self.folder)
        program = self.build(HELLO, "cc", "-std=gnu11", "-rdynamic", more=("inner.o",))
        self.assertIn("Hello, NVMe!", self.run_here(program))
        archive = [self.lib / "libupnvme.a", *self.pkg_config("--libs-only-l", "--static")[1:]]
        program = self.build(HELLO, "cc", "-std=gnu11", flags=("--cflags",), more=("inner.o", *archive))
        self.assertIn("Hello, NVMe!", self.run_here(program))

    def test_the_library_can_be_loaded_and_unloaded_many_times(self):
        image = self.file("disk.img", size=1 << 20)
        program = self.build(TOP / "tests/tools/dlopen.c", "cc", "-std=gnu11", "-pthread", flags=("--cflags",))
        for uris in (("soft:ram?size=1MiB", "soft:ram?size=1MiB&mode=thread"),
                     (f"soft:{image}?readonly=1", f"soft:{image}?readonly=1&engine=worker")):
            with self.subTest(uris=uris):
                self.run_here(program, self.lib / "libupnvme.so.0", *uris)


if __name__ == "__main__":
    main()
