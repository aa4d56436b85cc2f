# SPDX-License-Identifier: BSD-3-Clause
"""What is taken elsewhere: the sdist builds away from this tree without SWIG, and what is installed works alone."""

import os
import pathlib
import subprocess
import sys
import venv

import pytest
from conftest import TREE

PROGRAM = """
import pathlib, upnvme
with upnvme.open("soft:ram?size=1MiB") as ctrlr:
    ctrlr.namespaces[1].write(0, b"p" * 4096)
    assert bytes(ctrlr.namespaces[1].read(0)) == b"p" * 4096
print(pathlib.Path(upnvme.__file__).parent)
maps = pathlib.Path("/proc/self/maps").read_text()
print(next(line.split()[-1] for line in maps.splitlines() if "libupnvme.so" in line))
"""


@pytest.fixture
def fresh(tmp_path):
    """A venv of its own, and a way to run its programs away from this tree."""
    venv.create(tmp_path / "venv", with_pip=True, symlinks=True)

    def run(program, *arguments, **environment):
        environment = {**os.environ, **environment, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        return subprocess.run([tmp_path / "venv" / "bin" / program, *arguments], cwd=tmp_path, check=True, text=True,
                              capture_output=True, env=environment)
    return run


def build(*arguments, **environment):
    return subprocess.run([sys.executable, "-m", "build", "--no-isolation", *arguments], check=True, text=True,
                          capture_output=True, env={**os.environ, **environment})


def test_an_sdist_needs_neither_the_tree_nor_swig(fresh, tmp_path):
    build("--sdist", "--outdir", str(tmp_path), str(TREE / "python"))
    sdist = next(tmp_path.glob("upnvme-*.tar.gz"))
    subprocess.run(["tar", "xzf", sdist, "-C", tmp_path], check=True)
    source = next(tmp_path.glob("upnvme-*/"))
    # The tools of Python that build it, but no SWIG: that is beside this interpreter, not the fresh one.
    tools = next(path for path in sys.path if path.endswith("site-packages"))
    fresh("python", "-m", "build", "--no-isolation", "--wheel", "--outdir", str(tmp_path), str(source),
          PYTHONPATH=tools, PATH="/usr/bin:/bin")
    wheel = next(tmp_path.glob("upnvme-*.whl"))
    assert "-cp311-abi3-" in wheel.name
    fresh("pip", "install", "-q", "--no-index", str(wheel))
    package, library = fresh("python", "-c", PROGRAM).stdout.split()
    assert pathlib.Path(library).is_relative_to(tmp_path) and pathlib.Path(package).is_relative_to(tmp_path)


def test_the_systems_library_is_linked_if_asked_for(fresh, tmp_path):
    """Installed somewhere, and found by pkg-config."""
    prefix = tmp_path / "prefix"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    subprocess.run(["make", "-C", TREE, "-s", "install", f"PREFIX={prefix}"], check=True, capture_output=True,
                   env=environment)
    build("--wheel", "-C=system=yes", "--outdir", str(tmp_path), str(TREE / "python"),
          PKG_CONFIG_PATH=str(prefix / "lib" / "pkgconfig"))
    fresh("pip", "install", "-q", "--no-index", str(next(tmp_path.glob("upnvme-*.whl"))))
    package, library = fresh("python", "-c", PROGRAM, LD_LIBRARY_PATH=str(prefix / "lib")).stdout.split()
    assert library.startswith(str(prefix)) and not list(pathlib.Path(package).glob("libupnvme*"))
