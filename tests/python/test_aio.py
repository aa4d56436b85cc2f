# SPDX-License-Identifier: BSD-3-Clause
"""The face for asyncio: under its own loop and under uvloop, with inline and threaded controllers."""

import asyncio
import gc
import inspect
import os

import numpy as np
import pytest
from conftest import well

import upnvme
import upnvme._loop_qpair
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


def test_any_memory_can_be_written_from(run, uri):
    """A copy is made where the device does not reach it, which is counted, and which may be changed at once."""
    async def main():
        async with upnvme.aio.open(uri, depth=4) as ctrlr:
            ns, qp = ctrlr.namespaces[1], ctrlr.qpair(4)
            assert await ns.write(0, b"a" * BLOCK + b"b" * BLOCK) is None
            await ns.writefrom(bytearray(b"c" * BLOCK), 2)
            await qp.write(ns, memoryview(b"d" * 2 * BLOCK), 3, 1)
            await ns.compare(0, b"a" * BLOCK + b"b" * BLOCK + b"c" * BLOCK + b"d" * BLOCK)
            with pytest.raises(upnvme.MediaError, match="Compare Failure"):
                await ns.compare(0, b"x" * BLOCK)
            assert ctrlr.stats.bounced_bytes == 9 * BLOCK
            data = bytearray(b"e" * BLOCK)
            future = ns.write(4, data)
            data[:] = bytes(BLOCK)
            await future
            assert bytes(await ns.read(4)) == b"e" * BLOCK
            # Many more than there is room for, each with memory of its own.
            await asyncio.gather(*(ns.write(lba, bytes([lba]) * BLOCK) for lba in range(200)))
            for lba in range(200):
                assert bytes(await ns.read(lba)) == bytes([lba]) * BLOCK
            before = ctrlr.stats.bounced_bytes
            with ctrlr.register(bytearray(BLOCK)) as registered:
                await ns.write(0, registered)
            buf = ctrlr.alloc(2 * BLOCK)
            await ns.write(0, buf)
            assert ctrlr.stats.bounced_bytes == before
            for wrong in b"", b"x", bytes(BLOCK + 1):
                with pytest.raises(ValueError, match="whole number|blocks"):
                    await ns.write(0, wrong)
    run(main)


def test_errors_are_raised_by_the_future(run, uri):
    async def main():
        async with upnvme.aio.open(uri) as ctrlr:
            ns, qp, buf = ctrlr.namespaces[1], ctrlr.qpair(8), ctrlr.alloc(BLOCK)
            with pytest.raises(upnvme.RangeError):
                await ns.read(1 << 40)
            with pytest.raises(upnvme.UnreachableError):
                await ns.readinto(bytearray(BLOCK))
            ops = upnvme.batch(4, ns, upnvme.Op.READ)
            ops["offset"] = BLOCK
            with pytest.raises(upnvme.RangeError, match="offset 4096"):
                await qp.run(ops, buf)
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


# A read that is outstanding for a second; what else the program does is by the caller.
SLOW = """
    import asyncio, upnvme.aio, upnvme._loop_qpair
    if sys.argv[1] == "uvloop":
        import uvloop
    factory = uvloop.new_event_loop if sys.argv[1] == "uvloop" else None
    turn, turns = upnvme._loop_qpair._turn, []
    upnvme._loop_qpair._turn = lambda qpair: turns.append(1) or turn(qpair)
    def run(uri, hold, let_go):
        async def main():
            async with upnvme.aio.open(uri) as ctrlr:
                ns = ctrlr.namespaces[1]
                hold()
                turns.clear()
                future = ns.read(0)
                asyncio.get_running_loop().call_later(1, let_go)
                cpu, wall = time.process_time(), time.monotonic()
                await future
                wall, cpu = time.monotonic() - wall, time.process_time() - cpu
                return len(turns), cpu / wall
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(main())
"""


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_the_loop_sleeps_while_a_device_is_slow(slow_python, loop):
    """One command outstanding takes few looks and little of a core: by a timer, and by the queue's eventfd."""
    if loop == "uvloop":
        pytest.importorskip(loop)
    well(slow_python(SLOW + """
    turns_by_timer, cpu = run(image, hold, let_go)
    assert turns_by_timer < 1000 and cpu < 0.3, (turns_by_timer, cpu)
    turns_by_eventfd, cpu = run("soft:ram?size=1MiB&mode=thread", stall, go_on)
    assert turns_by_eventfd < 200 and cpu < 0.3, (turns_by_eventfd, cpu)
    """, loop))


