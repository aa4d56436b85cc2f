#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Clear English, as far as a script can see it: how a comment begins, how long its sentences are, and no gender.

  tests/lint/english.py [TREE]

The rule is in CONTRIBUTING.md. A comment names its subject in the first words, so it does not begin with a pronoun
whose noun stands elsewhere. The name of a test is a sentence with a subject, too. A sentence for users (of an error, or
of the log) names each thing that it is about.
"""

import pathlib
import re
import sys

import prose

WORDS = 45
GENDER = re.compile(r"\b(he|she|his|hers?|him|himself|herself)\b", re.IGNORECASE)
VERB = r"(?:is|are|was|were|has|have|had|can|cannot|could|may|must|will|would|does|do|did|needs?|says?|goes|comes)"
BEGINNING = re.compile(
    r"(?:(?:it|its|it's|they|their|theirs|them|whoever|whatever|whose)\b"
    rf"|(?:this|that|these|those|such|both|one)\s+(?:{VERB}\b|of\s+(?:them|these|those)\b)"
    r"|(?:that|those|one|such|both)\s+(?:that|which|who|whose|as)\b"
    r"|what there (?:is|was|are)\b)", re.IGNORECASE)
# The end of a sentence; an abbreviation's dot has no capital letter behind it.
SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+(?=[A-Z0-9`@-])")
PARAGRAPH_END = re.compile(r"\n\s*\n|\n\s*(?=[-*@#]|\d+\.? |\w+: |`)|\n\s{2,}")
# A test's name that begins with a pronoun, or names nobody.
RIDDLE = re.compile(
    r"(?:what|who|whoever|whose|whatever|it|its|they|them|their|so|nor|others|these|those"
    r"|one_(?:that|who|whose|which|without|with|in|is|found|of_them|of_those))_"
    r"|.*_(?:nobody|nobodys|somebody|somebodys|anybody|whoever)(?:_|$)")
# Words of a sentence for users that stand in the place of a thing.
NO_THING = re.compile(r"\b(?:nobody|somebody|anybody|whoever|whatever|what (?:is|was|are|were|there|it|they))\b")
MESSAGE_WORDS = 65
# Where the library's sentences are.
LIBRARY = ("core", "capi/src")

TOPS = ("core", "capi", "bindings", "python", "go", "tests")
FILES = ("Makefile", "README.md", "CONTRIBUTING.md")


def sentences(text):
    for paragraph in PARAGRAPH_END.split(text):
        yield from SENTENCE_END.split(paragraph)


def complaints(text):
    """The complaints about one comment, as text; code in backticks is not looked at."""
    text = re.sub(r"`[^`\n]*`", "`code`", text)
    match = BEGINNING.match(text)
    if match:
        yield f'begins with "{match[0]}", whose noun is elsewhere: {" ".join(text.split()[:8])} ...'
    for match in GENDER.finditer(text):
        yield f'"{match[0]}": neither things nor users have a gender'
    for sentence in sentences(text):
        words = len(sentence.split())
        if words > WORDS:
            yield f'a sentence of {words} words, {WORDS} at most: {" ".join(sentence.split()[:8])} ...'


def complaints_of_message(text):
    for match in NO_THING.finditer(text):
        yield f'"{match[0]}" names no thing, in a sentence for users: {text[:60]} ...'
    for match in GENDER.finditer(text):
        yield f'"{match[0]}": neither things nor users have a gender'
    words = len(text.split())
    if words > MESSAGE_WORDS:
        yield f"a sentence of {words} words for users, {MESSAGE_WORDS} at most: {text[:60]} ..."


def complaints_of_file(path, tree):
    """(line, complaint) of all that is written in a file, and the number of texts that were looked at."""
    place = path.relative_to(tree)
    found, ntexts = [], 0
    for number, text in prose.read(path):
        ntexts += 1
        found += [(number, why) for why in complaints(text)]
    if "tests" in place.parts:
        names = prose.test_names(path)
        ntexts += len(names)
        found += [(number, f"the test's name has no subject: {name}") for number, name in names if RIDDLE.match(name)]
    if path.suffix in (".c", ".h") and str(place).startswith(LIBRARY):
        sentences_of_users = prose.messages(path.read_text(encoding="utf-8"))
        ntexts += len(sentences_of_users)
        found += [(number, why) for number, text in sentences_of_users for why in complaints_of_message(text)]
    return found, ntexts


def paths(tree):
    for top in TOPS:
        yield from sorted(path for path in (tree / top).rglob("*") if path.is_file() and not path.is_symlink())
    yield from (tree / name for name in FILES if (tree / name).exists())


def main(arguments):
    tree = pathlib.Path(arguments[0] if arguments else ".")
    ntexts = bad = 0
    for path in paths(tree):
        if "__pycache__" in path.parts:
            continue
        found, n = complaints_of_file(path, tree)
        ntexts += n
        bad += len(found)
        for number, why in found:
            print(f"{path}:{number}: {why}")
    print(f"{ntexts} comments, names and sentences looked at, {bad} complaints")
    return 1 if bad or not ntexts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
