# SPDX-License-Identifier: BSD-3-Clause
"""What the package says of its types, checked by mypy and pyright; and what importing it costs in modules."""

import json
import pathlib
import subprocess
import sys

import pytest

import upnvme


def test_mypy_is_content():
    package = pathlib.Path(upnvme.__file__).parent
    assert (package / "py.typed").exists()
    process = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--cache-dir=/dev/null", "-p", "upnvme"],
                             capture_output=True, text=True)
    assert process.returncode == 0, process.stdout


@pytest.fixture
def pyright(tmp_path):
    """What pyright says of files, in a folder that has its settings; basedpyright brings pyright's engine and a node."""
    program = pathlib.Path(sys.executable).parent / "basedpyright"
    if not program.exists():
        pytest.skip("no basedpyright from PyPI: see build/pyright.log")

    def run(*files, **settings):
        settings = {"typeCheckingMode": "standard", "include": [str(file) for file in files], "exclude": [], **settings}
        (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
        return subprocess.run([program, "--pythonpath", sys.executable, "-p", tmp_path], capture_output=True, text=True)
    return run


def test_pyright_is_content(pyright):
    """Strictly, but that modules of the package use each other's names, the flat module is not described, and what is
    looked up in Any is unknown."""
    package = pathlib.Path(upnvme.__file__).parent
    process = pyright(package, typeCheckingMode="strict", reportPrivateUsage=False, reportIncompleteStub=False,
                      reportUnknownVariableType=False, reportUnknownArgumentType=False)
    assert process.returncode == 0 and process.stdout.startswith("0 errors, 0 warnings"), process.stdout


# The call's result is of the type that is said.
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


def test_callers_are_checked(tmp_path):
    (tmp_path / "caller.py").write_text(CALLER)
    (tmp_path / "wrong.py").write_text(CALLER.replace("ns.read(0)", "ns.read('0')"))
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir=/dev/null"]
    assert subprocess.run(command + [tmp_path / "caller.py"]).returncode == 0
    assert subprocess.run(command + [tmp_path / "wrong.py"]).returncode == 1


def test_callers_are_checked_by_pyright(pyright, tmp_path):
    (tmp_path / "caller.py").write_text(CALLER)
    (tmp_path / "wrong.py").write_text(CALLER.replace("ns.read(0)", "ns.read('0')"))
    process = pyright("caller.py")
    assert process.returncode == 0, process.stdout
    process = pyright("wrong.py")
    assert process.returncode == 1 and "reportArgumentType" in process.stdout, process.stdout


def test_importing_is_light(run_python):
    process = run_python("""
        import sys, upnvme
        print(*(name for name in ("numpy", "asyncio", "rich", "logging", "typing", "dataclasses", "inspect")
                if name in sys.modules))
    """.replace("-X dev", ""))
    heavy = set(process.stdout.split()) - set(baseline())
    assert process.returncode == 0 and not heavy, heavy


def baseline():
    """What development mode imports by itself."""
    process = subprocess.run([sys.executable, "-X", "dev", "-c", "import sys; print(*sys.modules)"],
                             capture_output=True, text=True, check=True)
    return process.stdout.split()
