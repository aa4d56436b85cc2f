# SPDX-License-Identifier: BSD-3-Clause
"""A controller that does not answer its admin queue holds no caller: Ctrl-C and close get through, others go on."""

import pytest
from conftest import well

# Calls that wait for the controller, inside the library.
WAITS = {
    "identify": "ctrlr.identify()", "log_page": "ctrlr.log_page(2, 512)", "get_feature": "ctrlr.get_feature(7)",
    "set_feature": "ctrlr.set_feature(4, 350)", "features": "ctrlr.features", "smart": "ctrlr.smart",
    "firmware": "ctrlr.firmware", "error_log": "ctrlr.error_log()", "command_effects": "ctrlr.command_effects(2)",
    "ns_info": "ns.info", "qpair": "ctrlr.qpair(4).close()", "first_read": "ns.read(0)",
    "admin": "ctrlr.admin([6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], bytearray(4096), upnvme.Direction.FROM_DEVICE)",
    "qpair_close": "ctrlr.qpair(4).close() if not qp.is_open else qp.close()", "qpair_stop": "qp.stop()",
    "open": 'upnvme.open("soft:ram?size=1MiB&mode=thread").close()',
}


@pytest.mark.parametrize("call", WAITS.values(), ids=WAITS)
def test_ctrl_c_ends_every_waiting_call(slow_python, call):
    """The late answer goes to no caller; the controller is as good as before."""
    well(slow_python(f"""
        ctrlr = upnvme.open("soft:ram?size=1MiB&mode=thread")
        ns, qp = ctrlr.namespaces[1], ctrlr.qpair(8)
        stall()
        turns = 0
        def interrupt():
            global turns
            end = time.monotonic() + 0.2
            while time.monotonic() < end:
                turns += 1
            os.kill(os.getpid(), signal.SIGINT)
        thread = threading.Thread(target=interrupt)
        thread.start()
        try:
            {call}
            sys.exit("not interrupted")
        except KeyboardInterrupt:
            pass
        assert pathlib.Path(os.environ["UPNVME_STALL"]).exists()
        thread.join()
        assert turns > 10000, turns
        go_on()
        for _ in range(10):
            {call}
        ctrlr.close()
    """))


def test_close_ends_every_waiting_call(slow_python):
    """Every call gets its ClosedError while the controller still does nothing; closing itself waits for it."""
    calls = ", ".join(f"lambda: {call}" for call in WAITS.values() if "open" not in call and "qp." not in call)
    well(slow_python(f"""
        ctrlr = upnvme.open("soft:ram?size=1MiB&mode=thread")
        ns, qp = ctrlr.namespaces[1], ctrlr.qpair(8)
        stall()
        begun, ended = [], []
        def work(call):
            try:
                begun.append(call)
                call()
            except upnvme.ClosedError as error:
                ended.append(error)
        threads = [threading.Thread(target=work, args=(call,)) for call in ({calls})]
        for thread in threads:
            thread.start()
        while len(os.listdir("/proc/self/task")) < 2 * len(threads):  # all but one have a thread that is inside
            time.sleep(0.001)
        closer = threading.Thread(target=ctrlr.close)
        closer.start()
        for thread in threads:
            thread.join()
        assert pathlib.Path(os.environ["UPNVME_STALL"]).exists()
        assert len(ended) == len(threads), ended
        go_on()
        closer.join()
        ctrlr.close()
    """))


def test_a_controller_that_stays_dead_can_be_closed(slow_python):
    """Closes when the time of the abandoned commands is over."""
    well(slow_python("""
        ctrlr = upnvme.open("soft:ram?size=1MiB&mode=thread", admin_timeout=1)
        stall()
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            ctrlr.identify()
            sys.exit("not interrupted")
        except KeyboardInterrupt:
            pass
        try:
            ctrlr.identify()
            sys.exit("was answered")
        except upnvme.TimeoutError as error:
            assert "06h" in str(error), error
        threading.Timer(0.3, go_on).start()  # a software controller's own end needs its thread
        ctrlr.close()
    """))


def test_ctrl_c_ends_a_close_that_waits(slow_python):
    """Ctrl-C ends a close that waits for an interrupted call's command: the close has not begun then. Other closes go
    on waiting."""
    well(slow_python("""
        ctrlr = upnvme.open("soft:ram?size=1MiB&mode=thread")
        stall()
        for call in ctrlr.identify, ctrlr.close:
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
            try:
                call()
                sys.exit("not interrupted")
            except KeyboardInterrupt:
                pass
        assert ctrlr.is_open and ctrlr.info
        other = threading.Thread(target=ctrlr.close)
        other.start()
        while ctrlr.is_open:
            time.sleep(0.001)
        go_on()
        ctrlr.close()
        other.join()
        assert not ctrlr.is_open
    """))
