# SPDX-License-Identifier: BSD-3-Clause
"""The tables of the reference, in Markdown."""

from c_face import declared, parameters

HEAD = """\
# The ABI of upnvme {version}

ABI version {abi_version}: `{soname}`, {count} functions. Made from the public headers by `make abi`; the same for
machines is in `share/upnvme/abi.json`. Sizes and offsets are in bytes, and hold on every architecture that upnvme runs
on.
"""
KINDS = {"frozen": "frozen", "sized": "begins with its size, grows at its end", "system": "the system's"}


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]) + "\n"


def signature(call):
    return f"`{declared(call['returns']['type'], call['name'])}({parameters(call)})`"


def calls(title, entries):
    rows = [(signature(call), f"`{call['header']}`", call["since"]) for call in entries]
    return f"## {title}\n\n" + table((title.rstrip("s").lower(), "header", "since"), rows)


def struct(record):
    grown = f", initialised with `{record['initialiser']}`" if "initialiser" in record else ""
    title = f"### struct {record['name']}\n\n{record['size']} bytes, aligned to {record['alignment']}; " \
            f"{KINDS[record['kind']]}{grown}; `{record['header']}`, since {record['since']}.\n\n"
    rows = []
    for field in record["fields"]:
        lengths = "".join(f"[{length}]" for length in field.get("dimensions", []))
        rows.append((field["offset"], field["size"], f"`{declared(field['type'], field['name'])}{lengths}`",
                     field.get("since", record["since"])))
    return title + table(("offset", "size", "field", "since"), rows)


def generated(description):
    constants = [(f"`{constant['name']}`", f"`{constant['value']}`", f"`{constant['type']}`", constant["since"])
                 for constant in description["constants"]]
    return "\n".join([
        HEAD.format(count=len(description["functions"]), **description),
        calls("Functions", description["functions"]),
        calls("Callbacks", description["callbacks"]),
        "## Records\n",
        *(struct(record) for record in description["structs"]),
        "## Constants\n\n" + table(("name", "value", "type", "since"), constants),
    ])
