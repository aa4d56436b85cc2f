#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes, from the description of the ABI, the files that other parts of the tree and other languages need.

  bindings/ffi/generate.py FORMAT DESCRIPTION [--output FILE]

  map       the linker's version script (capi/upnvme.map)
  ctypes    upnvme_ctypes.py: a module for Python without compilation
  cdef      upnvme_cdef.h: C declarations for an FFI that reads C, such as LuaJIT's
  page      abi.md: the tables of the reference
"""

import argparse
import json
import pathlib
import sys

import c_face
import ctypes_face
import page
import version_script
from writing import write_if_changed

FORMATS = {"map": version_script.generated, "ctypes": ctypes_face.generated, "cdef": c_face.generated,
           "page": page.generated}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("format", choices=FORMATS)
    parser.add_argument("description", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path, help="otherwise it is printed")
    args = parser.parse_args()
    text = FORMATS[args.format](json.loads(args.description.read_text(encoding="utf-8")))
    if args.output:
        write_if_changed(args.output, text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
