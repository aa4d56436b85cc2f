#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes the public headers of now the promise: `make abi-baseline`, after a change on purpose.

It writes tests/abi/baseline/abi.json and capi/src/layout.c anew, and adds to tests/abi/baseline/sizes.txt the
structs that have another size than ever before, and to tests/abi/baseline/spec.txt the new names of upnvme/spec/.
"""

import changes
import spec_names
from lane import TOP

LAYOUT = TOP / "capi/src/layout.c"
SIZES = TOP / "tests/abi/baseline/sizes.txt"

LAYOUT_HEAD = """\
/* SPDX-License-Identifier: BSD-3-Clause */
/* Where every field of every public struct is. Written by `make abi-baseline`: nothing that is
 * here changes, but structs that begin with their size may grow at their end. */
#include <upnvme.h>

#define SIZE(type, bytes) \\
	UPNVME_ASSERT(sizeof(struct type) == (bytes), "struct " #type " has " #bytes " bytes")
#define FIELD(type, field, offset, bytes)                                      \\
	UPNVME_ASSERT(offsetof(struct type, field) == (offset) &&              \\
			      sizeof(((struct type *)NULL)->field) == (bytes), \\
		      #type "." #field " is at " #offset " and has " #bytes " bytes")
"""
SIZES_HEAD = """\
# SPDX-License-Identifier: BSD-3-Clause
# Every size that a struct which begins with its size has ever had, oldest first. Lines are added, never removed:
# programs that were compiled with each of them are served for ever. `make abi-baseline` adds them.
"""


def ours(described):
    return [struct for struct in described["structs"] if struct["kind"] != "system"]


def sized(described):
    """Name to size of the structs that begin with it, and so may grow."""
    return {struct["name"]: struct["size"] for struct in described["structs"] if struct["kind"] == "sized"}


def layout_text(described):
    lines = [LAYOUT_HEAD]
    for struct in ours(described):
        lines.append(f"\nSIZE({struct['name']}, {struct['size']});\n")
        lines += (f"FIELD({struct['name']}, {field['name']}, {field['offset']}, {field['size']});\n"
                  for field in struct["fields"])
    return "".join(lines)


def past_sizes():
    """Struct to the sizes that it has had."""
    found = {}
    for line in SIZES.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            struct, size = line.split()
            found.setdefault(struct, []).append(int(size))
    return found


def add_sizes(described):
    if not SIZES.exists():
        SIZES.write_text(SIZES_HEAD, encoding="utf-8")
    known = past_sizes()
    with SIZES.open("a", encoding="utf-8") as file:
        file.writelines(f"{name} {size}\n" for name, size in sized(described).items()
                        if size not in known.get(name, ()))


def main():
    described = changes.describe.described(TOP / "capi/include")
    changes.BASELINE.write_text(changes.describe.written(described) + "\n", encoding="utf-8")
    LAYOUT.write_text(layout_text(described), encoding="utf-8")
    add_sizes(described)
    spec_names.promise(TOP / "capi/include")


if __name__ == "__main__":
    main()
