# SPDX-License-Identifier: BSD-3-Clause
"""Exceptions: their classes, their texts, and that they can be pickled."""

import builtins
import errno
import inspect
import logging
import pickle
import re

import numpy as np
import pytest
from conftest import TREE, well

import upnvme
from upnvme import _errors
from upnvme._arguments import ticks
from upnvme._names import in_python


def errors():
    return [cls for _, cls in inspect.getmembers(_errors, inspect.isclass) if issubclass(cls, upnvme.Error)]


def test_tracebacks_name_exceptions_as_callers_do():
    assert len(errors()) > 25 and {cls.__module__ for cls in errors()} == {"upnvme"}


@pytest.mark.parametrize("cls", errors(), ids=lambda cls: cls.__name__)
def test_all_can_be_pickled(cls):
    error = cls(0x0281, 1, 3, "read") if issubclass(cls, upnvme.NVMeError) else cls(22, "a sentence", 97)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is cls and str(copy) == str(error) and copy.errno == error.errno and copy.code == error.code
    assert vars(copy) == vars(error)


@pytest.mark.parametrize("cls", errors(), ids=lambda cls: cls.__name__)
def test_all_are_exported_and_documented(cls):
    assert getattr(upnvme, cls.__name__) is cls and cls.__doc__
    assert issubclass(cls, upnvme.Error) and issubclass(cls, OSError)


@pytest.mark.parametrize("uri, ours, builtin, word", [
    ("soft:/no/such/disk.img", upnvme.NotFoundError, FileNotFoundError, "/no/such/disk.img"),
    ("soft:/", upnvme.Error, OSError, "/"),
    ("soft:ram?colour=red", upnvme.ArgumentError, ValueError, "colour"),
    ("pcie:ffff:00:00.0", upnvme.Error, OSError, "ffff:00:00.0"),
])
def test_opening_an_impossible_uri_raises_its_exception(uri, ours, builtin, word):
    with pytest.raises(ours, match=word) as caught:
        upnvme.open(uri)
    assert isinstance(caught.value, builtin) and caught.value.code


def test_a_status_has_its_parts():
    with upnvme.open("soft:ram?size=1MiB") as ctrlr:
        ns = ctrlr.namespaces[1]
        ns.write(0, b"s" * 4096)
        with pytest.raises(upnvme.NVMeError) as caught:
            ns.compare(0, bytes(4096))
        error = caught.value
        assert (error.sct, error.sc, error.name) == (2, 0x85, "Compare Failure")
        assert isinstance(error, upnvme.MediaError) and error.text in str(error)
        assert "compare of 1 blocks from LBA 0" in error.command and not error.aborted
        with pytest.raises(upnvme.GenericStatusError) as caught:
            ctrlr.admin([0xC0, 0])
        assert caught.value.name == "Invalid Command Opcode" and caught.value.dnr


def test_a_refused_admin_command_raises_its_status():
    with upnvme.open("soft:ram?size=1MiB") as ctrlr:
        for call in (lambda: ctrlr.identify(0xFE), lambda: ctrlr.log_page(0xC0, 512), lambda: ctrlr.get_feature(0xF0)):
            with pytest.raises(upnvme.NVMeError, match="Invalid Field|Invalid Log") as caught:
                call()
            assert (caught.value.sct, caught.value.sc) in ((0, 2), (1, 9)) and caught.value.dnr
            assert caught.value.command in ("Identify", "Get Log Page", "Get Features")
            assert caught.value.code_name == "UPNVME_ERR_CTRLR_STATUS"


def test_namespaces_are_a_mapping():
    with upnvme.open("soft:ram?size=1MiB&namespaces=3") as ctrlr:
        namespaces = ctrlr.namespaces
        assert list(namespaces) == [1, 2, 3] and len(namespaces) == 3 and 2 in namespaces and 9 not in namespaces
        assert namespaces.get(9) is None and namespaces[2] == namespaces[2] != namespaces[3]
        for key in 9, 0, -1, 4, 0xFFFFFFFF, 1 << 40, "1", None, 1.5, b"", (1,):
            assert key not in namespaces and namespaces.get(key) is None
            with pytest.raises(KeyError, match="namespace"):
                namespaces[key]
        assert np.int64(2) in namespaces and namespaces[np.uint8(2)] == namespaces[2]
        assert {ns.nsid for ns in namespaces.values()} == {1, 2, 3}


