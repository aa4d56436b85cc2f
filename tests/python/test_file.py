# SPDX-License-Identifier: BSD-3-Clause
"""The file-like face against a plain file of fixed size, and with libraries that read and write files."""

import errno
import io
import os
import tarfile
import threading
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import upnvme

SIZE, BLOCK = 64 << 10, 512


@pytest.fixture(scope="module")
def ns():
    with upnvme.open(f"soft:ram?size={SIZE}&block={BLOCK}") as ctrlr:
        yield ctrlr.namespaces[1]


class Oracle:
    """A file of fixed size, in memory."""

    def __init__(self, content):
        self.content, self.at = bytearray(content), 0

    def read(self, n):
        data = bytes(self.content[self.at:self.at + n])
        self.at += len(data)
        return data

    def write(self, data):
        room = max(0, len(self.content) - self.at)
        if data and not room:
            raise OSError(errno.ENOSPC, "full")
        data = data[:room]
        self.content[self.at:self.at + len(data)] = data
        self.at += len(data)
        return len(data)

    def seek(self, offset, whence):
        at = (0, self.at, len(self.content))[whence] + offset
        if at < 0:
            raise ValueError("negative")
        self.at = at
        return at


steps = st.lists(st.one_of(
    st.tuples(st.just("read"), st.integers(0, 5000)),
    st.tuples(st.just("write"), st.binary(max_size=3000)),
    st.tuples(st.just("seek"), st.integers(-9000, 9000), st.integers(0, 2))), max_size=25)


@settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(steps=steps, offset=st.integers(0, 3000), size=st.integers(0, 9000), buffering=st.sampled_from([0, -1, 700]))
def test_against_an_oracle(ns, steps, offset, size, buffering):
    before = bytes(ns.read(0, SIZE // BLOCK))
    oracle = Oracle(before[offset:offset + size])
    file = ns.open("r+b", offset, size, buffering)
    full = False
    for name, *arguments in steps:
        results = []
        if full and name == "write":
            continue
        for side in oracle, file:
            try:
                results.append(getattr(side, name)(*arguments))
            except (OSError, ValueError) as error:
                results.append(type(error))
        if buffering and name == "seek" and isinstance(results[1], int):
            # After one that failed, what BufferedRandom's seek returns is wrong for any file (CPython 3.11).
            results[1] = file.tell()
        if buffering and name == "write" and results[0] != results[1]:
            # A buffer takes more than there is room for, and says so when it is written.
            file = recover(file, ns, offset, size)
            oracle.at = 0
            continue
        assert results[0] == results[1], (name, arguments)
    close(file)
    after = bytes(ns.read(0, SIZE // BLOCK))
    assert after[offset:offset + size] == bytes(oracle.content)
    assert after[:offset] == before[:offset] and after[offset + size:] == before[offset + size:]


def close(file):
    try:
        file.close()
    except OSError as error:
        assert error.errno == errno.ENOSPC


def recover(file, ns, offset, size):
    close(file)
    return ns.open("r+b", offset, size)


def test_modes(ns):
    with ns.open() as file:
        assert file.readable() and not file.writable() and file.seekable() and file.mode == "rb"
        with pytest.raises(io.UnsupportedOperation):
            file.write(b"x")
    with ns.open("rb", buffering=0) as file, pytest.raises(io.UnsupportedOperation):
        file.write(b"x")
    for mode in ("r", "w", "ab", "xb", "", "rw"):
        with pytest.raises(ValueError, match="mode"):
            ns.open(mode)
    with pytest.raises(ValueError):
        ns.open(buffering=1)
    with pytest.raises(ValueError, match="closed"):
        file.tell()


@pytest.mark.parametrize("mode", ["wb", "w+b", "wb+"])
def test_modes_that_would_empty_the_namespace_are_refused(ns, mode):
    with pytest.raises(ValueError, match=r'use "r\+b"'):
        ns.open(mode)


def test_parts_outside_the_namespace_are_refused(ns):
    for offset in (SIZE + 1, 1 << 40, -1):
        for call in (lambda at=offset: ns.open(offset=at), lambda at=offset: ns.fromfile("u1", 1, at),
                     lambda at=offset: ns.fromfile("u1", -1, at), lambda at=offset: ns.tofile(np.zeros(1), at)):
            with pytest.raises(ValueError, match=f"offset must be from 0 to {SIZE}, .* not {offset}$"):
                call()
    with pytest.raises(ValueError, match=f"size must be from 0 to {SIZE - 1}, .* from 1 on, not {SIZE}$"):
        ns.open(offset=1, size=SIZE)
    with ns.open(offset=SIZE) as file:
        assert file.read() == b""


@pytest.mark.parametrize("buffering", [0, -1])
def test_a_length_cannot_be_kept(ns, buffering):
    """A request for another length is refused; a request for the current one is not."""
    with ns.open("r+b", 100, 50, buffering) as file:
        assert file.truncate(50) == 50
        file.seek(50)
        assert file.truncate() == 50
        for size in (0, 5, 51):
            with pytest.raises(io.UnsupportedOperation, match=f"50 bytes for ever, and cannot get {size}: .*size="):
                file.truncate(size)
        file.seek(10)
        with pytest.raises(io.UnsupportedOperation):
            file.truncate()


@pytest.mark.parametrize("buffering", [0, -1])
def test_writing_to_a_read_only_namespace_is_refused_at_the_open(tmp_path, buffering):
    (tmp_path / "disk.img").write_bytes(bytes(SIZE))
    with upnvme.open(f"soft:{tmp_path}/disk.img?readonly=1") as ctrlr:
        with pytest.raises(PermissionError, match='is read-only: open it with "rb"') as caught:
            ctrlr.namespaces[1].open("r+b", buffering=buffering)
        assert isinstance(caught.value, upnvme.AccessError) and caught.value.errno == errno.EROFS
        with ctrlr.namespaces[1].open(buffering=buffering) as file:
            assert file.read(3) == bytes(3)


def commands(ns, use):
    """How many bytes were read of the device while `use` ran."""
    before = ns.controller.smart.data_units_read
    use()
    return (ns.controller.smart.data_units_read - before) * 512000


def test_little_is_read_ahead_of_random_reads(tmp_path):
    """Sequential reads read much ahead."""
    with upnvme.open("soft:ram?size=64MiB&block=512") as ctrlr:
        ns = ctrlr.namespaces[1]
        random = np.random.default_rng(1)
        with ns.open() as file:
            def here_and_there():
                for at in random.integers(0, (64 << 20) - 64, 1000):
                    file.seek(int(at))
                    assert len(file.read(64)) == 64
            assert commands(ns, here_and_there) < 9 << 20  # 128 KiB each were 128 MiB
            file.seek(0)
            before = reads_of(ctrlr)
            assert len(file.read(8 << 20)) == 8 << 20
            file.seek(0)
            while file.read(1000):
                pass
            assert reads_of(ctrlr) - before < (64 << 20) // (100 << 10)


def reads_of(ctrlr):
    return ctrlr.smart.host_reads


def test_a_full_file_is_a_short_write_then_an_error(ns):
    with ns.open("r+b", 100, 10, buffering=0) as file:
        assert file.write(b"0123456789abc") == 10
        with pytest.raises(OSError) as caught:
            file.write(b"d")
        assert caught.value.errno == errno.ENOSPC
        assert file.seek(0) == 0 and file.read() == b"0123456789"


def test_zip_and_tar(ns):
    with ns.open("r+b") as file:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("a.txt", b"a" * 3000)
            archive.writestr("b.txt", os.urandom(3000))
        end = file.tell()
    with ns.open(size=end) as file, zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None and archive.read("a.txt") == b"a" * 3000
    with ns.open("r+b", 4321) as file, tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo("c.txt")
        member.size = 5
        archive.addfile(member, io.BytesIO(b"hello"))
    with ns.open("rb", 4321) as file, tarfile.open(fileobj=file) as archive:
        assert archive.extractfile("c.txt").read() == b"hello"


def test_lines(ns):
    with ns.open("r+b", size=200) as file:
        file.write(b"".join(b"line %d\n" % i for i in range(25)))
    with ns.open(size=200) as file:
        assert file.readlines()[:2] == [b"line 0\n", b"line 1\n"]


def test_threads_do_not_lose_each_others_bytes():
    """Sub-block writes side by side in the same blocks."""
    with upnvme.open("soft:ram?size=64KiB&block=4096&mode=thread") as ctrlr:
        ns = ctrlr.namespaces[1]

        def work(i):
            with ns.open("r+b", buffering=0) as file:
                for at in range(i, 8192, 8):
                    file.seek(at)
                    file.write(bytes([i + 1]))

        threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert bytes(ns.read(0, 2)) == bytes(range(1, 9)) * 1024


@pytest.mark.parametrize("offset", [0, 512, 3, 1000])
def test_arrays(ns, offset):
    array = np.arange(1000, dtype=np.int32).reshape(10, 100)
    ns.tofile(array, offset)
    back = ns.fromfile(np.int32, 1000, offset)
    assert (back == array.reshape(-1)).all() and not back.flags.owndata
    assert len(ns.fromfile("u1")) == SIZE and len(ns.fromfile("u1", 0, 5)) == 0
    with pytest.raises(ValueError):
        ns.fromfile("u1", SIZE + 1)
    with pytest.raises(ValueError):
        ns.tofile(array, SIZE - 10)


def test_arrays_in_dma_memory_are_not_copied(ns):
    ctrlr = ns.controller
    array = np.asarray(ctrlr.alloc(4 * BLOCK)).view(np.uint64)
    array[:] = 9
    before = ctrlr.stats.bounced_bytes
    ns.tofile(array, 8 * BLOCK)
    assert ctrlr.stats.bounced_bytes == before
    assert (ns.fromfile(np.uint64, len(array), 8 * BLOCK) == 9).all()


@pytest.mark.parametrize("buffering", [0, 4096])
def test_a_file_of_a_former_format_is_refused(ns, buffering):
    """After a format the file's positions mean other blocks. The test sets the file's notes on the format wrong, which
    is the same."""
    with ns.open("r+b", buffering=buffering) as file:
        raw = getattr(file, "raw", file)
        raw._block = 2 * BLOCK
        for call in (lambda: file.read(10), lambda: file.write(b"x" * 5000)):
            file.seek(0)
            with pytest.raises(OSError, match="formatted") as error:
                call()
            assert error.value.errno == errno.ESTALE
        raw._block = BLOCK


def test_commands_in_flight_keep_a_format_from_beginning():
    """Sanitize, which this controller does not have, is treated like one that does."""
    with upnvme.open("soft:ram?size=1MiB") as ctrlr, ctrlr.qpair() as qp:
        qp.read(ctrlr.namespaces[1], ctrlr.alloc(4096))
        with pytest.raises(upnvme.BusyError, match="in flight"):
            ctrlr.admin([0x84])
        while not qp.reap(1):
            pass
        with pytest.raises(upnvme.NVMeError) as error:
            ctrlr.admin([0x84])
        assert error.value.sc == 1
