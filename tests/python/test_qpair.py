# SPDX-License-Identifier: BSD-3-Clause
"""Queue pairs: callbacks and their failures, batches and their bounds, threads."""

import threading

import numpy as np
import pytest

import upnvme

BLOCK = 4096


@pytest.fixture
def qp(ctrlr):
    with ctrlr.qpair(depth=32) as qp:
        yield qp


@pytest.fixture
def buf(ctrlr):
    return ctrlr.alloc(64 * BLOCK)


def drain(qp):
    while qp.inflight:
        qp.poll(timeout=1)


def test_depth(ctrlr, qp):
    assert qp.depth == 32 and qp.entries == 33
    assert ctrlr.qpair().depth == 255
    assert ctrlr.qpair(entries=16).depth == 15
    with pytest.raises(ValueError):
        ctrlr.qpair(depth=0)


def test_a_batch_names_the_value_that_does_not_fit(ns):
    for arguments, text in (((2, ns, 999), "opcode must be from 0 to 255, not 999"), ((2, 1 << 32, 1), "nsid"),
                            ((0, ns, -1), "opcode must be from 0 to 255, not -1")):
        with pytest.raises(ValueError, match=text):
            upnvme.batch(*arguments)
    with pytest.raises(ValueError, match="blocks must be from 0 to 4294967295"):
        upnvme.batch(1, ns, 1, blocks=1 << 32)


def test_run_completes_earlier_commands_too(ctrlr, ns, buf):
    """Completions of other commands come out with the batch, and none of its own stay behind."""
    with ctrlr.qpair(depth=8) as qp:
        first, second, done = upnvme.batch(6, ns, upnvme.Op.READ), upnvme.batch(4, ns, upnvme.Op.READ), []
        second["tag"] = range(10, 14)
        assert qp.submit(first, buf) == 6
        qp.read(ns, buf, blocks=1, callback=done.append)
        tags = qp.run(second, buf)["tag"].tolist()
        assert sorted(tags) == [*range(6), *range(10, 14)] and len(done) == 1 and not qp.inflight


def test_callbacks_get_completions(qp, ns, buf):
    got = []
    qp.write(ns, buf, 3, 8, callback=got.append, tag=77)
    assert qp.inflight == 1
    drain(qp)
    assert [(done.tag, done.ok, done.blocks, done.error) for done in got] == [(77, True, 8, None)]
    assert got[0].check() is got[0]


def test_all_commands(qp, ns, buf):
    got = []
    buf[:4 * BLOCK] = b"c" * 4 * BLOCK
    for call in (lambda: qp.write(ns, buf[:4 * BLOCK], 0, callback=got.append),
                 lambda: qp.compare(ns, buf, 0, 4, callback=got.append),
                 lambda: qp.flush(ns, callback=got.append),
                 lambda: qp.verify(ns, 0, 4, callback=got.append),
                 lambda: qp.write_zeroes(ns, 0, 1, callback=got.append),
                 lambda: qp.deallocate(ns, 1, 1, callback=got.append),
                 lambda: qp.writev(ns, [buf[:BLOCK], buf[2 * BLOCK:4 * BLOCK]], 8, 3, callback=got.append),
                 lambda: qp.readv(ns, [buf[:BLOCK], buf[2 * BLOCK:4 * BLOCK]], 8, 3, callback=got.append),
                 lambda: qp.raw([2, ns.nsid, 0, 0, 0, 0, 0, 0, 0, 0, 8], buf[:BLOCK], upnvme.Direction.FROM_DEVICE,
                                callback=got.append)):
        call()
        drain(qp)
        assert got.pop().check().ok


def test_deallocating_ranges(qp, ns, buf):
    ns.write(0, b"d" * 8 * BLOCK)
    op = upnvme.Batch(1)
    op["opcode"], op["nsid"], op["blocks"], op["dsm"] = upnvme.Op.DEALLOCATE, 1, 2, 4
    op["form"] = upnvme.Form.RANGES
    ranges = np.array([(0, 1, 1), (0, 2, 4)], np.dtype([("attributes", "<u4"), ("blocks", "<u4"), ("lba", "<u8")]))
    buf[:32] = ranges.tobytes()
    got = []
    qp.io(op, buf, callback=got.append)
    drain(qp)
    assert got[0].ok
    data = bytes(ns.read(0, 8))
    assert [data[i * BLOCK] for i in range(8)] == [100, 0, 100, 100, 0, 0, 100, 100]


def test_a_status_is_an_error_object(qp, ns, buf):
    got = []
    ns.write(0, b"n" * BLOCK)
    qp.compare(ns, buf, 0, 1, callback=got.append)
    drain(qp)
    assert not got[0].ok and isinstance(got[0].error, upnvme.MediaError)
    with pytest.raises(upnvme.MediaError, match="Compare Failure"):
        got[0].check()


