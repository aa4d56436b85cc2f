#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The library's exported and needed symbols, the libraries that it needs, and the code that runs when it is loaded."""

import re

from lane import BUILD, LIBRARY, Case, call, library_objects, main, release_only

NODE, SONAME = "UPNVME_0", "libupnvme.so.0"
PLUGIN = BUILD / "lib/libupnvme-dpdk.so"
OBJECTS = library_objects()
NEEDED = re.compile(r"(libc|liburing|ld-linux-[\w-]+)\.so\.\d$")
# Undefined symbols have a version of these libraries, or are weak and the linker's own; any other one is missing in all
# libraries that are named.
VERSIONS = re.compile(r"@(GLIBC|LIBURING)_[\d.]+$")
LINKERS_OWN = {"_ITM_deregisterTMCloneTable", "_ITM_registerTMCloneTable", "__cxa_finalize", "__gmon_start__"}
# Called in programs with LeakSanitizer: handles lie in mappings, where it would not look otherwise.
LEAK_CHECKERS = {"__lsan_register_root_region", "__lsan_unregister_root_region"}
# Signal handlers, work at exit or fork, and printing: the process is the caller's.
UNWANTED = re.compile(
    r"^(__)?(sigaction|signal|sysv_signal|bsd_signal|sigset|atexit|on_exit|at_quick_exit|cxa_atexit|exit|"
    r"(pthread|register)_atfork|v?f?printf(_chk)?|puts|fputs|putchar|perror|stdout|stderr|setenv|putenv|"
    r"(sched|pthread)_setaffinity(_np)?)$")


def dynamic(*options):
    """(name with its version, type) of each symbol of the dynamic table."""
    lines = call("nm", "-D", "--with-symbol-versions", *options, LIBRARY).splitlines()
    return [(words[-1], words[-2]) for words in map(str.split, lines)]


def exported():
    """Functions only; the absolute symbol is the node of the version map."""
    symbols = dynamic("--defined-only")
    assert {kind for _, kind in symbols} == {"T", "A"}, symbols
    return {name for name, kind in symbols if kind == "T"}


@release_only
class Symbols(Case):
    def test_the_plug_in_exports_its_one_function(self):
        if not PLUGIN.exists():
            self.skipTest("built without DPDK")
        listed = call("nm", "-D", "--defined-only", PLUGIN)
        self.assertEqual([line.split()[1:] for line in listed.splitlines()], [["T", "upnvme_dpdk_plugin"]])

    def test_the_archive_has_these_names_and_no_other(self):
        archive = call("nm", "-g", "--defined-only", BUILD / "lib/libupnvme.a")
        names = set(re.findall(r" [A-Z] (\w+)$", archive, re.MULTILINE))
        self.assertEqual({f"{name}@@{NODE}" for name in names}, exported())

    def test_the_core_is_hidden_before_any_map(self):
        listed = call("readelf", "-sW", *OBJECTS)
        visible = set(re.findall(r" GLOBAL +DEFAULT +\d+ (\w+)", listed))
        self.assertEqual({f"{name}@@{NODE}" for name in visible}, exported())

    def test_every_symbol_that_is_used_has_a_library_that_is_named(self):
        for name, kind in dynamic("--undefined-only"):
            with self.subTest(symbol=name):
                bare = name.split("@")[0]
                self.assertTrue(kind == "w" and bare in LINKERS_OWN | LEAK_CHECKERS or VERSIONS.search(name))
                self.assertNotRegex(bare, UNWANTED)

    def test_the_libraries_that_are_needed(self):
        needed = re.findall(r"\(NEEDED\).*\[(.*)\]", call("readelf", "-dW", LIBRARY))
        self.assertIn("libc.so.6", needed)
        for name in needed:
            with self.subTest(library=name):
                self.assertRegex(name, NEEDED)

    def test_the_library_has_its_name_and_asks_the_loader_not_to_unload_it(self):
        listed = call("readelf", "-dW", LIBRARY)
        self.assertIn(f"[{SONAME}]", listed)
        self.assertNotRegex(listed, r"RPATH|RUNPATH|TEXTREL|INITFIRST|SYMBOLIC")
        self.assertIn("NODELETE", listed)  # handles may outlive a dlclose

    def test_nothing_of_ours_runs_at_load_or_exit(self):
        sections = call("readelf", "-SW", *OBJECTS)
        self.assertNotRegex(sections, r" \.(preinit_array|init_array|fini_array|ctors|dtors|init|fini)\b")
        # The others are the compiler's runtime: one entry each.
        whole = call("readelf", "-SW", LIBRARY)
        self.assertNotIn(".preinit_array", whole)
        for name in ("init_array", "fini_array"):
            self.assertRegex(whole, rf" \.{name} +\w+ +\w+ \w+ 0*8 ")


class Checks(Case):
    """The checks see what they are there for."""

    def test_unwanted_names(self):
        for name in ("sigaction", "signal", "__sysv_signal", "atexit", "__cxa_atexit", "pthread_atfork",
                     "__register_atfork", "printf", "__printf_chk", "__fprintf_chk", "fputs", "stderr", "exit"):
            with self.subTest(name=name):
                self.assertRegex(name, UNWANTED)
        for name in ("snprintf", "__snprintf_chk", "__vsnprintf_chk", "pthread_sigmask", "sigfillset", "fgets"):
            with self.subTest(name=name):
                self.assertNotRegex(name, UNWANTED)

    def test_a_constructor_a_handler_and_a_foreign_library(self):
        (self.folder / "bad.c").write_text("__attribute__((constructor)) void begin(void) { }\n", encoding="utf-8")
        call("cc", "-c", "bad.c", "-o", "bad.o", cwd=self.folder)
        self.assertIn(" .init_array", call("readelf", "-SW", self.folder / "bad.o"))
        self.assertIsNone(NEEDED.match("librte_eal.so.23"))
        self.assertIsNone(VERSIONS.search("rte_eal_init@DPDK_23"))
        self.assertIsNone(VERSIONS.search("rte_eal_init"))


if __name__ == "__main__":
    main()
