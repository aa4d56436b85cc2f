# SPDX-License-Identifier: BSD-3-Clause
"""A batch with a refused command: the error says which, and commands before it are not lost."""

import asyncio

import pytest
from conftest import well

import upnvme
import upnvme.aio

BLOCK = 4096
URI = "soft:ram?size=1MiB&block=4096"


def batch_of(ns, bad, n=8, opcode=upnvme.Op.WRITE):
    """All but one are right."""
    ops = upnvme.batch(n, ns, opcode)
    ops["lba"] = range(n)
    ops.column("lba")[bad] = len(ns)
    return ops


def check(error, bad, tags):
    assert error.index == bad and f"command {bad} of the batch" in str(error)
    assert isinstance(error.__cause__, upnvme.RangeError) and str(error.__cause__) in str(error)
    assert (error.errno, error.code) == (error.__cause__.errno, error.__cause__.code)
    assert error.completions.ok and sorted(error.completions["tag"]) == tags


# The refused one may come in the first share of the batch, at its end, or later.
@pytest.mark.parametrize("depth", [1, 2, 3, 4, 8, 64])
@pytest.mark.parametrize("bad", [1, 3, 7])
def test_run_raises(depth, bad):
    with upnvme.open(URI) as ctrlr:
        ns, qp, buf = ctrlr.namespaces[1], ctrlr.qpair(depth), ctrlr.alloc(BLOCK)
        with pytest.raises(upnvme.PartialError) as caught:
            qp.run(batch_of(ns, bad), buf)
        check(caught.value, bad, list(range(bad)))
        assert not qp.inflight and qp.run(upnvme.batch(2, ns, upnvme.Op.READ), buf).ok


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 8, 64])
@pytest.mark.parametrize("bad", [1, 3, 7])
def test_run_raises_in_a_loop(depth, bad):
    async def main():
        async with upnvme.aio.open(URI) as ctrlr:
            ns, qp, buf = ctrlr.namespaces[1], ctrlr.qpair(depth), ctrlr.alloc(BLOCK)
            results = await asyncio.gather(*(qp.run(batch_of(ns, bad), buf) for _ in range(3)), return_exceptions=True)
            for error in results:
                assert type(error) is upnvme.PartialError
                check(error, bad, list(range(bad)))
            assert (await qp.run(upnvme.batch(2, ns, upnvme.Op.READ), buf)).ok
    asyncio.run(main())


def test_the_first_is_its_own_exception():
    with upnvme.open(URI) as ctrlr:
        ns, qp, buf = ctrlr.namespaces[1], ctrlr.qpair(4), ctrlr.alloc(BLOCK)
        for call in qp.run, qp.submit:
            with pytest.raises(upnvme.RangeError):
                call(batch_of(ns, 0), buf)

    async def main():
        async with upnvme.aio.open(URI) as ctrlr:
            with pytest.raises(upnvme.RangeError):
                await ctrlr.qpair(4).run(batch_of(ctrlr.namespaces[1], 0), ctrlr.alloc(BLOCK))
    asyncio.run(main())


def test_submit_tells_a_refusal_from_a_full_queue():
    with upnvme.open(URI) as ctrlr:
        ns, buf = ctrlr.namespaces[1], ctrlr.alloc(BLOCK)
        qp = ctrlr.qpair(8)
        with pytest.raises(upnvme.PartialError) as caught:
            qp.submit(batch_of(ns, 3), buf)
        assert caught.value.index == 3 and caught.value.completions is None and qp.inflight == 3
        assert sorted(qp.reap(min=3)["tag"]) == [0, 1, 2]
        qp = ctrlr.qpair(3)
        assert qp.submit(batch_of(ns, 6), buf) == 3
        assert len(qp.reap(min=3)) == 3
        with pytest.raises(upnvme.RangeError):
            qp.submit(batch_of(ns, 3).numpy()[3:], buf)


def test_completions_taken_before_a_timeout_are_not_lost(slow_python):
    well(slow_python("""
        with upnvme.open(image) as ctrlr:
            ns, qp, buf = ctrlr.namespaces[1], ctrlr.qpair(4), ctrlr.alloc(4096)
            ops = upnvme.batch(8, ns, upnvme.Op.WRITE_ZEROES)
            ops["lba"] = range(8)
            ops.column("opcode")[7] = upnvme.Op.READ
            ns.write(0, bytes(4096))
            hold()
            try:
                qp.run(ops, buf, timeout=0.5)
                sys.exit("not timed out")
            except upnvme.TimeoutError as error:
                assert "7 of 8 commands were done in 0.5 s: 1 stay in flight, 0 were not submitted" in str(error), error
                assert sorted(error.completions["tag"]) == list(range(7)), error.completions
            let_go()
            assert qp.reap(min=1)["tag"].tolist() == [7]
            hold()
            ops = upnvme.batch(8, ns, upnvme.Op.READ)
            try:
                qp.run(ops, buf, timeout=0.1)
                sys.exit("not timed out")
            except upnvme.TimeoutError as error:
                assert "0 of 8 commands were done in 0.1 s: 4 stay in flight, 4 were not submitted" in str(error), error
                assert len(error.completions) == 0
            let_go()
            assert len(qp.reap(min=4)) == 4
    """))


def test_completions_taken_before_a_signals_handler_failed_are_not_lost(slow_python):
    well(slow_python("""
        with upnvme.open(image) as ctrlr:
            ns, qp, buf = ctrlr.namespaces[1], ctrlr.qpair(4), ctrlr.alloc(4096)
            ops = upnvme.batch(8, ns, upnvme.Op.WRITE_ZEROES)
            ops["lba"] = range(8)
            ops.column("opcode")[7] = upnvme.Op.READ
            hold()
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
            try:
                qp.run(ops, buf)
                sys.exit("not interrupted")
            except KeyboardInterrupt as error:
                assert sorted(error.completions["tag"]) == list(range(7)), error.completions
            let_go()
            assert qp.reap(min=1)["tag"].tolist() == [7]
    """))


@pytest.mark.parametrize("timeout, kind", [(-1, ValueError), (float("nan"), ValueError), ("1", TypeError)])
def test_a_malformed_timeout_is_refused(timeout, kind):
    with upnvme.open(URI) as ctrlr:
        ns, qp, buf = ctrlr.namespaces[1], ctrlr.qpair(4), ctrlr.alloc(BLOCK)
        with pytest.raises(kind, match="timeout must be"):
            qp.run(upnvme.batch(2, ns, upnvme.Op.READ), buf, timeout)
        assert not qp.inflight
        assert qp.run(upnvme.batch(2, ns, upnvme.Op.READ), buf, float("inf")).ok
