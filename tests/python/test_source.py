# SPDX-License-Identifier: BSD-3-Clause
"""Names of controllers: URIs of paths, and sources that go to other processes."""

import copy
import gc
import multiprocessing
import os
import pathlib
import pickle
import threading

import child
import pytest

import upnvme

NAMES = ("disk.img", "a b.img", "per%cent", "what?.img", "amp&ersand#", "größe.img", "ram", "null", "a=b", "?block=512")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", [str, pathlib.Path, os.fsencode])
def test_any_name_is_quoted(tmp_path, monkeypatch, name, kind):
    monkeypatch.chdir(tmp_path)
    content = os.urandom(4096)
    (tmp_path / name).write_bytes(content)
    for path in (name, str(tmp_path / name)):
        with upnvme.open(upnvme.uri(kind(path), block=512, readonly=True)) as ctrlr:
            assert bytes(ctrlr.namespaces[1].read(0, 8)) == content


def test_bytes_that_are_no_utf_8(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff.img"
    assert upnvme.uri(path).endswith("%FF.img")
    assert upnvme.uri(os.fsdecode(path)) == upnvme.uri(path)


def test_keys_are_arguments():
    assert upnvme.uri("/a", size="1MiB", readonly=False, serial="x&y") == "soft:/a?size=1MiB&readonly=0&serial=x%26y"
    assert upnvme.uri("a/b") == "soft:a/b"
    with pytest.raises(ValueError, match=r"uri\('/a.img', block=512, readonly=1\)"):
        upnvme.uri("/a.img?block=512&readonly=1")
    with pytest.raises(ValueError, match="empty"):
        upnvme.uri("")
    with pytest.raises(TypeError):
        upnvme.uri(3)


# --- sources ------------------------------------------------------------------------------------------


@pytest.fixture
def source(tmp_path):
    (tmp_path / "disk.img").write_bytes(b"of the image" + bytes(4084))
    with upnvme.Source(upnvme.uri(tmp_path / "disk.img", block=512, readonly=True), leases=2) as source:
        yield source


def first(source):
    return bytes(source.namespaces[1].read(0)[:12])


def test_a_source_opens_its_controller_when_it_is_used(source):
    missing = upnvme.Source("soft:/nowhere")
    with pytest.raises(FileNotFoundError):
        missing.namespaces[1].read(0)
    ctrlr = source.controller
    assert source.controller is ctrlr and first(source) == b"of the image"
    source.close()
    assert not ctrlr.is_open
    source.close()
    assert first(source) == b"of the image" and source.controller is not ctrlr
    assert "leases=2" in repr(source)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_opens_its_own(source, again):
    ctrlr = source.controller
    with again(source) as other:
        assert other.controller is not ctrlr and first(other) == first(source)
        assert (other.uri, other.options) == (source.uri, source.options)
    assert ctrlr.is_open


def test_pickling_a_controller_names_the_source(source):
    with pytest.raises(TypeError, match="pickle an upnvme.Source"):
        pickle.dumps(source.controller)


@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
def test_workers_open_the_source_in_their_process(source, method):
    """The source works also when the parent has the controller open."""
    assert first(source) == b"of the image"
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(first, [source] * 4) == [b"of the image"] * 4


def test_a_forked_child_opens_its_own(source):
    """The fork may come at any moment of the parent's threads."""
    assert first(source) == b"of the image"
    stop = threading.Event()

    def use():
        while not stop.is_set():
            source.close()
            source.controller

    def in_child():
        assert first(source) == b"of the image"
        gc.collect()
        source.close()

    thread = threading.Thread(target=use)
    thread.start()
    try:
        assert [child.fork(in_child) for _ in range(10)] == [0] * 10
    finally:
        stop.set()
        thread.join()


def test_threads_share_one(source):
    seen, begun = [], threading.Barrier(8)

    def use():
        begun.wait()
        seen.append(source.controller)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, seen))) == 1
