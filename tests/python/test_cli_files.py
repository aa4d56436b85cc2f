# SPDX-License-Identifier: BSD-3-Clause
"""The command line's files: all data is there, or the command failed and says why."""

import json
import os
import subprocess

import child
import pytest
from command import COMMAND, of_json, run
from repeats import repeats

pytest.importorskip("click")
pytest.importorskip("rich")

MIB = 1 << 20


@pytest.fixture
def uri(tmp_path):
    return f"soft:{tmp_path / 'disk.img'}?size=1MiB&block=512"


def shell(line, *arguments, code=0):
    """`$0` is the command."""
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    process = child.run(["bash", "-c", line, COMMAND, *arguments], env=buffered)
    assert process.returncode == code and "Traceback" not in process.stderr, process.stdout + process.stderr
    return process


def allocated(path):
    return path.stat().st_blocks * 512


# --- what is read -------------------------------------------------------------------------------------


@pytest.mark.parametrize("bytes_", [None, 300_000])
def test_copy_from_a_pipe(uri, tmp_path, bytes_):
    data = os.urandom(400_001)
    (tmp_path / "in").write_bytes(data)
    limit = [] if bytes_ is None else ["--bytes", str(bytes_)]
    said = shell('cat "$2" | "$0" copy /dev/stdin "$1" --yes --json "${@:3}"', uri, tmp_path / "in", *limit).stdout
    n = bytes_ or len(data)
    assert json.loads(said)["bytes"] == n
    run("copy", uri, tmp_path / "out", "--bytes", n)
    assert (tmp_path / "out").read_bytes() == data[:n]


def test_fewer_bytes_than_asked_for(uri, tmp_path):
    (tmp_path / "in").write_bytes(bytes(1000))
    error = run("copy", tmp_path / "in", uri, "--bytes", 1001, "--yes", code=1).stderr
    assert "ended after 1000 bytes: 1 fewer than the 1001" in error
    assert "1048577 that were to be" in run("copy", uri, tmp_path / "out", "--bytes", MIB + 1, code=1).stderr
    assert not (tmp_path / "out").exists()
    error = shell('head -c 1000 /dev/zero | "$0" copy /dev/stdin "$1" --yes --bytes 2000', uri, code=1).stderr
    assert "/dev/stdin ended after 1000 bytes: 1000 fewer than the 2000" in error
    assert run("copy", uri, tmp_path / "out", "--bytes", "0x10").returncode == 0
    assert (tmp_path / "out").stat().st_size == 16


@pytest.mark.parametrize("command", ["copy", "write"])
def test_a_source_without_end(uri, command):
    order = ["/dev/zero", uri] if command == "copy" else [uri, "/dev/zero"]
    error = run(command, *order, "--yes", code=1).stderr
    assert "/dev/zero goes on after 1 MiB, which were written" in error and "room for 1 MiB" in error


def test_a_file_that_says_nothing_of_its_size(uri, tmp_path):
    """/proc says 0."""
    for command in (["copy", "/proc/version", uri], ["write", uri, "/proc/version"]):
        done = of_json(*command, "--yes")
        assert done["bytes"] == os.stat("/proc/version").st_size or done["bytes"] > 10
        with open("/proc/version", "rb") as file:
            assert run("read", uri, text=False).stdout.startswith(file.read())


