# SPDX-License-Identifier: BSD-3-Clause
"""The errors of a close: a flush that failed, storage that does not answer."""

import textwrap

import pytest
from conftest import well

MODES = ["inline", "thread"]


@pytest.mark.parametrize("mode", MODES)
def test_a_failed_flush_is_raised_and_all_is_closed(slow_python, mode):
    """The error comes once: then the controller is closed, and the image is free."""
    well(slow_python(f"""
        uri = image + "&mode={mode}"
        ctrlr = upnvme.open(uri)
        ctrlr.namespaces[1].write(0, b"x" * 4096)
        fail_syncs()
        try:
            ctrlr.close()
            sys.exit("no error")
        except upnvme.ControllerError as error:
            assert error.code_name == "UPNVME_ERR_NOT_DURABLE", error.code_name
            assert "may be lost" in str(error) and "No space left" in str(error) and uri in str(error), error
        assert not ctrlr.is_open
        ctrlr.close()
        allow_syncs()
        with upnvme.open(uri) as again:
            assert bytes(again.namespaces[1].read(0)) == b"x" * 4096
    """))


def test_a_with_statement_raises_the_failed_flush(slow_python):
    """The error comes also when another exception is on its way, which is not lost."""
    well(slow_python("""
        try:
            with upnvme.open(image):
                fail_syncs()
            sys.exit("no error")
        except upnvme.ControllerError:
            pass
        allow_syncs()
        try:
            with upnvme.open(image):
                fail_syncs()
                raise KeyError("mine")
        except upnvme.ControllerError as error:
            assert isinstance(error.__context__, KeyError)
    """))


def test_asyncio_raises_the_failed_flush_and_closes_all(slow_python):
    well(slow_python("""
        import asyncio
        import upnvme.aio

        async def main():
            try:
                async with upnvme.aio.open(image) as ctrlr:
                    await ctrlr.namespaces[1].read(0)
                    fail_syncs()
                sys.exit("no error")
            except upnvme.ControllerError as error:
                assert error.code_name == "UPNVME_ERR_NOT_DURABLE"
            assert not ctrlr.is_open
        asyncio.run(main())
        allow_syncs()
        upnvme.open(image).close()
    """))


@pytest.mark.parametrize("end", ["del ctrlr", "pass"], ids=["dropped", "at exit"])
def test_controllers_left_open_report_a_failed_flush(slow_python, end):
    """A finaliser has no caller to raise to."""
    done = slow_python(f"""
        ctrlr = upnvme.open(image)
        fail_syncs()
        {end}
    """)
    assert "may be lost" in done.stderr, done


def test_a_close_that_fails_at_exit_does_not_keep_other_controllers_open(slow_python):
    """The error at exit is printed, and the exit code says so."""
    done = slow_python("""
        import atexit
        ctrlrs = [upnvme.open(image), upnvme.open("soft:ram?size=1MiB"), upnvme.open("soft:ram?size=2MiB")]
        fail_syncs()
        from upnvme import _atexit
        atexit.unregister(_atexit._close_all)
        atexit.register(lambda: print("closed", [not c.is_open for c in ctrlrs]))
        atexit.register(_atexit._close_all)
    """)
    assert done.returncode == 120 and "closed [True, True, True]" in done.stdout, done
    assert "may be lost" in done.stderr and "<upnvme at exit>" in done.stderr, done


@pytest.mark.parametrize("mode", MODES)
def test_a_close_waits_a_bounded_time_for_storage(slow_python, mode):
    """Queue pair and controller are closed, others go on, and the file comes back when it has answered."""
    well(slow_python(f"""
        uri = image + "&mode={mode}"
        ctrlr = upnvme.open(uri, admin_timeout=0.5)
        ns, qp = ctrlr.namespaces[1], ctrlr.qpair(8)
        other = ctrlr.qpair(8)
        array = ctrlr.register(bytearray(4096))
        done = []
        hold()
        qp.read(ns, array, 0, callback=done.append)
        qp.poll()
        try:
            qp.close()
            sys.exit("no error")
        except upnvme.TimeoutError as error:
            assert "set aside" in str(error), error
        assert not qp.is_open and len(done) == 1 and done[0].flags & 1
        other.write(ns, ctrlr.alloc(4096), 0, 1, callback=done.append)
        while len(done) < 2:
            other.poll()
        assert done[1].error is None
        try:
            ctrlr.close()
            sys.exit("no error")
        except upnvme.TimeoutError as error:
            assert error.code_name == "UPNVME_ERR_NOT_DURABLE" and "set aside" in str(error), error
        assert not ctrlr.is_open
        del array
        upnvme.open("soft:ram?size=1MiB").close()
        let_go()
        for _ in range(10000):
            try:
                upnvme.open(uri).close()
                break
            except upnvme.BusyError:
                time.sleep(0.001)
        else:
            sys.exit("the image did not come back")
    """))


def test_a_stop_that_timed_out_delivers_the_commands_that_it_ended(slow_python):
    well(slow_python("""
        ctrlr = upnvme.open(image, admin_timeout=0.3)
        ns, qp = ctrlr.namespaces[1], ctrlr.qpair(8)
        done = []
        hold()
        qp.read(ns, ctrlr.alloc(4096), 0, 1, callback=done.append)
        qp.poll()
        try:
            qp.stop()
            sys.exit("no error")
        except upnvme.TimeoutError:
            pass
        assert len(done) == 1 and done[0].flags & 1
        try:
            qp.close()
            sys.exit("no error")
        except upnvme.TimeoutError:
            pass
        let_go()
        ctrlr.close()
    """))


def test_a_process_ends_while_storage_does_not_answer(slow_python):
    done = slow_python(textwrap.dedent("""
        ctrlr = upnvme.open(image, admin_timeout=0.2)
        hold_syncs()
        try:
            ctrlr.close()
        except upnvme.TimeoutError:
            print("told")
            sys.exit(5)
    """))
    assert done.returncode == 5 and "told" in done.stdout, done


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["words", "json"])
def test_the_command_line_fails(slow_python, tmp_path, options):
    """Writes of the exiting program may be lost."""
    pytest.importorskip("click")
    source = tmp_path / "source"
    source.write_bytes(bytes(4096))
    done = slow_python(f"""
        import upnvme.cli
        fail_syncs()
        upnvme.cli.main(["write", image, {str(source)!r}, "--yes", *{options}])
    """)
    assert done.returncode == 1, done
    assert "Error" in done.stderr and "Traceback" not in done.stderr, done


def test_the_command_line_fails_for_a_flush_at_the_end(slow_python):
    pytest.importorskip("click")
    done = slow_python("""
        import upnvme.cli
        fail_syncs()
        upnvme.cli.main(["identify", image])
    """)
    assert done.returncode == 1 and "may be lost" in done.stderr, done
    assert "Traceback" not in done.stderr, done
