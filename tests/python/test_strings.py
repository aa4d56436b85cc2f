# SPDX-License-Identifier: BSD-3-Clause
"""Names that are no UTF-8, and sentences that are longer than their room: none of these is a UnicodeError."""

import os
import pathlib

import pytest
from conftest import well

import upnvme

NAME = b"caf\xe9-\xff.img"


def uri_of(folder, keys="size=1MiB"):
    return f"soft:{os.fsdecode(bytes(folder) + b'/' + NAME)}?{keys}"


def test_a_name_that_is_no_utf8(tmp_path):
    with upnvme.open(uri_of(tmp_path)) as ctrlr:
        assert os.listdir(os.fsencode(tmp_path)) == [NAME]
        assert ctrlr.uri == uri_of(tmp_path)
        repr(ctrlr).encode()
        assert "caf\\udce9-" in repr(ctrlr)
        ctrlr.namespaces[1].write(0, b"n" * 4096)
    with upnvme.open(ctrlr_uri := uri_of(tmp_path, "readonly=1")) as ctrlr:
        assert ctrlr.uri == ctrlr_uri and ctrlr.namespaces[1].read(0)[0] == ord("n")


def test_errors_about_such_a_name_can_be_printed(tmp_path):
    with pytest.raises(upnvme.NotFoundError, match=r"caf\\xe9-\\xff.img does not exist") as caught:
        upnvme.open(uri_of(tmp_path, "readonly=1"))
    str(caught.value).encode()
    with pytest.raises(upnvme.Error) as caught:
        upnvme.open(uri_of(tmp_path / "missing"))
    str(caught.value).encode()
    with pytest.raises(upnvme.Error) as caught:
        upnvme.devices.get(os.fsdecode(NAME))
    str(caught.value).encode()


def test_the_log_takes_such_a_name(run_python, tmp_path):
    well(run_python("""
        import logging, sys, upnvme
        said = []
        class Handler(logging.Handler):
            def emit(self, record):
                said.append(record.getMessage())
        logging.getLogger("upnvme").addHandler(Handler())
        logging.getLogger("upnvme").setLevel(logging.DEBUG)
        upnvme.open(sys.argv[1]).close()
        assert any("caf\\\\xe9-" in text for text in said), said
        "".join(said).encode()
    """, uri_of(tmp_path)))


def test_a_sentence_is_cut_between_characters():
    """Paths of every length, of characters of two, three and four bytes."""
    for character in "é€😀":
        for n in range(1, 260):
            path = "/no/" + "/".join([character * 50] * (n // 50) + ["x" * (n % 4) + character * (n % 50)])
            with pytest.raises(upnvme.Error) as caught:
                upnvme.open(f"soft:{path}")
            str(caught.value).encode()
            assert "\\x" not in str(caught.value), caught.value


def test_a_log_message_is_cut_between_characters(run_python, tmp_path):
    well(run_python("""
        import logging, pathlib, sys, upnvme
        said = []
        class Handler(logging.Handler):
            def emit(self, record):
                said.append(record.getMessage())
        logging.getLogger("upnvme").addHandler(Handler())
        logging.getLogger("upnvme").setLevel(logging.DEBUG)
        folder = pathlib.Path(sys.argv[1])
        for n in range(1, 121):
            path = folder / ("é" * 120) / ("é" * 100) / ("x" * (n % 2) + "é" * n)
            path.parent.mkdir(parents=True, exist_ok=True)
            upnvme.open(f"soft:{path}?size=1MiB").close()
        assert len(said) >= 64 and max(map(len, said)) > 250
        assert not any("\\\\x" in text for text in said), said
    """, str(tmp_path)))


def test_a_path_is_not_a_uri(tmp_path):
    with pytest.raises(TypeError, match="uri must be a str, not <class 'pathlib.*upnvme.uri makes one of a path"):
        upnvme.open(pathlib.Path(tmp_path))
    with pytest.raises(TypeError, match="uri must be a str, not <class 'bytes'>"):
        upnvme.open(b"soft:ram")
    with pytest.raises(UnicodeEncodeError):
        upnvme.open("soft:\ud800")  # half of a character, which no file's name has
