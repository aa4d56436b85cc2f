#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Unit tests mirror the tree: core/<folder>/<file>.c has tests/unit/<folder>/test_<file>.c.

A file without such a test stands in the table below, with the test that has its behaviour. Run from the top of the
tree, or give the tree's path.
"""

import pathlib
import sys

USAGE, BIND, GUEST = "tests/unit/pci/test_usage.c", "tests/unit/pci/test_bind.c", "tests/vm/test_access.py"
ELSEWHERE = {
    # Assertions alone, which hold wherever the file compiles.
    "core/spec/layout.c": "tests/unit/spec/test_identify_ctrlr.c",
    "core/base/capability.c": "tests/unit/env/vfio/test_memlock.c",
    # The looks that usage.c puts together.
    **{f"core/pci/{name}.c": USAGE for name in ("functions", "loops", "nodes", "nodes_shared", "openers")},
    # The steps of a bind.
    **{f"core/pci/{name}.c": BIND for name in ("claims", "group", "move", "plan")},
    # A device of VFIO or UIO, and DPDK's EAL, are to be had in a guest alone.
    **{f"core/env/vfio/{name}.c": GUEST for name in ("bar", "container", "device", "dma", "group")},
    "core/env/vfio/notice.c": "tests/vm/test_unplug.py",
    "core/env/device.c": GUEST,
    "core/transport/pcie/own_memory.c": "tests/vm/test_cmb.py",
    "core/env/uio/device.c": "tests/vm/test_uio.py",
    **{f"core/env/dpdk/plugin/{name}.c": "tests/vm/test_dpdk.py" for name in ("eal", "guest", "memory", "plugin")},
    "core/env/host/mapped.c": "tests/unit/env/host/test_host.c",
}


def test_of(source):
    path = pathlib.PurePosixPath(source)
    return (pathlib.PurePosixPath("tests/unit") / path.parent.relative_to("core") / f"test_{path.name}").as_posix()


def complaints(tree, elsewhere):
    """What breaks the rule, as text."""
    sources = {path.relative_to(tree).as_posix() for path in (tree / "core").rglob("*.c")}
    for source in sorted(sources - set(elsewhere)):
        if not (tree / test_of(source)).exists():
            yield f"{source}: no {test_of(source)}, and none named for it in tests/lint/mirror.py"
    for source, test in sorted(elsewhere.items()):
        if source not in sources:
            yield f"{source}: is not there: take it out of tests/lint/mirror.py"
        elif (tree / test_of(source)).exists():
            yield f"{source}: has {test_of(source)}: take it out of tests/lint/mirror.py"
        if not (tree / test).exists():
            yield f"{source}: {test} is not there"


def main():
    found = list(complaints(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "."), ELSEWHERE))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
