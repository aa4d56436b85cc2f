# SPDX-License-Identifier: BSD-3-Clause
"""Many threads at the same objects: with the interpreter's lock switched as often as it can be, and without one where
there is none."""

import gc
import pathlib
import sys
import sysconfig
import threading

import pytest

import upnvme
from upnvme import _upnvme

THREADS = 8
BLOCK = 4096


@pytest.fixture(autouse=True)
def restless():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def together(*functions):
    """Runs each function in a thread, all from the same moment on; an exception of one is raised here."""
    start, errors = threading.Barrier(len(functions)), []

    def run(function):
        start.wait()
        try:
            function()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def each(function):
    """As many threads as are usual here, each with its number."""
    together(*(lambda i=i: function(i) for i in range(THREADS)))


def test_a_free_threaded_python_stays_free_threaded():
    if not sysconfig.get_config_var("Py_GIL_DISABLED"):
        pytest.skip("this Python has the interpreter's lock")
    assert not sys._is_gil_enabled() and "t-" in pathlib.Path(upnvme._upnvme.__file__).name


def test_leases_are_shared(ctrlr):
    ns = ctrlr.namespaces[1]

    def work(i):
        for n in range(200):
            data = bytes([i, n % 256]) * (BLOCK // 2)
            ns.write(i, data)
            assert ns.read(i) == data
            assert len(ns.read(0, THREADS)) == THREADS * BLOCK

    each(work)
    assert ctrlr.stats.leases <= 8


def test_each_thread_has_its_own_queue_pair(ctrlr):
    ns = ctrlr.namespaces[1]

    def work(i):
        seen = []
        for _ in range(5):
            with ctrlr.qpair(depth=32) as qp:
                buf = ctrlr.alloc(32 * BLOCK)
                ops = upnvme.batch(32, ns, upnvme.Op.WRITE)
                ops["lba"] = range(i * 32, i * 32 + 32)
                ops["offset"] = range(0, 32 * BLOCK, BLOCK)
                assert len(qp.run(ops, buf).check()) == 32
                for lba in range(32):
                    qp.read(ns, buf, lba=lba, blocks=1, callback=seen.append)
                while qp.inflight:
                    qp.poll()
        assert len(seen) == 5 * 32

    each(work)
    assert ctrlr.stats.qpairs == 0


def test_buffers_come_and_go(ctrlr):
    """A controller's lists of its objects stay whole, and so do counts of views."""
    shared = ctrlr.alloc(BLOCK)
    before = ctrlr.stats.buffers

    def work(i):
        for _ in range(300):
            buf = ctrlr.alloc(BLOCK)
            view, other = memoryview(buf), memoryview(shared)
            with pytest.raises(BufferError):
                buf.free()
            view.release()
            other.release()
            buf.free()
            array = bytearray(2 * BLOCK)
            with ctrlr.register(array):
                pass

    each(work)
    assert ctrlr.stats.buffers == before
    shared.free()


def test_objects_can_be_dropped_by_other_threads(ctrlr):
    """Queue pairs and buffers whose last reference goes on another thread than their own."""
    ns = ctrlr.namespaces[1]

    def work(i):
        for _ in range(50):
            mine = [ns.read(0), ctrlr.alloc(BLOCK)]
            thread = threading.Thread(target=mine.clear)
            del mine
            thread.start()
            thread.join()

    each(work)
    gc.collect()
    assert ctrlr.stats.buffers == 0


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning", "error::pytest.PytestUnraisableExceptionWarning")
def test_closing_while_queue_pairs_go(ctrlr):
    """A queue pair ends by its finaliser and by its controller's close at once: one of the two does the work."""
    for _ in range(20):
        with upnvme.open("soft:ram?size=1MiB") as other:
            pairs = [[other.qpair(depth=4)] for _ in range(THREADS)]
            together(other.close, *(pair.clear for pair in pairs))


def bare_qpair(ctrlr):
    """Without the package's class, whose finaliser comes first."""
    qp = _upnvme.Channel()
    _upnvme.channel_open(qp, ctrlr, 0, 5, 4)
    return qp


def test_closing_finds_queue_pairs_that_are_about_to_go():
    """The objects' last reference has gone, and they are still on the controller's list."""
    for _ in range(50):
        other = upnvme.open("soft:ram?size=1MiB")
        pairs = [[bare_qpair(other) for _ in range(6)] for _ in range(THREADS)]

        def drop(pair):
            while pair:
                pair.pop()

        together(other.close, *(lambda pair=pair: drop(pair) for pair in pairs))
        assert not other.is_open and not any(pairs)


@pytest.mark.parametrize("mode", ["inline", "thread"])
def test_closing_under_load(mode):
    """Each call before is carried out, each one after is refused; nothing else comes of it."""
    for _ in range(10):
        other = upnvme.open(f"soft:ram?size=4MiB&mode={mode}")
        ns, started = other.namespaces[1], threading.Event()

        def work(i):
            try:
                with other.qpair(depth=8) as qp:
                    buf = other.alloc(8 * BLOCK)
                    ops = upnvme.batch(8, ns, upnvme.Op.READ)
                    ops["offset"] = range(0, 8 * BLOCK, BLOCK)
                    while True:
                        started.set()
                        ns.write(i, bytes(BLOCK))
                        qp.run(ops, buf)
            except upnvme.ClosedError:
                pass

        def close():
            started.wait()
            other.close()

        together(close, *(lambda i=i: work(i) for i in range(THREADS)))
        assert not other.is_open


def test_a_stranger_is_refused_all_the_time(ctrlr):
    qp, refused = ctrlr.qpair(depth=4), []

    def work(i):
        for _ in range(100):
            try:
                qp.poll()
            except upnvme.WrongThreadError:
                refused.append(i)

    each(work)
    assert len(refused) == THREADS * 100
    qp.close()


def test_the_same_batch_by_many(ctrlr):
    """An array of commands that other threads write into during the submission: the library checks its copies."""
    ns = ctrlr.namespaces[1]
    ops = upnvme.batch(16, ns, upnvme.Op.READ)
    lbas = ops.column("lba")

    def work(i):
        with ctrlr.qpair(depth=16) as qp:
            buf = ctrlr.alloc(16 * BLOCK)
            for n in range(100):
                lbas[i] = n
                qp.run(ops, buf).check()

    each(work)
