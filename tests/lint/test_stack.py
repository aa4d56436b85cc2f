#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The checker of stacks must find each kind of mistake."""

import contextlib
import io
import pathlib
import tempfile
import unittest

import stack

CI = """\
graph: { title: "a.c"
node: { title: "upnvme_poll" label: "upnvme_poll\\na.c:9:1\\n100 bytes (static)" }
node: { title: "a.c:deep" label: "deep\\na.c:5:1\\n5000 bytes (static)" }
node: { title: "a.c:odd.isra.0" label: "odd.isra.0\\na.c:6:1\\n40 bytes (dynamic)" }
node: { title: "snprintf" label: "snprintf\\nstdio.h:1:1" shape : ellipse }
edge: { sourcename: "upnvme_poll" targetname: "__indirect_call" label: "PLACE" }
edge: { sourcename: "a.c:deep" targetname: "snprintf" label: "a.c:5:2" }
edge: { sourcename: "a.c:deep" targetname: "upnvme_poll" label: "a.c:5:3" }
}
"""
CALLS = [("\treturn qp->transport.hook(qp->transport.hook_arg);", 9, "hook"), ("\tcb(arg, event);", 2, "cb"),
         ("\tif (ops->isolate && ops->isolate(t))", 22, "isolate"), ("\tx = of(env)->pages->alloc(1);", 6, "alloc"),
         ("\tstatus = structures[cns].fill(sc, cmd);", 11, "fill")]


class Stack(unittest.TestCase):
    def graph(self, line="\tops->hook(arg);"):
        graph = stack.Graph()
        for text in CI.replace("PLACE", "a.c:1:2").split("\n"):
            graph.take(text, lambda path: [line])
        return graph

    def check(self, members, bound):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            bad = stack.check(stack.Stack(self.graph(), members), ["upnvme_poll"], bound)
        return bad, output.getvalue()

    def test_the_name_of_a_pointer_is_read_from_its_line(self):
        for line, column, name in CALLS:
            self.assertEqual(stack.pointer(lambda path, line=line: [line], f"a.c:1:{column}"), name)

    def test_initialisers_and_assignments_tell_what_a_pointer_reaches(self):
        members = stack.given([".hook = first,\n", "queue->hook = parked ? second : third;\n",
                               "[UPNVME_SPEC_CMD_READ] = { sc_read, true },"])
        self.assertEqual(members["hook"], {"first", "parked", "second", "third"})
        self.assertEqual(members["run"], {"sc_read"})

    def test_a_way_down_is_added_up_and_recursion_is_not(self):
        bad, output = self.check({"hook": {"deep"}}, 8192)
        self.assertEqual(bad, 0)
        self.assertIn(f"{100 + 8 + 5000 + 8 + 2048} of 8192", output)

    def test_a_way_that_is_too_deep_is_printed(self):
        bad, output = self.check({"hook": {"deep"}}, 7000)
        self.assertEqual(bad, 1)
        self.assertIn("upnvme_poll needs 7164 bytes", output)
        self.assertIn("5000 a.c:deep", output)

    def test_a_frame_without_bound_is_too_deep(self):
        self.assertEqual(self.check({"hook": {"odd"}}, 8192)[0], 1)

    def test_a_pointer_that_reaches_no_function_is_a_complaint(self):
        with self.assertRaisesRegex(stack.Unknown, "hook"):
            self.check({}, 8192)

    def test_a_folder_is_read_whole_without_objects_whose_source_is_gone(self):
        text = CI.replace("PLACE", "tests/lint/test_stack.py:1:3").replace("__indirect_call", "free")
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "obj/core/base/log.ci"
            path.parent.mkdir(parents=True)
            path.write_text(text)
            path.with_name("gone.ci").write_text(text.replace("a.c", "core/base/gone.c"))
            self.assertEqual(set(stack.load(folder).frames), {"upnvme_poll", "a.c:deep", "a.c:odd.isra.0"})


if __name__ == "__main__":
    unittest.main()
