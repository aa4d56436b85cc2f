# SPDX-License-Identifier: BSD-3-Clause
"""A device that does not answer holds no caller: Ctrl-C, time-outs and close get through, and nothing is lost."""

from conftest import well

# Each function waits for a device that does not answer; the signal comes from another thread.
INTERRUPTED = """
    ctrlr = upnvme.open(image)
    ns, buf = ctrlr.namespaces[1], ctrlr.alloc(4096)
    qp = ctrlr.qpair(depth=16)
    ops = upnvme.batch(4, ns, upnvme.Op.READ)
    hold()
    def interrupt():
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)
    def wait():
        {wait}
    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        wait()
        sys.exit("not interrupted")
    except KeyboardInterrupt:
        pass
    thread.join()
    let_go()
    {after}
    ctrlr.close()
"""


def test_ctrl_c_ends_a_read(slow_python):
    """The lease comes back when the device is done; until then its memory is kept."""
    well(slow_python(INTERRUPTED.format(wait="ns.read(3)", after="""
    for i in range(100):
        ns.read(i)
    assert ctrlr.stats.draining == 0, ctrlr.stats
    """)))


def test_ctrl_c_ends_a_reap(slow_python):
    well(slow_python(INTERRUPTED.format(wait="""
        qp.submit(ops, ctrlr.alloc(4096))
        qp.reap(min=4)""", after="""
    assert len(qp.reap(min=4)) == 4
    """)))


def test_ctrl_c_ends_a_poll(slow_python):
    well(slow_python(INTERRUPTED.format(wait="""
        qp.read(ns, buf, 0, callback=done.append)
        qp.poll(timeout=None)""", after="""
    assert qp.poll(timeout=None) == 1 and done[0].ok
    """).replace("hold()\n", "hold()\n    done = []\n", 1)))


def test_ctrl_c_ends_a_wait_for_a_lease(slow_python):
    well(slow_python("""
        ctrlr = upnvme.open(image, leases=1)
        ns = ctrlr.namespaces[1]
        hold()
        thread = threading.Thread(target=ns.read, args=(1,))
        thread.start()
        while ctrlr.stats.leases == 0:
            time.sleep(0.001)
        def interrupt():
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGINT)
        threading.Thread(target=interrupt).start()
        try:
            ns.read(2)
            sys.exit("not interrupted")
        except KeyboardInterrupt:
            pass
        let_go()
        thread.join()
        ns.read(3)
        ctrlr.close()
    """))


def test_a_read_that_takes_too_long_is_a_timeout(slow_python):
    well(slow_python("""
        ctrlr = upnvme.open(image)
        ns = ctrlr.namespaces[1]
        ns.write(5, b"x" * 4096)
        hold()
        buf = ctrlr.alloc(4096)
        try:
            ns.readinto(buf, 5, timeout=0.05)
            sys.exit("no timeout")
        except TimeoutError as error:
            assert isinstance(error, upnvme.TimeoutError), error
        assert ctrlr.stats.draining == 1
        del buf                                # the command's own reference stays
        let_go()
        while ctrlr.stats.draining:
            ns.read(0)
        assert bytes(ns.read(5)) == b"x" * 4096
        ctrlr.close()
    """))


def test_other_threads_run_while_a_thread_waits(slow_python):
    well(slow_python("""
        ctrlr = upnvme.open(image)
        ns = ctrlr.namespaces[1]
        hold()
        thread = threading.Thread(target=ns.read, args=(0,))
        thread.start()
        n = 0
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            n += 1
        assert n > 10000, n
        let_go()
        thread.join()
        ctrlr.close()
    """))


def test_close_ends_calls_that_wait(slow_python):
    """Every one of 8 threads gets its ClosedError while the device still holds its command."""
    well(slow_python("""
        ctrlr = upnvme.open(image, leases=4)
        ns = ctrlr.namespaces[1]
        ended = []
        hold()
        def read():
            try:
                ns.read(0)
            except upnvme.ClosedError as error:
                ended.append(error)
        def reap():
            try:
                qp = ctrlr.qpair(8)
                qp.submit(upnvme.batch(4, ns, upnvme.Op.READ), ctrlr.alloc(4096))
                qp.reap(min=4)
            except upnvme.ClosedError as error:
                ended.append(error)
        threads = [threading.Thread(target=target) for target in [read] * 6 + [reap] * 2]
        for thread in threads:
            thread.start()
        while ctrlr.stats.leases < 4 or ctrlr.stats.qpairs < 2:
            time.sleep(0.001)
        closer = threading.Thread(target=ctrlr.close)
        closer.start()
        for thread in threads:
            thread.join()
        let_go()                              # the queues of this device end when its reads do
        assert len(ended) == 8, ended
        closer.join()
        ctrlr.close()
    """))


def test_exit_with_commands_in_flight(slow_python):
    well(slow_python("""
        ctrlr = upnvme.open(image)
        ns = ctrlr.namespaces[1]
        qp = ctrlr.qpair(16)
        buf = ctrlr.alloc(65536)
        hold()
        ops = upnvme.batch(16, ns, upnvme.Op.READ)
        assert qp.submit(ops, buf) == 16
        threading.Timer(0.2, let_go).start()
    """))
