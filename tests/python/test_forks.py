# SPDX-License-Identifier: BSD-3-Clause
"""Forks at the worst of moments: while other threads open and close, and while a call waits."""

import os
import signal
import threading
import traceback

import pytest
from conftest import well
from test_stalls import WAITS

import upnvme

URI = "soft:ram?size=1MiB&block=4096"
FORKS = 1000
FORKERS = 2
SECONDS = 60  # for a child, which needs milliseconds


def open_and_close():
    with upnvme.open(URI) as ctrlr:
        assert len(bytes(ctrlr.namespaces[1].read(0))) == 4096


def child_opens():
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            signal.alarm(SECONDS)
            open_and_close()
            code = 0
        except BaseException:  # this process goes no further
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1]


def test_children_of_threads_that_open_and_close():
    """No lock of the library or of the module stays held in any child."""
    over, failures = threading.Event(), []

    def until_over(function):
        try:
            while not over.is_set():
                function()
        except BaseException as failure:  # seen below
            failures.append(failure)

    def fork_on():
        for _ in range(FORKS // FORKERS):
            ended = child_opens()
            if ended:
                failures.append(f"a child ended with {ended}")
                break

    others = [threading.Thread(target=until_over, args=(open_and_close,)) for _ in range(2)]
    forkers = [threading.Thread(target=fork_on) for _ in range(FORKERS)]
    for thread in others + forkers:
        thread.start()
    for thread in forkers:
        thread.join()
    over.set()
    for thread in others:
        thread.join()
    assert failures == []


@pytest.mark.parametrize("call", WAITS.values(), ids=WAITS)
def test_a_signals_handler_that_forks(slow_python, call):
    """A child that is forked during a wait gets an error; the parent's call ends when the controller goes on."""
    well(slow_python(f"""
        ctrlr = upnvme.open("soft:ram?size=1MiB&mode=thread")
        ns, qp = ctrlr.namespaces[1], ctrlr.qpair(8)
        me = os.getpid()
        def fork(number, frame):
            global pid
            pid = os.fork()
            if pid:
                go_on()
            else:
                signal.alarm({SECONDS})
        signal.signal(signal.SIGUSR1, fork)
        stall()
        thread = threading.Timer(0.1, os.kill, (me, signal.SIGUSR1))
        thread.start()
        try:
            {call}
            assert os.getpid() == me, "the child's call came to an end"
        except upnvme.ForkedError:
            os._exit(0 if os.getpid() != me else 3)
        except BaseException as failure:
            print(failure, file=sys.stderr)
            os._exit(4)
        thread.join()
        assert os.waitpid(pid, 0)[1] == 0
        ctrlr.close()
    """))


def test_a_handler_that_forks_while_close_waits(slow_python):
    """Another thread's call is under way, and the child has no such thread."""
    well(slow_python(f"""
        ctrlr = upnvme.open("soft:ram?size=1MiB&mode=thread")
        stall()
        def work():
            try:
                ctrlr.identify()
            except upnvme.Error:
                pass
        worker = threading.Thread(target=work)
        worker.start()
        me = os.getpid()
        def fork(number, frame):
            global pid
            pid = os.fork()
            if pid:
                go_on()
            else:
                signal.alarm({SECONDS})
        signal.signal(signal.SIGUSR1, fork)
        thread = threading.Timer(0.1, os.kill, (me, signal.SIGUSR1))
        thread.start()
        try:
            ctrlr.close()
            assert os.getpid() == me, "the child has closed it"
        except upnvme.ForkedError:
            os._exit(0 if os.getpid() != me else 3)
        thread.join()
        worker.join()
        assert os.waitpid(pid, 0)[1] == 0
    """))
