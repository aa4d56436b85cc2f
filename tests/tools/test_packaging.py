#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a packager relies on: flags and folders of one's own, the same build everywhere, nothing installed unasked."""

import filecmp
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from harness import BUILD, ENVIRONMENT, PATIENCE, TOP, Case, call, main, release_only

# What is no source of the library and its tools.
OTHERS = shutil.ignore_patterns("build", "tests", ".git", "__pycache__", "*.egg-info")
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
    def test_folders_of_one_s_own(self):
        folders = {"PREFIX": "/opt/x", "BINDIR": "/opt/x/programs", "LIBDIR": "/opt/x/lib64", "DATADIR": "/data",
                   "INCLUDEDIR": "/opt/x/include/upnvme-0", "MANDIR": "/opt/pages", "DESTDIR": self.folder}
        make("install", *assignments(folders))
        for path in ("opt/x/programs/upnvme-perf", "opt/x/lib64/libupnvme.so.0", "opt/x/include/upnvme-0/upnvme.h",
                     "opt/x/include/upnvme-0/upnvme/version.h", "opt/pages/man3/upnvme_open.3"):
            self.assertTrue((self.folder / path).exists(), path)
        text = (self.folder / "opt/x/lib64/pkgconfig/upnvme.pc").read_text(encoding="utf-8")
        self.assertIn("\nincludedir=${prefix}/include/upnvme-0\n", text)
        self.assertIn("/opt/x/lib64]", call("readelf", "-d", self.folder / "opt/x/programs/upnvme-perf"))
        make("uninstall", *assignments(folders))
        self.assertEqual([path for path in self.folder.rglob("*") if not path.is_dir()], [])

    def test_help_names_what_one_may_set(self):
        text = make("help")
        for name in ("CC", "CPPFLAGS", "CFLAGS", "LDFLAGS", "PREFIX", "BINDIR", "LIBDIR", "INCLUDEDIR", "MANDIR",
                     "DATADIR", "DESTDIR", "LIBURING", "DPDK", "DEPS", "CONFIG"):
            self.assertRegex(text, rf"(?m)^  [A-Z_() /a-z]*\b{name}\b")


class Reproducible(Case):
    @release_only
    def test_a_build_in_another_folder_is_the_same_to_the_byte(self):
        copy = self.folder / "copy"
        shutil.copytree(TOP, copy, symlinks=True, ignore=OTHERS)
        shutil.copytree(TOP / "tests/make", copy / "tests/make")
        make(f"-j{os.cpu_count()}", "libs", "tools", cwd=copy)
        made = sorted(path.relative_to(copy / "build") for folder in ("lib", "bin")
                      for path in (copy / "build" / folder).rglob("*") if path.is_file())
        self.assertIn(pathlib.Path("lib/libupnvme.a"), made)
        for path in made:
            self.assertTrue(filecmp.cmp(copy / "build" / path, BUILD / path, shallow=False), path)


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
