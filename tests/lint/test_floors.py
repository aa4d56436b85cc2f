#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The floor rule's checker must find each kind of mistake."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import floors

ALLOWED = [
    ("core/driver/ctrlr.c", "transport/transport.h"),
    ("core/driver/queue/slot.c", "driver/ctrlr.h"),
    ("core/transport/soft/soft.c", "softctrl/softctrl.h"),
    ("core/media/ram.c", "spec/status_text.h"),
    ("core/media/uring.c", "liburing.h"),
    ("core/softctrl/queue.c", "softctrl/ring/sq.h"),
    ("core/softctrl/ring/prp.c", "softctrl/ring/data.h"),
    ("core/softctrl/fault/plan.c", "softctrl/softctrl.h"),
    ("core/driver/queue/general.c", "driver/commands/kind.h"),
    ("core/driver/commands/nvm.c", "driver/queue/request.h"),
    ("core/server/tcp/server.c", "softctrl/config.h"),
    ("core/volume/stripe.c", "driver/queue/qpair.h"),
    ("core/volume/stripe.c", "media/maker.h"),
    ("core/store/object.c", "upnvme/io.h"),
    ("core/store/object.c", "upnvme.h"),
    ("capi/src/media.c", "media/maker.h"),
    ("capi/src/media.c", "volume/volume.h"),
    ("capi/store/object.c", "store/object.h"),
    ("bindings/sqlite/vfs.c", "sqlite3.h"),
    ("bindings/sqlite/vfs.c", "upnvme.h"),
    ("core/base/error.c", "upnvme/error.h"),
    ("core/mem/alloc.c", "env/env.h"),
    ("capi/src/io.c", "driver/queue/qpair.h"),
    ("capi/tools/perf.c", "upnvme.h"),
    ("capi/tools/perf.c", "sys/types.h"),
    ("tests/unit/driver/test_ctrlr.c", "softctrl/softctrl.h"),
    ("tests/unit/softctrl/test_regs.c", "softctrl/regs.h"),
    ("tests/unit/softctrl/test_regs.c", "cmocka.h"),
]

REFUSED = [
    ("core/base/error.c", "spec/status_text.h"),
    ("core/spec/status_text.c", "driver/ctrlr.h"),
    ("core/mem/region.c", "transport/transport.h"),
    ("core/media/ram.c", "softctrl/softctrl.h"),
    ("tests/unit/media/test_ram.c", "softctrl/softctrl.h"),
    ("core/env/host/host.c", "mem/region.h"),
    ("core/softctrl/softctrl.c", "driver/queue/prp.h"),
    ("core/softctrl/softctrl.c", "mem/region.h"),
    ("core/softctrl/softctrl.c", "transport/transport.h"),
    ("core/softctrl/ring/prp.c", "softctrl/softctrl.h"),
    ("core/softctrl/ring/prp.c", "media/media.h"),
    ("core/softctrl/thread.c", "server/server.h"),
    ("core/media/media.c", "volume/volume.h"),
    ("core/transport/soft/soft.c", "media/maker.h"),
    ("core/transport/tcp/tcp.c", "softctrl/softctrl.h"),
    ("core/driver/commands/nvm.c", "transport/transport.h"),
    ("core/driver/pool/pool.c", "media/media.h"),
    ("core/server/tcp/server.c", "driver/ctrlr.h"),
    ("core/server/tcp/server.c", "transport/transport.h"),
    ("core/volume/stripe.c", "softctrl/softctrl.h"),
    ("core/volume/stripe.c", "upnvme.h"),
    ("core/store/object.c", "base/error.h"),
    ("core/store/object.c", "driver/ctrlr.h"),
    ("capi/store/object.c", "driver/ctrlr.h"),
    ("bindings/sqlite/vfs.c", "store/object.h"),
    ("capi/tools/perf.c", "sqlite3.h"),
    ("core/transport/transport.c", "softctrl/softctrl.h"),
    ("core/transport/pcie/bar.c", "softctrl/softctrl.h"),
    ("core/driver/ctrlr.c", "softctrl/softctrl.h"),
    ("core/driver/ctrlr.c", "transport/../softctrl/softctrl.h"),
    ("core/driver/ctrlr.c", "upnvme.h"),
    ("core/driver/ctrlr.c", "liburing.h"),
    ("capi/src/open.c", "softctrl/softctrl.h"),
    ("capi/include/upnvme/io.h", "base/error.h"),
    ("capi/tools/perf.c", "base/clock.h"),
    ("capi/examples/copy.c", "driver/ctrlr.h"),
    ("tests/public/test_open.c", "driver/ctrlr.h"),
    ("tests/unit/softctrl/test_regs.c", "driver/ctrlr.h"),
]