def test_closed_is_no_missing_namespace():
    with upnvme.open("soft:ram?size=1MiB") as ctrlr:
        namespaces = ctrlr.namespaces
    for use in (lambda: 1 in namespaces), (lambda: namespaces.get(1)), (lambda: namespaces[1]):
        with pytest.raises(upnvme.ClosedError):
            use()


@pytest.mark.parametrize("status, kind, by_type", [
    (0x0020, upnvme.NamespaceProtectedError, upnvme.GenericStatusError),
    (0x4020, upnvme.NamespaceProtectedError, upnvme.GenericStatusError),
    (0x0182, upnvme.ReadOnlyRangeError, upnvme.CommandStatusError),
    (0x4182, upnvme.ReadOnlyRangeError, upnvme.CommandStatusError),
])
def test_write_protected_is_a_permission_error(status, kind, by_type):
    error = _errors.make_status(status, 0, 0, "write")
    assert type(error) is kind and isinstance(error, upnvme.WriteProtectedError) and isinstance(error, by_type)
    assert isinstance(error, PermissionError) and error.errno == errno.EROFS and isinstance(error, upnvme.NVMeError)
    assert not isinstance(_errors.make_status(0x0120, 0, 0, ""), PermissionError)
    assert isinstance(_errors.make_error(errno.EROFS, 0, "", 0), PermissionError)


def test_writes_of_a_read_only_controller_are_permission_errors(tmp_path):
    upnvme.open(f"soft:{tmp_path / 'disk.img'}?size=1MiB").close()
    with upnvme.open(f"soft:{tmp_path / 'disk.img'}?readonly=1") as ctrlr:
        ns = ctrlr.namespaces[1]
        for write in (lambda: ns.write(0, bytes(4096)), lambda: ns.write_zeroes(0, 1), lambda: ns.deallocate(0, 1)):
            with pytest.raises(PermissionError) as caught:
                write()
            assert isinstance(caught.value, upnvme.WriteProtectedError)


def test_an_image_that_this_process_has_open_is_named(tmp_path):
    """A notebook's cell that is run again opens the same controller again."""
    uri = f"soft:{tmp_path / 'disk.img'}?size=1MiB"
    ctrlr = upnvme.open(uri)
    words = "held by this process itself, by <upnvme.Controller.*close it first"
    for other in uri, f"soft:{tmp_path}/../{tmp_path.name}/disk.img", uri.replace("disk", "%64isk"):
        with pytest.raises(upnvme.BusyError, match=words):
            upnvme.open(other)
    view = memoryview(ctrlr.namespaces[1].read(0))
    with pytest.warns(ResourceWarning):
        ctrlr.close()
    with pytest.raises(upnvme.BusyError, match="its memory still has views"):
        upnvme.open(uri)
    view.release()
    upnvme.open(uri).close()


def test_an_image_that_another_process_has_open_is_named(tmp_path, run_python):
    uri = f"soft:{tmp_path / 'disk.img'}?size=1MiB"
    other = upnvme.open(f"soft:{tmp_path / 'other.img'}?size=1MiB")
    with upnvme.open(uri):
        process = run_python("""
            import sys, upnvme
            with upnvme.open("soft:ram?size=1MiB"):
                upnvme.open(sys.argv[1])
        """, uri)
    other.close()
    assert "BusyError" in process.stderr and "this process" not in process.stderr.splitlines()[-1], process.stderr


def test_names_of_builtins_are_not_lost():
    assert issubclass(upnvme.TimeoutError, builtins.TimeoutError)
    assert issubclass(upnvme.WouldBlockError, BlockingIOError)


def test_events_come():
    """A threshold below the temperature makes the controller warn."""
    with upnvme.open("soft:ram?size=1MiB") as ctrlr:
        seen = []
        ctrlr.on_event(seen.append)
        ctrlr.set_feature(4, 300)
        while not seen:
            ctrlr.poll()
        assert seen[0].kind == upnvme.EventKind.SMART
        ctrlr.on_event(None)
        assert ctrlr.poll() == 0 and ctrlr.events() == []


