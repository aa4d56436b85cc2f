# SPDX-License-Identifier: BSD-3-Clause
"""Reads the public headers: every function, record, callback, handle and constant that they declare.

The preprocessor of the compiler that builds the library resolves conditions, and pycparser reads the remaining C.
pycparser is a small package of pure Python that takes the same C everywhere. Sizes and values, which it does not know,
are asked of the compiler (values.py). Nothing is computed here.
"""

import os
import pathlib
import re
import shlex
import subprocess

from pycparser import c_ast, c_generator, c_parser

from crossing import Crossing, Refused
from values import Ask

HERE = pathlib.Path(__file__).resolve().parent
# A declaration without a version has been there from the beginning.
FIRST = "0.1"
SINCE = re.compile(r"@since\s+(\d+\.\d+)")
MARKER = re.compile(r'^# (\d+) "([^"]*)"')
DEFINE = re.compile(r"^#define (\w+)(\([^)]*\))?\s?(.*)$")
# Macros of the headers' own use, and their include guards.
PRIVATE = re.compile(r"^(UPNVME_API|UPNVME_ASSERT|UPNVME_ERROR_FORMAT|UPNVME_(\w+_)?H)$")
# A record of the system's that the headers only name.
SYSTEM = {"iovec": ("sys/uio.h", "struct iovec { void *iov_base; size_t iov_len; };")}


def compiler():
    return shlex.split(os.environ.get("CC", "cc"))


def umbrellas(include):
    """The headers that have all functions: upnvme.h, and those for implementers, which it does not include."""
    return ["upnvme.h", *(f"upnvme/sys/{path.name}" for path in sorted((include / "upnvme/sys").glob("*.h")))]


def preprocessed(include):
    """All headers as one text, with the definitions of macros left in. An exported function is `extern`."""
    included = [word for header in umbrellas(include) for word in ("-include", header)]
    command = [*compiler(), "-std=c11", "-E", "-dD", "-nostdinc", f"-I{HERE / 'libc'}", f"-I{include}",
               "-DUPNVME_API=extern", "-DUPNVME_ERROR_FORMAT(first)=", *included, "-x", "c", os.devnull]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def whole_comment_above(lines, index):
    """The nearest comment above a line that has lines of its own, up to a blank line."""
    while index > 0 and lines[index - 1].strip():
        index -= 1
        if not lines[index].rstrip().endswith("*/"):
            continue
        end = index
        while index > 0 and "/*" not in lines[index]:
            index -= 1
        if lines[index].lstrip().startswith("/*"):
            return "\n".join(lines[index:end + 1])
    return ""


