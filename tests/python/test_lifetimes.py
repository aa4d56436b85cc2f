# SPDX-License-Identifier: BSD-3-Clause
"""References, and the order in which objects end: dropped, closed, forked, exited, under load."""

import gc
import itertools
import threading

import child
import pytest

import upnvme

BLOCK = 4096
URI = "soft:ram?size=4MiB&block=4096"


def make():
    """One object of each kind, with commands of every kind in flight."""
    ctrlr = upnvme.open(URI)
    ns = ctrlr.namespaces[1]
    qp, buf = ctrlr.qpair(16), ctrlr.alloc(16 * BLOCK)
    done = []
    qp.read(ns, buf, 0, 1, callback=done.append)
    qp.submit(upnvme.batch(4, ns, upnvme.Op.READ), buf)
    return {"ctrlr": ctrlr, "ns": ns, "qp": qp, "buf": buf}, done


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("order", list(itertools.permutations(("ctrlr", "ns", "qp", "buf"))), ids="-".join)
def test_every_order_of_dropping(order):
    things, done = make()
    for name in order:
        del things[name]
        gc.collect()
    assert len(done) == 1


@pytest.mark.parametrize("order", list(itertools.permutations(("ctrlr", "qp", "buf"))), ids="-".join)
def test_every_order_of_closing(order):
    things, done = make()
    for name in order:
        things[name].free() if name == "buf" else things[name].close()
    assert len(done) == 1
    assert things["buf"].freed and not things["qp"].is_open and not things["ctrlr"].is_open


def test_unclosed_handles_are_warned_of():
    ctrlr = upnvme.open(URI)
    qp = ctrlr.qpair(4)
    with pytest.warns(ResourceWarning, match="unclosed <upnvme.QPair"):
        del qp
    with pytest.warns(ResourceWarning, match="unclosed <upnvme.Controller"):
        del ctrlr


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_cycles_through_callbacks_are_collected():
    ctrlr = upnvme.open(URI)
    qp = ctrlr.qpair(4)
    done = []
    qp.read(ctrlr.namespaces[1], ctrlr.alloc(BLOCK), 0, callback=lambda completion, held=qp: done.append(id(held)))
    del qp
    gc.collect()
    assert len(done) == 1 and ctrlr.stats.qpairs == 0
    ctrlr.close()


def test_calls_on_closed_objects_say_that_they_are_closed():
    things, _ = make()
    ctrlr, ns, qp = things["ctrlr"], things["ns"], things["qp"]
    ctrlr.close()
    ctrlr.close()
    for call in (lambda: ns.read(0), ns.flush, qp.poll, lambda: qp.read(ns, bytes(BLOCK)), lambda: ctrlr.alloc(1),
                 lambda: ctrlr.qpair(), lambda: ctrlr.namespaces[1], lambda: ctrlr.info, lambda: ctrlr.identify()):
        with pytest.raises(upnvme.ClosedError):
            call()
    assert "closed" in repr(ctrlr) and "closed" in repr(qp) and "closed" in repr(ns)
    qp.close()


def test_threads_that_end_leave_nothing(recwarn):
    with upnvme.open(URI) as ctrlr:
        ns = ctrlr.namespaces[1]

        def work():
            ns.write(threading.get_ident() % 64, bytes(BLOCK))

        for _ in range(20):
            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert ctrlr.stats.leases <= 8


