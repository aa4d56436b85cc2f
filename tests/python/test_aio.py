# SPDX-License-Identifier: BSD-3-Clause
"""The face for asyncio: under its own loop and under uvloop, with inline and threaded controllers."""

import asyncio
import gc
import os

import numpy as np
import pytest

import upnvme
import upnvme.aio

BLOCK = 4096


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request):
    """Runs a coroutine function in a loop of the kind."""
    factory = pytest.importorskip("uvloop").new_event_loop if request.param == "uvloop" else None

    def run(function, *arguments):
        with asyncio.Runner(loop_factory=factory, debug=False) as runner:
            return runner.run(function(*arguments))
    return run


@pytest.fixture(params=["inline", "thread"])
def uri(request):
    return f"soft:ram?size=16MiB&block={BLOCK}&mode={request.param}"


def test_commands_are_awaited(run, uri):
    async def main():
        async with upnvme.aio.open(uri) as ctrlr:
            ns = ctrlr.namespaces[1]
            buf = ctrlr.alloc(4 * BLOCK)
            buf[:] = b"a" * 4 * BLOCK
            await ns.write(3, buf)
            data = await ns.read(3, 4)
            assert isinstance(data, upnvme.Buffer) and data == buf
            await ns.compare(3, buf)
            await ns.flush()
            await ns.verify(0, 8)
            await ns.write_zeroes(3, 1)
            await ns.deallocate(4, 1)
            await ns.readinto(buf[:2 * BLOCK], 3)
            assert buf[:2 * BLOCK] == bytes(2 * BLOCK)
            with pytest.raises(upnvme.MediaError, match="compare of 4 blocks from LBA 3: Compare Failure"):
                await ns.compare(3, data)
            assert ctrlr.stats.bounced_bytes == 0
            assert list(ctrlr.namespaces) == [1] and "aio" in repr(ctrlr)
        assert not ctrlr.is_open
    run(main)


def test_more_than_the_queue_has_room_for(run, uri):
    async def main():
        async with upnvme.aio.open(uri, depth=8) as ctrlr:
            ns, buf = ctrlr.namespaces[1], ctrlr.alloc(200 * BLOCK)
            for lba in range(200):
                buf[lba * BLOCK] = lba
            await asyncio.gather(*(ns.write(lba, buf[lba * BLOCK:(lba + 1) * BLOCK]) for lba in range(200)))
            datas = await asyncio.gather(*(ns.read(lba, 1) for lba in range(200)))
            assert [data[0] for data in datas] == list(range(200))
    run(main)


def test_batches_are_awaited(run, uri):
    async def main():
        async with upnvme.aio.open(uri) as ctrlr:
            ns, qp, buf = ctrlr.namespaces[1], ctrlr.qpair(depth=32), ctrlr.alloc(100 * BLOCK)
            writes, reads = (upnvme.batch(100, ns, op) for op in (upnvme.Op.WRITE, upnvme.Op.READ))
            for ops in writes, reads:
                ops["lba"] = np.arange(100)
                ops["offset"] = np.arange(100) * BLOCK
            np.asarray(buf)[::BLOCK] = np.arange(100)
            done = await qp.run(writes, buf)
            assert len(done) == 100 and done.ok and sorted(done["tag"]) == list(range(100))
            target = ctrlr.alloc(100 * BLOCK)
            await asyncio.gather(*(qp.run(reads, target) for _ in range(5)))
            assert target == buf
            assert len(await qp.run(upnvme.Batch(0))) == 0
    run(main)


