#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The checker of English must find the comments of each language, and each kind of mistake in them."""

import pathlib
import tempfile
import unittest

import english
import prose


def found(text, name):
    """The comments that are read from a file of this name."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / name
        path.write_text(text)
        return prose.read(path)


class Prose(unittest.TestCase):
    def test_c(self):
        text = '/* SPDX-License-Identifier: X */\n/*\n * A thing.\n * More.\n */\nint a; /**< its "kind" */\n'
        self.assertEqual(found(text + 'char *s = "/* no */";\n', "a.c"), [(2, "A thing.\nMore."), (6, 'its "kind"')])

    def test_go(self):
        text = "// One\n// two.\nvar a = `// no` // three\nvar b int // four\n"
        self.assertEqual(found(text, "a.go"), [(1, "One\ntwo."), (3, "three"), (4, "four")])

    def test_python(self):
        text = '"""A.\n\nIt is."""\n\n# One\n# two\nA = "# no"  # three\n\ndef f():\n    """Does."""\n'
        self.assertEqual(found(text, "a.py"), [(1, "A.\n\nIt is."), (5, "One\ntwo"), (7, "three"), (10, "Does.")])

    def test_scripts_and_makefiles(self):
        self.assertEqual(found("#!/bin/sh\n# One\n# two\necho '#'\n", "a"), [(2, "One\ntwo")])
        self.assertEqual(found("#!/usr/bin/env python3\n# One\n", "a"), [(2, "One")])
        self.assertEqual(found("# One\nall: # two\n", "a.mk"), [(1, "One")])
        self.assertEqual(found("-- One\nprint(1) -- two\n", "a.lua"), [(1, "One")])

    def test_markdown(self):
        text = "# It\n\nA text\nof two.\n\n- It is\n  an item\n- two\n\n| it | is |\n\n```c\n// it\n```\n\n    it\n"
        self.assertEqual(found(text, "a.md"), [(3, "A text\nof two."), (6, "It is\nan item"), (8, "two")])

    def test_files_of_other_kinds_have_no_comments(self):
        self.assertEqual(found("# It is\n", "a.json"), [])


class Names(unittest.TestCase):
    """The names of tests."""

    def names(self, text, name):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / name
            path.write_text(text)
            return prose.test_names(path)

    def test_names_of_c_and_python_are_found(self):
        self.assertEqual(self.names("static void a_queue_ends(void **state)\n{\n}\n", "a.c"), [(1, "a_queue_ends")])
        self.assertEqual(self.names("x = 1\ndef test_a_queue_ends(self):\n    pass\n", "a.py"), [(2, "a_queue_ends")])
        self.assertEqual(self.names("static void helper(struct a *a)\n", "a.c"), [])
        self.assertEqual(self.names("def test_it():\n", "a.md"), [])

    def test_a_name_without_a_subject_is_found(self):
        for name in ("what_is_late_stays", "who_waits_is_let_go", "it_ends", "one_that_fails_is_closed",
                     "a_buffer_is_given_to_nobody", "somebodys_claim_is_read_by_nobody_else"):
            self.assertTrue(english.RIDDLE.match(name), name)
        for name in ("late_commands_stay_in_flight", "one_queue_pair_of_many", "whole_pages_are_kept", "items_end"):
            self.assertIsNone(english.RIDDLE.match(name), name)


class Messages(unittest.TestCase):
    """Sentences for users."""

    def test_literals_are_put_together(self):
        text = ('#include "a b c d.h"\nf(e, "the queue is "\n     "full: poll it", "short");\n'
                '/* "no text of the code" */\n')
        self.assertEqual(prose.messages(text), [(2, "the queue is full: poll it")])

    def test_a_thing_without_a_name_is_found(self):
        for text in ("nobody can say whether it is in use", "what is behind it cannot be seen",
                     "close it, whoever has it"):
            self.assertEqual(len(list(english.complaints_of_message(text))), 1, text)
        for text in ("the kernel does not tell what the IOMMU can do", "give him 2 blocks at least"):
            self.assertEqual(len(list(english.complaints_of_message(text))), "him" in text, text)

    def test_a_long_sentence(self):
        self.assertEqual(list(english.complaints_of_message("word " * english.MESSAGE_WORDS)), [])
        self.assertEqual(len(list(english.complaints_of_message("word " * (english.MESSAGE_WORDS + 1)))), 1)

    def test_a_file_is_read_as_its_place_says(self):
        text = 'static void what_ends(void **state)\n{\n\tf("nobody has all of it");\n}\n'
        with tempfile.TemporaryDirectory() as folder:
            tree = pathlib.Path(folder)
            for place, expected in (("core/a.c", 1), ("tests/a.c", 1), ("go/a.c", 0)):
                path = tree / place
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
                self.assertEqual(len(english.complaints_of_file(path, tree)[0]), expected, place)


class English(unittest.TestCase):
    def test_comments_that_name_their_subject_pass(self):
        for text in ("The queue is full.", "One queue pair of many.", "This thread's token.", "That thread ends.",
                     "Such queue pairs have no gate.", "Itself a queue.", "Who may use a queue pair: its owner."):
            self.assertEqual(list(english.complaints(text)), [])

    def test_a_pronoun_at_the_beginning(self):
        for text in ("It is full.", "its size", "They end.", "Whoever waits", "Whose it is.", "This is what it was.",
                     "Those of them that wait", "One that waits", "What there is may go."):
            self.assertEqual(len(list(english.complaints(text))), 1, text)
        self.assertEqual(list(english.complaints("A queue. It is full.")), [])

    def test_gender(self):
        self.assertEqual(len(list(english.complaints("The owner looks whether he is awake, and his queue."))), 2)
        self.assertEqual(list(english.complaints("The owner's history, and theirs.")), [])

    def test_a_long_sentence(self):
        self.assertEqual(list(english.complaints("word " * english.WORDS)), [])
        self.assertEqual(len(list(english.complaints("word " * (english.WORDS + 1)))), 1)
        for between in (". A ", "\n\n", "\n- ", "\n0: "):
            halves = ("word " * (english.WORDS // 2 + 1)).strip()
            self.assertEqual(list(english.complaints(halves + between + halves)), [], between)


if __name__ == "__main__":
    unittest.main()
