#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The floor rule's checker must find each kind of mistake."""

import pathlib
import tempfile
import unittest

import floors

ALLOWED = [
    ("core/driver/ctrlr.c", "transport/transport.h"),
    ("core/driver/queue/slot.c", "driver/ctrlr.h"),
    ("core/transport/soft/soft.c", "softctrl/softctrl.h"),
    ("core/media/ram.c", "spec/sqe.h"),
    ("core/media/uring.c", "liburing.h"),
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
    ("core/base/error.c", "spec/sqe.h"),
    ("core/spec/status.c", "driver/ctrlr.h"),
    ("core/mem/region.c", "transport/transport.h"),
    ("core/media/ram.c", "softctrl/softctrl.h"),
    ("tests/unit/media/test_ram.c", "softctrl/softctrl.h"),
    ("core/env/host/host.c", "mem/region.h"),
    ("core/softctrl/softctrl.c", "driver/queue/prp.h"),
    ("core/softctrl/softctrl.c", "mem/region.h"),
    ("core/softctrl/softctrl.c", "transport/transport.h"),
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


if __name__ == "__main__":
    unittest.main()
