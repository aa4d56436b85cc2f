#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The rules of the boundary, over the public headers; and that each rule finds what it is there for."""

import re

import headers
import rules
import write_baseline
from harness import TOP, Case, main

INCLUDE = TOP / "capi/include"

# What must not be declared, and a word of the sentence about it.
WRONG = {
    "extern int f(const char *text, ...);": "varargs",
    "extern int f();": "no prototype",
    "extern long f(void);": "long by value",
    "extern int f(unsigned long a);": "unsigned long by value",
    "extern int f(long long a);": "long long by value",
    "extern int f(long *a);": "a pointer to long",
    "extern _Bool f(void);": "_Bool by value",
    "extern double f(void);": "double by value",
    "extern int f(char c);": "char by value",
    "extern int f(float a[3]);": "float [3] by value",
    "extern int f(enum e a);": "enum e by value",
    "enum e { A };": "an enum",
    "typedef enum { A } e;": "an enum",
    "union u { int a; };": "a union",
    "extern int v;": "a variable",
    "struct s { uint32_t a; }; extern int f(struct s a);": "struct s by value",
    "struct s { uint32_t a; }; extern struct s f(void);": "struct s by value",
    "typedef struct s s; extern int f(s handle);": "s by value",
    "typedef int (*cb)(void *arg, long a);": "long by value",
    "typedef int (*cb)(const char *text, ...);": "varargs",
    "extern int f(void (*cb)(long a));": "long by value",
    "struct s { uint32_t a : 3; };": "bit-field",
    "struct s { long a; };": "long by value",
    "struct s { int a; };": "an int",
    "struct s { _Bool a; };": "_Bool by value",
    "struct s { char a; };": "char by value",
    "struct s { enum e a; };": "enum e by value",
    "struct s { union { uint8_t a; } u; };": "union",
    "struct s { void (*f)(long a); };": "long by value",
}
WRONG_STRUCTS = {
    "struct s { uint64_t a; };": "nor an assertion",
    "struct s { uint64_t size; };": "no uint32_t",
    "struct s { uint32_t size; };": "no S_INIT",
    "struct s { uint32_t size; };\n#define S_SIZE 4\nextern int f(const struct s *s);": "no S_INIT",
    "struct s { uint32_t size; uint64_t a; };\n#define S_SIZE 16": "a hole before a",
    "struct s { uint32_t size; uint64_t a; uint8_t b; };\n#define S_SIZE 24": "a hole at its end",
    "struct s { uint32_t size; };\nstruct t { uint32_t size; struct s s; };": "may grow",
}


@headers.needs()
class Rules(Case):
    def setUp(self):
        super().setUp()
        self.text = headers.declarations(INCLUDE)

    def test_only_what_every_language_can_say_is_declared(self):
        self.assertEqual(list(rules.Types(self.text).wrong()), [])

    def test_all_names_are_ours(self):
        self.assertEqual(list(rules.wrong_names(self.text)), [])

    def test_a_struct_is_frozen_or_says_its_size(self):
        self.assertEqual(list(rules.wrong_structs(self.text)), [])

    def test_no_header_of_others_is_included(self):
        self.assertEqual(list(rules.wrong_includes(INCLUDE)), [])

    def test_an_initialiser_sets_the_size_and_nothing_else(self):
        names = [name for name in headers.macros(self.text) if name.endswith("_INIT")]
        self.assertEqual(len(names), 2)
        for name in names:
            struct = name.removesuffix("_INIT").lower()
            with self.subTest(struct=struct):
                printed = headers.evaluate("#include <string.h>\n" + self.text, f"""
                    struct {struct} made = {name}, zero;
                    memset(&zero, 0, sizeof(zero));
                    zero.size = sizeof(zero);
                    puts(memcmp(&made, &zero, sizeof(zero)) ? "others" : "size");\n""")
                self.assertEqual(printed, "size\n")

    def test_a_size_macro_is_the_size(self):
        macros = headers.macros(self.text)
        found = {name: macros.get(f"{name.upper()}_SIZE") for name in headers.sized(self.text)}
        self.assertGreater(len([macro for macro in found.values() if macro]), 5)
        for name, macro in found.items():
            if macro:
                self.assertEqual(macro[1], f"((uint32_t)sizeof(struct {name}))")

    def test_every_field_has_its_place_asserted(self):
        asserted = re.findall(r"^(?:SIZE|FIELD)\((.*)\);$", write_baseline.LAYOUT.read_text(encoding="utf-8"),
                              re.MULTILINE)
        expected = re.findall(r"^(?:SIZE|FIELD)\((.*)\);$", write_baseline.layout_text(self.text), re.MULTILINE)
        self.assertEqual(sorted(asserted), sorted(expected), "make abi-baseline")

    def test_the_sizes_of_today_are_among_those_of_all_days(self):
        past, layout = write_baseline.past_sizes(), headers.layout(self.text)
        self.assertEqual({name: sizes[-1] for name, sizes in past.items()},
                         {name: layout[name][0] for name in headers.sized(self.text)}, "make abi-baseline")
        for name, sizes in past.items():
            self.assertEqual(sizes, sorted(set(sizes)), name)


@headers.needs()
class Checks(Case):
    def test_each_wrong_type_is_found(self):
        for text, word in WRONG.items():
            with self.subTest(text=text):
                self.assertIn(word, "".join(rules.Types(text).wrong()))

    def test_each_wrong_struct_is_found(self):
        for text, word in WRONG_STRUCTS.items():
            with self.subTest(text=text):
                self.assertIn(word, "".join(rules.wrong_structs(f"{text}\n")))

    def test_foreign_names_are_found(self):
        self.assertEqual(list(rules.wrong_names("extern int io_uring_queue_init(void *ring);\n#define RTE_MAX 1\n")),
                         ["io_uring_queue_init", "RTE_MAX"])

    def test_foreign_headers_are_found(self):
        self.file("a.h", b"#include <liburing.h>\nUPNVME_API int upnvme_a(void);\n")
        self.assertEqual(list(rules.wrong_includes(self.folder)), [
            "a.h: includes <liburing.h>", 'a.h: functions, and no extern "C"'])


if __name__ == "__main__":
    main()
