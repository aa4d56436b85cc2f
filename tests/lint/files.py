#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The rules of every source file: its length, the length of its functions, its licence line, no loose ends.

The code is formatted (clang-format comes first), so a function stands between a `{` and a `}` that are alone at the
left margin.
"""

import pathlib
import re
import statistics
import sys

# (lines of a file, lines of a function) at most, in these folders and elsewhere.
LIMITS = {"core": (400, 45)}
OTHER_LIMITS = (700, 55)
COLUMNS = 120
LICENCE = "SPDX-License-Identifier: BSD-3-Clause"
LOOSE_END = re.compile(r"\b(TODO|FIXME|XXX)\b")
# The two lines that clang-format makes of `uint32_t name; /* a comment that is too long */`.
SPLIT = re.compile(r"^\s*(?:UPNVME_API |typedef |static |const |struct |unsigned )*\w+( \w+)?$")
# Calls that make a descriptor; the library's code makes descriptors through core/base/fd.h.
OPENER = re.compile(
    r"(?<![\w.>])(open|openat|openat2|creat|fopen|freopen|opendir|scandir|dup|dup2|dup3|eventfd|memfd_create|"
    r"signalfd|timerfd_create|epoll_create1?|inotify_init1?|pipe2?|socket|socketpair|accept4?|mkstemp|mkostemp|popen|"
    r"tmpfile|dlopen|io_uring_setup|io_uring_queue_init\w*|io_uring_queue_mmap)\(|_GET_DEVICE_FD\b")
WITHIN = "fd_floor_raise("
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


def openers(lines):
    """(line number, call) of each that makes a descriptor, in a function that does not raise the floor around it."""
    for start, length in functions(lines):
        body = [line.split("/*")[0] for line in lines[start - 1:start - 1 + length]]
        if any(WITHIN in line for line in body):
            continue
        for number, line in enumerate(body, start):
            match = OPENER.search(re.sub(r'"[^"]*"', '""', line))
            if match:
                yield number, match.group(0)


def is_of_the_library(path):
    """Whether a file belongs to the library; DPDK's plug-in does not, which is called with the floor raised."""
    text = path.as_posix()
    exempt = re.search(r"core/(base/fd\.c|env/dpdk/plugin/)", text)
    return bool(re.search(r"(^|/)(core|capi/src)/", text)) and not exempt


def is_script(path):
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def limits_of(name):
    """(lines of the file, lines of a function) that a file, by its name in the tree, may have."""
    return LIMITS.get(name.split("/")[0], OTHER_LIMITS)


def check(path, lengths, name=""):
    """The complaints about one file, whose name in the tree is `name`, as text; notes its functions' lengths."""
    lines = path.read_text(errors="replace").splitlines()
    file_lines, function_lines = limits_of(name)
    if len(lines) > file_lines:
        yield f"{path}:{file_lines}: {len(lines)} lines, {file_lines} at most"
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
            if length > function_lines:
                yield f"{path}:{number}: a function of {length} lines, {function_lines} at most"
        for number, call in openers(lines) if is_of_the_library(path) else ():
            yield f"{path}:{number}: {call} may give a descriptor below 3: see core/base/fd.h"


def main():
    tree = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    lengths = []
    bad = 0
    for top in TOPS:
        for path in sorted((tree / top).rglob("*")):
            known = path.suffix in (".c", ".h", ".py", ".go", ".i", ".mk", ".sh")
            if path.is_file() and (known or (not path.suffix and is_script(path))):
                for line in check(path, lengths, path.relative_to(tree).as_posix()):
                    print(line)
                    bad += 1
    if lengths:
        print(f"{len(lengths)} functions, median {statistics.median(lengths):.0f} lines, "
              f"{sum(n > 45 for n in lengths)} over 45, longest {max(lengths)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
