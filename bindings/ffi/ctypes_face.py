# SPDX-License-Identifier: BSD-3-Clause
"""upnvme_ctypes.py: the declarations, made from the description, between the two parts of ctypes_runtime.py."""

import pathlib

from reading import in_order, pointee

RUNTIME = pathlib.Path(__file__).resolve().with_name("ctypes_runtime.py")
BETWEEN = "# --- what the headers declare ---"
NAMES = {"sint8": "int8", "sint16": "int16", "sint32": "int32", "sint64": "int64"}


def scalar(ffi):
    return f"ctypes.c_{NAMES.get(ffi, ffi)}"


class Face:
    """The Python text of one description."""

    def __init__(self, description):
        self.description = description
        self.structs = {record["name"] for record in description["structs"]}
        self.callbacks = {callback["name"] for callback in description["callbacks"]}

    def type_of(self, kind):
        """The ctypes type of a value that is passed."""
        base, depth = pointee(kind["type"])
        name = base.removeprefix("struct ")
        if kind["ffi"] != "pointer":
            return "None" if kind["ffi"] == "void" else scalar(kind["ffi"])
        if name in self.callbacks and not depth:
            return f"_Nullable({name})"
        if base == "char" and depth == 1:
            return "ctypes.c_char_p"
        if name in self.structs:
            inner = name
        elif base in ("uint64_t", "uint32_t", "int32_t"):
            inner = f"ctypes.c_{base.removesuffix('_t')}"
        else:
            inner, depth = "ctypes.c_void_p", depth - 1
        return "ctypes.POINTER(" * depth + inner + ")" * depth

    def field_of(self, field):
        kind = field["type"].removeprefix("struct ") if field["ffi"] == "struct" else self.type_of(field)
        if field["type"] == "char":
            kind = "ctypes.c_char"
        if kind.startswith("ctypes.POINTER"):
            kind = "ctypes.c_void_p"
        for length in reversed(field.get("dimensions", [])):
            kind = f"{kind} * {length}"
        return f'("{field["name"]}", {kind}),'

    def struct(self, record):
        fields = "\n".join(f"        {self.field_of(field)}" for field in record["fields"])
        base = "_Sized" if record["kind"] == "sized" else "ctypes.Structure"
        return f"class {record['name']}({base}):\n    _fields_ = [\n{fields}\n    ]\n"

    def callback(self, callback):
        types = ", ".join([self.type_of(callback["returns"]), *map(self.type_of, callback["arguments"])])
        return f"{callback['name']} = ctypes.CFUNCTYPE({types})"

    def function(self, function):
        arguments = [self.type_of(argument) for argument in function["arguments"]]
        names = ", ".join(argument["name"] for argument in function["arguments"])
        result = self.type_of(function["returns"])
        fails = function["returns"]["type"] == "int"
        one = f'    _Function("{function["name"]}", {result}, [{", ".join(arguments)}], {fails}),  # {names}'
        if len(one) <= 120:
            return one.removesuffix("  # ")
        lines = "".join(f"        {kind},  # {argument['name']}\n"
                        for kind, argument in zip(arguments, function["arguments"]))
        return f'    _Function("{function["name"]}", {result}, [\n{lines}    ], {fails}),'

    def text(self):
        constants = [f"{constant['name']} = {constant['value']!r}" for constant in self.description["constants"]]
        functions = "\n".join(self.function(function) for function in self.description["functions"])
        return "\n\n".join([
            "\n".join(constants) + "\n",
            *(self.struct(record) for record in in_order(self.description["structs"])),
            "\n".join(map(self.callback, self.description["callbacks"])) + "\n",
            f'_SONAME = "{self.description["soname"]}"\n_FUNCTIONS = [\n{functions}\n]\n',
        ])


def generated(description):
    before, after = RUNTIME.read_text(encoding="utf-8").split(BETWEEN + "\n")
    return before + Face(description).text() + after