# The opening of an image is logged at level debug.
LOGGED = """
    import logging, sys
    logging.basicConfig(level=logging.DEBUG, format="%(name)s %(levelname)s %(message)s")
    import upnvme
    upnvme.set_log_level(int(sys.argv[1]))
    upnvme.open(f"soft:{sys.argv[2]}?size=1MiB").close()
"""


def test_the_log_goes_to_logging(run_python, tmp_path):
    process = run_python(LOGGED, str(logging.DEBUG), str(tmp_path / "disk.img"))
    assert process.returncode == 0, process.stderr
    assert "upnvme DEBUG" in process.stderr and "disk.img" in process.stderr


def test_the_log_can_be_quietened(run_python, tmp_path):
    process = run_python(LOGGED, str(logging.INFO), str(tmp_path / "disk.img"))
    assert process.returncode == 0 and "upnvme" not in process.stderr, process.stderr


def test_ctrl_c_while_a_message_is_handed_on_is_not_lost(run_python, tmp_path):
    process = run_python("""
        import logging, sys, upnvme
        class Handler(logging.Handler):
            n = 0
            def emit(self, record):
                self.n += 1
                if self.n == 1:
                    raise KeyboardInterrupt
        handler = Handler()
        logging.getLogger("upnvme").addHandler(handler)
        logging.getLogger("upnvme").setLevel(logging.DEBUG)
        for expected in (KeyboardInterrupt, None):
            try:
                upnvme.open(sys.argv[1] + "?size=1MiB").close()
                caught = None
            except KeyboardInterrupt:
                caught = KeyboardInterrupt
            assert caught is expected, (caught, expected)
        assert handler.n > 1
    """, f"soft:{tmp_path / 'disk.img'}")
    assert process.returncode == 0, process.stderr


def test_remedies_have_pythons_names():
    with upnvme.open("soft:ram?size=1MiB") as ctrlr:
        ns = ctrlr.namespaces[1]
        for call, words in ((lambda: ctrlr.alloc(0), "Controller.alloc: 0 bytes"),
                            (lambda: ctrlr.namespaces[2], "Controller.nsids lists those that are active"),
                            (lambda: ctrlr.qpair(4).read(ns, bytearray(4096)), "use Controller.alloc, or"),
                            (lambda: ctrlr.qpair(4).fileno(), "interrupt=True")):
            with pytest.raises(upnvme.Error) as caught:
                call()
            assert words in str(caught.value) and "upnvme_" not in str(caught.value)


# Names of C that no sentence shows to a Python program, and why.
NOT_SHOWN = {
    "UPNVME_PLUGIN_DIR": "a variable of the environment",
    "UPNVME_DATA_": "the beginning of a name that is put together", "UPNVME_ERR_UNKNOWN": "the name of a code",
    "UPNVME_LOG_ERROR": "the package sets the log", "UPNVME_LOG_DEBUG": "likewise",
    "upnvme_dpdk_plugin": "a symbol that is looked up", "upnvme_error_get": "the package calls it",
    "upnvme_error_put": "for implementers in C: Python's own errors are exceptions",
    "upnvme_ctrlr_abandon": "for callbacks that longjmp leaves, of which Python has none",
    "upnvme_submit": "the package calls upnvme_submit_at", "upnvme_exec_at": "the package calls upnvme_exec",
    "upnvme_ctrlr_info": "a record whose size the package sets", "upnvme_ns_info": "likewise",
    "upnvme_qpair_stats": "likewise", "upnvme_features": "likewise", "upnvme_smart": "likewise",
    "upnvme_firmware": "likewise", "upnvme_system": "likewise",
}


def test_every_name_in_a_sentence_is_pythons():
    seen, left = 0, set()
    for folder in "core", "capi/src":
        for path in (TREE / folder).rglob("*.[ch]"):
            text = re.sub(r"^\s*#\s*include.*$", "", path.read_text(), flags=re.MULTILINE)
            for literal in re.findall(r'"(?:[^"\\\n]|\\.)*"', text):
                seen += len(re.findall(r"\bupnvme_\w+|\bUPNVME_\w+", literal))
                left |= set(re.findall(r"\bupnvme_\w+|\bUPNVME_\w+", in_python(literal)))
    assert seen > 100 and left == set(NOT_SHOWN)


