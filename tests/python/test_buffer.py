# SPDX-License-Identifier: BSD-3-Clause
"""DMA memory as Python sees it."""

import asyncio
import gc
import sys

import numpy as np
import pytest

import upnvme
import upnvme.aio

BLOCK = 4096


@pytest.fixture
def buf(ctrlr):
    return ctrlr.alloc(3 * BLOCK)


def test_a_buffer_is_zeroed_memory(buf):
    assert len(buf) == buf.nbytes == 3 * BLOCK
    assert buf == bytes(3 * BLOCK)
    assert buf.address % BLOCK == 0


def test_views_share_the_memory(buf):
    array, view = np.asarray(buf), memoryview(buf)
    array[5] = 7
    assert view[5] == buf[5] == bytes(buf)[5] == 7
    assert array.dtype == np.uint8 and array.flags.writeable and not array.flags.owndata


def test_slices_are_views(buf):
    buf[10:14] = b"abcd"
    part = buf[10:14]
    assert part == b"abcd" and buf[-1] == 0
    part[0] = ord("z")
    assert bytes(buf[10:14]) == b"zbcd"
    buf[0] = 255
    assert buf[0] == 255
    buf[0:8] = np.arange(1, dtype=np.int64)
    with pytest.raises(ValueError, match="3 bytes for a slice of 2"):
        buf[0:2] = b"abc"
    with pytest.raises(IndexError):
        buf[3 * BLOCK]


def test_equality_is_by_content(ctrlr, buf):
    other = ctrlr.alloc(3 * BLOCK)
    assert buf == other
    other[1] = 1
    assert buf != other
    assert buf == bytearray(3 * BLOCK)
    assert buf != "text"
    with pytest.raises(TypeError):
        hash(buf)


def test_free_waits_for_views(buf):
    view = memoryview(buf)
    with pytest.raises(BufferError, match="1 views"):
        buf.free()
    view.release()
    buf.free()
    buf.free()
    assert buf.freed and buf.address == 0 and "freed" in repr(buf)
    with pytest.raises(ValueError, match="freed"):
        memoryview(buf)


def test_with_frees(ctrlr):
    with ctrlr.alloc(BLOCK) as buf:
        assert not buf.freed
    assert buf.freed


def test_memory_outlives_its_buffer_in_views(ctrlr, ns):
    ns.write(0, b"q" * BLOCK)
    array = np.asarray(ns.read(0))
    gc.collect()
    assert (array == ord("q")).all()


def test_views_outlive_a_closed_controller():
    ctrlr = upnvme.open("soft:ram?size=1MiB")
    ctrlr.namespaces[1].write(0, b"v" * BLOCK)
    array = np.asarray(ctrlr.namespaces[1].read(0))
    with pytest.warns(ResourceWarning, match="1 buffers"):
        ctrlr.close()
    assert (array == ord("v")).all()
    ctrlr.close()
    del array


def test_a_file_is_let_go_with_the_last_view(tmp_path):
    uri = f"soft:{tmp_path / 'disk.img'}?size=1MiB"
    ctrlr = upnvme.open(uri)
    view = memoryview(ctrlr.namespaces[1].read(0))
    with pytest.warns(ResourceWarning):
        ctrlr.close()
    with pytest.raises(upnvme.BusyError):
        upnvme.open(uri)
    view.release()
    upnvme.open(uri).close()


def test_alignment(ctrlr):
    assert ctrlr.alloc(1, align=1 << 21).address % (1 << 21) == 0
    with pytest.raises(ValueError, match="3"):
        ctrlr.alloc(1, align=3)
    with pytest.raises(ValueError):
        ctrlr.alloc(0)
    with pytest.raises(ValueError, match="size must be from 0"):
        ctrlr.alloc(-1)


def test_requests_with_buffers_are_not_copied(ctrlr, ns):
    buf = ctrlr.alloc(8 * BLOCK)
    ns.write(0, buf)
    ns.readinto(buf, 0)
    ns.readinto(np.asarray(buf)[BLOCK:3 * BLOCK], 0)
    ns.compare(0, buf[:BLOCK])
    assert ctrlr.stats.bounced_bytes == 0


