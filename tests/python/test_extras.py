# SPDX-License-Identifier: BSD-3-Clause
"""The pytest plug-in, and the examples."""

import os
import sys

import child
import pytest
from conftest import TREE

EXAMPLES = sorted((TREE / "python" / "examples").glob("*.py"))

TESTS = '''
import pytest

def test_default(upnvme_controller):
    upnvme_controller.namespaces[1].write(0, bytes(4096))
    assert "size=16MiB" in upnvme_controller.uri

@pytest.mark.upnvme("soft:{tmp_path}/disk.img?size=1MiB&block=512", leases=1)
def test_marked(upnvme_controller, tmp_path):
    assert upnvme_controller.namespaces[1].block_size == 512
    assert (tmp_path / "disk.img").exists()

@pytest.mark.parametrize("n", [1, 2])
def test_each_has_its_own(upnvme_controller, n):
    ns = upnvme_controller.namespaces[1]
    assert bytes(ns.read(0)) == bytes(4096)
    ns.write(0, b"x" * 4096)
'''


def test_the_plug_in_gives_controllers(tmp_path):
    (tmp_path / "test_it.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--strict-markers", str(tmp_path)]
    process = child.run(command, cwd=tmp_path)
    assert process.returncode == 0 and "4 passed" in process.stdout, process.stdout
    process = child.run(command + ["--upnvme-uri", "soft:null?size=1MiB", "-k", "default"], cwd=tmp_path)
    assert process.returncode == 1 and "soft:null?size=1MiB" in process.stdout, process.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_run(path):
    process = child.run([sys.executable, "-W", "error", path], env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"))
    assert process.returncode == 0 and process.stdout and not process.stderr, process.stderr


def test_the_loader_reads_every_record():
    process = child.run([sys.executable, TREE / "python" / "examples" / "loader.py", "--workers", "3", "--batches", "4",
                         "--batch", "8"])
    assert process.stdout.startswith("96 records of 4096 bytes by 3 workers"), process.stderr


def test_the_loader_reports_the_error_of_a_worker():
    process = child.run([sys.executable, TREE / "python" / "examples" / "loader.py", "--record", "100"])
    assert process.returncode == 1 and "no whole number of blocks of 512" in process.stderr
