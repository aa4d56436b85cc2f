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
# Every name that upnvme/spec/ has ever had: a constant and its value, a record and its size, a field with its place and
# its size, a macro and its parameters. Lines are added, never removed or changed. `make abi-baseline` adds them.
"""
DEFINE = re.compile(r"^#define (UPNVME_SPEC_\w+)(\(.*?\))?[ \t]+\S", re.MULTILINE)
# What grows with each edition.
EDITION = "UPNVME_SPEC_EDITION"


def asked(path):
    """(text, expressions) of each name in a header: the line of the name is the text with the expressions' values."""
    include = path.parent.parent.parent
    for name, parameters in DEFINE.findall(path.read_text(encoding="utf-8")):
        if parameters:
            yield name + parameters, []
        elif name != EDITION:
            yield name, [name]
    for declared in comments.read(path, include):
        if declared.kind == "struct":
            record = f"struct {declared.name}"
            yield record, [f"sizeof({record})"]
            for field in (re.search(r"(\w+)(?:\[[^;]*)?;$", member)[1] for member, _ in declared.members):
                if not field.startswith("rsvd"):
                    yield f"{declared.name}.{field}", [f"offsetof({record}, {field})",
                                                       f"sizeof((({record} *)0)->{field})"]


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


def broken(include):
    """The promises that the headers under a folder do not keep."""
    return sorted(set(promised()) - set(lines(include)))


def promise(include):
    """Adds to the baseline what is new."""
    BASELINE.write_text(HEAD + "".join(f"{line}\n" for line in sorted({*promised(), *lines(include)})),
                        encoding="utf-8")
