# SPDX-License-Identifier: BSD-3-Clause
"""Exceptions: which, what they say, and that they travel."""

import builtins
import inspect
import logging
import pickle

import pytest

import upnvme
from upnvme import _errors


def errors():
    return [cls for _, cls in inspect.getmembers(_errors, inspect.isclass) if issubclass(cls, upnvme.Error)]


def test_tracebacks_name_them_as_callers_do():
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
def test_opening_what_cannot_be(uri, ours, builtin, word):
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


def test_what_is_answered_to_an_admin_command_is_a_status():
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
        with pytest.raises(KeyError):
            namespaces[9]
        assert {ns.nsid for ns in namespaces.values()} == {1, 2, 3}


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


# An image is told of at level debug.
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
                            (lambda: ctrlr.namespaces[2], "Controller.nsids tells which there are"),
                            (lambda: ctrlr.qpair(4).read(ns, bytearray(4096)), "use Controller.alloc, or"),
                            (lambda: ctrlr.qpair(4).fileno(), "interrupt=True")):
            with pytest.raises(upnvme.Error) as caught:
                call()
            assert words in str(caught.value) and "upnvme_" not in str(caught.value)


@pytest.mark.parametrize("call, kind, words", [
    (lambda ctrlr, ns: upnvme.open(5), TypeError, "uri must be a str, not <class 'int'>"),
    (lambda ctrlr, ns: upnvme.open("soft:ram\0"), ValueError, "null character"),
    (lambda ctrlr, ns: ctrlr.qpair(4).read(ctrlr, bytearray(4096)), TypeError, "a Namespace is needed"),
    (lambda ctrlr, ns: ctrlr.admin([-1]), ValueError, "a dword must be from 0 to 4294967295"),
    (lambda ctrlr, ns: ctrlr.admin(range(17)), ValueError, "up to 16 dwords"),
    (lambda ctrlr, ns: ns.read(0, timeout=-1), ValueError, "timeout must be seconds"),
])
def test_wrong_arguments_are_said_to_be_so(call, kind, words):
    with upnvme.open("soft:ram?size=1MiB") as ctrlr, pytest.raises(kind, match=words):
        call(ctrlr, ctrlr.namespaces[1])


def test_limits():
    with upnvme.open("soft:ram?size=1MiB&block=512&mdts=1") as ctrlr:
        limits = ctrlr.namespaces[1].limits
        assert (limits.max_transfer_blocks, limits.max_transfer_bytes) == (16, 8192)
        assert limits.max_deallocate_ranges == 256 and limits.buffer_align == ctrlr.info.buffer_align
        assert limits.max_verify_blocks is None
