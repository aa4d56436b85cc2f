#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The floor rule: a folder uses only what is on lower floors.

Reads the #include lines of every C file and reports each one that the table below does not allow. With --symbols it
reads what objects define and what they leave undefined, and reports each symbol that comes from a folder which the
table does not allow: a declaration written by hand, or a constant that a public header declares, needs no #include.
What is a folder's own is always allowed. Run from the top of the tree:

    floors.py [TREE]
    floors.py --symbols OBJECTS [TREE]

Exit code 77: objects are missing, or older than their sources; the last line says which.
"""

import argparse
import pathlib
import re
import subprocess
import sys

# What each room may use, besides itself and the public headers under upnvme/. The longest match counts. Rooms that
# are not built yet are here as well, so that whoever builds one finds its floor.
FLOORS = {
    # Floor 0
    "core/base": [],
    "core/spec": [],
    # Floor 1
    "core/env": ["base", "spec"],
    "core/pci": ["base", "spec"],
    # DMA memory comes from an environment, which knows nothing of domains and regions.
    "core/mem": ["base", "spec", "env"],
    "core/media": ["base", "spec"],
    # Floor 2
    "core/softctrl": ["base", "spec", "media"],
    "core/softctrl/ring": ["base", "spec"],
    "core/softctrl/fault": ["base", "spec", "media", "softctrl"],
    "core/transport": ["base", "spec", "env", "mem", "pci"],
    "core/transport/soft": ["base", "spec", "env", "mem", "pci", "transport", "softctrl"],
    # Floor 3
    "core/driver": ["base", "spec", "env", "mem", "pci", "transport"],
    "core/driver/commands": ["base", "spec", "mem", "driver"],
    "core/driver/pool": ["base", "spec", "mem", "driver"],
    # Floor 4
    "core/server": ["base", "spec", "env", "mem", "pci", "media", "softctrl"],
    "core/volume": ["base", "spec", "env", "mem", "media", "driver"],
    # Floor 5: the first user of the public headers
    "core/store": [],
    # Floor 6
    "capi/src": ["base", "spec", "env", "mem", "pci", "media", "transport", "driver", "server", "volume"],
    "capi/store": ["store"],
    "capi/include": [],
    "capi/tools": [],
    "capi/examples": [],
    # Floor 7
    "bindings": [],
    "bindings/sqlite": [],
    "bindings/rocksdb": [],
    "tests/public": [],
    # The controller's tests are hand-written commands: nothing of the driver's may help them.
    "tests/unit/media": ["base", "spec", "media", "support"],
    "tests/unit/softctrl": ["base", "spec", "media", "softctrl", "support"],
}

# Where a word of the table is found, if not in core/.
ELSEWHERE = {"support": "tests/unit/support"}

# Where every folder with C code is a room of the table.
ROOMS = ("core", "capi", "bindings")

# Folders whose objects others are linked with. The symbols of a program or a test are nobody else's, whatever their
# names: one may be called as a function of the library, or of the C library.
LINKED = ["core", "capi/src", "capi/store", *ELSEWHERE.values()]

# A third party's header, and the only folders that may know of it.
OUTSIDE = {
    "liburing.h": ["core/media", "tests/unit/media"],
    "sqlite3.h": ["bindings/sqlite"],
    "cmocka.h": ["tests"],
    "ffi.h": ["tests/abi"],
}

# What defines the public functions. Folders below it use neither them nor the umbrella header <upnvme.h>.
PUBLIC = "capi/src"
ABOVE_PUBLIC = ["core/store"]

# Built only where DPDK is.
OPTIONAL = ["core/env/dpdk/plugin"]

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SKIPPED = 77


def within(folder, roots):
    return any(folder == root or folder.startswith(root + "/") for root in roots)


def floor_of(folder):
    """The row of the table that governs a folder, or None where anything goes."""
    return max((name for name in FLOORS if within(folder, [name])), key=len, default=None)


def is_below_public(folder):
    return within(folder, ["core"]) and not within(folder, ABOVE_PUBLIC)


def allows(floor, place):
    """Whether what a row governs may use what is in a folder."""
    if within(place, [floor]):
        return True
    if within(place, [PUBLIC]):
        return not is_below_public(floor)
    return within(place, [ELSEWHERE.get(word, "core/" + word) for word in FLOORS[floor]])


def refusal(floor):
    return f"{floor} may use: {', '.join(FLOORS[floor]) or 'only itself and the public headers'}"


def place_of(target):
    """The folder that a header with a path is in, or None for one that is not ours."""
    room, _, rest = target.partition("/")
    known = room in ELSEWHERE or any(name.startswith("core/") and name.split("/")[1] == room for name in FLOORS)
    if not rest or not known or room == "upnvme":
        return None
    return pathlib.PurePosixPath(ELSEWHERE.get(room, "core/" + room), rest).parent.as_posix()


def complaint(tree, path, quote, target):
    """Why this file may not include this target, or None."""
    folder = path.parent.relative_to(tree).as_posix()
    floor = floor_of(folder)
    if ".." in target.split("/"):
        return "a path with .. hides the floor it leads to"
    if target in OUTSIDE and not within(folder, OUTSIDE[target]):
        return "only for " + ", ".join(OUTSIDE[target])
    if target == "upnvme.h":
        return "the core is below the public API" if is_below_public(folder) else None
    if floor is None:
        return None
    if "/" not in target:
        if quote == '"' and not (path.parent / target).exists():
            return "not in this folder: name the floor that it is on"
        return None
    place = place_of(target)
    return refusal(floor) if place and not allows(floor, place) else None


def check(tree):
    """All the lines that break the rule, as text."""
    found = []
    for top in (*ROOMS, "tests"):
        for path in sorted((tree / top).rglob("*.[ch]")):
            name = path.relative_to(tree).as_posix()
            if top in ROOMS and floor_of(path.parent.relative_to(tree).as_posix()) is None:
                found.append(f"{name}:1: in a room that tests/lint/floors.py does not know")
                continue
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                match = INCLUDE.match(line)
                why = match and complaint(tree, path, *match.groups())
                if why:
                    found.append(f"{name}:{number}: {line.strip()}: {why}")
    return found


def read_symbols(listing):
    """What `nm -P -A -g` prints of objects, as {symbol: folders that define it} and a list of (source, symbol)."""
    defined, undefined = {}, []
    for line in listing.splitlines():
        path, _, rest = line.partition(": ")
        symbol, kind = rest.split()[:2]
        source = pathlib.PurePosixPath(path).with_suffix(".c")
        if kind in "Uwv":
            undefined.append((source, symbol))
        else:
            defined.setdefault(symbol, set()).add(source.parent.as_posix())
    return defined, undefined


def check_symbols(listing):
    """Of objects, named by their place in the tree, all symbols that break the rule, as text."""
    defined, undefined = read_symbols(listing)
    found = []
    for source, symbol in undefined:
        floor = floor_of(source.parent.as_posix())
        places = defined.get(symbol, ())
        libraries = sorted(place for place in places if within(place, LINKED))
        if floor and libraries and not any(allows(floor, place) for place in places):
            found.append(f"{source}: {symbol} is in {', '.join(libraries)}: {refusal(floor)}")
    return found


def fresh_objects(tree, objects):
    """The objects that are of the tree's sources as they are, and the library's sources that have none."""
    fresh, missing = [], []
    for top in (*ROOMS, "tests"):
        for path in sorted((tree / top).rglob("*.c")):
            name = path.relative_to(tree)
            made = objects / name.with_suffix(".o")
            if made.exists() and made.stat().st_mtime >= path.stat().st_mtime:
                fresh.append(name.with_suffix(".o").as_posix())
            elif within(name.as_posix(), ["core", PUBLIC]) and not within(name.as_posix(), OPTIONAL):
                missing.append(name.as_posix())
    return fresh, missing


def list_symbols(objects, names):
    if not names:
        return ""
    return subprocess.run(["nm", "-P", "-A", "-g", *names], cwd=objects, check=True, capture_output=True,
                          text=True).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--symbols", metavar="OBJECTS", type=pathlib.Path)
    parser.add_argument("tree", nargs="?", type=pathlib.Path, default=pathlib.Path("."))
    args = parser.parse_args()
    missing = []
    if args.symbols:
        fresh, missing = fresh_objects(args.tree, args.symbols)
        found = check_symbols(list_symbols(args.symbols, fresh))
    else:
        found = check(args.tree)
    for line in found:
        print(line)
    if found:
        return 1
    if missing:
        print(f"{len(missing)} sources have no object as they are now in {args.symbols}, {missing[0]} first: run make")
        return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
