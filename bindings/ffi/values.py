# SPDX-License-Identifier: BSD-3-Clause
"""Asks the compiler for sizes, offsets and values, so that the description has the same values as compiled programs."""

import json
import pathlib
import subprocess
import tempfile

PROGRAM = """\
#include <stddef.h>
#include <stdio.h>
#include <sys/uio.h>
{includes}

static void number(long long value) {{ printf("%lld\\n", value); }}
static void large(unsigned long long value) {{ printf("%llu\\n", value); }}
static void text(const char *value) {{ printf("\\"%s\\"\\n", value); }}
#define ANSWER(x) \\
    _Generic((x), char *: text, unsigned long: large, unsigned long long: large, default: number)(x)
#define TYPE_OF(x) _Generic((x), char *: "string", int: "int32_t", unsigned: "uint32_t", \\
    long: "int64_t", unsigned long: "uint64_t", long long: "int64_t", unsigned long long: "uint64_t")

int main(void)
{{
{questions}
    return 0;
}}
"""


class Ask(str):
    """A C expression in the place of its value, until the compiler is asked."""


def questions_in(tree):
    """Every expression in a tree of lists and dictionaries, in order."""
    if isinstance(tree, Ask):
        yield tree
    elif isinstance(tree, (dict, list)):
        for child in tree.values() if isinstance(tree, dict) else tree:
            yield from questions_in(child)


def replaced(tree, answers):
    if isinstance(tree, Ask):
        return answers[tree]
    if isinstance(tree, dict):
        return {key: replaced(child, answers) for key, child in tree.items()}
    return [replaced(child, answers) for child in tree] if isinstance(tree, list) else tree


def answered(tree, compiler, include, headers):
    """The tree with a value for each expression. A constant that is neither integer nor string does not compile."""
    asked = list(dict.fromkeys(questions_in(tree)))
    with tempfile.TemporaryDirectory(prefix="upnvme-ffi-") as folder:
        source, program = pathlib.Path(folder) / "numbers.c", pathlib.Path(folder) / "numbers"
        source.write_text(PROGRAM.format(includes="\n".join(f"#include <{header}>" for header in headers),
                                         questions="\n".join(f"    ANSWER({question});" for question in asked)),
                          encoding="utf-8")
        subprocess.run([*compiler, "-std=c11", f"-I{include}", source, "-o", program], check=True)
        lines = subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()
    return replaced(tree, dict(zip(asked, map(json.loads, lines), strict=True)))