@pytest.mark.parametrize("call, kind, words", [
    (lambda ctrlr, ns: upnvme.open(5), TypeError, "uri must be a str, not <class 'int'>"),
    (lambda ctrlr, ns: upnvme.open("soft:ram\0"), ValueError, "null character"),
    (lambda ctrlr, ns: ctrlr.qpair(4).read(ctrlr, bytearray(4096)), TypeError, "a Namespace is needed"),
    (lambda ctrlr, ns: ctrlr.admin([-1]), ValueError, "a dword must be from 0 to 4294967295"),
    (lambda ctrlr, ns: ctrlr.admin(range(17)), ValueError, "up to 16 dwords"),
    (lambda ctrlr, ns: ctrlr.admin("x"), TypeError, "cdw must be a sequence of dwords"),
    (lambda ctrlr, ns: ctrlr.admin([6, 1.0]), TypeError, "cdw must be a sequence of dwords"),
    (lambda ctrlr, ns: ctrlr.qpair(4).raw(7), TypeError, "cdw must be a sequence of dwords"),
    (lambda ctrlr, ns: ns.read(0, timeout=-1), ValueError, "timeout must be seconds"),
    (lambda ctrlr, ns: ns.read(0, timeout=float("nan")), ValueError, "timeout must be seconds.*not nan"),
    (lambda ctrlr, ns: ns.read(0, timeout="1"), TypeError, "timeout must be seconds.*not '1'"),
    (lambda ctrlr, ns: ctrlr.qpair(4).poll(timeout=[]), TypeError, "timeout must be seconds"),
    (lambda ctrlr, ns: ns.read(1.0), TypeError, "lba must be a whole number, not 1.0"),
    (lambda ctrlr, ns: ns.read("0"), TypeError, "lba must be a whole number, not '0'"),
    (lambda ctrlr, ns: ns.write(bytes(4096), 0), TypeError, "lba .*<class 'bytes'>: are the arguments in their order"),
    (lambda ctrlr, ns: ns.readinto(0, bytearray(4096)), TypeError, "lba .*<class 'bytearray'>: are the arguments"),
    (lambda ctrlr, ns: ctrlr.qpair(4).read(ns, ctrlr.alloc(4096), 0, 1.0), TypeError, "blocks must be a whole number"),
    (lambda ctrlr, ns: ctrlr.qpair(4).read(ns, ctrlr.alloc(4096), 0, -1), ValueError, "blocks must be from 0"),
    (lambda ctrlr, ns: ctrlr.qpair(4).readv(ns, [ctrlr.alloc(4096)], 0.0, 1), TypeError, "lba must be a whole number"),
    (lambda ctrlr, ns: ctrlr.qpair("4"), TypeError, "depth must be a whole number, not '4'"),
    (lambda ctrlr, ns: ctrlr.qpair(0), ValueError, "depth must be at least 1"),
    (lambda ctrlr, ns: ctrlr.alloc(4096.0), TypeError, "size must be a whole number"),
    (lambda ctrlr, ns: upnvme.open("soft:ram", keep_alive="1"), TypeError, "keep_alive must be a number of seconds"),
    (lambda ctrlr, ns: upnvme.open("soft:ram", keep_alive=-1), ValueError, "keep_alive must be from 0 .*not -1$"),
    (lambda ctrlr, ns: upnvme.open("soft:ram", keep_alive=float("nan")), ValueError, "keep_alive .*not nan"),
    (lambda ctrlr, ns: upnvme.open("soft:ram", admin_timeout=-0.5), ValueError, "admin_timeout .*not -0.5"),
    (lambda ctrlr, ns: upnvme.open("soft:ram", admin_timeout=float("inf")), ValueError, "admin_timeout .*not inf"),
    (lambda ctrlr, ns: upnvme.open("soft:ram", queue_pairs=-1), ValueError, "queue_pairs must be from 0"),
    (lambda ctrlr, ns: upnvme.open("soft:ram", max_transfer=1.5), TypeError, "max_transfer must be a whole number"),
    (lambda ctrlr, ns: upnvme.open("soft:ram", lease_depth="1"), TypeError, "lease_depth must be a whole number"),
])
def test_wrong_arguments_are_named(call, kind, words):
    with upnvme.open("soft:ram?size=1MiB") as ctrlr, pytest.raises(kind, match=words):
        call(ctrlr, ctrlr.namespaces[1])


