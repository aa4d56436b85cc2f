# SPDX-License-Identifier: BSD-3-Clause
"""Things that end from within: by callbacks, finalisers and signal handlers, in the midst of a call."""

import contextlib
import gc
import signal
import time

import numpy as np
import pytest
from conftest import well

import upnvme

BLOCK = 4096


@pytest.mark.parametrize("closer", ["ctrlr", "qp"])
def test_a_callback_may_close_a_closing_controller(ctrlr, ns, closer):
    """Closing completes what is in flight; the callback's own closing is part of it, or comes right after it."""
    qp, done = ctrlr.qpair(depth=4), []
    things = {"ctrlr": ctrlr, "qp": qp}

    def close(completion):
        done.append(completion)
        ctrlr.close()
    qp.read(ns, ctrlr.alloc(BLOCK), callback=close)
    things[closer].close()
    assert len(done) == 1 and not qp.is_open and not ctrlr.is_open


def test_the_end_of_a_callback_closes(ctrlr, ns):
    """Objects that a command held are freed with the queue pair, and may close the controller that closes it."""
    class Closer:
        def __call__(self, done):
            pass

        def __del__(self):
            ctrlr.close()
    qp = ctrlr.qpair(depth=4)
    qp.read(ns, ctrlr.alloc(BLOCK), callback=Closer())
    ctrlr.close()
    assert not ctrlr.is_open


WAITS = {"poll": "qp.poll(timeout=None)", "reap": "qp.reap(2)", "read": "ns.read(0)"}


@pytest.mark.parametrize("call", WAITS.values(), ids=WAITS)
@pytest.mark.parametrize("closer", ["ctrlr", "qp"])
def test_a_signal_handler_closes(slow_python, call, closer):
    """The close ends a call that waits; the queue pair's own close waits for the device."""
    if closer == "qp" and "ns" in call:
        pytest.skip("no queue pair waits")
    well(slow_python(f"""
        ctrlr = upnvme.open(image)
        ns, qp, buf = ctrlr.namespaces[1], ctrlr.qpair(8), ctrlr.alloc(4096)
        hold()
        done = []
        if "poll" in {call!r}:
            qp.read(ns, buf, callback=done.append)
        else:
            qp.read(ns, buf)
        def close(*_):
            if {closer!r} == "qp":
                let_go()
            {closer}.close()
            if {closer!r} != "qp":
                let_go()
        signal.signal(signal.SIGALRM, close)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        try:
            {call}
            sys.exit("not closed")
        except upnvme.ClosedError:
            pass
        assert not {closer}.is_open and not qp.is_open
        assert len(done) == ("poll" in {call!r})
        ctrlr.close()
    """))


def test_an_interrupt_does_not_lose_the_lease_that_was_waited_for(slow_python):
    """The queue pair of the pool comes while the signal's handler runs, which then fails."""
    well(slow_python("""
        ctrlr = upnvme.open(image, leases=1)
        ns = ctrlr.namespaces[1]
        hold()
        thread = threading.Thread(target=ns.read, args=(0,))
        thread.start()
        while not ctrlr.stats.leases:
            time.sleep(0.001)
        def interrupt(*_):
            let_go()
            thread.join()
            raise KeyboardInterrupt
        signal.signal(signal.SIGALRM, interrupt)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            ns.read(0)
            sys.exit("not interrupted")
        except KeyboardInterrupt:
            pass
        ns.read(0, timeout=10)
        ctrlr.close()
    """))


SUBMITS = {
    "read": lambda qp, ns, buf: qp.read(ns, buf),
    "io": lambda qp, ns, buf: qp.io(upnvme.batch(1, ns, upnvme.Op.READ), buf),
    "readv": lambda qp, ns, buf: qp.readv(ns, [buf], 0, 1),
    "write": lambda qp, ns, buf: qp.write(ns, buf),
    "raw": lambda qp, ns, buf: qp.raw([2, 1], buf, upnvme.Direction.FROM_DEVICE),
    "submit": lambda qp, ns, buf: qp.submit(upnvme.batch(1, ns, upnvme.Op.READ), buf),
}