# Each room of the house, and the row that governs it.
ROOMS = {
    "core/base": "core/base",
    "core/spec": "core/spec",
    "core/env/host": "core/env",
    "core/env/vfio": "core/env",
    "core/env/uio": "core/env",
    "core/env/dpdk": "core/env",
    "core/env/vfiouser": "core/env",
    "core/pci": "core/pci",
    "core/mem": "core/mem",
    "core/media": "core/media",
    "core/softctrl": "core/softctrl",
    "core/softctrl/ring": "core/softctrl/ring",
    "core/softctrl/fault": "core/softctrl/fault",
    "core/transport/soft": "core/transport/soft",
    "core/transport/pcie": "core/transport",
    "core/transport/vfiouser": "core/transport",
    "core/transport/tcp": "core/transport",
    "core/driver": "core/driver",
    "core/driver/queue": "core/driver",
    "core/driver/pool": "core/driver/pool",
    "core/driver/commands": "core/driver/commands",
    "core/volume": "core/volume",
    "core/server/vfiouser": "core/server",
    "core/server/tcp": "core/server",
    "core/store": "core/store",
    "capi/include/upnvme/spec": "capi/include",
    "capi/include/upnvme/sys": "capi/include",
    "capi/src": "capi/src",
    "capi/store": "capi/store",
    "capi/tools": "capi/tools",
    "capi/examples": "capi/examples",
    "bindings/swig": "bindings",
    "bindings/cgo": "bindings",
    "bindings/ffi": "bindings",
    "bindings/sqlite": "bindings/sqlite",
    "bindings/rocksdb": "bindings/rocksdb",
}

# What defines a symbol, what uses it, and whether it may: as objects, without a single #include.
SYMBOLS = [
    ("core/base/error.c", "core/driver/ctrlr.c", True),
    ("core/driver/queue/life.c", "core/driver/ctrlr.c", True),
    ("core/media/ram.c", "capi/src/media.c", True),
    ("core/softctrl/config.c", "core/transport/soft/soft.c", True),
    ("core/softctrl/ring/sq.c", "core/softctrl/queue.c", True),
    ("core/volume/stripe.c", "capi/src/media.c", True),
    ("capi/src/io.c", "capi/tools/perf.c", True),
    ("capi/src/io.c", "core/store/object.c", True),
    ("capi/src/io.c", "bindings/sqlite/vfs.c", True),
    ("capi/src/io.c", "tests/public/test_open.c", True),
    ("core/softctrl/config.c", "tests/unit/driver/test_through_soft.c", True),
    ("tests/unit/support/host.c", "tests/unit/softctrl/test_io.c", True),
    ("tests/hostile/fail.c", "core/base/error.c", True),  # malloc, for example
    ("capi/tools/perf.c", "tests/public/test_open.c", True),
    ("core/media/ram.c", "core/transport/soft/soft.c", False),
    ("core/media/ram.c", "core/driver/ctrlr.c", False),
    ("core/softctrl/config.c", "core/driver/ctrlr.c", False),
    ("core/softctrl/queue.c", "core/softctrl/ring/sq.c", False),
    ("core/volume/stripe.c", "core/media/media.c", False),
    ("core/transport/transport.c", "core/base/error.c", False),
    ("core/driver/ctrlr.c", "core/server/tcp/server.c", False),
    ("capi/src/io.c", "core/driver/ctrlr.c", False),
    ("capi/src/io.c", "core/volume/stripe.c", False),
    ("core/driver/ctrlr.c", "core/store/object.c", False),
    ("core/driver/ctrlr.c", "capi/tools/perf.c", False),
    ("core/driver/ctrlr.c", "tests/unit/softctrl/test_io.c", False),
]


def complaints(name, target):
    """The checker's complaints about a tree that holds one file with one include."""
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder)
        path = tree / name
        path.parent.mkdir(parents=True)
        path.write_text(f'/* a file */\n#include <stdint.h>\n#include "{target}"\n')
        if "/" not in target:
            path.write_text(f"#include <stdint.h>\n\n#  include <{target}>\n")
        return floors.check(tree)


class Floors(unittest.TestCase):
    def test_allowed(self):
        for name, target in ALLOWED:
            with self.subTest(file=name, includes=target):
                self.assertEqual(complaints(name, target), [])

    def test_refused(self):
        for name, target in REFUSED:
            with self.subTest(file=name, includes=target):
                found = complaints(name, target)
                self.assertEqual(len(found), 1)
                self.assertTrue(found[0].startswith(f"{name}:3: "))

    def test_a_neighbour_needs_no_path_but_must_exist(self):
        with tempfile.TemporaryDirectory() as folder:
            tree = pathlib.Path(folder)
            (tree / "core/spec").mkdir(parents=True)
            (tree / "core/spec/a.h").write_text("")
            (tree / "core/spec/b.h").write_text('#include "a.h"\n#include "c.h"\n')
            self.assertEqual([line.split(":")[1] for line in floors.check(tree)], ["2"])


    def test_every_room_has_its_row(self):
        for room, row in ROOMS.items():
            with self.subTest(room=room):
                self.assertEqual(floors.floor_of(room), row)

    def test_an_unknown_room_is_refused(self):
        for name in ("core/cellar/a.c", "core/a.c", "capi/attic/a.h"):
            with self.subTest(file=name):
                self.assertEqual(len(complaints(name, "base/error.h")), 1)
        self.assertEqual(complaints("tests/cellar/a.c", "base/error.h"), [])