def test_copied_bytes_are_counted(ctrlr, ns):
    ns.write(0, bytes(2 * BLOCK))
    assert ctrlr.stats.bounced_bytes == 2 * BLOCK
    target = np.zeros(2 * BLOCK, np.uint8)
    ns.write(1, b"x" * BLOCK)
    ns.readinto(target, 0)
    assert (target[BLOCK:] == ord("x")).all()
    assert ctrlr.stats.bounced_bytes == 5 * BLOCK


def test_unaligned_parts_of_buffers_are_copied(ctrlr, ns):
    buf = ctrlr.alloc(2 * BLOCK)
    buf[1:1 + BLOCK] = b"u" * BLOCK
    ns.write(0, buf[1:1 + BLOCK])
    assert bytes(ns.read(0)) == b"u" * BLOCK
    assert ctrlr.stats.bounced_bytes == BLOCK


def test_registered_arrays_are_not_copied(ctrlr, ns):
    array = np.arange(BLOCK // 4 * 2, dtype=np.int32)
    with ctrlr.register(array) as registered:
        assert np.asarray(registered).nbytes == array.nbytes
        ns.write(3, array)
        array[:] = 0
        ns.readinto(registered, 3)
        assert (array == np.arange(BLOCK // 4 * 2)).all()
        assert ctrlr.stats.bounced_bytes == 0
    ns.write(3, array)
    assert ctrlr.stats.bounced_bytes == array.nbytes


def test_a_registration_holds_its_array(ctrlr):
    memory = bytearray(BLOCK)
    registered = ctrlr.register(memory)
    with pytest.raises(BufferError):
        memory.extend(b"x")
    ctrlr.unregister(registered)
    memory.extend(b"x")


def test_a_registration_ends_with_its_buffer(ctrlr, ns):
    """The registration ends with the last view: the owner may then free the memory."""
    array = np.zeros(BLOCK, np.uint8)
    view = memoryview(ctrlr.register(array))
    gc.collect()
    ns.write(3, array)
    assert ctrlr.stats.bounced_bytes == 0
    del view
    gc.collect()
    ns.write(3, array)
    assert ctrlr.stats.bounced_bytes == BLOCK


def test_a_registration_stays_while_a_command_needs_it(ctrlr, ns):
    array = np.zeros(BLOCK, np.uint8)
    registered = ctrlr.register(array)
    qp = ctrlr.qpair(4)
    qp.read(ns, array, 0, tag=1)
    with pytest.raises(upnvme.BusyError):
        registered.free()
    del registered
    assert len(qp.reap(min=1)) == 1
    ctrlr.register(array).free()


def test_read_only_memory_is_only_written_from(ctrlr, ns):
    frozen = ctrlr.register(b"r" * BLOCK)
    ns.write(0, frozen)
    with pytest.raises(ValueError, match="read-only"):
        ns.readinto(frozen, 0)
    qp = ctrlr.qpair(4)
    with pytest.raises(ValueError, match="read-only"):
        qp.submit(upnvme.batch(1, ns, upnvme.Op.READ), frozen)
    with pytest.raises((BufferError, TypeError)):
        ns.readinto(bytes(BLOCK), 0)


def test_buffers_of_a_closed_controller_say_that_it_is_closed():
    ctrlr = upnvme.open("soft:ram?size=1MiB")
    ns, kept = ctrlr.namespaces[1], ctrlr.alloc(BLOCK)
    data, freed, registered = ns.read(0), ctrlr.alloc(BLOCK), ctrlr.register(bytearray(BLOCK))
    freed.free()
    view = memoryview(kept)
    with pytest.warns(ResourceWarning):
        ctrlr.close()
    view.release()
    for buf in data, registered, kept:
        with pytest.raises(ValueError, match="freed with its controller: copy what is needed"):
            bytes(buf)
    with pytest.raises(ValueError, match="was freed$"):
        bytes(freed)
    with pytest.raises(ValueError, match="has no memory"):
        bytes(upnvme.Buffer())


def test_content_as_bytes_and_text(ctrlr):
    buf = ctrlr.alloc(16)
    buf[:6] = "grüß".encode()
    assert buf.tobytes() == bytes(buf) and type(buf.tobytes()) is bytes
    assert buf.decode().rstrip("\0") == "grüß" and buf.decode("ascii", "replace")[0:2] == "gr"
    with pytest.raises(UnicodeDecodeError):
        buf.decode("ascii")
    assert b"gr" in buf and ord("g") in buf and b"rg" not in buf and 255 not in buf
    with pytest.raises(TypeError):
        "gr" in buf  # noqa: B015


def capsule_name(capsule):
    return repr(capsule).split('"')[1]


def test_arrays_of_dlpack_share_the_memory_and_can_be_written_to(ctrlr):
    buf = ctrlr.alloc(BLOCK)
    array = np.from_dlpack(buf)
    assert array.flags.writeable and array.dtype == np.uint8
    array[5] = 77
    assert buf[5] == 77
    with pytest.raises(BufferError):
        buf.free()
    del array
    copied = np.from_dlpack(buf, copy=True)
    copied[5] = 1
    assert buf[5] == 77 and copied.flags.writeable and np.from_dlpack(buf, device="cpu")[5] == 77
    gc.collect()
    buf.free()


def test_dlpacks_versions(ctrlr):
    buf, frozen = ctrlr.alloc(BLOCK), ctrlr.register(b"r" * BLOCK)
    for version, name in ((None, "dltensor"), ((0, 8), "dltensor"), ((1, 0), "dltensor_versioned"),
                          ((2, 3), "dltensor_versioned")):
        assert capsule_name(buf.__dlpack__(max_version=version)) == name
        assert capsule_name(buf.__dlpack__(max_version=version, copy=True, dl_device=(1, 0))) == name
    assert not np.from_dlpack(frozen).flags.writeable
    assert np.from_dlpack(frozen, copy=True).flags.writeable
    for wrong in {}, {"max_version": (0, 8)}, {"max_version": (1, 0), "dl_device": (2, 0)}:
        with pytest.raises(BufferError, match="read-only|does not go to device"):
            frozen.__dlpack__(**wrong)
    frozen.free()
    buf.free()  # capsules that nobody took hold nothing
    with pytest.raises(ValueError, match="freed"):
        np.from_dlpack(buf)


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK + 1])
def test_data_is_whole_blocks(ns, size):
    with pytest.raises(ValueError, match="whole number" if size else "no bytes"):
        ns.write(0, bytes(size))


def test_a_read_past_the_end_takes_no_memory(ns):
    with pytest.raises(upnvme.RangeError):
        ns.read(0, 0xFFFFFFFF)
    with pytest.raises(ValueError, match="lba must be"):
        ns.read(-1)
    with pytest.raises(ValueError, match="blocks must be"):
        ns.read(0, 1 << 32)
    with pytest.raises(TypeError):
        ns.read("0")
    with pytest.raises(ValueError):
        ns.read(0, 0)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="__buffer__ is from Python 3.12 on")