def test_commands_that_begin_while_the_loop_sleeps_are_not_held_up(slow_python):
    """A read that is done at once overtakes one that takes for ever: the doorbell is rung for it."""
    well(slow_python("""
        import asyncio, upnvme.aio
        async def main(uri):
            async with upnvme.aio.open(uri) as ctrlr:
                ns = ctrlr.namespaces[1]
                hold()
                slow = ns.read(0)
                await asyncio.sleep(0.05)  # long enough for the loop to have gone to sleep
                for _ in range(5):
                    await ns.flush() if uri == image else await ns.write_zeroes(5, 1)
                    await asyncio.sleep(0.01)
                assert not slow.done()
                let_go()
                await slow
        asyncio.run(main(image))
        asyncio.run(main(image + "&mode=thread"))
    """))


def test_no_completion_is_lost_while_the_loop_goes_to_sleep(run):
    """Completions come at any moment of going to sleep, thousands of times."""
    async def main():
        async with upnvme.aio.open("soft:ram?size=1MiB&mode=thread") as ctrlr:
            ns = ctrlr.namespaces[1]
            before, upnvme._loop_qpair.PATIENCE = upnvme._loop_qpair.PATIENCE, 1
            try:
                for _ in range(3000):
                    await ns.flush()
            finally:
                upnvme._loop_qpair.PATIENCE = before
    run(main)


# --- the admin side -----------------------------------------------------------------------------------

IDENTIFY = [6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]


def test_admin_commands_are_awaited(run, uri):
    async def main():
        async with upnvme.aio.open(uri) as ctrlr:
            data = [bytearray(4096) for _ in range(20)]
            done = await asyncio.gather(*(ctrlr.admin(IDENTIFY, one, upnvme.Direction.FROM_DEVICE) for one in data))
            assert all(one.ok for one in done) and all(one == ctrlr.identify() for one in data)
            with pytest.raises(upnvme.GenericStatusError, match="Invalid Command Opcode"):
                await ctrlr.admin([0xC0])
            with pytest.raises(upnvme.ArgumentError, match="by the driver alone"):
                ctrlr.admin([1])
            cancelled = ctrlr.admin(IDENTIFY, bytearray(4096), upnvme.Direction.FROM_DEVICE)
            cancelled.cancel()
            await ctrlr.admin([9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 350])
    run(main)


def test_admin_commands_outlast_a_dead_controller(slow_python):
    """The loop goes on, sleeping; closing settles what was never answered."""
    well(slow_python("""
        import asyncio, upnvme.aio
        async def main():
            async with upnvme.aio.open("soft:ram?size=1MiB&mode=thread") as ctrlr:
                data = bytearray(4096)
                stall()
                future = ctrlr.admin([6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], data, upnvme.Direction.FROM_DEVICE)
                cpu, wall = time.process_time(), time.monotonic()
                await asyncio.sleep(0.5)
                assert not future.done()
                assert time.process_time() - cpu < 0.3 * (time.monotonic() - wall)
                go_on()
                assert (await future).ok and data != bytearray(4096)
                stall()
                future = ctrlr.admin([6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], data, upnvme.Direction.FROM_DEVICE)
                threading.Timer(0.2, go_on).start()
            try:
                await future
            except upnvme.ClosedError:
                pass
        asyncio.run(main())
    """))


# --- the same names -----------------------------------------------------------------------------------

# Names of the synchronous face that this one lacks.
NOT_HERE = {
    "QPair": {
        "submit": "run submits", "reap": "run takes the completions", "poll": "the loop's turns do",
        "ring": "the loop's turns do", "wait": "the loop waits", "fileno": "the loop watches it",
        "release": "it is the loop's", "adopt": "likewise", "abandon": "likewise",
        "stop": "close settles every future",
    },
    "Namespace": {
        "open": "io's classes wait: use a synchronous controller, in a thread", "fromfile": "likewise",
        "tofile": "likewise",
    },
    "Controller": {},
}
# Names of this face that the synchronous one lacks.
ONLY_HERE = {"QPair": {"start"}, "Namespace": set(), "Controller": set()}
# Arguments that this face lacks: futures say by themselves how a command ended, and asyncio.timeout when it is enough.
NO_ARGUMENTS = {"callback", "tag", "timeout", "interrupt"}


def names(kind):
    return {name for name in dir(kind) if not name.startswith("_")}


