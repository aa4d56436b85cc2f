#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The floor rule: a folder includes only what is on lower floors.

Reads the #include lines of every C file and reports each one that the table below does not allow. A file may
always include what is in its own folder. Run from the top of the tree, or give the tree's path.
"""

import pathlib
import re
import sys

# What each folder may include, besides itself and the public headers under upnvme/. The longest match counts.
FLOORS = {
    "core/base": [],
    "core/spec": [],
    "core/env": ["base", "spec"],
    "core/pci": ["base", "spec"],
    # DMA memory comes from an environment, which knows nothing of domains and regions.
    "core/mem": ["base", "spec", "env"],
    "core/media": ["base", "spec"],
    "core/softctrl": ["base", "spec", "media"],
    "core/transport": ["base", "spec", "env", "mem", "pci"],
    "core/transport/soft": ["base", "spec", "env", "mem", "pci", "transport", "softctrl"],
    "core/driver": ["base", "spec", "env", "mem", "pci", "transport"],
    "capi/src": ["base", "spec", "env", "mem", "pci", "media", "transport", "driver"],
    "capi/include": [],
    "capi/tools": [],
    "capi/examples": [],
    "bindings": [],
    "tests/public": [],
    # The controller's tests are hand-written commands: nothing of the driver's may help them.
    "tests/unit/media": ["base", "spec", "media", "support"],
    "tests/unit/softctrl": ["base", "spec", "media", "softctrl", "support"],
}

CORE = ["base", "spec", "env", "mem", "pci", "media", "softctrl", "transport", "driver"]

# A third party's header, and the only folders that may know of it.
OUTSIDE = {
    "liburing.h": ["core/media"],
    "cmocka.h": ["tests"],
    "ffi.h": ["tests/abi"],
}

# Folders where even the umbrella header <upnvme.h> may not be used: they are below it.
BELOW_CAPI = "core/"

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def floor_of(folder):
    """The entry of the table that governs a folder, or None where anything goes."""
    fits = [name for name in FLOORS if folder == name or folder.startswith(name + "/")]
    return max(fits, key=len, default=None)


def within(folder, roots):
    return any(folder == root or folder.startswith(root + "/") for root in roots)


def complaint(tree, path, quote, target):
    """Why this file may not include this target, or None."""
    folder = path.parent.relative_to(tree).as_posix()
    floor = floor_of(folder)
    if ".." in target.split("/"):
        return "a path with .. hides the floor it leads to"
    if target in OUTSIDE and not within(folder, OUTSIDE[target]):
        return "only for " + ", ".join(OUTSIDE[target])
    if target == "upnvme.h":
        return "the core is below the public API" if folder.startswith(BELOW_CAPI) else None
    if floor is None or target.startswith("upnvme/"):
        return None
    room = target.split("/")[0]
    if "/" not in target:
        if quote == '"' and not (path.parent / target).exists():
            return "not in this folder: name the floor that it is on"
        return None
    if room not in CORE and room != "support":
        return None
    own = floor.removeprefix("core/") if floor.startswith("core/") else None
    if own and (target.startswith(own + "/")):
        return None
    if room in FLOORS[floor]:
        return None
    allowed = ", ".join(FLOORS[floor]) or "only itself and the public headers"
    return f"{floor} may include: {allowed}"


def check(tree):
    """All the lines that break the rule, as text."""
    found = []
    for top in ("core", "capi", "bindings", "tests"):
        for path in sorted((tree / top).rglob("*.[ch]")):
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                match = INCLUDE.match(line)
                why = match and complaint(tree, path, *match.groups())
                if why:
                    found.append(f"{path.relative_to(tree)}:{number}: {line.strip()}: {why}")
    return found


def main():
    found = check(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
