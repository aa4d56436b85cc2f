# SPDX-License-Identifier: BSD-3-Clause
"""Things that end in every order and at bad moments: dropped or closed, under a busy garbage collector, with their
threads, in forks of any thread, and with the process."""

import asyncio
import gc
import itertools
import textwrap
import threading
import weakref

import child
import pytest

import upnvme
import upnvme.aio

BLOCK = 4096
URI = "soft:ram?size=1MiB&block=4096"


@pytest.fixture
def quick_collector():
    """Objects that exist already need not be looked at thousands of times."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


class Things:
    """One of each kind of object that a program may hold, with commands in flight; `done` is how they ended."""

    ENDS = {"ctrlr": "close", "qp": "close", "buf": "free", "file": "close", "view": "release", "own": "free"}

    def __init__(self):
        self.done, ctrlr = [], upnvme.open(URI)
        ns, qp, buf = ctrlr.namespaces[1], ctrlr.qpair(16), ctrlr.alloc(4 * BLOCK)
        own = ctrlr.register(bytearray(2 * BLOCK))
        file = ns.open("r+b")
        file.write(b"some")
        qp.read(ns, buf, 0, 1, callback=self.done.append)
        qp.write(ns, own, 8, callback=self.done.append)
        qp.submit(upnvme.batch(4, ns, upnvme.Op.READ), buf)
        self.all = {"ctrlr": ctrlr, "ns": ns, "qp": qp, "buf": buf, "file": file, "view": memoryview(ns.read(0)),
                    "own": own}

    def drop(self, name):
        del self.all[name]

    def end(self, name):
        """Closing may have to wait for another thing's end: then it is an error that names the reason."""
        try:
            getattr(self.all[name], self.ENDS[name])()
        except (upnvme.BusyError, upnvme.ClosedError, BufferError):
            pass


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of a file that outlives its controller
def test_every_order_of_dropping_more(quick_collector):
    names = ("ctrlr", "ns", "qp", "buf", "file", "view")
    for order in itertools.permutations(names):
        things = Things()
        gone = weakref.ref(things.all["ctrlr"])
        things.drop("own")
        for name in order:
            things.drop(name)
        gc.collect()
        assert len(things.done) == 2 and gone() is None, order


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_every_order_of_closing_and_dropping(quick_collector):
    """Some are ended, the others dropped, in every order of both; each command completes once."""
    for order in itertools.permutations(("ctrlr", "qp", "buf", "file", "own")):
        for ended in range(1, 32, 3):
            things = Things()
            for i, name in enumerate(order):
                (things.end if ended >> i & 1 else things.drop)(name)
            things.all.clear()
            gc.collect()
            assert len(things.done) == 2, (order, ended)


@pytest.mark.parametrize("mode", ["inline", "thread"])
def test_a_garbage_collector_that_never_rests(mode, quick_collector):
    """The collector runs at every allocation, and in callbacks; it finds cycles through all objects."""
    before = gc.get_threshold()
    gc.set_threshold(1, 1, 1)
    try:
        ctrlr = upnvme.open(f"{URI}&mode={mode}")
        ns, counted = ctrlr.namespaces[1], []
        for i in range(60):
            qp, buf = ctrlr.qpair(8), ctrlr.alloc(BLOCK)

            def on_done(done, held=(qp, buf, ns)):
                gc.collect()
                counted.append(done.status)
            for lba in range(8):
                qp.read(ns, buf, lba, callback=on_done)
            if i % 3 == 0:
                while qp.inflight:
                    qp.poll()
            if i % 3 == 1:
                qp.close()
            cycle = [qp, buf, ns, on_done, memoryview(ns.read(i))]
            cycle.append(cycle)
            del qp, buf, on_done, cycle
        gc.collect()
        assert len(counted) == 480 and ctrlr.stats.qpairs == 0
        ctrlr.close()
    finally:
        gc.set_threshold(*before)


def test_a_garbage_collector_under_asyncio(quick_collector):
    async def main():
        async with upnvme.aio.open(URI) as ctrlr:
            ns = ctrlr.namespaces[1]
            for _ in range(20):
                futures = [ns.read(lba) for lba in range(16)]
                for future in futures:
                    future.add_done_callback(lambda done, held=futures: gc.collect(0))
                futures[3].cancel()
                await asyncio.gather(*futures, return_exceptions=True)

    before = gc.get_threshold()
    gc.set_threshold(1, 1, 1)
    try:
        asyncio.run(main())
    finally:
        gc.set_threshold(*before)


# --- threads ------------------------------------------------------------------------------------------


def in_thread(function):
    """Runs a function to its end in a thread, which has ended then."""
    result = []
    thread = threading.Thread(target=lambda: result.append(function()))
    thread.start()
    thread.join()
    return result[0]


@pytest.mark.parametrize("how", ["abandon", "close", "drop", "collect"])
def test_a_thread_ends_before_its_queue_pair(how):
    with upnvme.open(URI) as ctrlr:
        ns, buf, done = ctrlr.namespaces[1], ctrlr.alloc(BLOCK), []

        def work():
            qp = ctrlr.qpair(8)
            for lba in range(8):
                qp.read(ns, buf, lba, callback=done.append)
            return qp

        qp = in_thread(work)
        with pytest.raises(upnvme.WrongThreadError):
            qp.poll()
        if how == "abandon":
            qp.abandon()
            qp.adopt()
            while qp.inflight:
                qp.poll()
            qp.close()
        elif how == "close":
            ctrlr.close()
        elif how == "drop":
            with pytest.warns(ResourceWarning):
                del qp
        else:
            cycle = [qp]
            cycle.append(cycle)
            del qp, cycle
            with pytest.warns(ResourceWarning):
                in_thread(gc.collect)
        assert len(done) == 8


