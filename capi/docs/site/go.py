# SPDX-License-Identifier: BSD-3-Clause
"""The Go package's reference, from its sources alone, which gofmt has formatted: Go need not be installed."""

import re

from text import anchor, code, markdown

HEAD = """\
# The Go package {#go_reference}

What the package exports, with the text that `go doc` shows. [upnvme for Go](@ref go) says how to begin.
"""
DECLARATION = re.compile(r"(func|type|const|var) (?:\((?:\w+ )?\*?(\w+)\) )?(\w+|\()")
LINK = re.compile(r"\[\*?([A-Z]\w*(?:\.\w+)?)\]")


def comment_of(lines, number):
    """The text of the comment that ends above the line."""
    first = number
    while first and lines[first - 1].startswith("//") and not lines[first - 1].startswith(("//go:", "//export")):
        first -= 1
    return "\n".join(line[2:].removeprefix(" ") for line in lines[first:number])


def body_of(lines, number):
    """A declaration's lines: of a function the first, up to the brace; of others all."""
    line = lines[number]
    if line.startswith("func"):
        return [line.split(" {")[0].rstrip()] if not line.endswith("(") else lines[number:number + 1]
    if not line.endswith(("{", "(")):
        return [line]
    end = next(i for i in range(number, len(lines)) if re.match(r"[)}]", lines[i]))
    return lines[number:end + 1]


def exported_only(body):
    """The lines of a struct without its unexported fields, as `go doc` has them."""
    if not body[0].startswith("type") or len(body) < 3 or "struct" not in body[0]:
        return body
    kept, comment = [], []
    for line in body[1:-1]:
        if line.strip().startswith("//"):
            comment.append(line)
        elif re.match(r"\t\*?[A-Z]", line):
            kept += [*comment, line]
            comment = []
        elif line.strip():
            comment = []
    return [body[0], *kept, body[-1]] if kept else [body[0].removesuffix("{") + "{ ... }"]


def names_of(body):
    """The exported names that a group of constants or variables declares."""
    return re.findall(r"^\t([A-Z]\w*)", "\n".join(body), re.MULTILINE)


class Entry:
    """An exported declaration: what kind, whose, its name, its lines, its comment."""

    def __init__(self, match, body, comment):
        self.kind, self.receiver, self.name = match.groups()
        self.body = exported_only(body)
        self.comment = comment
        if self.name == "(":
            self.name = next(iter(names_of(body)), "")

    def is_exported(self):
        return self.name[:1].isupper() and (not self.receiver or self.receiver[0].isupper())

    def type_of_result(self):
        """The exported type that a function makes, whose description it then belongs to."""
        match = re.search(r"\) \(?\*?([A-Z]\w*)", self.body[0]) if self.kind == "func" and not self.receiver else None
        return match[1] if match else None

    def markdown(self, level):
        owner = self.receiver or ""
        title = f"{owner}.{self.name}" if owner else self.name
        text = LINK.sub(lambda match: f"`{match[1]}`", self.comment.replace("\n\t", "\n    "))
        text = re.sub(r"^# (.*)$", r"**\1**", text, flags=re.MULTILINE)
        return [f"{level} {title} {{#{anchor('go', self.kind, owner, self.name)}}}", code("\n".join(self.body), "go"),
                markdown(text, "go")]


def entries_of(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        match = DECLARATION.match(line)
        if match:
            entry = Entry(match, body_of(lines, number), comment_of(lines, number))
            if entry.is_exported():
                yield entry


def package_comment(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    text = comment_of(lines, next(i for i, line in enumerate(lines) if line.startswith("package ")))
    text = LINK.sub(lambda match: f"`{match[1]}`", text.replace("\n\t", "\n    "))
    return markdown(re.sub(r"^# (.*)$", r"**\1**", text, flags=re.MULTILINE), "go")


def reference(folder):
    """The page, from the folder of the package."""
    entries = [entry for path in sorted(folder.glob("*.go")) if not path.name.endswith("_test.go")
               for entry in entries_of(path)]
    types = {entry.name: entry for entry in entries if entry.kind == "type"}
    parts = [HEAD, package_comment(folder / "doc.go")]
    rest = [entry for entry in entries if entry.kind != "type" and entry.receiver not in types
            and entry.type_of_result() not in types]
    for title, kind in (("Constants", "const"), ("Variables", "var"), ("Functions", "func")):
        parts.append(f"## {title} {{#{anchor('go', title)}}}")
        for entry in sorted((one for one in rest if one.kind == kind), key=lambda one: one.name):
            parts += entry.markdown("###")
    parts.append("## Types {#go_types}")
    for name in sorted(types):
        parts += types[name].markdown("###")
        belongs = [one for one in entries if one.kind == "func" and name in (one.receiver, one.type_of_result())]
        for entry in sorted(belongs, key=lambda one: (bool(one.receiver), one.name)):
            parts += entry.markdown("####")
    return "\n\n".join(part for part in parts if part) + "\n"
