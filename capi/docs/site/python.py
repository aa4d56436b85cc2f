# SPDX-License-Identifier: BSD-3-Clause
"""The Python package's reference, from its sources alone: no module is imported, so nothing needs to be built."""

import ast

from text import anchor, code, markdown

HEAD = """\
# The Python package {#python_reference}

What the package's modules offer, with the text that `help()` shows. [upnvme for Python](@ref python) says how to begin.
"""


class Package:
    """The definitions of all modules of the package, found by module and name."""

    def __init__(self, folder):
        self.trees = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.py"))}

    def find(self, module, name):
        """(module, node) of a definition, wherever the name was imported from; None if it is not the package's."""
        for node in ast.walk(self.trees[module]):
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == name:
                return module, node
            if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module in self.trees:
                if name in [alias.asname or alias.name for alias in node.names]:
                    return self.find(node.module, next(a.name for a in node.names if name in (a.asname, a.name)))
        return None

    def public(self, module):
        """The names in `__all__`."""
        for node in self.trees[module].body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
                return ast.literal_eval(node.value)
        raise ValueError(f"{module} has no __all__")

    def bases(self, module, node):
        """A class, and the private classes that it has methods from: public ones have entries of their own."""
        yield node
        for base in node.bases:
            found = isinstance(base, ast.Name) and base.id not in self.public("__init__") and self.find(module, base.id)
            if found and isinstance(found[1], ast.ClassDef):
                yield from self.bases(*found)


def is_property(node):
    return any(getattr(decorator, "id", "") == "property" for decorator in node.decorator_list)


def signature(node):
    """How a function is called; of a property its name."""
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    if is_property(node):
        return node.name + returns.replace(" ->", ":")
    arguments = ast.unparse(node.args)
    prefix = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    return f"{prefix}{node.name}({arguments.removeprefix('self').removeprefix(', ')}){returns}"


def described(node):
    return markdown(ast.get_docstring(node) or "", "python")


def function(node, level, *words):
    title = f"{level} {node.name} {{#{anchor('python', 'def', *words, node.name)}}}"
    return [title, code(signature(node), "python"), described(node)]


def members(package, module, node):
    """The public methods and properties of a class, its own and those that it inherits within the package."""
    seen = set()
    for owner in package.bases(module, node):
        for member in owner.body:
            if isinstance(member, (ast.FunctionDef, ast.AsyncFunctionDef)) and not member.name.startswith("_"):
                setter = any(isinstance(one, ast.Attribute) for one in member.decorator_list)
                if member.name not in seen and not setter and ast.get_docstring(member):
                    seen.add(member.name)
                    yield member


def values(node):
    """The names of an enumeration."""
    names = [target.id for line in node.body if isinstance(line, ast.Assign)
             for target in line.targets if isinstance(target, ast.Name) and target.id.isupper()]
    is_enum = any(getattr(base, "id", "").startswith("Int") for base in node.bases)
    return ", ".join(f"`{name}`" for name in names) if is_enum else ""


def class_(package, found, module):
    _, node = found
    bases = ", ".join(ast.unparse(base) for base in node.bases)
    title = f"### {node.name} {{#{anchor('python', 'class', module, node.name)}}}"
    parts = [title, code(f"class {node.name}({bases})" if bases else f"class {node.name}", "python"),
             described(node), values(node)]
    for member in members(package, *found):
        parts += function(member, "####", module, node.name)
    return parts


def module_parts(package, module, name):
    parts = [f"## {name} {{#{anchor('python', 'module', name)}}}", described(package.trees[module])]
    for public in sorted(package.public(module), key=str.lower):
        found = package.find(module, public) or package.find("_enums", public)
        if found is None:
            continue  # a number, or a name that the C module makes
        if isinstance(found[1], ast.ClassDef):
            parts += class_(package, found, name)
        else:
            parts += function(found[1], "###", name)
    return parts


def reference(folder):
    """The page, from the folder of the package."""
    package = Package(folder)
    parts = [HEAD]
    for module, name in (("__init__", "upnvme"), ("aio", "upnvme.aio"), ("devices", "upnvme.devices")):
        parts += module_parts(package, module, name)
    parts += ["## upnvme.pytest_plugin {#python_pytest_plugin}", described(package.trees["pytest_plugin"])]
    return "\n\n".join(part for part in parts if part) + "\n"
