#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What every source file keeps to: its length, the length of its functions, its licence line, no loose ends.

The code is formatted (clang-format comes first), so a function is what stands between a `{` and a `}` that are
alone at the left margin.
"""

import pathlib
import re
import statistics
import sys

FILE_LINES = 900
FUNCTION_LINES = 70
COLUMNS = 120
LICENCE = "SPDX-License-Identifier: BSD-3-Clause"
LOOSE_END = re.compile(r"\b(TODO|FIXME|XXX)\b")
# What clang-format does to `uint32_t name; /* a comment that is too long */`.
SPLIT = re.compile(r"^\s*(?:UPNVME_API |typedef |static |const |struct |unsigned )*\w+( \w+)?$")
TOPS = ("core", "capi", "bindings", "python", "go", "tests")


def functions(lines):
    """(line number of the name, length) of each function, its head included."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
            while start > 1 and lines[start - 2] and lines[start - 2][0] not in "}#/* ":
                start -= 1
                if not lines[start - 1].startswith("\t"):
                    break
        elif line == "}" and start:
            yield start, number - start + 1
            start = None


def split_by_comment(lines, number):
    """Whether this line is but the beginning of a declaration that ends, with a comment, on the next."""
    if number >= len(lines) or not SPLIT.match(lines[number - 1]):
        return False
    return bool(re.match(r"^\s*\*?\w+(\[\w*\]|\([^;]*\))?; +/\*", lines[number]))


def is_script(path):
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def check(path, lengths):
    """All that is wrong with one file, as text; notes its functions' lengths."""
    lines = path.read_text(errors="replace").splitlines()
    if len(lines) > FILE_LINES:
        yield f"{path}:{FILE_LINES}: {len(lines)} lines, {FILE_LINES} at most"
    if LICENCE not in "\n".join(lines[:2]):
        yield f"{path}:1: the first line names the licence: {LICENCE}"
    for number, line in enumerate(lines, 1):
        if len(line.expandtabs(8)) > COLUMNS:
            yield f"{path}:{number}: {len(line.expandtabs(8))} columns, {COLUMNS} at most"
        if path.suffix in (".c", ".h") and split_by_comment(lines, number):
            yield f"{path}:{number}: split by the comment behind it: put a shorter one there, or one above"
        if LOOSE_END.search(line) and path.name != "files.py":
            yield f"{path}:{number}: a loose end: {line.strip()}"
    if path.suffix in (".c", ".h"):
        for number, length in functions(lines):
            lengths.append(length)
            if length > FUNCTION_LINES:
                yield f"{path}:{number}: a function of {length} lines, {FUNCTION_LINES} at most"


def main():
    tree = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    lengths = []
    bad = 0
    for top in TOPS:
        for path in sorted((tree / top).rglob("*")):
            known = path.suffix in (".c", ".h", ".py", ".go", ".i", ".mk", ".sh")
            if path.is_file() and (known or (not path.suffix and is_script(path))):
                for line in check(path, lengths):
                    print(line)
                    bad += 1
    if lengths:
        print(f"{len(lengths)} functions, median {statistics.median(lengths):.0f} lines, "
              f"{sum(n > 45 for n in lengths)} over 45, longest {max(lengths)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