def test_limits():
    with upnvme.open("soft:ram?size=1MiB&block=512&mdts=1") as ctrlr:
        limits = ctrlr.namespaces[1].limits
        assert (limits.max_transfer_blocks, limits.max_transfer_bytes) == (16, 8192)
        assert limits.max_deallocate_ranges == 256 and limits.buffer_align == ctrlr.info.buffer_align
        assert limits.max_verify_blocks is None and limits.max_write_zeroes_blocks == 16


@pytest.mark.parametrize("seconds, ms", [(1e-9, 1), (0.0001, 1), (0.001, 1), (0.0011, 2), (1.1, 1100), (60, 60000)])
def test_a_short_time_is_not_zero(seconds, ms):
    assert ticks("keep_alive", seconds, 1000, 2 ** 32 - 1) == ms
    assert ticks("keep_alive", 0, 1000, 2 ** 32 - 1) == ticks("keep_alive", 0.0, 1000, 2 ** 32 - 1) == 0


def test_a_short_keep_alive_is_not_zero():
    with upnvme.open("soft:ram?size=1MiB", keep_alive=0.0001) as ctrlr:
        assert ctrlr.get_feature(0x0F) > 0 and ctrlr.features.keep_alive_ms > 0


def test_a_command_that_times_out_is_named(slow_python):
    """The error names the caller's command and time, not the pool's."""
    well(slow_python("""
        with upnvme.open(image) as ctrlr:
            ns = ctrlr.namespaces[1]
            ns.write(0, bytes(8 * 4096))
            hold()
            for call, words in ((lambda: ns.read(3, 2, timeout=0.3),
                                 "read of 2 blocks from LBA 3 was not done in 0.3 s"),
                                (lambda: ns.readinto(bytearray(4096), 1, timeout=0),
                                 "read of 1 blocks from LBA 1 was not done in 0 s")):
                try:
                    call()
                    sys.exit("not timed out")
                except upnvme.TimeoutError as error:
                    assert str(error).startswith(words) and "queue pair" not in str(error), error
                    assert error.code_name == "UPNVME_ERR_TIMEOUT" and error.errno == 110
            let_go()
    """))


def test_an_admin_command_of_a_controller_that_stalls_is_timed_by_its_caller(slow_python):
    well(slow_python("""
        with upnvme.open("soft:ram?size=1MiB&mode=thread") as ctrlr:
            stall()
            for seconds in 0.2, 0, 1e-12:
                try:
                    ctrlr.admin([6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], bytearray(4096), 2, timeout=seconds)
                    sys.exit("not timed out")
                except upnvme.TimeoutError as error:
                    said = f"admin command 06h was not answered in {max(seconds, 1e-9):g} s"
                    assert str(error).startswith(said), error
            go_on()
            assert ctrlr.admin([6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], bytearray(4096), 2).ok
        with upnvme.open("soft:ram?size=1MiB&mode=thread", admin_timeout=1) as ctrlr:
            stall()
            try:
                ctrlr.admin([6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], bytearray(4096), 2)
                sys.exit("not timed out")
            except upnvme.TimeoutError as error:
                assert "was not answered in admin_timeout" in str(error), error
            go_on()
    """))


def test_an_admin_command_in_asyncio_is_timed_by_its_caller(slow_python):
    well(slow_python("""
        import asyncio, upnvme.aio
        async def main():
            async with upnvme.aio.open("soft:ram?size=1MiB&mode=thread") as ctrlr:
                stall()
                try:
                    await ctrlr.admin([6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], bytearray(4096), 2, timeout=0.2)
                    sys.exit("not timed out")
                except upnvme.TimeoutError as error:
                    assert str(error).startswith("admin command 06h was not answered in 0.2 s"), error
                go_on()
        asyncio.run(main())
    """))
