# SPDX-License-Identifier: BSD-3-Clause
"""The linker's version script: each function under the node that it belongs to."""

HEAD = """\
/* SPDX-License-Identifier: BSD-3-Clause */
/* What libupnvme exports, and nothing else. Made from the public headers by `make abi`. */
"""


def generated(description):
    nodes = {}
    for function in description["functions"]:
        nodes.setdefault(function["node"], []).append(function["name"])
    text = HEAD
    before = ""
    for node in sorted(nodes):
        names = "".join(f"\t{name};\n" for name in sorted(nodes[node]))
        text += f"{node} {{\nglobal:\n{names}" + ("" if before else "local:\n\t*;\n") + f"}}{before};\n"
        before = f" {node}"
    return text