def listing(*lines):
    """What nm prints: (source, symbol, kind) each."""
    return "".join(f"{source.removesuffix('.c')}.o: {symbol} {kind} 0 0\n" for source, symbol, kind in lines)


class Symbols(unittest.TestCase):
    def test_the_table_decides(self):
        for where, user, allowed in SYMBOLS:
            with self.subTest(defined=where, used=user):
                found = floors.check_symbols(listing((where, "thing", "T"), (user, "thing", "U")))
                self.assertEqual(len(found), 0 if allowed else 1)
                if found:
                    self.assertTrue(found[0].startswith(f"{user}: thing is in {pathlib.PurePath(where).parent}: "))

    def test_data_counts_and_symbols_without_a_definition_do_not(self):
        for kind in "DBRCVW":
            found = floors.check_symbols(listing(("core/media/ram.c", "media_ram", kind),
                                                 ("core/driver/ctrlr.c", "media_ram", "w")))
            self.assertEqual(len(found), 1, kind)
        self.assertEqual(floors.check_symbols(listing(("core/driver/ctrlr.c", "malloc", "U"))), [])

    def test_a_programs_own_function_may_have_a_librarys_name(self):
        self.assertEqual(floors.check_symbols(listing(("core/base/text.c", "fill", "T"),
                                                      ("tests/public/support.c", "fill", "T"),
                                                      ("tests/public/test_open.c", "fill", "U"))), [])

    def test_one_of_two_definitions_must_be_allowed(self):
        both = [("core/media/ram.c", "lock", "T"), ("core/base/lock.c", "lock", "T")]
        self.assertEqual(floors.check_symbols(listing(*both, ("core/driver/ctrlr.c", "lock", "U"))), [])
        self.assertEqual(len(floors.check_symbols(listing(*both, ("core/spec/status_text.c", "lock", "U")))), 1)


@unittest.skipUnless(shutil.which("cc") and shutil.which("nm"), "no compiler, or no nm")
class Objects(unittest.TestCase):
    """The program on objects that a compiler has made."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name)
        self.objects = self.tree / "build/obj"

    def add(self, name, text, compiled=True):
        source = self.tree / name
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(text)
        if compiled:
            made = (self.objects / name).with_suffix(".o")
            made.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cc", "-c", source, "-o", made], check=True)

    def run_it(self):
        """Exit code and last line."""
        done = subprocess.run([sys.executable, floors.__file__, "--symbols", self.objects, self.tree], check=False,
                              capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        return done.returncode, (done.stdout.splitlines() or [""])[-1]

    def test_a_declaration_by_hand_is_seen(self):
        self.add("core/softctrl/softctrl.c", "int create(void) { return 1; }\n")
        self.add("core/driver/ctrlr.c", "int own(void) { return 2; }\n")
        self.assertEqual(self.run_it(), (0, ""))
        self.add("core/driver/ctrlr.c", "int create(void);\nint own(void) { return create(); }\n")
        code, line = self.run_it()
        self.assertEqual(code, 1)
        self.assertTrue(line.startswith("core/driver/ctrlr.c: create is in core/softctrl: core/driver may use: "), line)

    def test_a_constant_is_seen(self):
        self.add("core/media/ram.c", "const int media_ram = 1;\n")
        self.add("core/transport/soft/soft.c", "extern const int media_ram;\nconst int *const at = &media_ram;\n")
        self.assertEqual(self.run_it()[0], 1)

    def test_a_source_without_an_object_is_no_success(self):
        self.add("core/base/error.c", "int error;\n", compiled=False)
        code, line = self.run_it()
        self.assertEqual(code, floors.SKIPPED)
        self.assertIn("core/base/error.c", line)
        self.add("core/base/error.c", "int error;\n")
        self.assertEqual(self.run_it(), (0, ""))

    def test_an_older_object_is_no_success_and_hides_nothing(self):
        self.add("core/softctrl/softctrl.c", "int create(void) { return 1; }\n")
        self.add("core/base/error.c", "int error;\n")
        os.utime(self.objects / "core/base/error.o", (1, 1))
        self.assertEqual(self.run_it()[0], floors.SKIPPED)
        self.add("core/driver/ctrlr.c", "int create(void);\nint own(void) { return create(); }\n")
        self.assertEqual(self.run_it()[0], 1)

    def test_the_object_of_a_source_that_is_gone_counts_for_nothing(self):
        self.add("core/softctrl/softctrl.c", "int create(void) { return 1; }\n")
        self.add("core/driver/ctrlr.c", "int create(void);\nint own(void) { return create(); }\n")
        (self.tree / "core/driver/ctrlr.c").unlink()
        self.assertEqual(self.run_it(), (0, ""))


if __name__ == "__main__":
    unittest.main()
