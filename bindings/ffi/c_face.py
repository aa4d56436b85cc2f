# SPDX-License-Identifier: BSD-3-Clause
"""C declarations without a preprocessor, for an FFI that reads C: LuaJIT's, CFFI's, PHP's."""

from reading import in_order

HEAD = """\
/* SPDX-License-Identifier: BSD-3-Clause */
/* The C interface of upnvme {version} (ABI {abi_version}), for an FFI that reads C. Made from the public headers. */
"""


def declared(text, name):
    return text + name if text.endswith("*") else f"{text} {name}"


def parameters(call):
    return ", ".join(declared(argument["type"], argument["name"]) for argument in call["arguments"]) or "void"


def struct(record):
    lines = [f"struct {record['name']} {{"]
    for field in record["fields"]:
        lengths = "".join(f"[{length}]" for length in field.get("dimensions", []))
        lines.append(f"\t{declared(field['type'], field['name'])}{lengths};")
    return "\n".join([*lines, "};"])


def constants(description):
    """Strings are left out: the only one is the version, which the library tells itself."""
    for constant in description["constants"]:
        if constant["type"] != "string":
            yield f"static const {constant['type']} {constant['name']} = {constant['value']};"


def generated(description):
    parts = [
        HEAD.format(**description),
        "\n".join(f"typedef struct {handle['name']} {handle['name']};" for handle in description["handles"]),
        *(struct(record) for record in in_order(description["structs"])),
        "\n".join(f"typedef {declared(callback['returns']['type'], '')}(*{callback['name']})({parameters(callback)});"
                  for callback in description["callbacks"]),
        "\n".join(f"{declared(function['returns']['type'], function['name'])}({parameters(function)});"
                  for function in description["functions"]),
        "\n".join(constants(description)),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"
