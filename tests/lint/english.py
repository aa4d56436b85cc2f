#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Clear English, as far as a script can see it: how a comment begins, how long its sentences are, and no gender.

  tests/lint/english.py [TREE]

The rule is in CONTRIBUTING.md. A comment names its subject in the first words, so it does not begin with a pronoun
whose noun stands elsewhere.
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


def paths(tree):
    for top in TOPS:
        yield from sorted(path for path in (tree / top).rglob("*") if path.is_file() and not path.is_symlink())
    yield from (tree / name for name in FILES if (tree / name).exists())


def main(arguments):
    tree = pathlib.Path(arguments[0] if arguments else ".")
    ncomments = bad = 0
    for path in paths(tree):
        if "__pycache__" in path.parts:
            continue
        for number, text in prose.read(path):
            ncomments += 1
            for why in complaints(text):
                print(f"{path}:{number}: {why}")
                bad += 1
    print(f"{ncomments} comments looked at, {bad} complaints")
    return 1 if bad or not ncomments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
