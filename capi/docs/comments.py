# SPDX-License-Identifier: BSD-3-Clause
"""Reads the public headers: what is declared there, each with the comment that stands before or behind it.

The headers keep to one form (`make lint` sees to it), so no compiler is needed: a comment of documentation begins with
`/**` at the left margin and ends before its declaration, a field's or a constant's may stand behind it as `/**<`.
"""

import dataclasses
import pathlib
import re

COMMENT = re.compile(r"^/\*\*(?!<)(.*?)\*/\n", re.MULTILINE | re.DOTALL)
MARKS = r"(?:UPNVME_API|static inline(?: UPNVME_ERROR_FORMAT\(\d\))?)\s+"
PROTOTYPE = re.compile(MARKS + r"([^;(]*?)(\w+)\(([^;{]*)\)(?:;|\n\{)", re.DOTALL)
CALLBACK = re.compile(r"typedef (\w+ ?\**)\(\*(\w+)\)\(([^;]*)\);", re.DOTALL)
STRUCT = re.compile(r"struct (\w+) \{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
FIELD = re.compile(r"^\t+(?:/\*\* ((?:[^*]|\*(?!/))*)\*/\n\t+)?([^/\n;}]+;)(?: */\*\*< (.*?) \*/)?$", re.MULTILINE)
CONSTANT = re.compile(r"^(?:/\*\* ([^@]*?) ?\*/\n)?#define (UPNVME_\w+)(\([^)]*\))?[ \t]+([^/\n\\]*[^/\n\\ \t])"
                      r"(?:[ \t]*/\*\*< (.*?) \*/)?", re.MULTILINE)
GROUP = re.compile(r"^/\*\* @name (.*?)@\{ \*/\n(.*?)^/\*\* @\} \*/", re.MULTILINE | re.DOTALL)


@dataclasses.dataclass
class Comment:
    """What a comment says: its first sentence, all its paragraphs, and what stands behind its @words."""
    brief: str = ""
    body: list = dataclasses.field(default_factory=list)
    params: list = dataclasses.field(default_factory=list)  # (name, direction or "", text)
    tags: dict = dataclasses.field(default_factory=dict)  # return, thread, since, ...


@dataclasses.dataclass
class Declared:
    """A function, a callback's type, a struct, or a group of constants."""
    kind: str
    name: str
    header: str
    line: int
    comment: Comment
    text: str = ""  # the declaration
    result: str = ""  # a function's type
    arguments: list = dataclasses.field(default_factory=list)  # names of a function's parameters
    members: list = dataclasses.field(default_factory=list)  # (declaration or name and value, text)
    group: str = ""  # the group that a function stands in


def paragraphs(text):
    """The lines of a comment as paragraphs; the items of a list, and lines set in, stay apart."""
    found = [""]
    for line in text.splitlines():
        line = re.sub(r"^ ?\* ?", "", line.strip("\n")) if line.lstrip().startswith("*") else line.strip()
        if not line.strip():
            found.append("")
        elif line.startswith(("- ", "@")):
            found.append(line)
        else:
            found[-1] = f"{found[-1]} {line.strip()}".strip()
    return [paragraph for paragraph in found if paragraph]


def parse_comment(text):
    comment = Comment()
    for paragraph in paragraphs(text):
        word = re.match(r"@(\w+)(?:\[([\w,]+)\])? ?(.*)", paragraph)
        if not word:
            comment.body.append(paragraph)
        elif word[1] == "param":
            name, _, rest = word[3].partition(" ")
            comment.params.append((name, word[2] or "", rest.strip()))
        else:
            comment.tags[word[1]] = word[3].strip()
    if comment.body:
        comment.brief = re.match(r"(.*?[.:])(?: (?=[^a-z])|$)|.*", comment.body[0])[0].strip()
    return comment


def argument_names(text):
    """Of `struct a *b, void *c`: b and c."""
    arguments = (argument.strip() for argument in text.split(","))
    return [re.search(r"(\w+)$", argument)[1] for argument in arguments if argument not in ("void", "...")]


class Header:
    """One header's text."""

    def __init__(self, path, top):
        self.text = path.read_text(encoding="utf-8")
        self.name = path.relative_to(top).as_posix()
        self.comments = {match.end(): match[1] for match in COMMENT.finditer(self.text)}

    def declared(self, kind, name, match, **rest):
        """With the comment that ends where the declaration begins; without one it has an empty one."""
        comment = parse_comment(self.comments.get(match.start(), ""))
        line = self.text.count("\n", 0, match.start()) + 1
        return Declared(kind, name, self.name, line, comment, **rest)

    def group_at(self, place):
        for match in GROUP.finditer(self.text):
            if match.start() < place < match.end():
                return match[1].splitlines()[0].strip()
        return ""

    def functions(self):
        for match in PROTOTYPE.finditer(self.text):
            text = re.sub(MARKS, "", match[0], count=1).removesuffix("\n{").rstrip(";")
            yield self.declared("function", match[2], match, result=match[1].strip(), text=one_line(f"{text};"),
                                arguments=argument_names(match[3]), group=self.group_at(match.start()))

    def callbacks(self):
        for match in CALLBACK.finditer(self.text):
            yield self.declared("callback", match[2], match, text=one_line(match[0]), result=match[1].strip(),
                                arguments=argument_names(match[3]))

    def structs(self):
        for match in STRUCT.finditer(self.text):
            fields = [(field[2], one_line(field[1] or field[3])) for field in FIELD.finditer(match[2])]
            yield self.declared("struct", match[1], match, text=match[0], members=fields)

    def constants(self):
        """Groups of constants; a group of functions is none."""
        for match in GROUP.finditer(self.text):
            if "UPNVME_API" not in match[2]:
                name, _, rest = match[1].partition("\n")
                group = self.declared("constants", name.strip(), match, members=constants_in(match[2]))
                yield dataclasses.replace(group, comment=parse_comment(rest))


def one_line(text):
    return re.sub(r"\s*\n\s*\*?\s*", " ", text or "").strip()


def constants_in(text):
    return [(f"{match[2]}{match[3] or ''} {match[4].strip()}", one_line(match[1] or match[5]))
            for match in CONSTANT.finditer(text)]


def read(path, top):
    """All that one header declares."""
    header = Header(path, top)
    return [*header.functions(), *header.callbacks(), *header.structs(), *header.constants()]


def read_all(top):
    """All that the headers below a folder declare, in the order of the files."""
    top = pathlib.Path(top)
    return [declared for path in sorted(top.rglob("*.h")) for declared in read(path, top)]
