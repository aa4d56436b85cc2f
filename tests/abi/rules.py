# SPDX-License-Identifier: BSD-3-Clause
"""What may cross the boundary, so that every language with a foreign function interface can call it."""

import re

import headers


UNKNOWN = ("Enum", "Union")  # whose size or shape is the compiler's


def kind(node):
    return type(node).__name__


class Types:
    """Says what is wrong with the types of a set of declarations, in sentences."""

    def __init__(self, text):
        self.tree = headers.parse(text)
        self.typedefs = {node.name: node.type for node in self.tree.ext if kind(node) == "Typedef"}
        self.structs = headers.structs(text)

    def wrong(self):
        for name, node in headers.all_structs(self.tree).items():
            for field in node.decls:
                yield from self.field(f"struct {name}: {field.name}", field)
        for node in self.tree.ext:
            if kind(node) in ("Decl", "Typedef"):
                yield from self.declaration(node)

    def declaration(self, node):
        shape = node.type
        if kind(shape) == "PtrDecl" and kind(shape.type) == "FuncDecl":
            shape = shape.type
        if kind(shape) == "FuncDecl":
            yield from self.function(node.name, shape)
        elif kind(shape) in UNKNOWN or kind(getattr(shape, "type", None)) in UNKNOWN:
            yield f"{node.name or shape.name}: an enum or a union"
        elif kind(node) == "Decl" and kind(shape) != "Struct":
            yield f"{node.name}: a variable"

    def function(self, name, node):
        for number, argument in enumerate(node.args.params if node.args else (), 1):
            if kind(argument) == "EllipsisParam":
                yield f"{name}: varargs"
            else:
                yield from self.passed(f"{name}: argument {number}", argument.type, node.args.params)
        if not node.args:
            yield f"{name}: no prototype"
        yield from self.passed(f"{name}: the result", node.type, None)

    def passed(self, where, node, arguments):
        """What goes by value: integers of a known size, int, pointers; and void where there is nothing."""
        if kind(node) == "PtrDecl":
            yield from self.pointed(where, node.type)
        elif self.name(node) == "void" and (arguments is None or len(arguments) == 1):
            return
        elif self.is_callback(node) or self.name(node) in headers.INTEGERS:
            return
        else:
            yield f"{where}: {headers.declaration(node)} by value"

    def pointed(self, where, node):
        """What a pointer may lead to: handles and records, integers, bytes, text, another pointer."""
        if kind(node) == "PtrDecl":
            yield from self.pointed(where, node.type)
        elif kind(node) == "FuncDecl":
            yield from self.function(where, node)
        elif kind(node.type) != "Struct" and self.name(node) not in ("void", "char", *headers.INTEGERS):
            if kind(self.typedefs.get(self.name(node), node).type) != "Struct":
                yield f"{where}: a pointer to {headers.declaration(node)}"

    def field(self, where, node):
        if node.bitsize:
            yield f"{where}: a bit-field"
        shape = node.type
        while kind(shape) == "ArrayDecl":
            shape = shape.type
        if shape is not node.type and self.name(shape) == "char" or kind(shape.type) == "Struct":
            return
        if self.name(shape) == "int":
            yield f"{where}: an int, whose size is the compiler's"
        yield from self.passed(where, shape, ())

    def is_callback(self, node):
        shape = self.typedefs.get(self.name(node))
        return kind(shape) == "PtrDecl" and kind(shape.type) == "FuncDecl"

    @staticmethod
    def name(node):
        """The type's name, where it is one word."""
        names = getattr(getattr(node, "type", None), "names", ())
        return names[0] if len(names) == 1 else " ".join(names)


def wrong_names(text):
    """Everything that a program which includes us gets is ours by its name."""
    tree = headers.parse(text)
    names = [node.name for node in tree.ext if kind(node) in ("Decl", "Typedef") and node.name]
    names += headers.structs(text)
    ours = ("size_t", *headers.INTEGERS)
    yield from (name for name in names if not name.startswith("upnvme_") and name not in ours)
    yield from (name for name in headers.macros(text) if not name.startswith("UPNVME_"))


def wrong_structs(text):
    """A struct is frozen, which is asserted, or begins with its size and has an initialiser; and has no holes."""
    options = set(re.findall(r"const struct (\w+) \*", text))
    macros = headers.macros(text)
    for name, (size, fields) in headers.layout(text).items():
        macro = name.upper()
        if fields[0][0] != "size":
            if f"_Static_assert(sizeof(struct {name}) == {size}," not in text:
                yield f"struct {name}: neither a size at its beginning nor an assertion that it is frozen"
        elif fields[0][1] != "uint32_t size":
            yield f"struct {name}: its size is no uint32_t"
        elif f"{macro}_INIT" not in macros and (name in options or f"{macro}_SIZE" not in macros):
            yield f"struct {name}: no {macro}_INIT{'' if name in options else ' nor _SIZE'}"
        end = 0
        for field, declaration, offset, length in fields:
            if offset != end:
                yield f"struct {name}: a hole before {field}"
            inner = re.match(r"struct (\w+) \w", declaration)
            if inner and inner[1] in headers.sized(text):
                yield f"struct {name}: {field} is a struct that may grow"
            end = offset + length
        if end != size:
            yield f"struct {name}: a hole at its end"


def wrong_includes(include):
    """Of others' headers, only those of the language."""
    for path in sorted(include.rglob("*.h")):
        lines = path.read_text(encoding="utf-8")
        for name in re.findall(r"^#\s*include <(.*)>", lines, re.MULTILINE):
            if name not in headers.SYSTEM_HEADERS:
                yield f"{path.name}: includes <{name}>"
        if "UPNVME_API " in re.sub(r"#.*", "", lines) and 'extern "C"' not in lines:
            yield f"{path.name}: functions, and no extern \"C\""
