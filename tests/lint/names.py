#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""One name for one thing: no two files of the library have static functions of one name.

A pair of files that does the same by two means may: the table below names the pairs. Run from the top of the tree, or
give the tree's path.
"""

import collections
import pathlib
import re
import sys

FOLDERS = ("core", "capi/src")
# The engines of files: a channel of io_uring, and one of worker threads.
MIRRORED = [{"core/media/uring.c", "core/media/worker.c"}]
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
ATTRIBUTE = re.compile(r"__attribute__\(\(.*?\)\)\s*", re.DOTALL)
STATIC = re.compile(r"^static\b[^;{}()]*?\b(\w+)\([^;{}]*\)\s*\{", re.MULTILINE)


def static_functions(text):
    return {match[1] for match in STATIC.finditer(ATTRIBUTE.sub("", COMMENT.sub("", text)))}


def shared(texts):
    """Of {file: text}: {name: the files that have a static function of it}, where they are several."""
    files = collections.defaultdict(set)
    for path, text in texts.items():
        for name in static_functions(text):
            files[name].add(path)
    return {name: paths for name, paths in sorted(files.items()) if len(paths) > 1 and paths not in MIRRORED}


def main():
    tree = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    found = shared({path.relative_to(tree).as_posix(): path.read_text() for folder in FOLDERS
                    for path in (tree / folder).rglob("*.[ch]")})
    for name, paths in found.items():
        print(f"{name}() is static in {' and '.join(sorted(paths))}: one name for one thing")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
