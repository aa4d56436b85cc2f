#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the description of the ABI, made from the public headers.

  bindings/ffi/describe.py [--include capi/include] [--output build/abi/abi.json]

Functions with return and argument types, records with the place of each field, constants with their values, callbacks
and handles, each with the version in which it appeared; sorted by name. Type names are C's; `ffi` is what libffi calls
the type that is passed. Needs a C compiler ($CC) and pycparser (Debian: python3-pycparser).
"""

import argparse
import json
import pathlib
import subprocess
import sys

from crossing import Refused
from declarations import Headers, compiler, umbrellas
from values import answered
from writing import write_if_changed

COLUMNS = 120
KEY = 15  # the part of a line that the longest key takes
TOP = pathlib.Path(__file__).resolve().parent.parent.parent


def by_name(entries):
    return sorted(entries, key=lambda entry: entry["name"])


def described(include):
    """The whole description, as it stands in the file."""
    headers = Headers(include)
    lists = {name: by_name(getattr(headers, name)())
             for name in ("functions", "callbacks", "handles", "structs", "constants", "macros")}
    lists = answered(lists, compiler(), headers.include, umbrellas(headers.include))
    values = {constant["name"]: constant["value"] for constant in lists["constants"]}
    abi = values["UPNVME_ABI_VERSION"]
    # The ABI has one node as long as its version is 0.
    lists["functions"] = [{"name": function["name"], "node": f"UPNVME_{abi}", **function}
                          for function in lists["functions"]]
    return {"library": "upnvme", "version": values["UPNVME_VERSION"], "abi_version": abi,
            "soname": f"libupnvme.so.{abi}", "data_model": "LP64, little-endian", **lists}


def written(tree, indent=0):
    """JSON in which each value that fits in a line stands in one line."""
    line = json.dumps(tree)
    if not isinstance(tree, (dict, list)) or len(line) + indent < COLUMNS - KEY:
        return line
    if isinstance(tree, dict):
        children = [f"{json.dumps(key)}: {written(child, indent + 1)}" for key, child in tree.items()]
    else:
        children = [written(child, indent + 1) for child in tree]
    blanks = " " * (indent + 1)
    opening, closing = "{}" if isinstance(tree, dict) else "[]"
    return f"{opening}\n{blanks}" + f",\n{blanks}".join(children) + f"\n{' ' * indent}{closing}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--include", default=TOP / "capi/include", help="the folder with upnvme.h")
    parser.add_argument("--output", type=pathlib.Path, help="otherwise it is printed")
    args = parser.parse_args()
    try:
        text = written(described(args.include)) + "\n"
    except Refused as refusal:
        sys.exit(f"describe.py: {refusal}")
    except subprocess.CalledProcessError:
        sys.exit("describe.py: the compiler does not take these headers: see above")
    if args.output:
        write_if_changed(args.output, text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
