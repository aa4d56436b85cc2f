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
    return [cls for _, cls in inspect.getmembers(_errors, inspect.isclass) if issubclass(cls, BaseException)
            and cls.__module__ == "upnvme._errors"]


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
