#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The checker of names must see what it is there for."""

import unittest

import names

TAKE = "static bool take(struct a *a,\n\t\t int b)\n{\n\treturn put(a);\n}\n"


class Names(unittest.TestCase):
    def test_static_functions_are_found(self):
        text = TAKE + "/* static int not_this(void)\n{ */\nstatic void declared(void);\n"
        text += "__attribute__((cold)) static int *put(int (*f)(void))\n{\n}\nint outer(void)\n{\n}\n"
        self.assertEqual(names.own_names(text + "static inline struct b *of(void *p)\n{\n}\n"),
                         {"take", "put", "of"})

    def test_static_variables_are_found(self):
        text = ("static struct guard a;\nstatic const int b[] = { 1 };\nstatic char *const c[2][N] = {\n\t\"x\",\n};\n"
                "static _Atomic(struct e *) d[1u << 2];\nstatic _Atomic(struct e *) *e_of(int i)\n{\n\tint x = 1;\n}\n"
                "static const struct {\n\tint field;\n} e[] = { { 1 } };\nstatic __thread int f;\nint outer = 1;\n")
        self.assertEqual(names.own_names(text), {"a", "b", "c", "d", "e_of", "e", "f"})

    def test_macros_are_found(self):
        self.assertEqual(names.own_names("#define ROOM 4u\n#ifdef X\n# define AT(x) ((x) + ROOM)\n#endif\n"),
                         {"ROOM", "AT"})
        self.assertEqual(names.small_macros("#define get(x) x\n#define ROOM 4u\n"), ["get"])

    def test_a_name_in_two_files(self):
        self.assertEqual(names.shared({"core/a.c": TAKE, "core/b.h": TAKE, "core/c.c": "int take;\n"}),
                         {"take": {"core/a.c", "core/b.h"}})
        self.assertEqual(list(names.shared({"core/a.c": "static struct guard guard;\n" * 2,
                                            "core/b.c": "static struct guard guard;\n"})), ["guard"])
        self.assertEqual(names.shared({"core/a.c": TAKE}), {})


if __name__ == "__main__":
    unittest.main()
