# SPDX-License-Identifier: BSD-3-Clause
"""Namespaces of 2^32 blocks and more, which one command cannot name."""

import asyncio
import ctypes

import numpy as np
import pytest

import upnvme
import upnvme.aio

# Three parts, of which the last is small: a device takes 65,536 blocks at a time, so that each pass over them is long.
BLOCKS = (1 << 32) + 8
URI = f"soft:null?size={BLOCKS * 512}&block=512&mdts=12"
CALLS = ("verify", "write_zeroes", "deallocate")


@pytest.mark.parametrize("call", CALLS)
def test_a_whole_namespace(call):
    with upnvme.open(URI) as ctrlr:
        ns = ctrlr.namespaces[1]
        getattr(ns, call)(5, np.int64(1 << 32), timeout=60)
        for lba, blocks in (1, len(ns)), (len(ns), 1 << 32), (-1, 1 << 33), (0, 1 << 64):
            with pytest.raises((upnvme.RangeError, OverflowError), match=f"{blocks} blocks pass the end"):
                getattr(ns, call)(lba, blocks)
        with pytest.raises(upnvme.TimeoutError, match="it came as far as LBA 0"):
            getattr(ns, call)(0, len(ns), timeout=0)


@pytest.mark.parametrize("call", CALLS)
def test_a_whole_namespace_in_a_loop(call):
    async def main():
        async with upnvme.aio.open(URI) as ctrlr:
            ns = ctrlr.namespaces[1]
            assert await getattr(ns, call)(0, len(ns)) is None
            assert await getattr(ctrlr.qpair(1024), call)(ns, 1, len(ns) - 1) is None
            with pytest.raises(upnvme.RangeError):
                getattr(ns, call)(1, len(ns))
            future = getattr(ns, call)(0, len(ns))
            await asyncio.sleep(0)
            future.cancel()
            with pytest.raises(asyncio.CancelledError):
                await future
            await ns.read(0)

    asyncio.run(main())


@pytest.mark.parametrize("call", CALLS)
def test_a_command_of_a_queue_pair_says_what_is_too_much_for_it(call):
    with upnvme.open(URI) as ctrlr:
        ns, qp = ctrlr.namespaces[1], ctrlr.qpair(8)
        for blocks in 1 << 32, BLOCKS, np.int64(1 << 32):
            with pytest.raises(ValueError, match="blocks must be from 0 to 4294967295"):
                getattr(qp, call)(ns, 0, blocks)
            with pytest.raises(ValueError, match="blocks must be from 0 to 4294967295"):
                upnvme.batch(1, ns, upnvme.Op.VERIFY, blocks=blocks)


@pytest.mark.parametrize("call", CALLS)
def test_a_command_of_a_queue_pair_has_up_to_32_bits_of_blocks(call):
    with upnvme.open(URI) as ctrlr:
        ns, qp, done = ctrlr.namespaces[1], ctrlr.qpair(8), []
        getattr(qp, call)(ns, 8, (1 << 32) - 1, callback=done.append)
        while qp.inflight:
            qp.poll()
        assert done[0].ok


def test_memory_of_too_many_blocks_is_refused():
    """No command has as many; nobody looks at the memory."""
    memory = (ctypes.c_char * (512 << 32)).from_address(1 << 20)
    with upnvme.open(URI) as ctrlr:
        ns, qp = ctrlr.namespaces[1], ctrlr.qpair(8)
        for call in (lambda: ns.write(0, memory), lambda: ns.readinto(memory), lambda: qp.read(ns, memory)):
            with pytest.raises(ValueError, match="4294967296 blocks, and one command has 4294967295 at most"):
                call()


def test_each_block_is_named_once():
    """The test counts the parts of the command, as a device would."""
    from upnvme import _parts

    with upnvme.open(URI) as ctrlr:
        ns = ctrlr.namespaces[1]
        for lba, blocks in (0, BLOCKS), (7, 1 << 32), (1, BLOCKS - 1), (5, np.int64(1 << 32)), (0, (1 << 32) - 1):
            at = lba
            for first, n in _parts.parts(ns, lba, blocks):
                assert first == at and 0 < n < 1 << 32
                at += n
            assert at == lba + blocks


def test_the_last_block_of_a_large_image(tmp_path):
    """Blocks are zeroes to the end. A range of Dataset Management has 2^32 - 1 blocks, Write Zeroes only 65,536."""
    size = (1 << 32) * 512 + (1 << 20)
    image = tmp_path / "disk.img"
    with image.open("wb") as file:
        try:
            file.truncate(size)
        except OSError as error:
            pytest.skip(f"no files of {size} bytes here: {error}")
    with upnvme.open(f"soft:{image}?block=512") as ctrlr:
        ns, data = ctrlr.namespaces[1], b"x" * 512
        for lba in (0, (1 << 31) - 1, 1 << 31, len(ns) - 1):
            ns.write(lba, data)
        ns.deallocate(1, len(ns) - 1)
        assert bytes(ns.read(0)) == data
        for lba in ((1 << 31) - 1, 1 << 31, len(ns) - 1):
            assert bytes(ns.read(lba)) == bytes(512)
        ns.write(1 << 32, data * 3)
        ns.write_zeroes((1 << 32) + 1, len(ns) - (1 << 32) - 1)
        assert bytes(ns.read(1 << 32, 3)) == data + bytes(1024)
        with ns.open("r+b") as file:
            file.seek(-100, 2)
            file.write(b"y" * 100)
            file.seek(-50, 2)
            assert file.read() == b"y" * 50
