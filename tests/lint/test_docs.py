#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The checker of the public headers' comments must find each kind of mistake."""

import pathlib
import tempfile
import unittest

import docs

GOOD = """\
/**
 * Reads a thing. It does not wait.
 *
 * @param thing  what to read,
 *   and more of it
 * @param[out] into  where to
 * @return 0, or a negative errno: -EINVAL (null)
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_thing_read(upnvme_thing *thing,
				 void *into);
"""

STRUCT = """\
/** A thing. */
struct upnvme_thing {
	uint32_t size; /**< its size */
	/** Of
	 * which kind. */
	char kind[4];
};
"""

INLINE = GOOD.replace("UPNVME_API", "static inline UPNVME_ERROR_FORMAT(4)").replace(
    "*into);", "*into, ...)\n{\n\treturn 0;\n}")

UNION = """\
/** A thing. */
struct upnvme_thing {
	union {
		struct {
			uint64_t a; /**< one */
			/** the other */
			uint64_t b;
		};
		uint8_t c[16]; /**< both */
	};
};
"""

CALLBACK = """\
/**
 * Runs.
 *
 * @param arg  what it was given
 */
typedef void (*upnvme_thing_cb)(void *arg);
"""


def complaints(text):
    """The checker's complaints about a tree with one header."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "a.h"
        path.write_text(text)
        declared = docs.comments.read_all(folder)
        return [line.split(": ", 2)[2] for one in declared for line in docs.check(one)], declared


class Docs(unittest.TestCase):
    def broken(self, text, old, new, *expected):
        self.assertEqual(text.count(old), 1, old)
        self.assertEqual(complaints(text.replace(old, new))[0], list(expected))

    def test_documented_declarations_pass(self):
        found, declared = complaints(GOOD + STRUCT + CALLBACK)
        self.assertEqual(found, [])
        self.assertEqual([one.kind for one in declared], ["function", "callback", "struct"])
        self.assertEqual(declared[0].comment.brief, "Reads a thing.")
        self.assertEqual(declared[0].comment.params[0], ("thing", "", "what to read, and more of it"))
        self.assertEqual(declared[2].members[1], ("char kind[4];", "Of which kind."))

    def test_a_function_without_a_comment(self):
        found = complaints(GOOD[GOOD.index("UPNVME_API"):])[0]
        self.assertEqual(found, ["no sentence that says what it is for", "no @param for `thing`",
                                 "no @param for `into`", "no @return", "no @thread: which threads may call it",
                                 "no @since, with the version that it came with, as 0.1"])

    def test_a_comment_that_is_not_for_the_reference(self):
        self.assertEqual(len(complaints(GOOD.replace("/**", "/*"))[0]), 6)

    def test_each_part_that_is_missing(self):
        self.broken(GOOD, " * Reads a thing. It does not wait.\n", "", "no sentence that says what it is for")
        self.broken(GOOD, " * @param[out] into  where to\n", "", "no @param for `into`")
        self.broken(GOOD, "into  where to", "into", "no @param for `into`", "@param `into` says nothing")
        self.broken(GOOD, " * @return 0, or a negative errno: -EINVAL (null)\n", "", "no @return")
        self.broken(GOOD, " * @thread Any thread.\n", "", "no @thread: which threads may call it")
        self.broken(GOOD, "@since 0.1", "@since ever", "no @since, with the version that it came with, as 0.1")

    def test_parameters_that_are_not_there_or_elsewhere(self):
        self.broken(GOOD, "@param[out] into", "@param[out] to", "no @param for `into`",
                    "@param for `to`, which is no parameter")
        swapped = GOOD.replace("void *into", "void *later").replace("*thing,", "*into,").replace("*later", "*thing")
        self.assertEqual(complaints(swapped)[0], ["@param in another order than the parameters"])

    def test_void_returns_nothing(self):
        void = GOOD.replace("UPNVME_API int", "UPNVME_API void")
        self.assertEqual(complaints(void)[0], ["@return, but it is void"])

    def test_fields(self):
        self.broken(STRUCT, " /**< its size */", " /* its size */",
                    "a field in another form than `type name; /**< what it is */`")
        self.broken(STRUCT, " /**< its size */", "", "no comment for `uint32_t size;`")
        self.broken(STRUCT, "/** A thing. */\n", "", "no sentence that says what it is for")

    def test_functions_that_a_header_has_whole(self):
        found, (declared,) = complaints(INLINE)
        self.assertEqual((found, declared.text), ([], "int upnvme_thing_read(upnvme_thing *thing, void *into, ...);"))
        self.broken(INLINE, " * @thread Any thread.\n", "", "no @thread: which threads may call it")

    def test_fields_of_a_union(self):
        found, (declared,) = complaints(UNION)
        self.assertEqual((found, [text for _, text in declared.members]), ([], ["one", "the other", "both"]))
        self.broken(UNION, " /**< one */", "", "no comment for `uint64_t a;`")

    def test_callbacks(self):
        self.broken(CALLBACK, " * @param arg  what it was given\n", "", "no @param for `arg`")


if __name__ == "__main__":
    unittest.main()
