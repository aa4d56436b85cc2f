# SPDX-License-Identifier: BSD-3-Clause
"""The types that may cross the boundary: each C type that the public headers may use, and libffi's name of it."""

from pycparser import c_ast

from reading import pointee

# `int` and `size_t` are there because C programmers expect them; on every platform of the library (LP64) they have
# these sizes. `long`, `bool` and enums differ between compilers and languages.
SCALARS = {
    "int8_t": "sint8", "int16_t": "sint16", "int32_t": "sint32", "int64_t": "sint64",
    "uint8_t": "uint8", "uint16_t": "uint16", "uint32_t": "uint32", "uint64_t": "uint64",
    "int": "sint32", "size_t": "uint64",
}
# Text: only behind a pointer or in an array.
TEXT = {"char": "uint8"}


class Refused(Exception):
    """A declaration that is no part of an ABI which every language can call."""


def base_name(node, where):
    """The C name of the type that a declarator ends in, or a refusal."""
    kind = node.type
    if isinstance(kind, c_ast.IdentifierType):
        return " ".join(kind.names)
    if isinstance(kind, c_ast.Struct) and kind.name:
        return f"struct {kind.name}"
    raise Refused(f"{where}: {type(kind).__name__.lower()}s are not for the boundary")


def spelled(node, where):
    """A type as C spells it, with the blanks where clang-format puts them."""
    if isinstance(node, c_ast.PtrDecl):
        inner = spelled(node.type, where)
        stars = inner + "*" if inner.endswith("*") else inner + " *"
        return stars + "".join(f" {qualifier}" for qualifier in node.quals)
    if isinstance(node, c_ast.TypeDecl):
        return " ".join([*node.quals, base_name(node, where)])
    raise Refused(f"{where}: {type(node).__name__} is not for the boundary: name its type by a typedef, or use a "
                  "pointer")


class Crossing:
    """The types of one set of headers."""

    def __init__(self, handles, callbacks, structs):
        self.handles, self.callbacks, self.structs = set(handles), set(callbacks), set(structs)

    def type_of(self, node, where, returned=False):
        """A value that is passed or returned: its C type and its libffi type."""
        text = spelled(node, where)
        base, depth = pointee(text)
        if not self.is_known(base, depth):
            raise Refused(f"{where}: `{text}` is not for the boundary")
        if depth or base in self.callbacks:
            return {"type": text, "ffi": "pointer"}
        if base in SCALARS:
            return {"type": text, "ffi": SCALARS[base]}
        if returned and base == "void":
            return {"type": text, "ffi": "void"}
        raise Refused(f"{where}: `{text}` by value is not for the boundary")

    def is_known(self, base, depth):
        if base in SCALARS or base in self.callbacks or base.removeprefix("struct ") in self.structs:
            return True
        return base == "void" or (depth > 0 and (base in TEXT or base in self.handles))

    def field_of(self, node, where):
        """A field: as `type_of`, or an array of it, or another record, which has no libffi type of its own."""
        dimensions = []
        while isinstance(node, c_ast.ArrayDecl):
            if node.dim is None:
                raise Refused(f"{where}: an array without a length")
            dimensions.append(node.dim)
            node = node.type
        text = spelled(node, where)
        base = text.removeprefix("struct ")
        if text in TEXT and dimensions:
            return {"type": text, "ffi": TEXT[text]}, dimensions
        if text.startswith("struct ") and "*" not in text and base in self.structs:
            return {"type": text, "ffi": "struct"}, dimensions
        return self.type_of(node, where), dimensions
