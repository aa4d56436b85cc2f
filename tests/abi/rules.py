# SPDX-License-Identifier: BSD-3-Clause
"""Rules of the boundary that are about whole structs and headers; the description checks which types may cross it."""

import re

# The only headers of others that ours may include; those for implementers have a function in the form of printf.
SYSTEM_HEADERS = ("stddef.h", "stdint.h")
IMPLEMENTERS_HEADERS = ("errno.h", "stdarg.h", "stdio.h")


def taken(described):
    """Names of the structs that a function takes and does not write to."""
    types = (argument["type"] for function in described["functions"] for argument in function["arguments"])
    return {match[1] for match in (re.fullmatch(r"const struct (\w+) \*", each) for each in types) if match}


def without_holes(struct):
    end = 0
    for field in struct["fields"]:
        if field["offset"] != end:
            yield f"struct {struct['name']}: a hole before {field['name']}"
        end = field["offset"] + field["size"]
    if end != struct["size"]:
        yield f"struct {struct['name']}: a hole at its end"


def wrong_structs(described, text):
    """A struct is frozen, which is asserted in its header, or begins with its size and has an initialiser."""
    growing = {struct["name"] for struct in described["structs"] if struct["kind"] == "sized"}
    for struct in described["structs"]:
        name, first = struct["name"], struct["fields"][0]
        yield from without_holes(struct)
        for field in struct["fields"]:
            if field["type"].removeprefix("struct ") in growing:
                yield f"struct {name}: {field['name']} is a struct that may grow"
        if struct["kind"] == "frozen":
            if f"UPNVME_ASSERT(sizeof(struct {name}) == {struct['size']}," not in text:
                yield f"struct {name}: neither a size at its beginning nor an assertion that it is frozen"
        elif struct["kind"] == "sized" and (first["name"], first["type"]) != ("size", "uint32_t"):
            yield f"struct {name}: its size is no uint32_t"
        elif struct["kind"] == "sized":
            wanted = name.upper() + ("_INIT" if name in taken(described) else "_SIZE")
            if struct.get("initialiser") != wanted:
                yield f"struct {name}: no {wanted}"


def wrong_names(described):
    """All names that a program gets by including the headers are upnvme's."""
    for kind, prefix in (("functions", "upnvme_"), ("callbacks", "upnvme_"), ("handles", "upnvme_"),
                         ("structs", "upnvme_"), ("constants", "UPNVME_"), ("macros", "UPNVME_")):
        for entry in described[kind]:
            if not entry["name"].startswith(prefix) and entry.get("kind") != "system":
                yield entry["name"]


def wrong_includes(include):
    """The headers include only headers of the language, and give functions C's linkage."""
    for path in sorted(include.rglob("*.h")):
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"^#\s*include <(.*)>", text, re.MULTILINE):
            if name not in SYSTEM_HEADERS + (IMPLEMENTERS_HEADERS if path.parent.name == "sys" else ()):
                yield f"{path.name}: includes <{name}>"
        if re.search(r"^UPNVME_API ", text, re.MULTILINE) and 'extern "C"' not in text:
            yield f'{path.name}: functions, and no extern "C"'