class Headers:
    """What the headers under one folder declare, as lists of what the description holds."""

    def __init__(self, include):
        self.include = pathlib.Path(include).resolve()
        self.lines = {}
        text = preprocessed(self.include)
        code = "\n".join("" if line.startswith(("#define", "#undef")) else line for line in text.splitlines())
        system = "\n".join(declaration for _, declaration in SYSTEM.values())
        self.nodes = [node for node in c_parser.CParser().parse(code).ext if self.is_ours(node)]
        self.system = [node for node in c_parser.CParser().parse("typedef unsigned long size_t;\n" + system).ext
                       if isinstance(node.type, c_ast.Struct)]
        self.definitions = self.macros_of(text)
        self.crossing = Crossing(self.handle_names(), self.callback_names(), self.struct_names())

    # --- places -------------------------------------------------------------------------

    def is_ours(self, node):
        return node.coord is not None and self.include in pathlib.Path(node.coord.file).resolve().parents

    def header(self, coord):
        return str(pathlib.Path(coord.file).resolve().relative_to(self.include))

    def text_of(self, header):
        if header not in self.lines:
            self.lines[header] = (self.include / header).read_text(encoding="utf-8").splitlines()
        return self.lines[header]

    def since(self, header, number, otherwise=FIRST):
        """The version in the comment behind a declaration, or above it."""
        lines = self.text_of(header)
        match = SINCE.search(lines[number - 1]) or SINCE.search(whole_comment_above(lines, number - 1))
        return match.group(1) if match else otherwise

    def place(self, node, otherwise=FIRST):
        header = self.header(node.coord)
        return {"since": self.since(header, node.coord.line, otherwise), "header": header}

    # --- names ------------------------------------------------------------------------------------

    def struct_nodes(self):
        ours = [node for node in self.nodes if isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.Struct)]
        return [node for node in ours + self.system if node.type.decls is not None]

    def struct_names(self):
        return [node.type.name for node in self.struct_nodes()]

    def typedefs(self, is_callback):
        def fits(node):
            kind = node.type
            function = isinstance(kind, c_ast.PtrDecl) and isinstance(kind.type, c_ast.FuncDecl)
            handle = isinstance(kind, c_ast.TypeDecl) and isinstance(kind.type, c_ast.Struct)
            if not function and not handle:
                raise Refused(f"{node.name}: a typedef is for a handle or a callback")
            return function == is_callback

        return [node for node in self.nodes if isinstance(node, c_ast.Typedef) and fits(node)]

    def callback_names(self):
        return [node.name for node in self.typedefs(is_callback=True)]

    def handle_names(self):
        return [node.name for node in self.typedefs(is_callback=False)]

    # --- the parts of the description ---------------------------------------------------------------

    def call(self, name, node):
        """The result and the parameters of a function or a callback."""
        arguments = node.args.params if node.args else None
        if arguments is None:
            raise Refused(f"{name}: no prototype: write (void)")
        if any(isinstance(argument, c_ast.EllipsisParam) for argument in arguments):
            raise Refused(f"{name}: a variable number of arguments is not for the boundary")
        return {
            "returns": self.crossing.type_of(node.type, f"{name}: what it returns", returned=True),
            "arguments": [{"name": self.argument_name(name, argument),
                           **self.crossing.type_of(argument.type, f"{name}: argument `{argument.name}`")}
                          for argument in arguments if not self.is_void(argument)],
        }

    @staticmethod
    def is_void(argument):
        return isinstance(argument.type, c_ast.TypeDecl) and argument.name is None and \
            getattr(argument.type.type, "names", None) == ["void"]

    @staticmethod
    def argument_name(function, argument):
        if not argument.name:
            raise Refused(f"{function}: an argument without a name")
        return argument.name

    def functions(self):
        for node in self.nodes:
            if isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.FuncDecl):
                if node.storage != ["extern"]:
                    raise Refused(f"{node.name}: a function in a public header is UPNVME_API")
                yield {"name": node.name, **self.place(node), **self.call(node.name, node.type)}

    def callbacks(self):
        for node in self.typedefs(is_callback=True):
            yield {"name": node.name, **self.place(node), **self.call(node.name, node.type.type)}

    def handles(self):
        for node in self.typedefs(is_callback=False):
            yield {"name": node.name, **self.place(node)}

    def field(self, record, node, since):
        where = f"struct {record}: field `{node.name}`"
        if node.bitsize is not None:
            raise Refused(f"{where}: bit-fields are not for the boundary")
        kind, dimensions = self.crossing.field_of(node.type, where)
        member = f"((struct {record} *)0)->{node.name}"
        field = {"name": node.name, **kind, "offset": Ask(f"offsetof(struct {record}, {node.name})"),
                 "size": Ask(f"sizeof({member})")}
        if dimensions:
            field["dimensions"] = [Ask(c_generator.CGenerator().visit(length)) for length in dimensions]
        if since:
            field["since"] = self.since(self.header(node.coord), node.coord.line, since)
        return field

    def structs(self):
        for node in self.struct_nodes():
            name, fields = node.type.name, node.type.decls
            place = {"since": FIRST, "header": SYSTEM[name][0]} if name in SYSTEM else self.place(node)
            yield {"name": name, "kind": self.kind_of(node), **place, **self.growth_of(name),
                   "size": Ask(f"sizeof(struct {name})"), "alignment": Ask(f"_Alignof(struct {name})"),
                   "fields": [self.field(name, field, None if name in SYSTEM else place["since"])
                              for field in fields]}

    @staticmethod
    def kind_of(node):
        """The kind of a record: frozen for ever; beginning with its size and able to grow; or the system's."""
        if node.type.name in SYSTEM:
            return "system"
        return "sized" if node.type.decls[0].name == "size" else "frozen"

    def growth_of(self, name):
        """The macro that a sized record is initialised with; its value changes when the record grows."""
        sized = f"sizeof(struct {name})"
        return {"initialiser": macro for macro, (_, _, body) in self.definitions.items() if sized in body}

    # --- macros -----------------------------------------------------------------------------------

    def macros_of(self, text):
        """name: (header, parameters or None, body) of all macros of the headers."""
        found, header = {}, None
        for line in text.splitlines():
            marker, define = MARKER.match(line), DEFINE.match(line)
            if marker:
                path = pathlib.Path(marker.group(2)).resolve()
                header = str(path.relative_to(self.include)) if self.include in path.parents else None
            elif define and header and not PRIVATE.match(define.group(1)):
                found[define.group(1)] = (header, define.group(2), define.group(3))
        return found

    def macro_place(self, name, header):
        pattern = re.compile(rf"\s*#\s*define\s+{name}\b")
        number = next(i for i, line in enumerate(self.text_of(header), 1) if pattern.match(line))
        return {"since": self.since(header, number), "header": header}

    def constants(self):
        for name, (header, parameters, body) in self.definitions.items():
            if parameters is None and "sizeof" not in body:
                yield {"name": name, "type": Ask(f"TYPE_OF({name})"), "value": Ask(name),
                       **self.macro_place(name, header)}

    def macros(self):
        for name, (header, parameters, body) in self.definitions.items():
            if parameters is not None:
                yield {"name": name, "parameters": re.findall(r"\w+", parameters), "body": body,
                       **self.macro_place(name, header)}
