#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The description fits the library and the headers, and has nothing that some language cannot call."""

import re
import sys
import unittest

from lane import BUILD, FFI, LIBRARY, TOP, Case, call, description, main, needs, stub

try:
    sys.path.append(str(FFI))
    import crossing
    import describe
except ImportError:
    describe = None

HEADER = """\
#include <stddef.h>
#include <stdint.h>
#ifndef UPNVME_API
#define UPNVME_API __attribute__((visibility("default")))
#endif
#define UPNVME_VERSION "7.2.1"
#define UPNVME_ABI_VERSION 7u
typedef struct upnvme_thing upnvme_thing;
struct upnvme_small { uint32_t a; };
"""

REFUSED = {
    "UPNVME_API int upnvme_f(const char *format, ...);": "variable number of arguments",
    "UPNVME_API int upnvme_f(long n);": "`long` is not for the boundary",
    "UPNVME_API unsigned long upnvme_f(void);": "`unsigned long`",
    "UPNVME_API int upnvme_f(_Bool on);": "`_Bool`",
    "UPNVME_API int upnvme_f(double x);": "`double`",
    "UPNVME_API int upnvme_f(char c);": "`char` is not for the boundary",
    "UPNVME_API int upnvme_f(long *n);": "`long *`",
    "UPNVME_API int upnvme_f(struct upnvme_small small);": "`struct upnvme_small` by value",
    "UPNVME_API struct upnvme_small upnvme_f(void);": "what it returns: `struct upnvme_small` by value",
    "UPNVME_API int upnvme_f(struct foreign *p);": "`struct foreign *`",
    "UPNVME_API int upnvme_f(upnvme_thing thing);": "`upnvme_thing`",
    "enum upnvme_e { A }; UPNVME_API int upnvme_f(enum upnvme_e e);": "enums are not for the boundary",
    "UPNVME_API int upnvme_f(void (*fn)(void));": "name its type by a typedef",
    "UPNVME_API int upnvme_f(uint32_t n[4]);": "use a pointer",
    "UPNVME_API int upnvme_f();": "no prototype",
    "UPNVME_API int upnvme_f(uint32_t);": "an argument without a name",
    "int upnvme_f(void);": "is UPNVME_API",
    "typedef uint32_t upnvme_number;": "a typedef is for a handle or a callback",
    "struct upnvme_s { uint32_t a : 3; };": "field `a`: bit-fields",
    "struct upnvme_s { union { uint32_t a; } u; };": "unions are not for the boundary",
    "struct upnvme_s { long a; };": "field `a`: `long`",
    "struct upnvme_s { _Bool a; };": "field `a`: `_Bool`",
    "struct upnvme_s { uint32_t n; uint32_t a[]; };": "field `a`: an array without a length",
}


def differences(library, described):
    """Sentences for functions that are exported and not described, or the other way round."""
    text = call("nm", "-D", "--defined-only", library)
    exported = set(re.findall(r" \w (\w+@@\w+)$", text, re.MULTILINE))
    wanted = {f"{function['name']}@@{function['node']}" for function in described["functions"]}
    return [f"{name} is exported, and not described" for name in sorted(exported - wanted)] + \
        [f"{name} is described, and not exported" for name in sorted(wanted - exported)]


class Library(Case):
    """The library against the description."""

    @needs
    def test_exported_and_described_functions_are_the_same(self):
        self.assertEqual(differences(LIBRARY, description()), [])
        print(f"NOTE {len(description()['functions'])} symbols exported, all of them described")

    @needs
    def test_a_function_too_few_or_too_many_is_seen(self):
        library = stub(self.folder, without=["upnvme_reap"], more=["upnvme_zzz"])
        self.assertEqual(differences(library, description()),
                         ["upnvme_zzz@@UPNVME_0 is exported, and not described",
                          "upnvme_reap@@UPNVME_0 is described, and not exported"])

    @needs
    def test_the_version_script_in_the_tree_is_the_one_of_these_headers(self):
        self.assertEqual((BUILD / "abi/upnvme.map").read_text(encoding="utf-8"),
                         (TOP / "capi/upnvme.map").read_text(encoding="utf-8"), "make abi writes it anew")

    @needs
    def test_the_page_has_every_entry_of_the_description(self):
        page = call(sys.executable, FFI / "generate.py", "page", BUILD / "abi/abi.json")
        for entries in ("functions", "callbacks", "structs", "constants"):
            for entry in description()[entries]:
                self.assertRegex(page, rf"\b{entry['name']}\b")


