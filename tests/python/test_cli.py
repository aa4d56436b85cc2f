# SPDX-License-Identifier: BSD-3-Clause
"""The command line, from end to end."""

import json
import os
import pathlib
import sys

import child
import pytest

pytest.importorskip("click")
pytest.importorskip("rich")

COMMAND = pathlib.Path(sys.executable).parent / "upnvme"


@pytest.fixture
def uri(tmp_path):
    return f"soft:{tmp_path / 'disk.img'}?size=1MiB&block=512"


def run(*arguments, code=0, **options):
    process = child.run([COMMAND, *arguments], env=dict(os.environ, COLUMNS="200", TERM="dumb"), **options)
    assert process.returncode == code, process.stdout + process.stderr
    return process


def of_json(*arguments, **options):
    return json.loads(run(*arguments, "--json", **options).stdout)


def test_list(uri):
    assert "soft:null?size=1MiB" in run("list", uri, "soft:null?size=1MiB").stdout.replace("\n", "")
    rows = of_json("list", uri, "soft:ram?size=2MiB&namespaces=2")
    assert [(row["nsid"], row["bytes"]) for row in rows] == [(1, 1 << 20), (1, 2 << 20), (2, 2 << 20)]


def test_identify_and_smart(uri):
    assert "upnvme software controller" in run("identify", uri).stdout
    assert of_json("identify", uri)["model"] == "upnvme software controller"
    assert of_json("identify", uri, "-n", 1)["block_bytes"] == 512
    assert "temperature celsius" in run("smart", uri).stdout
    assert of_json("smart", uri)["available_spare"] == 100


def test_write_and_read(uri, tmp_path):
    (tmp_path / "in").write_bytes(b"hello" * 200)
    assert run("write", uri, tmp_path / "in", "--lba", 3, "--yes").stdout == "wrote 1000 bytes to 2 blocks from LBA 3\n"
    assert run("read", uri, "--lba", 3, "--blocks", 2, text=False).stdout == b"hello" * 200 + bytes(24)
    done = of_json("read", uri, "--lba", 3, "-o", tmp_path / "out")
    assert done == {"lba": 3, "blocks": 1, "bytes": 512}
    assert (tmp_path / "out").read_bytes() == (b"hello" * 200)[:512]
    assert of_json("write", uri, "-", "--yes", input="x")["blocks"] == 1


def test_destructive_commands_ask(uri, tmp_path):
    (tmp_path / "in").write_bytes(b"y" * 512)
    for arguments in (("write", uri, tmp_path / "in"), ("fill", uri, "--byte", 1), ("copy", tmp_path / "in", uri),
                      ("bench", uri, "--rw", "write", "--time", "0.1")):
        assert "Overwrite" in run(*arguments, input="n\n", code=1).stderr
    assert run("read", uri, text=False).stdout == bytes(512)
    run("fill", uri, "--byte", 7, "--blocks", 1, input="y\n")
    assert run("read", uri, text=False).stdout == bytes([7]) * 512


def test_fill_and_verify(uri):
    assert of_json("fill", uri, "--yes", "--byte", 255) == {"lba": 0, "blocks": 2048, "byte": 255}
    assert run("fill", uri, "--yes", "--blocks", 1).stdout == "filled 1 blocks from LBA 0 with 0x00\n"
    assert run("read", uri, "--blocks", 2, text=False).stdout == bytes(512) + b"\xff" * 512
    assert run("verify", uri).stdout == "2048 blocks from LBA 0 are readable\n"
    assert of_json("verify", uri, "--lba", 2000)["blocks"] == 48


def test_hexdump(uri, tmp_path):
    (tmp_path / "in").write_bytes(b"0123456789abcdefXYZ")
    run("write", uri, tmp_path / "in", "--yes")
    assert run("hexdump", uri).stdout.splitlines() == [
        "000000000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|",
        "000000000010  58 59 5a 00 00 00 00 00  00 00 00 00 00 00 00 00  |XYZ.............|",
        "000000000020  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|",
        "*", "000000000200"]
    assert of_json("hexdump", uri)["data"].startswith("30313233")


def test_copy_there_and_back(uri, tmp_path):
    data = os.urandom(700001)
    (tmp_path / "in").write_bytes(data)
    process = run("copy", tmp_path / "in", uri, "--yes")
    assert process.stdout.startswith("copied 683.6 KiB in")
    assert of_json("copy", uri, tmp_path / "out", "--bytes", 700001)["bytes"] == 700001
    assert (tmp_path / "out").read_bytes() == data
    other = f"soft:{tmp_path / 'other.img'}?size=2MiB&block=4096"
    assert of_json("copy", uri, other, "--yes")["bytes"] == 1 << 20
    assert run("read", other, text=False).stdout == data[:4096]
    (tmp_path / "large").write_bytes(bytes(2 << 20))
    assert "room for 1 MiB" in run("copy", tmp_path / "large", uri, "--yes", code=1).stderr


def test_bench(uri, tmp_path):
    result = of_json("bench", uri, "--time", "0.3", "--qd", 4, "--bs", "4k")
    assert result["ios"] > 0 and result["iops"] > 0 and result["p50_us"] <= result["p99.9_us"]
    output = run("bench", "soft:ram?size=16MiB", "--time", "0.3", "--rw", "read").stdout
    assert "IOPS" in output and "µs" in output and "█" in output
    assert "whole number" in run("bench", uri, "--bs", 100, code=1).stderr
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError:
        assert "upnvme[plot]" in run("bench", uri, "--time", "0.1", "--plot", tmp_path / "a.svg", code=1).stderr
    else:
        run("bench", uri, "--time", "0.6", "--plot", tmp_path / "a.svg")
        assert "<svg" in (tmp_path / "a.svg").read_text()


def test_devices():
    assert isinstance(of_json("devices", "list"), list)
    run("devices", "list")
    assert "memlock_bytes" in of_json("devices", "status") and "memlock bytes" in run("devices", "status").stdout
    assert "ffff:00:00.0" in run("devices", "bind", "ffff:00:00.0", "--yes", code=1).stderr
    assert "ffff:00:00.0" in run("devices", "unbind", "ffff:00:00.0", "--yes", code=1).stderr


def test_errors_are_sentences():
    error = run("list", "soft:ram?colour=red", code=1).stderr
    assert error.startswith("Error: ") and "colour" in error and "Traceback" not in error
    assert "no active namespace 9" in run("read", "soft:ram?size=1MiB", "-n", 9, code=1).stderr
    assert "no size" in run("copy", "a", "b", "--bytes", "many", code=2).stderr


def test_every_command_takes_json_and_has_help():
    commands = run("--help").stdout.split("Commands:")[1].split("\n  ")[1:]
    names = [line.split()[0] for line in commands if line and not line.startswith(" ")]
    assert set(names) == {"list", "identify", "smart", "read", "write", "copy", "verify", "fill", "hexdump", "bench",
                          "devices"}
    for name in names:
        assert "--json" in run(name, *(["list"] if name == "devices" else []), "--help").stdout


def test_python_m_and_completion():
    process = child.run([sys.executable, "-m", "upnvme", "--version"])
    assert process.returncode == 0 and process.stdout[0].isdigit()
    process = child.run([COMMAND], env=dict(os.environ, _UPNVME_COMPLETE="bash_source"))
    assert "_upnvme_completion" in process.stdout
