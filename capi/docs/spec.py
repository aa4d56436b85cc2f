#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Shows Doxygen a header of upnvme/spec/ with its constants documented: capi/docs/spec.py HEADER.

In those headers the comment above a group of constants names the figure, and a constant whose name says all has no
comment. In what is printed such a comment begins a group of Doxygen's, and every constant has a comment.
"""

import pathlib
import re
import sys

# A comment at the margin, directly above constants up to the next blank line or comment.
GROUP = re.compile(r"^/\*(?!\*)((?:[^*]|\*(?!/))*)\*/\n((?:#define .*\n(?:(?<=\\\n).*\n)*)+)", re.MULTILINE)
DEFINE = re.compile(r"^(#define UPNVME_SPEC_\w+(?:\([^)]*\))?[ \t]+[^/\n]*?)[ \t]*(?:/\*(?!\*) (.*?) \*/)?$",
                    re.MULTILINE)
NOTHING_TO_SAY = "&nbsp;"


def grouped(match):
    """A group's name is its first sentence; what follows is its text."""
    text = re.sub(r"\s*\n \* ?", " ", match[1]).strip()
    name, _, rest = text.partition(". ")
    return f"/** @name {name}\n * {rest}\n * @{{ */\n{match[2]}/** @}} */\n"


def documented(match):
    """A macro of several lines has its comment before its definition."""
    text = match[2] or NOTHING_TO_SAY
    if match[1].endswith("\\"):
        return f"/** {text} */\n{match[1]}"
    return f"{match[1]} /**< {text} */"


def shown(text):
    return GROUP.sub(grouped, DEFINE.sub(documented, text))


if __name__ == "__main__":
    print(shown(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")), end="")
