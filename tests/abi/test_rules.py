#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The rules of whole structs and headers; and that each rule finds what it is there for."""

import re
import unittest

import changes
import rules
import write_baseline
from lane import TOP, Case, call, description, main, needs

INCLUDE = TOP / "capi/include"
PLACES = re.compile(r"^(?:SIZE|FIELD)\((.*)\);$", re.MULTILINE)

HEADER = """\
#include <stdint.h>
#define UPNVME_API extern
#define UPNVME_VERSION "0.0.0"
#define UPNVME_ABI_VERSION 0u
"""
WRONG_STRUCTS = {
    "struct upnvme_s { uint64_t a; };": "nor an assertion",
    "struct upnvme_s { uint64_t size; };\n#define UPNVME_S_SIZE ((uint32_t)sizeof(struct upnvme_s))": "no uint32_t",
    "struct upnvme_s { uint32_t size; };": "no UPNVME_S_SIZE",
    "struct upnvme_s { uint32_t size; };\n#define UPNVME_S_SIZE ((uint32_t)sizeof(struct upnvme_s))\n"
    "UPNVME_API int upnvme_f(const struct upnvme_s *s);": "no UPNVME_S_INIT",
    "struct upnvme_s { uint32_t size; uint64_t a; };": "a hole before a",
    "struct upnvme_s { uint32_t size; uint32_t a; uint64_t b; uint8_t c; };": "a hole at its end",
    "struct upnvme_s { uint32_t size; };\nstruct upnvme_t { uint32_t size; struct upnvme_s s; };": "may grow",
}


@needs
class Rules(Case):
    def test_all_names_are_ours(self):
        self.assertEqual(list(rules.wrong_names(description())), [])

    def test_a_struct_is_frozen_or_says_its_size(self):
        text = "".join(path.read_text(encoding="utf-8") for path in INCLUDE.rglob("*.h"))
        self.assertEqual(list(rules.wrong_structs(description(), text)), [])

    def test_no_foreign_header_is_included(self):
        self.assertEqual(list(rules.wrong_includes(INCLUDE)), [])

    def test_an_initialiser_sets_the_size_and_nothing_else(self):
        macros = {struct["name"]: struct["initialiser"] for struct in description()["structs"]
                  if struct["kind"] == "sized"}
        self.assertGreater(len(macros), 5)
        checks = "".join(f"{{ struct {name} made = {macro if macro.endswith('_INIT') else f'{{ {macro} }}'}, zero; "
                         "memset(&zero, 0, sizeof(zero)); zero.size = sizeof(zero); "
                         f'if (memcmp(&made, &zero, sizeof(zero))) puts("{macro}"); }}\n'
                         for name, macro in macros.items())
        self.file("program.c", f"#include <stdio.h>\n#include <string.h>\n#include <upnvme.h>\n"
                               f"int main(void)\n{{\n{checks}}}\n".encode())
        call("cc", "-std=gnu11", "-I", INCLUDE, self.folder / "program.c", "-o", self.folder / "program")
        self.assertEqual(call(self.folder / "program"), "")

    def test_every_field_has_its_place_asserted(self):
        asserted = PLACES.findall(write_baseline.LAYOUT.read_text(encoding="utf-8"))
        expected = PLACES.findall(write_baseline.layout_text(description()))
        self.assertEqual(asserted, expected, "make abi-baseline")

    def test_todays_sizes_are_among_the_recorded_ones(self):
        past = write_baseline.past_sizes()
        self.assertEqual({name: sizes[-1] for name, sizes in past.items()}, write_baseline.sized(description()),
                         "make abi-baseline")
        for name, sizes in past.items():
            self.assertEqual(sizes, sorted(set(sizes)), name)


@unittest.skipUnless(changes.describe, "python3-pycparser is not installed (make deps)")
class Checks(Case):
    def described(self, text):
        self.file("upnvme.h", f"{HEADER}{text}\n".encode())
        return changes.describe.described(self.folder)

    def test_each_wrong_struct_is_found(self):
        for text, word in WRONG_STRUCTS.items():
            with self.subTest(text=text):
                self.assertIn(word, "".join(rules.wrong_structs(self.described(text), text)))

    def test_foreign_names_are_found(self):
        described = self.described("UPNVME_API int io_uring_queue_init(void *ring);\n#define RTE_MAX 1")
        self.assertEqual(list(rules.wrong_names(described)), ["io_uring_queue_init", "RTE_MAX"])

    def test_foreign_headers_are_found(self):
        self.file("a.h", b"#include <liburing.h>\nUPNVME_API int upnvme_a(void);\n")
        self.assertEqual(list(rules.wrong_includes(self.folder)), [
            "a.h: includes <liburing.h>", 'a.h: functions, and no extern "C"'])

    def test_implementers_alone_may_have_a_function_in_the_form_of_printf(self):
        self.file("upnvme/a.h", b"#include <stdio.h>\n")
        self.file("upnvme/sys/b.h", b"#include <stdio.h>\n#include <unistd.h>\n")
        self.assertEqual(list(rules.wrong_includes(self.folder)),
                         ["a.h: includes <stdio.h>", "b.h: includes <unistd.h>"])


if __name__ == "__main__":
    main()
