#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The checker of circles of files must see what it is there for."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import circles


def listing(*uses, room="core/softctrl"):
    """As nm prints it: each file defines a function of its own name, and uses those named behind it."""
    lines = []
    for name, *used in uses:
        lines.append(f"{room}/{name}.o: {pathlib.Path(name).name} T 0 0")
        lines += [f"{room}/{name}.o: {other} U" for other in used]
    return "\n".join(lines)


def found(*uses, **where):
    return circles.circles(circles.uses(listing(*uses, **where), "core/softctrl"))


class Circles(unittest.TestCase):
    def test_a_chain_is_no_circle(self):
        uses = ("process", "execute", "command"), ("execute", "command", "malloc"), ("command", "ring"), ("ring/ring",)
        self.assertEqual(found(*uses), [])
        graph = circles.uses(listing(*uses), "core/softctrl")
        self.assertEqual(circles.order(graph), [f"core/softctrl/{name}.c" for name in
                                                ("ring/ring", "command", "execute", "process")])

    def test_two_files(self):
        lines = found(("queue", "admin"), ("admin", "queue"))
        self.assertEqual(len(lines), 1)
        self.assertEqual(sorted(lines[0].replace(", which", "").split(" uses ")[1:]),
                         ["core/softctrl/admin.c (admin)", "core/softctrl/queue.c (queue)"])

    def test_through_a_third_and_a_folder(self):
        lines = found(("queue", "ring"), ("ring/ring", "cmb"), ("ring/cmb", "queue"), ("other", "queue"))
        self.assertEqual(len(lines), 1)
        for step in "queue.c (queue)", "ring/ring.c (ring)", "ring/cmb.c (cmb)":
            self.assertIn(f"uses core/softctrl/{step}", lines[0])
        self.assertNotIn("other", lines[0])

    def test_two_knots(self):
        self.assertEqual(len(found(("a", "b"), ("b", "a"), ("c", "d"), ("d", "c"))), 2)

    def test_a_file_may_use_itself_and_other_rooms_are_not_looked_at(self):
        self.assertEqual(found(("a", "b"), ("b",)), [])
        self.assertEqual(found(("a", "b"), ("b", "a"), room="core/elsewhere"), [])
        self.assertEqual(found(("a", "b"), ("b", "a"), room="core/softctrl_of_others"), [])


@unittest.skipUnless(shutil.which("cc") and shutil.which("nm"), "no compiler, or no nm")
class Objects(unittest.TestCase):
    """The program on objects that a compiler has made."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name)

    def add(self, name, text, compiled=True):
        source = self.tree / "core/softctrl" / name
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(text)
        if compiled:
            made = (self.tree / "build/obj/core/softctrl" / name).with_suffix(".o")
            made.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cc", "-c", source, "-o", made], check=True)

    def run_it(self, *options):
        done = subprocess.run([sys.executable, circles.__file__, *options, self.tree / "build/obj", self.tree],
                              check=False, capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def test_a_circle_and_its_end(self):
        self.add("queue.c", "int admin(void);\nint queue(void) { return admin(); }\n")
        self.add("admin.c", "int queue(void);\nint admin(void) { return queue(); }\n")
        code, text = self.run_it()
        self.assertEqual(code, 1)
        self.assertIn("core/softctrl/queue.c", text)
        self.add("admin.c", "int admin(void) { return 1; }\n")
        self.assertEqual(self.run_it(), (0, ""))
        self.assertEqual(self.run_it("--order"), (0, "core/softctrl/admin.c\ncore/softctrl/queue.c\n"))

    def test_a_source_without_an_object_is_no_success(self):
        self.add("queue.c", "int queue(void) { return 1; }\n", compiled=False)
        code, text = self.run_it()
        self.assertEqual(code, 77)
        self.assertIn("core/softctrl/queue.c first", text)


if __name__ == "__main__":
    unittest.main()
