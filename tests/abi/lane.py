# SPDX-License-Identifier: BSD-3-Clause
"""What the scripts of this lane share: the description, the library, libraries that are not the right one."""

import json
import os
import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

# The path comes first.
from harness import BUILD, PATIENCE, TOP, Case, finish, library_objects, main, release_only  # noqa: E402

__all__ = ["ABI", "BUILD", "Case", "FFI", "LIBRARY", "PATIENCE", "TOP", "call", "compiled", "description",
           "library_objects", "main", "needs", "release_only", "stub"]

FFI = TOP / "bindings/ffi"
LIBRARY = BUILD / "lib/libupnvme.so.0"
ABI = BUILD / "abi"


def description():
    """The content of abi.json."""
    return json.loads((ABI / "abi.json").read_text(encoding="utf-8"))


needs = unittest.skipUnless((ABI / "abi.json").exists(), "there is no description: python3-pycparser is not installed")


def call(*command, code=0, env=None, **options):
    """What a command prints; its exit code must be the given one."""
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(env or {})}
    done = finish(command, code, timeout=PATIENCE, env=env, **options)
    return done.stdout + done.stderr


def compiled(folder, source, *flags, name="libstub.so"):
    """A shared library of that source."""
    path = folder / f"{name}.c"
    path.write_text(source, encoding="utf-8")
    call(shutil.which("cc") or "gcc", "-w", "-shared", "-fPIC", path, "-o", folder / name, *flags)
    return folder / name


def stub(folder, version=None, abi=None, without=(), more=()):
    """A library with all functions of the description except `without`; they do nothing."""
    described = description()
    version = described["version"] if version is None else version
    abi = described["abi_version"] if abi is None else abi
    names = [function["name"] for function in described["functions"]]
    own = {"upnvme_version": f'const char *upnvme_version(void) {{ return "{version}"; }}',
           "upnvme_abi_version": f"unsigned upnvme_abi_version(void) {{ return {abi}; }}"}
    lines = [own.get(name, f"int {name}(void) {{ return 0; }}") for name in [*names, *more] if name not in without]
    script = folder / "stub.map"
    script.write_text(f"UPNVME_{described['abi_version']} {{ global: upnvme_*; local: *; }};\n", encoding="utf-8")
    return compiled(folder, "\n".join(lines), f"-Wl,--version-script={script}")