def test_what_is_wrong_is_the_futures(run, uri):
    async def main():
        async with upnvme.aio.open(uri) as ctrlr:
            ns, qp, buf = ctrlr.namespaces[1], ctrlr.qpair(8), ctrlr.alloc(BLOCK)
            with pytest.raises(upnvme.RangeError):
                await ns.read(1 << 40)
            with pytest.raises(upnvme.UnreachableError):
                await ns.write(0, bytes(BLOCK))
            ops = upnvme.batch(4, ns, upnvme.Op.READ)
            ops["offset"] = [0, 0, BLOCK, 0]
            with pytest.raises(ValueError, match="op 2"):
                await qp.run(ops, buf)
            ops["offset"], ops["lba"] = 0, [0, 0, 1 << 40, 0]
            assert len(await qp.run(ops, buf)) == 2
    run(main)


def test_cancelling_keeps_the_buffer_until_the_device_is_done(run, uri):
    async def main():
        async with upnvme.aio.open(uri) as ctrlr:
            ns = ctrlr.namespaces[1]
            futures = [ns.read(lba) for lba in range(50)]
            held = ctrlr.stats.buffers
            for future in futures[::2]:
                future.cancel()
            gc.collect()
            assert ctrlr.stats.buffers == held
            results = await asyncio.gather(*futures, return_exceptions=True)
            assert sum(isinstance(result, asyncio.CancelledError) for result in results) == 25
            del futures, results
            await ns.read(0)
            assert ctrlr.stats.buffers <= 1
    run(main)


def test_time_outs(run, uri):
    async def main():
        async with upnvme.aio.open(uri) as ctrlr:
            async with asyncio.timeout(30):
                await ctrlr.namespaces[1].read(0)
    run(main)


def test_closing_settles_every_future(run, uri):
    async def main():
        ctrlr = upnvme.aio.open(uri, depth=8)
        ns = ctrlr.namespaces[1]
        futures = [ns.read(lba) for lba in range(100)]
        ctrlr.close()
        ctrlr.close()
        results = await asyncio.gather(*futures, return_exceptions=True)
        assert all(isinstance(result, (upnvme.Buffer, upnvme.Error)) for result in results)
        assert any(isinstance(result, upnvme.ClosedError) for result in results)
        with pytest.raises(upnvme.ClosedError):
            await ns.read(0)
    run(main)


def test_the_loop_sleeps_while_a_device_is_slow(slow_python):
    """One command outstanding for a second takes hundreds of looks, not as many as there is time for."""
    process = slow_python("""
        import asyncio, upnvme.aio
        turn, turns = upnvme.aio._turn, []
        upnvme.aio._turn = lambda qpair: turns.append(1) or turn(qpair)
        async def main(uri):
            async with upnvme.aio.open(uri) as ctrlr:
                hold()
                turns.clear()
                future = ctrlr.namespaces[1].read(0)
                asyncio.get_running_loop().call_later(1, let_go)
                await future
                return len(turns)
        by_timer = asyncio.run(main(image))
        by_eventfd = asyncio.run(main(image + "&mode=thread"))
        assert by_timer < 1000, by_timer
        assert by_eventfd < 200, by_eventfd
    """)
    assert process.returncode == 0, process.stdout + process.stderr


def test_it_is_imported_when_it_is_used(run_python):
    process = run_python("""
        import sys, upnvme
        before = "upnvme.aio" in sys.modules
        upnvme.aio.open
        print(before, "upnvme.aio" in sys.modules)
    """)
    assert process.stdout.split() == ["False", "True"]


def test_there_are_no_threads(run):
    async def main():
        before = len(os.listdir("/proc/self/task"))
        async with upnvme.aio.open("soft:ram?size=1MiB") as ctrlr:
            await ctrlr.namespaces[1].read(0)
            assert len(os.listdir("/proc/self/task")) == before
    run(main)


def test_it_works_through_sleeps(run, uri):
    """Turns that bring nothing, sleeps, and wake-ups follow each other."""
    async def main():
        async with upnvme.aio.open(uri) as ctrlr:
            ns = ctrlr.namespaces[1]
            for _ in range(40):
                await asyncio.gather(*(ns.read(lba) for lba in range(4)))
                await asyncio.sleep(0.005)
    run(main)
