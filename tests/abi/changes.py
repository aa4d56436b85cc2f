# SPDX-License-Identifier: BSD-3-Clause
"""What has changed in the ABI since tests/abi/baseline was written, in sentences; additions are not told.

The baseline is the description of the ABI as it was promised. A library of empty functions is made from it, and abidiff
compares the real one with that. So people can read the baseline, it holds on every architecture, and it has nothing
private: the handles are only declared in it, so that abidiff sees no change behind them. Naming the header directories,
the usual means for that, would hide changes here: abidiff compares the names of header files without their folders, and
core/ has headers of the same names.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

from lane import FFI, PATIENCE, TOP, call

try:
    sys.path.append(str(FFI))
    import describe
    import c_face
    import version_script
except ImportError:
    describe = None

BASELINE = TOP / "tests/abi/baseline/abi.json"
# Constants that change with each release, on purpose.
RELEASE = re.compile(r"UPNVME_VERSION(_\w+)?$")


def empty_library(described, path):
    """A library with debug information that has these declarations and does nothing."""
    version_map, source = path.with_suffix(".map"), path.with_suffix(".c")
    version_map.write_text(version_script.generated(described), encoding="utf-8")
    bodies = re.sub(r"^((?!typedef|static).*\));$", r"\1 { __builtin_trap(); }", c_face.generated(described),
                    flags=re.MULTILINE)
    source.write_text(f"#include <stddef.h>\n#include <stdint.h>\n{bodies}", encoding="utf-8")
    call("cc", "-std=gnu11", "-g", "-fPIC", "-shared", f"-Wl,-soname,{described['soname']}",
         f"-Wl,--version-script={version_map}", source, "-o", path)


def in_library(library, baseline, grown):
    """What abidiff finds in a build with debug information: symbols, signatures and layouts."""
    if ".debug_info" not in call("readelf", "-SW", library):
        return [f"{library} is stripped, and nothing can be said of it: build it with -g"]
    with tempfile.TemporaryDirectory(prefix="upnvme-") as name:
        folder = pathlib.Path(name)
        empty_library(baseline, folder / "baseline.so")
        suppressed = folder / "grown.ini"
        suppressed.write_text("".join(f"[suppress_type]\n  name = {struct}\n" for struct in grown), encoding="utf-8")
        done = subprocess.run(["abidiff", "--no-added-syms", "--fail-no-debug-info", "--suppressions", suppressed,
                               folder / "baseline.so", library], capture_output=True, text=True, timeout=PATIENCE,
                              check=False)
    return [f"abidiff, exit code {done.returncode}:\n{done.stdout}{done.stderr}"] if done.returncode else []


def by_name(entries):
    return {entry["name"]: entry for entry in entries}


def in_names(described, baseline):
    """Changes that no library shows: constants and other macros, and the names of types."""
    for kind in ("constants", "macros", "handles", "callbacks", "structs"):
        new = by_name(described[kind])
        for name, was in by_name(baseline[kind]).items():
            if name not in new:
                yield f"{name} is gone"
            for key in ("value", "parameters", "body", "kind"):
                if was.get(key) != new.get(name, was).get(key) and not RELEASE.match(name):
                    yield f"{name} was {was[key]} and is {new[name][key]}"


def in_words(field):
    """A field, and its place."""
    if not field:
        return "not there"
    lengths = "".join(f"[{length}]" for length in field.get("dimensions", []))
    return f'"{field["type"]} {field["name"]}{lengths}" at {field["offset"]}'


def in_structs(described, baseline):
    """Fields that were removed, moved or changed, and frozen records that grew."""
    new = by_name(described["structs"])
    for struct in baseline["structs"]:
        now = new.get(struct["name"], {"size": 0, "fields": []})
        fields = by_name(now["fields"])
        for was, field in ((was, fields.get(was["name"])) for was in struct["fields"]):
            if in_words(was) != in_words(field):
                yield f"struct {struct['name']}: {in_words(was)} is now {in_words(field)}"
        if now["size"] != struct["size"] and struct["kind"] != "sized":
            yield f"struct {struct['name']} is frozen at {struct['size']} bytes and has {now['size']}"


def grown(described, baseline):
    """The structs that begin with their size, and have become longer."""
    new = by_name(described["structs"])
    return [struct["name"] for struct in baseline["structs"]
            if struct["kind"] == "sized" and new[struct["name"]]["size"] > struct["size"]]


def since_baseline(library, include):
    """Everything; an empty list is a kept promise."""
    baseline = json.loads(BASELINE.read_text(encoding="utf-8"))
    described = describe.described(include)
    wrong = list(in_structs(described, baseline))
    may_grow = [] if wrong else grown(described, baseline)
    return [*wrong, *in_names(described, baseline), *in_library(library, baseline, may_grow)]
