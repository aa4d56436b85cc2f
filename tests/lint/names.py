#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""One name for one thing: no two files of the library define a static function or variable or a macro of one name.

The published Go module compiles each room of the library as one C file (bindings/cgo/module.py). There a second static
variable of one name and type would be no error but one variable, and a macro of one file would change the next files.
Run from the top of the tree, or give the tree's path.
"""

import collections
import pathlib
import re
import sys

FOLDERS = ("core", "capi/src")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
ATTRIBUTE = re.compile(r"__attribute__\(\(.*?\)\)\s*", re.DOTALL)
FUNCTION = re.compile(r"^static\b[^;{}()]*?\b(\w+)\([^;{}]*\)\s*\{", re.MULTILINE)
ARRAY = r"(?:\[[^]]*\])*"
VARIABLE = re.compile(rf"^static\b[^;{{}}()=]*?(\w+){ARRAY}\s*[;=]", re.MULTILINE)
# A variable whose type is defined with it has its name behind the type's brace, which stands at the margin.
BEHIND_TYPE = re.compile(rf"^\}} (\w+){ARRAY}\s*[;=]", re.MULTILINE)
MACRO = re.compile(r"^#\s*define (\w+)", re.MULTILINE)
ATOMIC = re.compile(r"\b_Atomic\([^()]*\)")


def own_names(text):
    """What a file defines for itself."""
    text = ATOMIC.sub("int", ATTRIBUTE.sub("", COMMENT.sub("", text)))
    return {match[1] for what in (FUNCTION, VARIABLE, BEHIND_TYPE, MACRO) for match in what.finditer(text)}


def shared(texts):
    """Of {file: text}: {name: the files that define it}, where they are several."""
    files = collections.defaultdict(set)
    for path, text in texts.items():
        for name in own_names(text):
            files[name].add(path)
    return {name: paths for name, paths in sorted(files.items()) if len(paths) > 1}


def small_macros(text):
    """The macros that could be taken for names of another kind, such as a field of a structure elsewhere."""
    return [name for name in MACRO.findall(text) if name != name.upper()]


def main():
    tree = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    texts = {path.relative_to(tree).as_posix(): path.read_text() for folder in FOLDERS
             for path in (tree / folder).rglob("*.[ch]")}
    wrong = [f"{name} is in {' and '.join(sorted(paths))}: one name for one thing"
             for name, paths in shared(texts).items()]
    wrong += [f"{path}: macro {name} of a C file is not in capitals"
              for path, text in sorted(texts.items()) if path.endswith(".c") for name in small_macros(text)]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
