#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a packager relies on: flags and folders of one's own, nothing installed unasked."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import ENVIRONMENT, PATIENCE, TOP, Case, call, main, release_only

# Of one's own, and in none of the build's lines otherwise.
FLAGS = {"CPPFLAGS": "-DOWN_CPPFLAGS", "CFLAGS": "-DOWN_CFLAGS", "LDFLAGS": "-Wl,--hash-style=gnu"}
COMPILES, LINKS = re.compile(r" -c .* -o "), re.compile(r"^\S*(cc|gcc) .* -o ")


def make(*words, code=0, cwd=TOP, environment=None):
    """What make prints, warnings included."""
    done = subprocess.run(["make", "--no-print-directory", *words], cwd=cwd, env={**ENVIRONMENT, **(environment or {})},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=PATIENCE, check=False)
    if done.returncode != code:
        raise AssertionError(f"make {' '.join(words)}: exit code {done.returncode}, {code} expected\n{done.stdout}")
    return done.stdout


def assignments(values):
    return [f"{name}={value}" for name, value in values.items()]


@release_only
class Flags(Case):
    def check_commands(self, *words, **how):
        """Of all that would be run for the library, the tools and the lanes' programs."""
        commands = make("-n", f"B={self.folder}", "tests", *words, **how).replace("\\\n", " ").splitlines()
        compiled = [line for line in commands if COMPILES.search(line)]
        linked = [line for line in commands if LINKS.search(line) and " -c " not in line and " -r " not in line]
        self.assertGreater(len(compiled), 100)
        self.assertGreater(len(linked), 100)
        for line in compiled:
            for name in ("CPPFLAGS", "CFLAGS"):
                self.assertIn(f" {FLAGS[name]} ", line)
        for line in linked:
            for name in ("CFLAGS", "LDFLAGS"):
                self.assertIn(f" {FLAGS[name]} ", line)

    def test_flags_of_the_command_line_are_in_every_command(self):
        self.check_commands(*assignments(FLAGS))

    def test_flags_of_the_environment_are_in_every_command(self):
        self.check_commands(environment=FLAGS)

    def test_own_flags_are_in_the_programs_that_install_links(self):
        lines = make("-n", "install", f"DESTDIR={self.folder}", *assignments(FLAGS)).replace("\\\n", " ")
        linked = [line for line in re.split(r"[;\n]", lines) if f"-o {self.folder}" in line]
        self.assertEqual(len(linked), len(list((TOP / "capi/tools").iterdir())))
        for line in linked:
            for name in ("CFLAGS", "LDFLAGS"):
                self.assertIn(f" {FLAGS[name]} ", line)

    def test_own_flags_are_in_the_library(self):
        """The library has the other kind of hash table, and an object a macro in what it says for debugging."""
        shared = self.folder / "lib/libupnvme.so"
        make(f"B={self.folder}", "FOLDERS=core/base", str(shared), "CPPFLAGS=-DOWN_CPPFLAGS", "CFLAGS=-g3",
             "LDFLAGS=-Wl,--hash-style=sysv")
        sections = call("readelf", "-SW", shared)
        self.assertIn(" .hash ", sections)
        self.assertNotIn(" .gnu.hash ", sections)
        self.assertIn("OWN_CPPFLAGS", call("readelf", "--debug-dump=macro", self.folder / "obj/core/base/log.o"))

    def test_linker_flags_of_a_test_stay(self):
        text = make("-n", f"B={self.folder}", f"{self.folder}/tests/hostile/test_nth_call", *assignments(FLAGS))
        self.assertIn("--wrap=malloc", text)

    def built(self, **flags):
        """The symbols that an object outside the hot path, and one of it, want of others; no warning is allowed."""
        objects = [self.folder / "obj" / path for path in ("core/base/capability.o", "capi/src/io.o")]
        flags["CFLAGS"] = f"-Werror {flags.get('CFLAGS', '')}"
        make(f"B={self.folder}", *map(str, objects), *assignments(flags))
        return [set(re.findall(r" U (\w+)", call("nm", "-u", path))) for path in objects]

    def test_hardening_is_the_build_s_where_nothing_is_said(self):
        usual, hot = self.built()
        self.assertIn("__stack_chk_fail", usual)
        self.assertIn("__snprintf_chk", usual)
        self.assertNotIn("__stack_chk_fail", hot)

    def test_hardening_of_one_s_own_wins(self):
        level = "-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=1"
        for flags in ({"CPPFLAGS": level}, {"CFLAGS": level}, {"CFLAGS": "-Wp,-U_FORTIFY_SOURCE,-D_FORTIFY_SOURCE=1"},
                      {"CFLAGS": "-O0"}):
            with self.subTest(flags=flags):
                self.built(**flags)
        for flags, has in (({"CPPFLAGS": "-U_FORTIFY_SOURCE", "CFLAGS": "-fno-stack-protector"}, (False, False)),
                           ({"CFLAGS": "-fstack-protector-all"}, (True, True))):
            with self.subTest(flags=flags):
                symbols = self.built(**flags)
                self.assertEqual(tuple("__stack_chk_fail" in names for names in symbols), has)
                self.assertEqual("__snprintf_chk" in symbols[0], has[0])

    def test_with_link_time_optimisation_the_static_library_still_hides_its_names(self):
        archive = self.folder / "lib/libupnvme.a"
        make(f"B={self.folder}", "FOLDERS=core/base", "CFLAGS=-O1 -flto=1 -ffat-lto-objects", str(archive))
        self.assertRegex(call("nm", archive), r"(?m)^[0-9a-f]+ t error_set$")