@unittest.skipUnless(describe, "pycparser is not installed")
class Headers(Case):
    """The maker of the description against headers of the test's own."""

    def describe(self, text):
        self.file("upnvme.h", (HEADER + text + "\n").encode())
        return describe.described(self.folder)

    def complaint(self, text):
        """The message of the program that refuses these headers."""
        self.file("upnvme.h", (HEADER + text + "\n").encode())
        return call(sys.executable, FFI / "describe.py", "--include", self.folder, code=1)

    def entry(self, text, entries, name):
        return next(entry for entry in self.describe(text)[entries] if entry["name"] == name)

    def test_the_description_is_the_same_each_time(self):
        texts = {call(sys.executable, FFI / "describe.py", env={"PYTHONHASHSEED": str(seed)}) for seed in range(3)}
        self.assertEqual(len(texts), 1)

    def test_declarations_that_cannot_cross_the_boundary_are_refused(self):
        for text, why in REFUSED.items():
            with self.subTest(text=text):
                with self.assertRaises(crossing.Refused) as caught:
                    self.describe(text)
                self.assertIn(why, str(caught.exception))
        self.assertEqual(self.complaint("int upnvme_f(void);"),
                         "describe.py: upnvme_f: a function in a public header is UPNVME_API\n")

    def test_a_function(self):
        function = self.entry("UPNVME_API int upnvme_f(upnvme_thing **t, const char *s, uint16_t n, size_t b);",
                              "functions", "upnvme_f")
        self.assertEqual(function, {
            "name": "upnvme_f", "node": "UPNVME_7", "since": "0.1", "header": "upnvme.h",
            "returns": {"type": "int", "ffi": "sint32"}, "arguments": [
                {"name": "t", "type": "upnvme_thing **", "ffi": "pointer"},
                {"name": "s", "type": "const char *", "ffi": "pointer"},
                {"name": "n", "type": "uint16_t", "ffi": "uint16"},
                {"name": "b", "type": "size_t", "ffi": "uint64"}]})

    def test_a_function_for_implementers(self):
        self.file("upnvme/sys/a.h", b"#ifndef UPNVME_ERROR_FORMAT\n#define UPNVME_ERROR_FORMAT(first)\n#endif\n"
                                    b"UPNVME_API int upnvme_a(void);\nstatic inline UPNVME_ERROR_FORMAT(4) int "
                                    b"upnvme_b(const char *format, ...) { return format != 0; }\n")
        described = self.describe("")
        self.assertEqual([(function["name"], function["header"]) for function in described["functions"]],
                         [("upnvme_a", "upnvme/sys/a.h")])

    def test_a_record(self):
        record = self.entry("#define N 3\nstruct upnvme_s { uint8_t a; uint64_t b[N]; char c[2][N]; "
                            "struct upnvme_small d; };", "structs", "upnvme_s")
        self.assertEqual([record[key] for key in ("kind", "size", "alignment")], ["frozen", 48, 8])
        self.assertEqual([(field["name"], field["offset"], field["size"], field.get("dimensions"))
                          for field in record["fields"]],
                         [("a", 0, 1, None), ("b", 8, 24, [3]), ("c", 32, 6, [2, 3]), ("d", 40, 4, None)])

    def test_a_record_that_grows_names_its_initialiser(self):
        record = self.entry("struct upnvme_s { uint32_t size; };\n"
                            "#define UPNVME_S_SIZE ((uint32_t)sizeof(struct upnvme_s))", "structs", "upnvme_s")
        self.assertEqual((record["kind"], record["initialiser"]), ("sized", "UPNVME_S_SIZE"))

    def test_constants_have_values_and_types(self):
        found = self.describe('#define UPNVME_A (1u << 4)\n#define UPNVME_B "text"\n#define UPNVME_C -2\n'
                              "#define UPNVME_D(x) ((x) + 1)\n#define UPNVME_E 0xffffffffffffffffull")
        values = {constant["name"]: (constant["type"], constant["value"]) for constant in found["constants"]}
        self.assertEqual([values.get(f"UPNVME_{letter}") for letter in "ABCDE"],
                         [("uint32_t", 16), ("string", "text"), ("int32_t", -2), None, ("uint64_t", 2**64 - 1)])
        self.assertEqual([(macro["name"], macro["parameters"]) for macro in found["macros"]], [("UPNVME_D", ["x"])])

    def test_a_constant_of_no_known_kind_is_refused(self):
        self.assertIn("UPNVME_A", self.complaint("#define UPNVME_A 1.5"))

    def test_each_declaration_names_its_first_version(self):
        found = self.describe("""
/** Does it.
 * @since 0.3 */
UPNVME_API int upnvme_a(void);
UPNVME_API int upnvme_b(void);

UPNVME_API int upnvme_c(void);
#define UPNVME_X 1 /**< @since 0.4 */
#define UPNVME_Y 2
/** @since 0.2 */
struct upnvme_s {
\tuint32_t size;
\tuint32_t old; /* a comment */
\tuint32_t new; /**< @since 0.5 */
};
""")
        since = {entry["name"]: entry["since"] for entries in ("functions", "constants", "structs")
                 for entry in found[entries]}
        self.assertEqual([since[f"upnvme_{name}"] for name in "abcs"], ["0.3", "0.3", "0.1", "0.2"])
        self.assertEqual((since["UPNVME_X"], since["UPNVME_Y"]), ("0.4", "0.1"))
        record = next(entry for entry in found["structs"] if entry["name"] == "upnvme_s")
        self.assertEqual([field["since"] for field in record["fields"]], ["0.2", "0.2", "0.5"])


if __name__ == "__main__":
    main()
