# SPDX-License-Identifier: BSD-3-Clause
"""What the scripts of this lane share: the description, the library, libraries that are not the right one."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests/tools"))

from harness import BUILD, Case, main  # noqa: E402 (the path comes first)

__all__ = ["ABI", "BUILD", "Case", "FFI", "LIBRARY", "TOP", "call", "compiled", "description", "main", "needs", "stub"]

FFI = TOP / "bindings/ffi"
LIBRARY = BUILD / "lib/libupnvme.so.0"
ABI = BUILD / "abi"


def description():
    """What abi.json says."""
    return json.loads((ABI / "abi.json").read_text(encoding="utf-8"))


needs = unittest.skipUnless((ABI / "abi.json").exists(), "there is no description: python3-pycparser is not installed")


def call(*command, code=0, env=None):
    """What a command prints; its exit code must be the given one."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, check=False,
                          env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(env or {})})
    if done.returncode != code:
        raise AssertionError(f"{command}: exit code {done.returncode}, {code} expected\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def compiled(folder, source, *flags, name="libstub.so"):
    """A shared library of that source."""
    path = folder / f"{name}.c"
    path.write_text(source, encoding="utf-8")
    call(shutil.which("cc") or "gcc", "-w", "-shared", "-fPIC", path, "-o", folder / name, *flags)
    return folder / name


def stub(folder, version=None, abi=None, without=(), more=()):
    """A library with all functions of the description, which do nothing, but those `without`."""
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
