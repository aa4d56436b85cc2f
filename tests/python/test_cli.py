# SPDX-License-Identifier: BSD-3-Clause
"""The command line, from end to end."""

import contextlib
import os
import pathlib
import shlex
import signal
import sys

import child
import pytest
from command import COMMAND, of_json, run

pytest.importorskip("click")
pytest.importorskip("rich")


@pytest.fixture
def uri(tmp_path):
    return f"soft:{tmp_path / 'disk.img'}?size=1MiB&block=512"


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
    assert "LBA 5000 and 1 blocks pass the end" in run("verify", uri, "--lba", 5000, code=1).stderr


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


def test_copy_does_not_empty_its_source(uri, tmp_path):
    """copy refuses two plain files, and does not overwrite an image with data that is read from it."""
    image, data = tmp_path / "disk.img", os.urandom(1 << 20)
    run("list", uri)
    image.write_bytes(data)
    assert "neither" in run("copy", image, image, "--yes", code=2).stderr
    for arguments in (("copy", uri, image, "--yes"), ("copy", image, uri, "--yes"),
                      ("read", uri, "-o", image, "--yes")):
        assert "the same file" in run(*arguments, code=1).stderr
    assert image.read_bytes() == data


def test_bench(uri, tmp_path):
    result = of_json("bench", uri, "--time", "0.3", "--qd", 4, "--bs", "4k")
    assert result["ios"] > 0 and result["iops"] > 0 and result["p50_us"] <= result["p99.9_us"]
    output = run("bench", "soft:ram?size=16MiB", "--time", "0.3", "--rw", "read").stdout
    assert "IOPS" in output and "µs" in output and "█" in output
    assert "whole number" in run("bench", uri, "--bs", 100, code=1).stderr
    assert "more than the namespace has" in run("bench", uri, "--bs", "2MiB", code=1).stderr
    result = of_json("bench", "soft:ram?size=16MiB&mode=thread", "--time", "0.6", "--qpairs", 5, "--rw", "randwrite",
                     "--yes", "--qd", 2)
    assert result["queue_pairs"] == 5 and result["samples"]
    assert sum(sample["iops"] for sample in result["samples"]) / len(result["samples"]) > result["iops"] / 10
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError:
        assert "./python[plot]" in run("bench", uri, "--time", "0.1", "--plot", tmp_path / "a.svg", code=1).stderr
    else:
        run("bench", uri, "--time", "0.6", "--plot", tmp_path / "a.svg")
        assert "<svg" in (tmp_path / "a.svg").read_text()
        run("bench", uri, "--time", "0.1", "--plot", tmp_path / "a.png")
        assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
        assert "must end in one of .svg" in run("bench", uri, "--plot", "a.doc", code=2).stderr


def test_devices():
    assert isinstance(of_json("devices", "list"), list)
    run("devices", "list")
    assert "memlock_bytes" in of_json("devices", "status") and "memlock bytes" in run("devices", "status").stdout
    assert "ffff:00:00.0" in run("devices", "bind", "ffff:00:00.0", "--yes", code=1).stderr
    assert "ffff:00:00.0" in run("devices", "unbind", "ffff:00:00.0", "--yes", code=1).stderr


def test_narrow_terminals_lose_nothing(uri):
    """Columns that do not fit side by side stand one below the other, and long values go on in the next line."""
    for arguments in (("list", uri), ("identify", uri), ("smart", uri), ("bench", uri, "--time", "0.3"),
                      ("devices", "status")):
        output = run(*arguments, env={"COLUMNS": "40"}).stdout
        assert "…" not in output and "0" in output
        # A URI as a title is shown unchanged.
        assert all(len(line) <= 40 for line in output.splitlines() if uri not in line), output
    assert run("list", uri, env={"COLUMNS": "40"}).stdout.count("model") == 1


def test_output_that_goes_to_no_terminal_is_not_cut():
    long = "soft:ram?size=16MiB&serial=" + "x" * 20 + "&namespaces=3&entries=1024&queues=17&mdts=5&noiob=8"
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    assert child.run([COMMAND, "list", long], env=environment).stdout.count(long) == 3


def on_a_terminal(*arguments):
    """The output on a terminal, with escapes."""
    command = shlex.join(map(str, (COMMAND, *arguments)))
    process = child.run(["script", "-qec", command, "/dev/null"], env=os.environ | {"TERM": "xterm", "COLUMNS": "100"})
    assert process.returncode == 0, process.stdout
    return process.stdout


def test_terminals_see_the_progress(uri, tmp_path):
    (tmp_path / "in").write_bytes(os.urandom(1 << 20))
    for arguments in (("copy", tmp_path / "in", uri, "--yes"), ("write", uri, tmp_path / "in", "--yes"),
                      ("fill", uri, "--byte", 1, "--yes"), ("read", uri, "--blocks", 2048, "-o", tmp_path / "out")):
        seen = on_a_terminal(*arguments)
        assert arguments[0] in seen and "1.0/1.0 MiB" in seen and "00:00" in seen, seen
    assert on_a_terminal("bench", uri, "--time", "0.8").count("throughput") > 1


# --- the end of a command --------------------------------------------------------------------------------------


def test_a_reader_that_goes_ends_the_program_quietly(uri):
    # An unbuffered Python takes a write that was cut short for a whole one.
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    for arguments in (("read", "soft:ram", "--blocks", "100000"), ("hexdump", uri, "--blocks", "2048", "--json")):
        process = child.run(["bash", "-c", f'"$0" {shlex.join(arguments)} | head -c 1 >/dev/null; '
                             'echo "${PIPESTATUS[0]}"', COMMAND], env=buffered)
        assert (process.stdout, process.stderr) == ("141\n", "")


def interrupted(is_on, *arguments):
    """Sends the command SIGINT while it runs, which a shell's background job would ignore."""
    def interrupt(process):
        while not is_on(process):
            assert process.poll() is None, process.communicate()
        process.send_signal(signal.SIGINT)

    process = child.run(["env", "--default-signal=INT", COMMAND, *arguments], meanwhile=interrupt)
    assert process.returncode == 130 and "Traceback" not in process.stderr, process
    return process


def test_ctrl_c_ends_the_program_quietly(tmp_path):
    """bench shows its samples until then; the wait for a silent pipe ends."""
    image, pipe = tmp_path / "disk.img", tmp_path / "never"
    uri = f"soft:{image}?block=512&engine=worker"
    image.write_bytes(bytes(1 << 20))
    os.mkfifo(pipe)

    def measures(process):
        """The command has read far more than a Python needs to start."""
        read = pathlib.Path(f"/proc/{process.pid}/io").read_text().split()[1]
        return int(read) > 200 << 20

    assert "IOPS" in interrupted(measures, "bench", uri, "--time", "1000").stdout
    with contextlib.ExitStack() as stack:
        interrupted(lambda _: stack.enter_context(pipe.open("wb")), "write", uri, pipe, "--yes")


def test_exit_codes_are_as_the_help_says(uri, tmp_path):
    help_text = " ".join(run("--help").stdout.split())
    assert "0 it went well, 1 something was refused or failed" in help_text
    run("verify", uri)
    run("read", "soft:nowhere", code=1)
    run("read", code=2)
    run("read", uri, "--lba", "-1", code=2)
    run("read", uri, "--blocks", "0", code=2)
    run("write", uri, "-", input="x", code=2)
    run("nonsense", code=2)
    (tmp_path / "large").write_bytes(bytes(2 << 20))
    error = run("write", uri, tmp_path / "large", "--yes", code=1).stderr
    assert "has 2 MiB, and from LBA 0 there is room for 1 MiB" in error


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