def test_a_buffer_that_closes_the_queue_pair(ctrlr):
    """Getting a buffer may run any code."""
    ns = ctrlr.namespaces[1]

    class Closing:
        def __init__(self, qp):
            self.qp, self.buf = qp, ctrlr.alloc(BLOCK)

        def __buffer__(self, flags):
            self.qp.close()
            return memoryview(self.buf)

    def submit(qp, data):
        ops = upnvme.batch(1, ns, upnvme.Op.READ)
        qp.submit(ops, data)

    for use in (lambda qp, data: qp.read(ns, data, blocks=1), lambda qp, data: qp.readv(ns, [data], 0, 1), submit):
        qp = ctrlr.qpair(depth=4)
        with pytest.raises(upnvme.Error):
            use(qp, Closing(qp))
        assert not qp.is_open


@pytest.mark.skipif(sys.version_info < (3, 12), reason="__buffer__ is from Python 3.12 on")
def test_a_buffer_that_closes_a_loops_queue_pair():
    class Closing:
        def __init__(self, qp, buf):
            self.qp, self.buf = qp, buf

        def __buffer__(self, flags):
            upnvme._upnvme.channel_force(self.qp)
            return memoryview(self.buf)

    async def main():
        async with upnvme.aio.open("soft:ram?size=1MiB") as ctrlr:
            ns = ctrlr.namespaces[1]
            with pytest.raises(upnvme.ClosedError):
                await ns.readinto(Closing(ns._qpair, ctrlr.alloc(BLOCK)))

    asyncio.run(main())
