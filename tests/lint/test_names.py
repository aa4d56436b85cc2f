#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The checker of names must see what it is there for."""

import unittest

import names

TAKE = "static bool take(struct a *a,\n\t\t int b)\n{\n\treturn put(a);\n}\n"


class Names(unittest.TestCase):
    def test_static_functions_are_found(self):
        text = TAKE + "static int x[] = { 1 };\n/* static int not_this(void)\n{ */\nstatic void declared(void);\n"
        text += "__attribute__((cold)) static int *put(int (*f)(void))\n{\n}\nint outer(void)\n{\n}\n"
        self.assertEqual(names.static_functions(text + "static inline struct b *of(void *p)\n{\n}\n"),
                         {"take", "put", "of"})

    def test_a_name_in_two_files(self):
        self.assertEqual(names.shared({"core/a.c": TAKE, "core/b.h": TAKE, "core/c.c": "int take;\n"}),
                         {"take": {"core/a.c", "core/b.h"}})
        self.assertEqual(names.shared({"core/a.c": TAKE}), {})

    def test_a_pair_that_does_the_same_by_two_means(self):
        pair = dict.fromkeys(names.MIRRORED[0], TAKE)
        self.assertEqual(names.shared(pair), {})
        self.assertEqual(list(names.shared({**pair, "core/a.c": TAKE})), ["take"])


if __name__ == "__main__":
    unittest.main()
