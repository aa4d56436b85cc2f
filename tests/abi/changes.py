# SPDX-License-Identifier: BSD-3-Clause
"""What has changed in the ABI since tests/abi/baseline was written, in sentences; additions are not told.

The baseline is the public headers in one, without comments. A library of empty functions is made from it, and
abidiff compares the real one with that. So the baseline can be read, holds on every architecture, and knows nothing
that is private: the handles are no more than declared there, and what abidiff finds behind them is no change to it.
That is what naming the header directories is for elsewhere; here it would hide changes, since abidiff compares the
names of header files without their folders, and core/ has some of the same name.
"""

import pathlib
import re
import subprocess
import tempfile

import headers
from harness import TOP, call

BASELINE = TOP / "tests/abi/baseline/declarations.i"
SONAME = "libupnvme.so.0"
NODE = "UPNVME_0"
# They tell releases apart, and change with each.
RELEASE = re.compile(r"UPNVME_VERSION(_\w+)?$")


def empty_library(text, path):
    """A library with debug information that has these declarations and does nothing."""
    version_map = path.with_suffix(".map")
    version_map.write_text(f"{NODE} {{ global: {' '.join(f'{name};' for name in headers.functions(text))} "
                           "local: *; };\n")
    bodies = re.sub(r"^extern ((?:[^;]|\n)*?);", r"\1 { __builtin_trap(); }", text, flags=re.MULTILINE)
    source = path.with_suffix(".c")
    source.write_text("".join(f"#include <{name}>\n" for name in headers.SYSTEM_HEADERS) + bodies)
    call(headers.CC, "-std=gnu11", "-g", "-fPIC", "-shared", f"-Wl,-soname,{SONAME}",
         f"-Wl,--version-script={version_map}", source, "-o", path)


def in_library(library, baseline, grown):
    """What abidiff finds in a build with debug information: symbols, signatures and layouts."""
    if ".debug_info" not in call("readelf", "-SW", library):
        return [f"{library} is stripped, and nothing can be said of it: build it with -g"]
    with tempfile.TemporaryDirectory(prefix="upnvme-") as name:
        folder = pathlib.Path(name)
        empty_library(baseline, folder / "baseline.so")
        suppressed = folder / "grown.ini"
        suppressed.write_text("".join(f"[suppress_type]\n  name = {struct}\n" for struct in grown))
        done = subprocess.run(["abidiff", "--no-added-syms", "--fail-no-debug-info", "--suppressions", suppressed,
                               folder / "baseline.so", library], capture_output=True, text=True, timeout=300,
                              check=False)
    return [f"abidiff, exit code {done.returncode}:\n{done.stdout}{done.stderr}"] if done.returncode else []


def same_macro(old, new):
    """An initialiser may grow at its end, as its struct may."""
    return new == old or old.startswith("{") and new.startswith(old.rstrip(" }"))


def macro_texts(text):
    """Name to value of each constant, and to text of any other macro."""
    values = {name: str(value) for name, value in headers.values(text).items()}
    return {name: f"{parameters} {body}".strip() for name, (parameters, body) in headers.macros(text).items()} | values


def in_macros(text, baseline):
    """What nobody sees in a library: constants, initialisers and other macros."""
    new = macro_texts(text)
    for name, was in macro_texts(baseline).items():
        if name not in new:
            yield f"{name} is gone"
        elif not RELEASE.match(name) and not same_macro(was, new[name]):
            yield f"{name} was {was} and is {new[name]}"


def in_structs(text, baseline):
    """Fields that went, moved or became others, and frozen records that grew."""
    old, new, may_grow = headers.layout(baseline), headers.layout(text), headers.sized(baseline)
    for struct, (size, fields) in old.items():
        new_size, new_fields = new.get(struct, (0, []))
        now = {field[0]: field for field in new_fields}
        for field in fields:
            if now.get(field[0]) != field:
                yield f"struct {struct}: {headers.field_text(field)} is now {headers.field_text(now.get(field[0]))}"
        if new_size != size and struct not in may_grow:
            yield f"struct {struct} is frozen at {size} bytes and has {new_size}"


def grown(text, baseline):
    """The structs that begin with their size, and have become longer."""
    old, new = headers.layout(baseline), headers.layout(text)
    return [name for name in headers.sized(baseline) if name in new and new[name][0] > old[name][0]]


def since_baseline(library, include, baseline=None):
    """Everything; an empty list is a kept promise."""
    baseline = baseline or BASELINE.read_text(encoding="utf-8")
    text = headers.declarations(include)
    wrong = list(in_structs(text, baseline))
    may_grow = [] if wrong else grown(text, baseline)
    return [*wrong, *in_macros(text, baseline), *in_library(library, baseline, may_grow)]