def test_many_threads_share_few_queue_pairs():
    with upnvme.open("soft:ram?size=4MiB&queues=3", leases=2) as ctrlr:
        ns, failures = ctrlr.namespaces[1], []

        def work(lba):
            try:
                for i in range(50):
                    ns.write(lba, bytes([lba, i]) * (BLOCK // 2))
                    if bytes(ns.read(lba)) != bytes([lba, i]) * (BLOCK // 2):
                        failures.append(lba)
            except BaseException as failure:  # seen below
                failures.append(failure)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == [] and ctrlr.stats.leases <= 2


def test_leases_use_the_queue_pairs_that_are_left():
    with upnvme.open("soft:ram?size=4MiB&queues=2") as ctrlr:
        ns = ctrlr.namespaces[1]
        with ctrlr.qpair(4):
            ns.read(0)
            with pytest.raises(upnvme.Error) as caught:
                ctrlr.qpair(4)
            assert caught.value.code_name == "UPNVME_ERR_QPAIR_LIMIT"
            threads = [threading.Thread(target=ns.read, args=(0,)) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()


@pytest.mark.parametrize("mode", ["inline", "thread"])
def test_close_while_threads_work(mode):
    """8 threads poll, reap and read; every accepted command completes once, and no thread hangs."""
    for _ in range(5):
        ctrlr = upnvme.open(f"soft:ram?size=4MiB&mode={mode}")
        ns, begun, counts, failures = ctrlr.namespaces[1], threading.Barrier(9), [], []

        def poll():
            submitted, done = 0, []
            try:
                qp, buf = ctrlr.qpair(16), ctrlr.alloc(BLOCK)
                begun.wait()
                while True:
                    qp.read(ns, buf, 0, callback=done.append)
                    submitted += 1
                    if submitted % 8 == 0:
                        qp.poll(timeout=None)
                        while qp.inflight:
                            qp.poll(timeout=None)
            except upnvme.ClosedError:
                counts.append((submitted, done))
            except BaseException as failure:  # seen below
                failures.append(failure)

        def read():
            try:
                begun.wait()
                while True:
                    ns.read(0)
            except upnvme.ClosedError:
                pass
            except BaseException as failure:  # seen below
                failures.append(failure)

        threads = [threading.Thread(target=target) for target in [poll] * 4 + [read] * 4]
        for thread in threads:
            thread.start()
        begun.wait()
        closers = [threading.Thread(target=ctrlr.close) for _ in range(2)]
        for closer in closers:
            closer.start()
        for thread in threads + closers:
            thread.join()
        assert failures == []
        assert all(submitted == len(done) for submitted, done in counts) and len(counts) == 4


def test_a_child_is_refused_and_the_parent_goes_on():
    things, done = make()
    ctrlr, ns, qp, buf = things["ctrlr"], things["ns"], things["qp"], things["buf"]

    def use():
        nonlocal ctrlr, ns, qp, buf
        for call in (lambda: ns.read(0), qp.poll, qp.close, lambda: memoryview(buf), buf.free, ctrlr.close,
                     lambda: ctrlr.info, lambda: ctrlr.alloc(1), ctrlr.qpair, lambda: ctrlr.namespaces[1],
                     ctrlr.identify, lambda: ctrlr.smart, ctrlr.events, lambda: ns.info, lambda: qp.reap(),
                     lambda: qp.read(ns, buf), lambda: qp.submit(upnvme.batch(1, ns, upnvme.Op.READ), buf)):
            with pytest.raises(upnvme.ForkedError):
                call()
        del ctrlr, ns, qp, buf, call
        things.clear()
        gc.collect()
        with upnvme.open(URI) as own:
            own.namespaces[1].read(0)

    assert child.fork(use) == 0
    qp.reap(min=4)
    assert len(done) == 1
    ns.read(0)
    ctrlr.close()


def test_exit_without_closing(run_python):
    """Exits with objects open and commands in flight; the module itself may hold the last reference."""
    process = run_python("""
        import threading, upnvme
        ctrlr = upnvme.open("soft:ram?size=4MiB&mode=thread")
        ns, qp, buf = ctrlr.namespaces[1], ctrlr.qpair(16), ctrlr.alloc(65536)
        qp.submit(upnvme.batch(8, ns, upnvme.Op.READ), buf)
        qp.read(ns, buf, 0, 1, callback=print)
        upnvme.keep = ns.read(0, 8), memoryview(ns.read(0))
        def work():
            own = ctrlr.qpair(16)
            while True:
                own.read(ns, buf, 0, 1, callback=lambda done: None)
                own.poll(timeout=None)
        for _ in range(4):
            threading.Thread(target=work, daemon=True).start()
    """)
    assert process.returncode == 0, process.stderr
    assert "Fatal" not in process.stderr and "Segmentation" not in process.stderr
