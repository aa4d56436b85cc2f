# SPDX-License-Identifier: BSD-3-Clause
"""The figures of the Go package: its cost over C, as the median of pairs that are run by turns.

The CPU time of all threads of the process is compared, since the machine may be busy with something else.
"""

import os
import pathlib
import shutil
import statistics
import tempfile
import zlib

PAIRS = 15
OVER_C = {"go_batch_over_c_ns": ("batch", "batch"), "go_callback_over_c_ns": ("callback", "callback"),
          "go_readat_over_c_ns": ("single", "readat")}
ALLOCS = {"go_batch_allocs": "batch", "go_readat_allocs": "readat"}
OTHERS = ("go_readat64_vs_tmpfs", "go_ram_to_c", "go_parked_readat_us", "go_interrupt_readat_us",
          "go_file_to_os_file")
ALL = [*OVER_C, *ALLOCS, *OTHERS]
# The targets of the package; other figures have none.
TARGETS = {"go_batch_over_c_ns": "at most 5", "go_batch_allocs": "0", "go_callback_over_c_ns": "at most 150",
           "go_readat_over_c_ns": "at most 500", "go_readat_allocs": "0", "go_readat64_vs_tmpfs": "at least 1"}


def glue_sum(top):
    """A number that changes with the headers that Go's cache does not look at."""
    headers = sorted((top / "bindings/cgo/upnvme").glob("*.h"))
    return zlib.crc32(b"".join(path.read_bytes() for path in headers))


class Bench:
    """The built Go program, and how the C program and it are run."""

    def __init__(self, top, out, prefix, call, printed):
        self.out, self.call, self.printed = out, call, printed
        self.environment = dict(os.environ, LD_LIBRARY_PATH=str(top / prefix / "lib"), CGO_ENABLED="1",
                                PKG_CONFIG_PATH=str(top / prefix / "lib/pkgconfig"), GOFLAGS="-buildvcs=false",
                                GOTOOLCHAIN="local", GOWORK="off", CGO_CFLAGS=f"-O2 -DUPNVME_STAGE={glue_sum(top)}")
        self.call(["go", "build", "-o", str(top / out / "go-bench"), "./cmd/upnvme-go-bench"], cwd=top / "go",
                  env=self.environment)

    def c(self, mode, uri="soft:null", ios=1000000):
        command = [str(self.out / "pair"), mode, f"uri={uri}", f"ios={ios}"]
        return self.printed(self.call(command, env=self.environment), "cpu_ns")

    def go(self, mode, *arguments, ios=1000000, key="ns"):
        command = [str(self.out / "go-bench"), "-mode", mode, "-ios", str(ios), *arguments]
        return self.printed(self.call(command, env=self.environment), key)

    def text(self, c_mode, go_mode, uri="soft:null"):
        return (f"median of {PAIRS} pairs: {self.out}/go-bench -mode {go_mode} -uri {uri} -ios 1000000, and "
                f"{self.out}/pair {c_mode} uri={uri} ios=1000000")


def over_c(bench, wanted):
    for name, (c_mode, go_mode) in OVER_C.items():
        if name in wanted:
            differences = [bench.go(go_mode, key="cpu_ns") - bench.c(c_mode) for _ in range(PAIRS)]
            command = bench.text(c_mode, go_mode) + ", difference of cpu_ns"
            yield name, max(statistics.median(differences), 0), "ns", command
    for name, mode in ALLOCS.items():
        if name in wanted:
            yield (name, bench.go(mode, key="allocs"), "allocs/IO", f"{bench.out}/go-bench -mode {mode}: "
                   "allocations of all goroutines / I/Os, to three places")


def memory_folder():
    """A folder whose files are in memory."""
    path = pathlib.Path("/dev/shm")
    return str(path) if path.is_dir() and os.access(path, os.W_OK) else None


def others(bench, wanted):
    uri = "soft:ram?size=64MiB"
    if "go_ram_to_c" in wanted:
        ratios = [bench.go("batch", "-uri", uri, key="cpu_ns") / bench.c("batch", uri) for _ in range(PAIRS)]
        yield "go_ram_to_c", statistics.median(ratios), "ratio", bench.text("batch", "batch", uri) + ", ratio of cpu_ns"
    if "go_interrupt_readat_us" in wanted:
        value = bench.go("parked", "-uri", uri + "&mode=thread", ios=30000) / 1000
        yield ("go_interrupt_readat_us", value, "us",
               f"{bench.out}/go-bench -mode parked -uri '{uri}&mode=thread' -ios 30000")
    yield from beside_tmpfs(bench, wanted, uri)
    yield from on_disk(bench, wanted)


def fill(file):
    file.write(bytes(range(256)) * 16 * 1024)
    file.flush()


def beside_tmpfs(bench, wanted, uri):
    """A folder where the system's reads are cheapest."""
    if "go_readat64_vs_tmpfs" not in wanted or not memory_folder():
        return
    with tempfile.NamedTemporaryFile(dir=memory_folder()) as file:
        fill(file)
        ratios = [bench.go("readat64", "-uri", uri, key="iops") / bench.go("file64", "-file", file.name, key="iops")
                  for _ in range(PAIRS)]
        yield ("go_readat64_vs_tmpfs", statistics.median(ratios), "ratio", f"median of {PAIRS} pairs: "
               f"{bench.out}/go-bench -mode readat64 -uri '{uri}', and -mode file64 -file (4 MiB on tmpfs), IO/s")


def on_disk(bench, wanted):
    """A file in the page cache, not in tmpfs, whose reads io_uring hands to threads of the kernel."""
    with tempfile.NamedTemporaryFile(dir=bench.out) as file:
        fill(file)
        soft = f"soft:{os.path.abspath(file.name)}?block=4096"
        if "go_parked_readat_us" in wanted:
            value = bench.go("parked", "-uri", soft + "&engine=worker", ios=3000) / 1000
            yield ("go_parked_readat_us", value, "us",
                   f"{bench.out}/go-bench -mode parked -uri '{soft}&engine=worker' -ios 3000")
        if "go_file_to_os_file" in wanted:
            ratios = [bench.go("file", "-file", file.name, ios=30000) / bench.go("readat", "-uri", soft, ios=30000)
                      for _ in range(PAIRS)]
            yield ("go_file_to_os_file", statistics.median(ratios), "ratio", f"median of {PAIRS} pairs: IO/s of "
                   f"{bench.out}/go-bench -mode readat -uri '{soft}' / of -mode file -file (the same)")


def figures(wanted, top, out, prefix, call, printed):
    """Yields (name, value, unit, command) of each wanted figure; none without Go."""
    if not wanted & set(ALL) or not shutil.which("go", path=os.environ.get("PATH")):
        return
    bench = Bench(top, out, prefix, call, printed)
    yield from over_c(bench, wanted)
    yield from others(bench, wanted)
