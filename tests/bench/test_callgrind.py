# SPDX-License-Identifier: BSD-3-Clause
"""The reader of callgrind's files, on one written by hand after the format's specification."""

import unittest

import callgrind

SAMPLE = """\
# callgrind format
version: 1
positions: line
events: Ir

ob=(1) /opt/x/program
fl=(1) program.c
fn=(1) submit
10 7
+2 1
cob=(2) /opt/x/libthing.so.0
cfi=(2) thing.c
cfn=(2) thing_read
calls=4 30
* 120
cfn=(4) 0x0000000000001050
calls=2 0
* 9

fn=(3) loop
20 5
cfn=(1)
calls=1 10
21 137

ob=(2)
fl=(2)
fn=(2)
30 60
fi=(3) thing.h
5 10
fe=(2)
31 2
cob=(2)
cfn=(5) hook
calls=2 50
32 40
cob=(1)
cfi=(1)
cfn=(6) on_done
calls=4 60
33 8

totals: 200
"""


class Callgrind(unittest.TestCase):
    def setUp(self):
        self.profile = callgrind.parse(SAMPLE.splitlines())

    def test_inclusive_costs_of_calls_are_summed_by_caller(self):
        self.assertEqual(self.profile.cost_from("submit"), 129)
        self.assertEqual(self.profile.cost_from("loop"), 137)

    def test_own_costs_leave_calls_out_and_inlined_lines_in(self):
        self.assertEqual(self.profile.own[callgrind.Function("program", "submit")], 8)
        self.assertEqual(self.profile.own[callgrind.Function("libthing.so.0", "thing_read")], 72)

    def test_names_that_were_compressed_are_found(self):
        edge = self.profile.into("hook")
        self.assertEqual((edge.calls, edge.cost), (2, 40))

    def test_an_object_holds_for_one_call_only(self):
        callees = dict(self.profile.callees("submit"))
        self.assertIn(callgrind.Function("libthing.so.0", "thing_read"), callees)
        self.assertIn(callgrind.Function("program", "0x0000000000001050"), callees)

    def test_calls_back_into_the_program_are_found(self):
        self.assertEqual(self.profile.into("on_done").cost, 8)

    def test_two_position_columns(self):
        lines = ["positions: instr line", "events: Ir", "fn=(1) f", "0x10 3 5", "+4 * 6", "cfn=(2) g",
                 "calls=3 0x40 1", "+8 +1 21"]
        profile = callgrind.parse(lines)
        self.assertEqual(profile.own[callgrind.Function("", "f")], 11)
        self.assertEqual(profile.cost_from("f"), 21)

    def test_an_unknown_function_costs_nothing(self):
        self.assertEqual(self.profile.into("nobody").cost, 0)
        self.assertEqual(self.profile.callees("nobody"), [])


if __name__ == "__main__":
    unittest.main()
