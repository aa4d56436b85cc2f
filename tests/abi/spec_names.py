# SPDX-License-Identifier: BSD-3-Clause
"""What upnvme/spec/ declares, with its value, size or place, as lines of text, and what was promised of it.

The records follow the specification and not the library's ABI: names are added, and none of them changes. Bytes that a
revision still reserves (rsvd...) are not promised, since the next one may name them.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

from lane import TOP

sys.path.append(str(TOP / "capi/docs"))

import comments  # noqa: E402

BASELINE = TOP / "tests/abi/baseline/spec.txt"
HEAD = """\
# SPDX-License-Identifier: BSD-3-Clause
# Every name that upnvme/spec/ has ever had, with the header that gives it: a constant and its value, a record and its
# size, a field with its type, its place and its size, a macro and its body, a function and its type. Lines are added,
# never removed or changed. `make abi-baseline` adds them.
"""
DEFINE = re.compile(r"^#define (UPNVME_SPEC_\w+)(\(.*?\))?[ \t]+((?:.*\\\n)*.*)", re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/")
INCLUDED = re.compile(r'^#include "(\w+\.h)"', re.MULTILINE)
# What grows with each edition.
EDITION = "UPNVME_SPEC_EDITION"


def macros(text):
    """(text, expressions) of each macro."""
    for name, parameters, body in DEFINE.findall(text):
        if parameters:
            yield " ".join([name + parameters, *COMMENT.sub("", body).replace("\\\n", " ").split()]), []
        elif name != EDITION:
            yield name, [name]


def fields(declared):
    """(text, expressions) of each field of a record."""
    record = f"struct {declared.name}"
    for member, _ in declared.members:
        kind, field, count = re.fullmatch(r"(.*?)(\w+)(\[[^;]*)?;", member).groups()
        if not field.startswith("rsvd"):
            yield f"{declared.name}.{field} {kind.strip()}{count or ''}", [f"offsetof({record}, {field})",
                                                                          f"sizeof((({record} *)0)->{field})"]


def asked(path):
    """(text, expressions) of each name in a header: the line of the name is the text with the expressions' values."""
    include = path.parent.parent.parent
    text = path.read_text(encoding="utf-8")
    found = [(f'#include "{other}"', []) for other in INCLUDED.findall(text)]
    found += macros(text)
    for declared in comments.read(path, include):
        if declared.kind == "struct":
            found += [(f"struct {declared.name}", [f"sizeof(struct {declared.name})"]), *fields(declared)]
        elif declared.kind == "function":
            found.append((declared.text, []))
    return [(f"{path.name}: {text}", expressions) for text, expressions in found]


def lines(include):
    """What the headers under a folder declare now."""
    headers = sorted(pathlib.Path(include, "upnvme/spec").glob("*.h"))
    everything = [entry for path in headers for entry in asked(path)]
    values = [f"\tprintf(\"%llu\\n\", (unsigned long long)({value}));" for _, values in everything for value in values]
    includes = [f"#include <upnvme/spec/{path.name}>" for path in headers]
    with tempfile.TemporaryDirectory(prefix="upnvme-") as name:
        source, program = pathlib.Path(name, "names.c"), pathlib.Path(name, "names")
        source.write_text("\n".join(["#include <stdio.h>", "#include <stddef.h>", *includes, "int main(void)", "{",
                                     *values, "}\n"]), encoding="utf-8")
        subprocess.run(["cc", "-std=c11", f"-I{include}", source, "-o", program], check=True)
        answers = iter(subprocess.run([program], check=True, capture_output=True, text=True).stdout.split())
    return sorted(" ".join([text, *(next(answers) for _ in values)]) for text, values in everything)


def promised():
    """The lines of the baseline."""
    if not BASELINE.exists():
        return []
    return [line for line in BASELINE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def given(folder, header):
    """A header and those of the folder that it includes: whoever includes it has their names."""
    headers = {header}
    for other in INCLUDED.findall((folder / header).read_text(encoding="utf-8")):
        headers |= given(folder, other)
    return headers


def broken(include):
    """The promises that the headers under a folder do not keep."""
    folder = pathlib.Path(include, "upnvme/spec")
    now = set(lines(include))
    headers = {path.name: given(folder, path.name) for path in folder.glob("*.h")}

    def kept(promise):
        header, text = promise.split(": ", 1)
        reached = headers.get(header, ())
        return any(f"{other}: {text}" in now or text == f'#include "{other}"' for other in reached)

    return [promise for promise in promised() if not kept(promise)]


def promise(include):
    """Adds to the baseline what is new."""
    BASELINE.write_text(HEAD + "".join(f"{line}\n" for line in sorted({*promised(), *lines(include)})),
                        encoding="utf-8")