MOVES = SUBMITS | {
    "ns.readinto": lambda qp, ns, buf: ns.readinto(buf),
    "ns.write": lambda qp, ns, buf: ns.write(0, buf),
    "register": lambda qp, ns, buf: ns.controller.register(bytearray(BLOCK)).free(),
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
@pytest.mark.parametrize("closer", ["qp", "ctrlr"])
def test_garbage_collection_may_close_an_object_in_use(move, closer):
    """Any allocation may collect garbage, and a finaliser may close an object in use."""
    class Closer:
        def __init__(self, thing):
            self.thing, self.me = thing, self

        def __del__(self):
            self.thing.close()
    threshold = gc.get_threshold()
    for n in range(1, 20):
        ctrlr = upnvme.open("soft:ram?size=1MiB&block=4096")
        ns, qp, view = ctrlr.namespaces[1], ctrlr.qpair(depth=4), bytearray(BLOCK)
        if move in SUBMITS.values():
            view = memoryview(ctrlr.alloc(BLOCK))
        gc.collect()
        gc.disable()
        Closer({"qp": qp, "ctrlr": ctrlr}[closer])
        gc.set_threshold(n)
        gc.enable()
        try:
            move(qp, ns, view)
            qp.reap(qp.inflight)
        except upnvme.ClosedError:
            pass
        finally:
            gc.set_threshold(*threshold)
        del view
        gc.collect()
        ctrlr.close()


def test_batches_of_more_dimensions(ctrlr, ns):
    """A list of pieces whose length changes: it is not the number of pieces."""
    ops = upnvme.batch(4, ns, upnvme.Op.READ).numpy()
    with ctrlr.qpair(depth=8) as qp:
        for call in qp.submit, qp.run:
            with pytest.raises(TypeError, match="2 dimensions"):
                call(ops.reshape(2, 2), ctrlr.alloc(BLOCK))


def test_memory_of_another_controller_in_flight(slow_python):
    """The memory does not go back to the controller's cache for reads before the device is done with it."""
    well(slow_python("""
        here, there = upnvme.open("soft:ram?size=1MiB&block=4096"), upnvme.open(image)
        qp, hers = there.qpair(4), there.namespaces[1]
        hers.write(0, b"B" * 4096)
        hold()
        data = here.namespaces[1].read(0)
        assert qp.submit(upnvme.batch(1, hers, upnvme.Op.READ), memoryview(data)) == 1
        qp.ring()
        del data
        mine = here.namespaces[1].read(0)
        let_go()
        assert qp.reap(1).ok
        assert bytes(mine) == bytes(4096)
        there.close()
        here.close()
    """))


def test_signal_handlers_that_fail_lose_no_command(ctrlr, ns):
    """At any point of any call: each accepted command completes once."""
    class Alarm(Exception):
        pass

    def ring(*_):
        raise Alarm
    qp, buf = ctrlr.qpair(depth=16), ctrlr.alloc(16 * BLOCK)
    ops, seen, called = upnvme.batch(8, ns, upnvme.Op.READ), np.zeros(8 * 300, int), []

    def work():
        qp.submit(ops, buf)
        qp.read(ns, buf, callback=called.append)
        ns.read(0)
        qp.poll(timeout=1)
    before = signal.signal(signal.SIGALRM, ring)
    try:
        for n in range(300):
            ops["tag"] = 8 * n + np.arange(8)
            with pytest.raises(Alarm):
                signal.setitimer(signal.ITIMER_REAL, 2e-6 * (n + 1))
                with contextlib.suppress(upnvme.TaggedCompletionError):
                    work()
                # A signal that came to another thread, such as one that is just beginning, is seen by this one when it
                # takes the interpreter's lock anew, which a loop of Python alone never does.
                while True:
                    time.sleep(0.001)
            while qp.inflight:
                seen[qp.reap(qp.inflight)["tag"]] += 1
    finally:
        signal.signal(signal.SIGALRM, before)
    assert seen.max() == 1 and 0 < len(called) <= 300
    ns.read(0)
    assert ctrlr.stats.draining == 0
    qp.close()


def test_a_buffer_freed_while_it_is_read_into(slow_python):
    """The read goes through other memory: the data is not put where the buffer was."""
    well(slow_python("""
        import mmap
        ctrlr = upnvme.open(image)
        ns, pages = ctrlr.namespaces[1], mmap.mmap(-1, 8192)
        odd = ctrlr.register(memoryview(pages)[1:4097])
        hold()
        errors = []
        def read():
            try:
                ns.readinto(odd, 0)
            except ValueError as error:
                errors.append(str(error))
        thread = threading.Thread(target=read)
        thread.start()
        while not ctrlr.stats.bounced_bytes:
            time.sleep(0.001)
        odd.free()
        pages.close()
        let_go()
        thread.join()
        assert errors == ["this buffer was freed"], errors
        ctrlr.close()
    """))
