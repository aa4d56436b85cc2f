# SPDX-License-Identifier: BSD-3-Clause
"""What the public headers say, without comments and conditions: declarations, structs and their fields, constants."""

import functools
import importlib.util
import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
from harness import call

CC = os.environ.get("CC", "cc")
# The only headers that ours may include; what they declare is no part of what we say.
SYSTEM_HEADERS = ("stddef.h", "stdint.h")
INTEGERS = ("int", "size_t", *(f"{sign}int{bits}_t" for sign in ("", "u") for bits in (8, 16, 32, 64)))
DEFINE = re.compile(r"^#define (\w+)(\([^)]*\))? ?(.*)$", re.MULTILINE)


def needs(*programs):
    """Marks tests that need these programs, and pycparser."""
    missing = [name for name in programs if not shutil.which(name)]
    if not importlib.util.find_spec("pycparser"):
        missing.append("python3-pycparser")
    return unittest.skipIf(missing, f"not installed: {', '.join(missing)} (make deps)")


def preprocess(*words):
    """The headers as the compiler sees them, but for the system's."""
    with tempfile.TemporaryDirectory(prefix="upnvme-") as empty:
        for name in SYSTEM_HEADERS:
            (pathlib.Path(empty) / name).touch()
        return call(CC, "-E", "-P", "-nostdinc", "-isystem", empty, "-DUPNVME_API=extern", *words)


def declarations(include):
    """All that upnvme.h declares and defines, one header in the form of another."""
    lines = preprocess("-dD", f"-I{include}", pathlib.Path(include) / "upnvme.h").splitlines()
    foreign = re.compile(r"#undef |#define (?!UPNVME_)|#define UPNVME_API |#define \w+ *$")
    return "".join(f"{line}\n" for line in lines if line and not foreign.match(line))


def macros(text):
    """Name to (parameters, body) of each macro that has one."""
    return {name: (parameters, body.strip()) for name, parameters, body in DEFINE.findall(text)}


def is_integer(parameters, body):
    return not parameters and body[0] not in '"{' and "sizeof" not in body


@functools.cache
def values(text):
    """Name to value of each constant that is an integer, as a compiler evaluates it."""
    names = [name for name, macro in macros(text).items() if is_integer(*macro)]
    lines = "".join(f'\tprintf("%s %lld\\n", "{name}", (long long)({name}));\n' for name in names)
    printed = evaluate(text, lines)
    return {name: int(value) for name, value in (line.split() for line in printed.splitlines())}


def evaluate(text, statements):
    """What C statements print where these declarations are known."""
    program = "".join(f"#include <{name}>\n" for name in (*SYSTEM_HEADERS, "stdio.h"))
    program += f"{text}int main(void)\n{{\n{statements}}}\n"
    with tempfile.TemporaryDirectory(prefix="upnvme-") as folder:
        call(CC, "-x", "c", "-std=gnu11", "-", "-o", f"{folder}/program", input=program)
        return call(f"{folder}/program")


def parse(text):
    """The declarations as a tree of pycparser's, which may be absent."""
    from pycparser import CParser

    types = "".join(f"typedef int {name};\n" for name in INTEGERS[1:])
    return CParser().parse(types + re.sub(r"^#.*$|^/\*.*\*/$", "", text, flags=re.MULTILINE))


def all_structs(tree):
    """Name to node of each struct that is defined, in the order of the headers."""
    nodes = [node.type for node in tree.ext if type(node).__name__ == "Decl"]
    return {node.name: node for node in nodes if type(node).__name__ == "Struct" and node.decls}


@functools.cache
def structs(text):
    """Name to [(field, declaration)] of each struct that is defined."""
    return {name: [(field.name, field) for field in node.decls] for name, node in all_structs(parse(text)).items()}


@functools.cache
def functions(text):
    """Name to declaration of each function."""
    nodes = [node for node in parse(text).ext if type(node).__name__ == "Decl"]
    return {node.name: node.type for node in nodes if type(node.type).__name__ == "FuncDecl"}


def sized(text):
    """Names of the structs that begin with their size, and so may grow."""
    return [name for name, fields in structs(text).items() if fields[0][0] == "size"]


@functools.cache
def layout(text):
    """Struct to (its size, [(field, its declaration, offset, bytes)])."""
    declared = {name: {field: declaration(node) for field, node in fields} for name, fields in structs(text).items()}
    lines = "".join(f'\tprintf("{struct} - 0 %zu\\n", sizeof(struct {struct}));\n' + "".join(
        f'\tprintf("{struct} {field} %zu %zu\\n", offsetof(struct {struct}, {field}), '
        f'sizeof(((struct {struct} *)0)->{field}));\n' for field in fields) for struct, fields in declared.items())
    found = {}
    for struct, field, offset, size in (line.split() for line in evaluate(text, lines).splitlines()):
        if field == "-":
            found[struct] = (int(size), [])
        else:
            found[struct][1].append((field, declared[struct][field], int(offset), int(size)))
    return found


def declaration(node):
    """A declaration in C."""
    from pycparser.c_generator import CGenerator

    return CGenerator().visit(node)


def field_text(field):
    """A field of `layout` in words."""
    return f"\"{field[1]}\" at {field[2]}" if field else "not there"