@release_only
class Where(Case):
    FOLDERS = {"PREFIX": "/opt/x", "BINDIR": "/opt/x/programs", "LIBDIR": "/opt/x/lib64", "DATADIR": "/data",
               "INCLUDEDIR": "/opt/x/include/upnvme-0", "MANDIR": "/opt/pages"}

    def installed(self):
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if not path.is_dir()}

    def test_folders_of_one_s_own(self):
        folders = {**self.FOLDERS, "DESTDIR": self.folder}
        make("install", *assignments(folders))
        for path in self.installed():
            self.assertTrue(f"/{path}".startswith(tuple(f"{self.FOLDERS[name]}/" for name in self.FOLDERS
                                                        if name != "PREFIX")), path)
        for path in ("opt/x/programs/upnvme-perf", "opt/x/lib64/libupnvme.so.0", "opt/x/include/upnvme-0/upnvme.h",
                     "opt/x/include/upnvme-0/upnvme/version.h", "opt/pages/man3/upnvme_open.3"):
            self.assertTrue((self.folder / path).exists(), path)
        text = (self.folder / "opt/x/lib64/pkgconfig/upnvme.pc").read_text(encoding="utf-8")
        self.assertIn("\nincludedir=${prefix}/include/upnvme-0\n", text)
        self.assertIn("/opt/x/lib64]", call("readelf", "-d", self.folder / "opt/x/programs/upnvme-perf"))
        self.check_program()
        make("uninstall", *assignments(folders))
        self.assertEqual(self.installed(), set())

    def check_program(self):
        """Whether one is made and runs with what pkg-config says, and from these folders alone."""
        environment = {**ENVIRONMENT, "PKG_CONFIG_SYSROOT_DIR": str(self.folder),
                       "PKG_CONFIG_LIBDIR": f"{self.folder}/opt/x/lib64/pkgconfig"}
        flags = call("pkg-config", "--cflags", "--libs", "upnvme", env=environment).split()
        with tempfile.TemporaryDirectory(prefix="upnvme-") as folder:
            program = pathlib.Path(folder) / "hello"
            call("cc", "-o", program, TOP / "capi/examples/hello.c", *flags)
            environment["LD_LIBRARY_PATH"] = f"{self.folder}/opt/x/lib64"
            self.assertIn("Hello, NVMe!", call(program, cwd=folder, env=environment))

    def test_the_environment_may_say_where(self):
        make("install-headers", environment={**self.FOLDERS, "DESTDIR": str(self.folder)})
        self.assertIn("opt/x/include/upnvme-0/upnvme/version.h", self.installed())

    def test_headers_are_a_tree_of_folders(self):
        """A folder that is new among them is installed as it is, and removed."""
        tree = self.folder / "tree"
        shutil.copytree(TOP / "capi/include", tree / "capi/include")
        shutil.copy(TOP / "Makefile", tree)
        deep = tree / "capi/include/upnvme/new/deep/deep.h"
        deep.parent.mkdir(parents=True)
        deep.touch()
        root = self.folder / "root"
        where = f"DESTDIR={root}", "PREFIX=/usr"
        make("install-headers", *where, cwd=tree)
        self.assertEqual({path.relative_to(root / "usr/include") for path in root.rglob("*.h")},
                         {path.relative_to(tree / "capi/include") for path in (tree / "capi/include").rglob("*.h")})
        self.assertEqual((root / "usr/include/upnvme/new/deep").stat().st_mode & 0o777, 0o755)
        make("uninstall", *where, cwd=tree)
        self.assertEqual([path.name for path in root.rglob("*") if path.name != "include"], ["usr"])

    def test_help_names_what_one_may_set(self):
        text = make("help")
        for name in ("CC", "CPPFLAGS", "CFLAGS", "LDFLAGS", "PREFIX", "BINDIR", "LIBDIR", "INCLUDEDIR", "MANDIR",
                     "DATADIR", "DESTDIR", "LIBURING", "DPDK", "DEPS", "CONFIG"):
            self.assertRegex(text, rf"(?m)^  [A-Z_() /a-z]*\b{name}\b")


class Sources(Case):
    def test_no_source_has_the_time_of_its_compilation(self):
        texts = {path: path.read_text(encoding="utf-8") for folder in ("core", "capi")
                 for path in (TOP / folder).rglob("*.[ch]")}
        self.assertEqual([path for path, text in texts.items() if re.search(r"__(DATE|TIME|TIMESTAMP)__", text)], [])


class Dependencies(Case):
    def lacking(self, *words):
        """What make says where no header can be found, and nothing may be installed."""
        return make(*words, "DEPS=no", f"B={self.folder}", code=2, environment={"CPPFLAGS": "-nostdinc"}).splitlines()

    @release_only
    def test_missing_programs_are_said_in_one_line(self):
        for target in ("check", "check-abi", "check-unit"):
            with self.subTest(target=target):
                lines = [line for line in self.lacking(target) if not line.startswith("make")
                         or line.startswith("make deps:")]
                self.assertEqual(len(lines), 1, lines)
                self.assertRegex(lines[0], r"^make deps: missing.* libcmocka-dev.*DEPS=no installs nothing")

    def test_missing_optional_programs_are_no_error(self):
        environment = {**ENVIRONMENT, "DEPS": "no", "PATH": f"{self.folder}:/usr/bin:/bin"}
        self.assertEqual(call("sh", "tests/deps/install", "--optional", "suites", "bench-vm", cwd=TOP, env=environment),
                         "")


if __name__ == "__main__":
    main()