@pytest.mark.parametrize("mode", ["inline", "thread"])
def test_close_while_8_threads_poll_and_wait(mode):
    """Includes idle queues, and calls that wait on them."""
    for _ in range(5):
        ctrlr = upnvme.open(f"{URI}&mode={mode}")
        ns, begun, ended, failures = ctrlr.namespaces[1], threading.Barrier(9), [], []

        def poll(ctrlr=ctrlr, ns=ns, begun=begun, ended=ended, failures=failures):
            sent, done = 0, []
            try:
                qp, buf = ctrlr.qpair(4, interrupt=mode == "thread"), ctrlr.alloc(BLOCK)
                begun.wait()
                while True:
                    qp.read(ns, buf, 0, callback=done.append)
                    sent += 1
                    while qp.inflight:
                        if mode == "thread":
                            qp.wait(0.001)
                        qp.poll()
                    for _ in range(50):
                        qp.poll()
                        qp.reap()
            except upnvme.ClosedError:
                ended.append((sent, done))  # what the closing thread completes comes later
            except BaseException as failure:  # seen below
                failures.append(failure)

        threads = [threading.Thread(target=poll) for _ in range(8)]
        for thread in threads:
            thread.start()
        begun.wait()
        ctrlr.close()
        for thread in threads:
            thread.join()
        assert failures == [] and [sent for sent, _ in ended] == [len(done) for _, done in ended] and len(ended) == 8


# --- forks --------------------------------------------------------------------------------------------


def test_finalisers_in_a_child_leave_the_parents_things_alone(quick_collector):
    """The child drops all objects, with commands in flight; the parent's commands complete afterwards."""
    things = Things()

    def drop_all():
        things.all.clear()
        gc.collect()
        with upnvme.open(URI) as own, own.qpair(4) as qp:
            qp.run(upnvme.batch(4, own.namespaces[1], upnvme.Op.READ), own.alloc(BLOCK)).check()

    for _ in range(3):
        assert child.fork(drop_all) == 0
    qp, ctrlr = things.all["qp"], things.all["ctrlr"]
    assert len(qp.reap(min=4)) == 4 and len(things.done) == 2
    things.all["view"].release()
    things.all["file"].close()
    ctrlr.close()


def test_forks_while_threads_work():
    """A child may be made at any moment of other threads', and use a controller of its own; the parent goes on."""
    with upnvme.open(f"{URI}&mode=thread") as ctrlr:
        ns, stop, failures = ctrlr.namespaces[1], threading.Event(), []

        def work():
            try:
                while not stop.is_set():
                    ns.read(0)
                    ctrlr.identify()
            except BaseException as failure:  # seen below
                failures.append(failure)

        def use():
            with pytest.raises(upnvme.ForkedError):
                ns.read(0)
            with pytest.raises(upnvme.ForkedError):
                ctrlr.close()
            with upnvme.open(URI) as own:
                own.namespaces[1].write(0, bytes(BLOCK))
                assert own.identify()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        ended = [child.fork(use) for _ in range(20)]
        ended += [in_thread(lambda: child.fork(use)) for _ in range(5)]
        stop.set()
        for thread in threads:
            thread.join()
        assert ended == [0] * 25 and failures == []


# --- exits --------------------------------------------------------------------------------------------

EXITS = {
    "in_a_callback": """
        qp.read(ns, buf, 0, callback=lambda done: sys.exit(3))
        while True:
            qp.reap()
    """,
    "by_an_exception": "raise SystemExit(3)",
    "with_threads_that_read": """
        def work():
            try:
                while True:
                    ns.read(0)
            except upnvme.ClosedError:
                pass
        for _ in range(4):
            threading.Thread(target=work, daemon=True).start()
        sys.exit(3)
    """,
    "with_a_loop_that_waits": """
        import asyncio, upnvme.aio
        async def main():
            other = upnvme.aio.open("soft:ram?size=1MiB&mode=thread")
            futures = [other.namespaces[1].read(lba) for lba in range(100)]
            sys.exit(3)
        asyncio.run(main())
    """,
    "at_once": "os._exit(3)",
    "from_a_finaliser": """
        class Last:
            def __init__(self):
                self.held = qp, buf, ns
            def __del__(self):
                try:
                    self.held[0].poll()
                except upnvme.Error:
                    pass
        upnvme.last = Last()
        sys.exit(3)
    """,
}


@pytest.mark.parametrize("way", EXITS.values(), ids=EXITS)
def test_exits_with_commands_in_flight(run_python, way):
    process = run_python(textwrap.dedent("""
        import os, sys, threading, upnvme
        ctrlr = upnvme.open("soft:ram?size=1MiB&mode=thread")
        ns, qp, buf = ctrlr.namespaces[1], ctrlr.qpair(64), ctrlr.alloc(65536)
        qp.submit(upnvme.batch(32, ns, upnvme.Op.READ), buf)
        for lba in range(8):
            qp.read(ns, buf, lba, 1, callback=lambda done: None)
    """) + textwrap.dedent(way))
    assert process.returncode == 3, process.stdout + process.stderr
    assert "Fatal" not in process.stderr and "Traceback" not in process.stderr, process.stderr