@pytest.mark.parametrize("kind", NOT_HERE)
def test_the_names_are_those_of_the_synchronous_face(kind):
    theirs, ours = getattr(upnvme, kind), getattr(upnvme.aio, kind)
    assert names(theirs) - names(ours) == set(NOT_HERE[kind])
    assert names(ours) - names(theirs) == ONLY_HERE[kind]
    for name in names(theirs) & names(ours):
        if inspect.isfunction(getattr(theirs, name)):
            before, here = (list(inspect.signature(getattr(face, name)).parameters) for face in (theirs, ours))
            assert [argument for argument in before if argument in here or argument not in NO_ARGUMENTS] == here, name


def test_queue_pairs_have_all_commands(run, uri):
    async def main():
        async with upnvme.aio.open(uri) as ctrlr, ctrlr.qpair(4) as qp:
            ns, buf, other = ctrlr.namespaces[1], ctrlr.alloc(4 * BLOCK), ctrlr.alloc(4 * BLOCK)
            buf[:] = bytes(range(256)) * 64
            await qp.write(ns, buf, 8, 4)
            await qp.read(ns, other, 8)
            assert other == buf
            await asyncio.gather(*(qp.readv(ns, [other[:BLOCK], other[BLOCK:]], 8, 4) for _ in range(20)))
            await qp.writev(ns, [buf[:BLOCK], buf[BLOCK:2 * BLOCK]], 0, 2)
            await qp.compare(ns, buf, 8)
            with pytest.raises(upnvme.MediaError, match="Compare Failure"):
                await qp.compare(ns, buf, 100)
            await qp.flush(ns)
            await qp.verify(ns, 0, 12)
            await qp.write_zeroes(ns, 0, 1)
            await qp.deallocate(ns, 0, 1)
            done = await qp.io(upnvme.batch(1, ns, upnvme.Op.READ, lba=8), other)
            assert done.blocks == 1 and other[:BLOCK] == buf[:BLOCK]
            assert (await qp.raw([upnvme.Op.FLUSH, 1])).ok
            with pytest.raises(upnvme.GenericStatusError, match="Invalid Command Opcode"):
                await qp.raw([0x85, 1])
    run(main)


def test_the_module_is_imported_when_it_is_first_used(run_python):
    process = run_python("""
        import sys, upnvme
        before = "upnvme.aio" in sys.modules
        upnvme.aio.open
        print(before, "upnvme.aio" in sys.modules)
    """)
    assert process.stdout.split() == ["False", "True"]


def test_reprs_are_of_this_face(run):
    async def main():
        async with upnvme.aio.open("soft:ram?size=1MiB") as ctrlr:
            things = ctrlr, ctrlr.namespaces, ctrlr.namespaces[1], ctrlr.qpair(4)
            assert [repr(thing).split()[0] for thing in things] == [
                "<upnvme.aio.Controller", "<upnvme.aio.Namespaces", "<upnvme.aio.Namespace", "<upnvme.aio.QPair"]
    run(main)
    with pytest.raises(RuntimeError, match="call it in a coroutine"):
        upnvme.aio.open("soft:ram?size=1MiB")


def test_no_threads_are_started(run):
    async def main():
        before = set(os.listdir("/proc/self/task"))
        async with upnvme.aio.open("soft:ram?size=1MiB") as ctrlr:
            await ctrlr.namespaces[1].read(0)
            assert set(os.listdir("/proc/self/task")) <= before
    run(main)


def test_commands_complete_after_sleeps_of_the_loop(run, uri):
    """Turns that bring nothing, sleeps, and wake-ups follow each other."""
    async def main():
        async with upnvme.aio.open(uri) as ctrlr:
            ns = ctrlr.namespaces[1]
            for _ in range(40):
                await asyncio.gather(*(ns.read(lba) for lba in range(4)))
                await asyncio.sleep(0.005)
    run(main)


def test_a_future_that_the_caller_settles_stops_no_others(run, uri):
    """The loop is told of a failure in a turn, and the next turn comes."""
    async def main():
        async with upnvme.aio.open(uri) as ctrlr:
            ns, errors = ctrlr.namespaces[1], []
            asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context["exception"]))
            ns.read(0).set_result("mine")
            while not errors:
                await asyncio.sleep(0)
            assert len(await asyncio.wait_for(ns.read(0), 30)) == BLOCK
            assert [type(error) for error in errors] == [asyncio.InvalidStateError]
    run(main)


def test_closed_queue_pairs_are_forgotten(run, uri):
    async def main():
        async with upnvme.aio.open(uri) as ctrlr:
            for _ in range(10):
                ctrlr.qpair(depth=4).close()
            gc.collect()
            assert sum(isinstance(thing, upnvme.aio.QPair) for thing in gc.get_objects()) <= 1
    run(main)