def test_exceptions_in_callbacks_surface_from_poll(qp, ns, buf):
    """The exception comes when every other completion was delivered."""
    got = []

    def fail(done):
        got.append(done)
        raise KeyError(done.tag)

    for i in range(8):
        qp.read(ns, buf, i, 1, callback=fail if i in (2, 5) else got.append, tag=i)
    failures = []
    while qp.inflight:
        try:
            qp.poll(timeout=1)
        except KeyError as error:
            failures.append(error)
        except BaseExceptionGroup as group:
            failures += group.exceptions
    assert sorted(done.tag for done in got) == list(range(8))
    assert sorted(failure.args[0] for failure in failures) == [2, 5]
    assert failures[0].__traceback__ is not None


def test_several_exceptions_are_a_group():
    with upnvme.open("soft:ram?size=1MiB") as ctrlr:
        qp, ns, buf = ctrlr.qpair(8), ctrlr.namespaces[1], ctrlr.alloc(BLOCK)

        def fail(done):
            raise ValueError(done.tag)

        for i in range(4):
            qp.read(ns, buf, i, callback=fail, tag=i)
        with pytest.raises(ExceptionGroup) as caught:
            qp.poll()
        assert len(caught.value.exceptions) == 4
        qp.read(ns, buf, 0, callback=lambda done: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            qp.poll()


def test_callbacks_may_submit_and_close(ctrlr, ns, buf):
    qp, order = ctrlr.qpair(8), []

    def first(done):
        order.append("first")
        qp.read(ns, buf, 1, 1, callback=second)

    def second(done):
        order.append("second")
        qp.close()
        assert qp.is_open  # until the poll returns

    qp.read(ns, buf, 0, 1, callback=first)
    while qp.is_open:
        qp.poll(timeout=1)
    assert order == ["first", "second"]
    with pytest.raises(upnvme.ClosedError):
        qp.poll()


def test_callbacks_may_close_the_controller():
    ctrlr = upnvme.open("soft:ram?size=1MiB")
    qp, ns, buf = ctrlr.qpair(8), ctrlr.namespaces[1], ctrlr.alloc(BLOCK)
    got = []
    qp.read(ns, buf, 0, callback=lambda done: (ctrlr.close(), got.append(done)))
    qp.read(ns, buf, 0, callback=got.append)
    assert qp.poll() == 2
    assert len(got) == 2 and not ctrlr.is_open and not qp.is_open


def test_polls_do_not_nest(qp, ns, buf):
    errors = []

    def nest(done):
        for call in (qp.poll, qp.reap, qp.stop, qp.release):
            try:
                call()
            except upnvme.InCallbackError as error:
                errors.append(error)

    qp.read(ns, buf, 0, 1, callback=nest)
    drain(qp)
    assert len(errors) == 4


def test_closing_completes_commands_in_flight(ctrlr, ns, buf):
    got = []
    qp = ctrlr.qpair(16)
    for i in range(16):
        qp.read(ns, buf, i, 1, callback=got.append)
    qp.close()
    assert len(got) == 16
    assert all(done.ok or "Abort" in done.name for done in got)
    qp.close()


def test_a_full_queue_raises_blocking_io_error(qp, ns, buf):
    for i in range(32):
        qp.read(ns, buf, 0, 1, tag=i)
    with pytest.raises(BlockingIOError):
        qp.read(ns, buf, 0, 1)
    assert qp.submit(upnvme.Batch(0)) == 0
    with pytest.raises(upnvme.WouldBlockError):
        qp.submit(upnvme.batch(1, ns, upnvme.Op.READ), buf)
    assert sorted(qp.reap(min=32)["tag"]) == list(range(32))
    assert qp.submit(upnvme.batch(40, ns, upnvme.Op.READ), buf) == 32
    assert len(qp.reap(min=32)) == 32


def test_batches_move_data_at_offsets(qp, ns, buf):
    lbas = np.random.default_rng(1).permutation(32)
    writes = upnvme.batch(32, ns, upnvme.Op.WRITE)
    writes["lba"], writes["offset"] = lbas, np.arange(32) * BLOCK
    for i in range(32):
        buf[i * BLOCK:(i + 1) * BLOCK] = bytes([lbas[i]]) * BLOCK
    assert qp.run(writes, buf).ok
    for lba in range(32):
        assert bytes(ns.read(lba)) == bytes([lba]) * BLOCK
    assert qp.controller.stats.bounced_bytes == 0


def test_run_takes_batches_of_any_size(qp, ns, buf):
    ops = upnvme.batch(1000, ns, upnvme.Op.READ)
    ops["lba"] = np.arange(1000) % 64
    done = qp.run(ops, buf)
    assert len(done) == 1000 and done.ok and sorted(done["tag"]) == list(range(1000))


@pytest.mark.parametrize("offset, blocks", [(64 * BLOCK, 1), (63 * BLOCK + 1, 1), (0, 65), (2**64 - 1, 1),
                                            (2**64 - BLOCK, 1), (BLOCK, 2**32 - 1)])
def test_a_batch_ends_at_an_offset_that_does_not_fit(qp, ns, buf, offset, blocks):
    ops = upnvme.batch(4, ns, upnvme.Op.READ)
    ops.column("offset")[3] = offset
    ops.column("blocks")[3] = blocks
    with pytest.raises(upnvme.PartialError, match=f"command 3.*({offset}|{blocks} blocks)") as caught:
        qp.submit(ops, buf)
    assert caught.value.index == 3 and isinstance(caught.value.__cause__, upnvme.RangeError)
    assert sorted(qp.reap(min=3)["tag"]) == [0, 1, 2]
    with pytest.raises(upnvme.RangeError, match=f"{offset}|{blocks} blocks") as caught:
        qp.submit(ops.numpy()[3:], buf)
    assert isinstance(caught.value, ValueError)
    assert qp.inflight == 0 and qp.stats.submitted == 3


def test_forms_of_a_batch_hold_no_addresses(qp, ns, buf):
    for form in (1, 2, 3, 4):
        ops = upnvme.batch(1, ns, upnvme.Op.READ)
        ops["form"] = form
        with pytest.raises(ValueError, match="(?i)form"):
            qp.submit(ops, buf)
    ops = upnvme.batch(1, ns, upnvme.Op.FLUSH)
    ops["offset"] = 12345
    assert qp.run(ops).ok
    with pytest.raises(ValueError, match="buffer is null"):
        qp.submit(upnvme.batch(1, ns, upnvme.Op.READ))


def test_batches_from_numpy(qp, ns, buf):
    array = upnvme.batch(8, ns, upnvme.Op.READ).numpy()
    array["lba"] = np.arange(8)
    assert qp.submit(array[2:6], buf) == 4
    assert sorted(qp.reap(min=4)["tag"]) == [2, 3, 4, 5]
    with pytest.raises((TypeError, BufferError, ValueError)):
        qp.submit(array[::2], buf)
    with pytest.raises(TypeError, match="upnvme.batch"):
        qp.submit(np.zeros(4), buf)


def test_fields_without_numpy(ns):
    ops = upnvme.batch(3, ns, upnvme.Op.READ, blocks=2)
    column = ops.column("lba")
    column[1] = 9
    assert column.tolist() == [0, 9, 0] and ops["lba"].tolist() == [0, 9, 0]
    with pytest.raises(KeyError):
        ops.column("colour")
    assert "3 commands: read" in repr(ops)


def test_completions(qp, ns, buf):
    ns.write(0, b"k" * BLOCK)
    ops = upnvme.batch(2, ns, upnvme.Op.COMPARE)
    ops["lba"] = [0, 1]
    done = qp.run(ops, buf)
    assert len(done) == 2 and not done.ok and "1 failed" in repr(done)
    assert {one.tag: one.name for one in done} == {0: "Compare Failure", 1: "Successful Completion"}
    with pytest.raises(upnvme.MediaError, match="tag 0"):
        done.check()
    with pytest.raises(IndexError):
        done[2]
    assert done[-1].tag == done[1].tag
    assert [one.tag for one in done[::-1]] == [one.tag for one in done][::-1] and done[5:] == []


def test_a_buffer_lives_until_its_command_is_done(ctrlr, ns, qp):
    buf = ctrlr.alloc(BLOCK)
    qp.read(ns, buf, 0, tag=1)
    before = ctrlr.stats.buffers
    del buf
    assert ctrlr.stats.buffers == before
    qp.reap(min=1)
    assert ctrlr.stats.buffers == before - 1


@pytest.mark.parametrize("uri", ["soft:ram?size=1MiB"])
@pytest.mark.parametrize("through", [lambda buf: buf, memoryview, np.asarray, lambda buf: buf[0:BLOCK]])
def test_memory_that_a_batch_uses_is_given_to_no_other_user(uri, through):
    with upnvme.open(uri) as ctrlr:
        ns, qp = ctrlr.namespaces[1], ctrlr.qpair(8)
        buf = ns.read(0, 1)
        address, part = buf.address, through(buf)
        ns.write(7, b"7" * BLOCK)
        qp.submit(upnvme.batch(1, ns, upnvme.Op.READ, lba=7), part)
        del buf, part
        others = [ns.read(0, 1) for _ in range(20)] + [ctrlr.alloc(BLOCK) for _ in range(20)]
        assert address not in {other.address for other in others}
        assert qp.reap(min=1).ok
        assert not any(bytes(other).strip(b"\0") for other in others)


def test_tagged_commands_of_both_kinds_are_reaped_together(ctrlr, ns, qp, buf):
    pieces = [ctrlr.alloc(BLOCK), ctrlr.alloc(BLOCK)]
    for tag in range(5):
        qp.readv(ns, pieces, 0, 2, tag=100 + tag)
        assert qp.submit(upnvme.batch(1, ns, upnvme.Op.READ), buf) == 1
    del pieces
    assert qp.inflight == 10
    with pytest.raises(upnvme.TaggedCompletionError):
        qp.poll(timeout=5)
    taken = []
    while qp.inflight:
        taken += qp.reap(min=1, max=3)["tag"].tolist()
    assert sorted(taken) == [0] * 5 + [100, 101, 102, 103, 104]
    qp.readv(ns, [ctrlr.alloc(BLOCK)], 0, 1, tag=9)
    qp.stop()
    assert qp.reap()["tag"].tolist() == [9]


def test_another_thread_is_refused(qp, ns, buf):
    errors = []

    def elsewhere():
        for call in (qp.poll, qp.reap, qp.ring, qp.close, qp.release, lambda: qp.read(ns, buf, 0, 1),
                     lambda: qp.submit(upnvme.batch(1, ns, upnvme.Op.FLUSH)), lambda: qp.stats):
            with pytest.raises(upnvme.WrongThreadError) as caught:
                call()
            errors.append(caught.value)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert len(errors) == 8
    assert qp.inflight == 0 and qp.poll() == 0


def test_a_queue_pair_is_handed_over(qp, ns, buf):
    got = []
    qp.read(ns, buf, 0, 1, callback=lambda done: got.append(threading.get_ident()))
    qp.release()

    def elsewhere():
        qp.adopt()
        drain(qp)
        qp.release()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    ident = thread.ident
    thread.join()
    qp.adopt()
    assert got == [ident]


def test_statistics_and_latencies(ctrlr, ns, buf):
    qp = ctrlr.qpair(8, histogram=True)
    qp.run(upnvme.batch(100, ns, upnvme.Op.READ), buf)
    assert qp.stats.submitted == qp.stats.completed == 100
    assert sum(count for _, count in qp.histogram()) == 100
    with pytest.raises(upnvme.UnsupportedError):
        ctrlr.qpair(8).histogram()


def test_tagged_completions_stop_a_poll(qp, ns, buf):
    qp.read(ns, buf, 0, 1, tag=5)
    with pytest.raises(upnvme.TaggedCompletionError):
        qp.poll(timeout=5)
    assert qp.reap(min=1)[0].tag == 5


def test_a_callback_must_be_callable(qp, ns, buf):
    with pytest.raises(TypeError):
        qp.read(ns, buf, 0, 1, callback=5)
    assert qp.inflight == 0


def test_completions_can_be_waited_for():
    with upnvme.open("soft:ram?size=1MiB&mode=thread") as ctrlr:
        qp, ns, buf = ctrlr.qpair(8, interrupt=True), ctrlr.namespaces[1], ctrlr.alloc(BLOCK)
        assert qp.fileno() > 2 and not qp.wait(timeout=0) and not qp.wait(timeout=0.03)
        qp.submit(upnvme.batch(4, ns, upnvme.Op.READ), buf)
        done = 0
        while done < 4:
            assert qp.wait(timeout=10)
            done += len(qp.reap())
        with pytest.raises(upnvme.UnsupportedError):
            ctrlr.qpair(4).fileno()


def test_a_split_write_says_that_it_was_not_atomic():
    with upnvme.open("soft:ram?size=1MiB&block=512&mdts=1") as ctrlr, ctrlr.qpair(depth=8) as qp:
        ns, buf, done = ctrlr.namespaces[1], ctrlr.alloc(32 * 512), []
        assert ns.info.atomic_blocks == ns.info.ctrlr_atomic_blocks >= 1
        for blocks, flags in (16, 0), (17, upnvme.DoneFlag.NOT_ATOMIC):
            qp.write(ns, buf, 0, blocks, callback=done.append)
            drain(qp)
            assert done.pop().flags == flags
        with pytest.raises(ValueError, match="NO_SPLIT"):
            qp.write(ns, buf, 0, 17, flags=upnvme.Flag.NO_SPLIT, callback=done.append)


def test_quirks_are_told():
    with upnvme.open("soft:ram?size=1MiB&quirks=no-sgl,halves") as ctrlr:
        assert ctrlr.info.quirks == "no-sgl,halves"
    with pytest.raises(ValueError, match="there is no quirk \"odd\""):
        upnvme.open("soft:ram?quirks=odd")
