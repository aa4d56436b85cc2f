# SPDX-License-Identifier: BSD-3-Clause
"""The package's types, checked by mypy and pyright; and the modules that its import loads."""

import json
import pathlib
import re
import subprocess
import sys

import pytest
from repeats import repeats

import upnvme

PACKAGE = pathlib.Path(upnvme.__file__).parent

# The call's result is of the declared type.
CALLER = """
import upnvme
with upnvme.open("soft:ram") as ctrlr:
    ns: upnvme.Namespace = ctrlr.namespaces[1]
    data: upnvme.Buffer = ns.read(0)
    view: memoryview = data[0:4]
    byte: int = data[0]
    qp: upnvme.QPair = ctrlr.qpair(depth=4)
    qp.read(ns, data, callback=lambda done: done.tag + 1)
    done: upnvme.Completions = qp.run(upnvme.batch(1, ns, upnvme.Op.READ), data)
    size: int = ns.size + ctrlr.info.page_bytes + ctrlr.smart.host_reads
"""


MEMORY = """
import array, asyncio, ctypes, mmap
import numpy as np
import upnvme.aio

def use(ctrlr: upnvme.Controller, ns: upnvme.Namespace) -> None:
    data = ns.read(np.int64(0), np.uint32(1))
    ns.write(0, b"")
    ns.write(2, data)
    for buf in bytearray(), memoryview(b""), array.array("B"), mmap.mmap(-1, 1), np.ones(4), (ctypes.c_int * 4)():
        ns.write(np.int64(0), buf)
    ns.readinto(bytearray())
    ns.readinto(memoryview(bytearray()), np.uint64(3))
    ns.readinto(data)
    ns.readinto(array.array("B"))
    ns.readinto(mmap.mmap(-1, 1))
    ns.readinto(np.zeros(4))
    ns.readinto((ctypes.c_int * 4)())
    ctrlr.register(np.zeros(4)).free()
    text: str = data.decode()
    raw: bytes = data.tobytes()
    cache: bool = ctrlr.info.volatile_write_cache
    ops = upnvme.batch(4, ns, upnvme.Op.READ, lba=np.int64(1))
    ops["lba"] = np.arange(4)
    ops["lba"] = [1, 2, 3, 4]
    try:
        ctrlr.qpair(np.int64(4)).run(ops, data)
    except upnvme.PartialError as error:
        index: int = error.index

async def wait(ns: upnvme.aio.Namespace) -> None:
    written: asyncio.Future[None] = ns.write(1, b"")
    read: upnvme.Buffer = await ns.read(0)
"""

WRONG = [(CALLER, "ns.read(0)", "ns.read('0')"), (MEMORY, 'ns.write(0, b"")', 'ns.write(0, "str")'),
         (MEMORY, "ns.readinto(bytearray())", 'ns.readinto(b"")'), (MEMORY, 'ns.write(0, b"")', 'ns.write(b"", 0)'),
         (MEMORY, "ns.readinto(data)", 'ns.readinto("str")'), (MEMORY, "np.uint64(3)", "3.0"),
         (MEMORY, "asyncio.Future[None]", "asyncio.Future[int]")]


@pytest.fixture
def callers(tmp_path):
    """Two right programs, and some with one mistake each."""
    right, wrong = [tmp_path / "right.py", tmp_path / "memory.py"], []
    for path, text in zip(right, (CALLER, MEMORY)):
        path.write_text(text)
    for i, (text, word, other) in enumerate(WRONG):
        assert text.count(word) == 1
        wrong.append(tmp_path / f"wrong{i}.py")
        wrong[-1].write_text(text.replace(word, other))
    return right, wrong


def complained_of(output):
    """The files with errors, by what mypy and pyright print: a path, the line, and the word."""
    return {pathlib.Path(path) for path in re.findall(r"^ *(/[^:\n]*):\d+.*\berror: ", output, re.MULTILINE)}


@pytest.mark.parametrize("version", [pytest.param("3.11", marks=repeats("by pyright, as of this Python")), "3.12"])
def test_mypy_is_content_with_the_package_and_checks_callers(callers, tmp_path, version):
    """From 3.12 on there is collections.abc.Buffer."""
    assert (PACKAGE / "py.typed").exists()
    right, wrong = callers
    process = subprocess.run([sys.executable, "-m", "mypy", "--strict", f"--cache-dir={tmp_path / 'cache'}",
                              "--show-absolute-path", "--python-version", version, "-p", "upnvme",
                              *(word for path in right + wrong for word in ("-m", path.stem))],
                             capture_output=True, text=True, cwd=tmp_path)
    assert process.returncode == 1, process.stdout + process.stderr
    assert complained_of(process.stdout) == set(wrong), process.stdout


def test_pyright_is_content_with_the_package_and_checks_callers(callers, tmp_path):
    """The package strictly, but that its modules use each other's names, the flat module is not described, and what is
    looked up in Any is unknown. basedpyright brings pyright's engine and a node."""
    program = pathlib.Path(sys.executable).parent / "basedpyright"
    if not program.exists():
        pytest.skip("no basedpyright from PyPI: see build/pyright.log")
    right, wrong = callers
    for path in right + wrong:
        path.write_text("# pyright: standard\n" + path.read_text())
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({
        "include": [str(path) for path in (PACKAGE, *right, *wrong)], "exclude": [], "typeCheckingMode": "strict",
        "reportPrivateUsage": False, "reportIncompleteStub": False, "reportUnknownVariableType": False,
        "reportUnknownArgumentType": False}))
    process = subprocess.run([program, "--pythonpath", sys.executable, "-p", tmp_path], capture_output=True, text=True)
    assert process.returncode == 1 and "reportArgumentType" in process.stdout, process.stdout + process.stderr
    assert complained_of(process.stdout) == set(wrong), process.stdout
    assert " 0 warnings" in process.stdout, process.stdout


def test_importing_is_light(run_python):
    process = run_python("""
        import sys, upnvme
        print(*(name for name in ("numpy", "asyncio", "rich", "logging", "typing", "dataclasses", "inspect")
                if name in sys.modules))
    """.replace("-X dev", ""))
    heavy = set(process.stdout.split()) - set(baseline())
    assert process.returncode == 0 and not heavy, heavy


def baseline():
    """Modules that development mode imports by itself."""
    process = subprocess.run([sys.executable, "-X", "dev", "-c", "import sys; print(*sys.modules)"],
                             capture_output=True, text=True, check=True)
    return process.stdout.split()