@pytest.fixture
def device(tmp_path):
    """A block device over a file, where there may be one."""
    image = tmp_path / "device.img"
    image.write_bytes(os.urandom(700 << 10))
    made = subprocess.run(["losetup", "--find", "--show", image], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no loop devices here: {made.stderr.strip()}")
    yield made.stdout.strip(), image
    subprocess.run(["losetup", "--detach", made.stdout.strip()], check=True)


def test_block_devices(device, uri, tmp_path):
    """The size of such files is not the one that stat says."""
    path, image = device
    assert of_json("copy", path, uri, "--yes")["bytes"] == 700 << 10
    run("copy", uri, tmp_path / "out", "--bytes", 700 << 10)
    assert (tmp_path / "out").read_bytes() == image.read_bytes()
    assert of_json("write", uri, path, "--yes")["bytes"] == 700 << 10
    small = f"soft:{tmp_path / 'small.img'}?size=64KiB"
    assert "has 700 KiB" in run("copy", path, small, "--yes", code=1).stderr
    assert "has 700 KiB" in run("write", small, path, "--yes", code=1).stderr
    assert "fewer than" in run("copy", path, uri, "--bytes", "1MiB", "--yes", code=1).stderr
    run("fill", uri, "--yes", "--byte", "0xa5")
    assert of_json("copy", uri, path, "--bytes", 700 << 10, "--yes")["bytes"] == 700 << 10
    with open(path, "rb") as file:
        assert file.read() == b"\xa5" * (700 << 10)


# --- holes --------------------------------------------------------------------------------------------


def test_holes_stay_holes(tmp_path):
    """Copies a file with scattered data over a namespace that is full of other data, and to a file again."""
    source, image, out = tmp_path / "in", tmp_path / "disk.img", tmp_path / "out"
    size, data = 64 * MIB + 777, {100: b"begin", 5 * MIB + 3: os.urandom(70_000), 40 * MIB: b"middle"}
    with source.open("wb") as file:
        for at, piece in data.items():
            file.seek(at)
            file.write(piece)
        file.truncate(size)
    uri = f"soft:{image}?size=65MiB&block=4096"
    run("fill", uri, "--byte", 255, "--yes")
    assert allocated(image) >= 65 * MIB
    assert of_json("copy", source, uri, "--yes")["bytes"] == size
    content = source.read_bytes()
    assert image.read_bytes() == content + b"\xff" * (65 * MIB - size)
    assert allocated(image) < 3 * MIB
    assert of_json("copy", uri, out, "--bytes", size)["bytes"] == size
    assert out.read_bytes() == content and allocated(out) < MIB
    other = tmp_path / "other.img"
    run("copy", uri, f"soft:{other}?size=65MiB&block=512", "--yes")
    assert other.read_bytes() == image.read_bytes() and allocated(other) < 5 * MIB
    run("read", uri, "--blocks", 16 << 10, "-o", tmp_path / "read")
    assert (tmp_path / "read").read_bytes() == content[:64 * MIB] and allocated(tmp_path / "read") < MIB


@pytest.mark.parametrize("offset, length", [(0, 100), (511, 2), (512, 512), (1000, 300_000), (1 << 20, 1)])
def test_holes_of_any_size(tmp_path, offset, length):
    """Holes need not begin and end with blocks."""
    data = bytearray(os.urandom(MIB + 100))
    data[offset:offset + length] = bytes(len(data[offset:offset + length]))
    (tmp_path / "in").write_bytes(data)
    subprocess.run(["fallocate", "--dig-holes", tmp_path / "in"], check=True)
    uri = f"soft:{tmp_path / 'disk.img'}?size=2MiB&block=512"
    run("fill", uri, "--byte", 170, "--yes")
    run("copy", tmp_path / "in", uri, "--yes")
    assert (tmp_path / "disk.img").read_bytes() == bytes(data) + b"\xaa" * (MIB - 100)


# --- what is written ----------------------------------------------------------------------------------


def test_a_file_is_overwritten_only_after_asking(uri, tmp_path):
    out = tmp_path / "out"
    out.write_bytes(b"kept")
    for command in (("read", uri, "-o", out), ("copy", uri, out)):
        assert f"Overwrite {out}" in run(*command, input="n\n", code=1).stderr
        run(*command, code=1)  # there is nobody to ask
        assert out.read_bytes() == b"kept"
    assert run("read", uri, "-o", out, "--yes").stdout == f"read 512 bytes from LBA 0 to {out}\n"
    assert out.read_bytes() == bytes(512)
    out.write_bytes(b"kept")
    run("read", uri, "--lba", 5000, "-o", out, "--yes", code=1)
    assert out.read_bytes() == b"kept"
    run("read", uri, "--lba", 5000, "-o", tmp_path / "new", code=1)
    assert not (tmp_path / "new").exists()


def test_success_is_not_told_when_the_output_fails(uri, tmp_path):
    """The disk is full, or the file cannot be."""
    run("fill", uri, "--byte", 1, "--yes")
    for command in (("read", uri, "--blocks", 100, "-o"), ("copy", uri)):
        for path, why in (("/dev/full", "No space left"), (tmp_path / "no" / "folder", "No such file")):
            for json_ in ([], ["--json"]):
                process = run(*command, path, *json_, code=1)
                assert process.stdout == "" and why in process.stderr and str(path) in process.stderr, process
                assert process.stderr.count("\n") == 1 and "Traceback" not in process.stderr


def test_a_full_disk(uri, tmp_path):
    run("fill", uri, "--byte", 1, "--yes")
    source, out = f"soft:{tmp_path / 'disk.img'}?readonly=1", tmp_path / "out"
    for command in (f'"$0" read "$1" --blocks 2048 -o {out} --json', f'"$0" copy "$1" {out}'):
        process = shell(f"ulimit -f 100; trap '' XFSZ; {command} --yes", source, code=1)
        assert process.stdout == "" and "File too large" in process.stderr


# Commands print a table, bytes of their own, sentences, or as time goes by.
EVERY = [("list",), ("read",), ("verify",), ("bench", "--time", "0.1"), *(pytest.param(
    command, marks=repeats("by commands that print in the same way"))
    for command in [("identify",), ("smart",), ("hexdump",), ("fill", "--yes")])]


@pytest.mark.parametrize("command", EVERY, ids=lambda command: command[0])
def test_standard_output_that_cannot_be_written(uri, command):
    name, *rest = command
    for json_ in ([], ["--json"])[:1 if name == "read" else 2]:
        error = shell('"$0" "$@" >/dev/full', name, uri, *rest, *json_, code=1).stderr
        assert error == "Error: standard output: No space left on device\n"
        error = shell('"$0" "$@" >&-', name, uri, *rest, *json_, code=1).stderr
        assert error == "Error: standard output: Bad file descriptor\n"


def test_help_goes_nowhere_else():
    for arguments in ("--help",), ("--version",), ("read", "--help"):
        assert "No space left" in shell('"$0" "$@" >/dev/full', *arguments, code=1).stderr


def test_closed_standard_descriptors_stay_unused(uri, tmp_path):
    """The command must not write to an image that has taken the place of the named one."""
    run("fill", uri, "--byte", 7, "--yes")
    for closed in (">&-", "2>&-", "<&-", "<&- >&- 2>&-"):
        child.run(["bash", "-c", f'"$0" verify "$1" {closed}; "$0" nonsense {closed}; true', COMMAND, uri])
    assert (tmp_path / "disk.img").read_bytes() == b"\x07" * MIB


def test_a_picture_that_cannot_be_is_refused_before_measuring(uri, tmp_path):
    pytest.importorskip("matplotlib")
    process = run("bench", uri, "--time", "1000", "--plot", tmp_path / "no" / "a.svg", code=1)
    assert process.stdout == "" and "No such file" in process.stderr
    picture = tmp_path / "a.svg"
    picture.write_text("kept")
    assert f"Overwrite {picture}" in run("bench", uri, "--time", "1000", "--plot", picture, input="n\n", code=1).stderr
    run("bench", uri, "--bs", 100, "--plot", picture, "--yes", code=1)
    assert picture.read_text() == "kept"
    run("bench", uri, "--bs", 100, "--plot", tmp_path / "b.svg", code=1)
    assert not (tmp_path / "b.svg").exists()
    process = run("bench", uri, "--time", "0.1", "--plot", picture, "--yes")
    assert f"drawing {picture}" in process.stderr and "<svg" in picture.read_text()


def test_a_picture_that_fails_does_not_cost_the_result(uri, tmp_path):
    pytest.importorskip("matplotlib")
    os.symlink("/dev/full", tmp_path / "full.svg")
    process = run("bench", uri, "--time", "0.1", "--plot", tmp_path / "full.svg", code=1)
    assert "IOPS" in process.stdout and "No space left" in process.stderr and "Traceback" not in process.stderr


# --- the rest -----------------------------------------------------------------------------------------


def test_numbers_in_hexadecimal(uri):
    run("fill", uri, "--byte", "0x5A", "--lba", "0x10", "--blocks", "0x2", "-n", "0x1", "--yes")
    assert run("read", uri, "--lba", "0xf", "--blocks", 4, text=False).stdout == bytes(512) + b"Z" * 1024 + bytes(512)
    assert of_json("verify", uri, "--lba", "0x7ff") == {"lba": 2047, "blocks": 1, "ok": True}
    for wrong in ("-1", "ten", "0xg", "1.5", ""):
        assert "is no number from 0 on" in run("read", uri, "--lba", wrong, code=2).stderr
    assert "from 0 to 255" in run("fill", uri, "--byte", "0x100", code=2).stderr


def test_a_whole_namespace_of_more_than_a_command_can_name():
    uri = f"soft:null?size={(1 << 32) * 512 + 4096}&block=512&mdts=12"
    for command in ("verify",), ("fill", "--yes"):
        assert of_json(command[0], uri, *command[1:])["blocks"] == (1 << 32) + 8
        assert of_json(command[0], uri, *command[1:], "--lba", "0xfffffffe")["blocks"] == 10


def test_bench_prints_its_measurements(uri):
    lines = run("bench", uri, "--time", "0.2", "--rw", "read", "--bs", "8k", "--qd", "4").stdout.splitlines()
    assert lines[0] == f"read of 8 KiB, 1 x 4 in flight: {uri}"
    shares = [float(line.split("%")[0].split()[-1]) for line in lines if "%" in line]
    assert shares == sorted(shares) and shares[-1] == 100
