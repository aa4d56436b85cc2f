# SPDX-License-Identifier: BSD-3-Clause
"""The buffered data of files of Namespace.open, and every way in which files end: no loss is silent."""

import gc
import io
import pickle
import sys
import threading
import warnings

import child
import pytest

import upnvme

URI = "soft:{}?size=1MiB&block=512"
TEXT = b"what must not be lost"


@pytest.fixture
def image(tmp_path):
    return tmp_path / "disk.img"


@pytest.fixture
def uri(image):
    return URI.format(image)


def too_late(ns, n=3):
    """Files whose buffers cannot be written: they are longer than the file has room for."""
    files = [ns.open("r+b", size=5 + i) for i in range(n)]
    for file in files:
        file.write(TEXT)
    return files


# --- sync ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("buffering", [-1, 0, 100])
def test_sync_writes_and_makes_durable(image, uri, buffering):
    """sync works by both names: that of the raw file below does not bypass the buffer."""
    with upnvme.open(uri) as ctrlr:
        for i, sync in enumerate((lambda file: file.sync(), lambda file: getattr(file, "raw", file).sync())):
            with ctrlr.namespaces[1].open("r+b", offset=100 * i, buffering=buffering) as file:
                file.write(TEXT)
                sync(file)
                assert image.read_bytes()[100 * i:].startswith(TEXT)
                assert ctrlr.namespaces[1].read(0)[100 * i:][:len(TEXT)] == TEXT


def test_a_sync_that_fails_is_an_error():
    with upnvme.open("soft:ram?size=1MiB") as ctrlr:
        for file in too_late(ctrlr.namespaces[1], 1):
            with pytest.raises(OSError, match="No space|ends at 5"):
                file.sync()
            with pytest.raises(OSError, match="ends at 5"):
                file.close()


# --- the controller ends ------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["close", "with", "exit"])
def test_closing_the_controller_writes_all_files(image, uri, run_python, how):
    if how == "exit":
        process = run_python(f"""
            import upnvme
            ns = upnvme.open({uri!r}).namespaces[1]
            files = [ns.open("r+b", offset=1000 * i) for i in range(5)]
            for file in files:
                file.write({TEXT!r})
        """)
        assert (process.returncode, process.stderr) == (0, "")
    else:
        ctrlr = upnvme.open(uri)
        files = [ctrlr.namespaces[1].open("r+b", offset=1000 * i) for i in range(5)]
        for file in files:
            file.write(TEXT)
        if how == "with":
            with ctrlr:
                pass
        ctrlr.close()
        assert all(file.closed and file.raw.closed for file in files)
        assert not ctrlr._files
    content = image.read_bytes()
    assert all(content[1000 * i:].startswith(TEXT) for i in range(5))


def test_data_that_cannot_be_written_are_an_error_and_every_file_is_closed(uri):
    ctrlr = upnvme.open(uri)
    good = ctrlr.namespaces[1].open("r+b", offset=4096)
    good.write(TEXT)
    files = too_late(ctrlr.namespaces[1])
    with pytest.raises(ExceptionGroup, match="could not be written") as caught:
        ctrlr.close()
    assert sorted(str(error) for error in caught.value.exceptions) == sorted(
        f"[Errno 28] the file ends at {5 + i}: '{uri}#1'" for i in range(3))
    assert not ctrlr.is_open and all(file.closed for file in (good, *files))
    ctrlr.close()
    with upnvme.open(uri) as ctrlr:
        assert ctrlr.namespaces[1].read(8)[:len(TEXT)] == TEXT
        files = too_late(ctrlr.namespaces[1], 1)
        with pytest.raises(OSError, match="ends at 5"):
            ctrlr.close()


def test_data_that_cannot_be_written_at_exit_are_told_by_the_exit_code(image, uri, run_python):
    """The first file that fails keeps none of the others from being closed."""
    process = run_python(f"""
        import atexit, upnvme
        bad = [upnvme.open("soft:ram?size=1MiB&block=512").namespaces[1].open("r+b", size=5) for _ in range(2)]
        good = upnvme.open({uri!r}).namespaces[1].open("r+b")
        for file in *bad, good:
            file.write({TEXT!r})
        print("all was printed")
    """)
    assert process.returncode == 120 and process.stdout == "all was printed\n"
    assert process.stderr.count("the file ends at 5") == 2 and "<upnvme at exit>" in process.stderr
    assert image.read_bytes().startswith(TEXT)


def test_at_exit_of_a_program_without_standard_output(run_python):
    process = run_python(f"""
        import sys, upnvme
        file = upnvme.open("soft:ram?size=1MiB&block=512").namespaces[1].open("r+b", size=5)
        file.write({TEXT!r})
        sys.stdout = None
    """)
    assert process.returncode == 120 and process.stderr.count("the file ends at 5") == 1


def test_a_loop_that_ends_with_files_and_aio_controllers(image, uri, run_python):
    process = run_python(f"""
        import asyncio, upnvme, upnvme.aio
        async def main():
            global other
            other = upnvme.aio.open("soft:ram?size=1MiB")
            await other.namespaces[1].write(0, bytearray(0) or other.alloc(4096))
        asyncio.run(main())
        file = upnvme.open({uri!r}).namespaces[1].open("r+b")
        file.write({TEXT!r})
    """)
    assert (process.returncode, process.stderr) == (0, "")
    assert image.read_bytes().startswith(TEXT)


# --- the file ends ------------------------------------------------------------------------------------


@pytest.mark.parametrize("buffering", [-1, 0])
@pytest.mark.parametrize("mode", ["rb", "r+b"])
def test_a_dropped_file_is_written_and_warned_of(uri, mode, buffering):
    with upnvme.open(uri) as ctrlr:
        file = ctrlr.namespaces[1].open(mode, buffering=buffering)
        if mode == "r+b":
            file.write(TEXT)
        with pytest.warns(ResourceWarning, match="unclosed <upnvme.*disk.img.*mode="):
            del file
        assert not ctrlr._files
        if mode == "r+b":
            assert ctrlr.namespaces[1].read(0)[:len(TEXT)] == TEXT


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("order", ["file first", "controller first"])
def test_garbage_in_one_cycle_with_its_controller_is_written(image, uri, order):
    """The order of finalisers does not matter."""
    cycle = [ctrlr := upnvme.open(uri)]
    file = ctrlr.namespaces[1].open("r+b")
    file.write(TEXT)
    cycle += [file, cycle]
    if order == "controller first":
        cycle[0], cycle[1] = cycle[1], cycle[0]
        file.cycle = cycle
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        del ctrlr, file, cycle
        gc.collect()
    assert image.read_bytes().startswith(TEXT)
    upnvme.open(uri).close()  # nobody has it open any more


def test_a_finaliser_that_fails_reports_its_error(uri, monkeypatch):
    said = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: said.append(str(unraisable.exc_value)))
    with upnvme.open(uri) as ctrlr:
        file, = too_late(ctrlr.namespaces[1], 1)
        with pytest.warns(ResourceWarning):
            del file
        assert len(said) == 1 and "the file ends at 5" in said[0] and not ctrlr._files


def test_a_file_that_was_never_made_leaves_nothing(uri):
    with upnvme.open(uri) as ctrlr:
        with pytest.raises(OverflowError):
            ctrlr.namespaces[1].open(buffering=1 << 70)
        with pytest.raises(ValueError):
            ctrlr.namespaces[1].open(offset=-1)
        gc.collect()
        assert not ctrlr._files


def test_files_stay_in_their_process(uri):
    with upnvme.open(uri) as ctrlr:
        for buffering in (-1, 0):
            with ctrlr.namespaces[1].open("r+b", buffering=buffering) as file:
                with pytest.raises(TypeError, match="pickle an upnvme.Source"):
                    pickle.dumps(file)


def test_a_forked_child_leaves_its_parents_buffer_alone(image, uri):
    """The child's finalisers say nothing, its close is refused; the parent goes on."""
    ctrlr = upnvme.open(uri)
    files = [ctrlr.namespaces[1].open("r+b", offset=1000 * i) for i in range(3)]
    for file in files:
        file.write(TEXT)

    def end():
        with pytest.raises(upnvme.ForkedError):
            files[0].close()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            files.clear()
            gc.collect()

    assert child.fork(end) == 0
    assert not image.read_bytes().strip(b"\0")
    ctrlr.close()
    assert image.read_bytes().count(TEXT) == 3


def test_a_forked_childs_exit_writes_nothing_of_its_parents(image, uri, run_python):
    process = run_python(f"""
        import os, pathlib, sys, upnvme
        file = upnvme.open({uri!r}).namespaces[1].open("r+b")
        file.write({TEXT!r})
        pid = os.fork()
        if pid == 0:
            sys.exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
        assert not pathlib.Path({str(image)!r}).read_bytes().strip(bytes(1))
    """)
    assert (process.returncode, process.stderr) == (0, "")
    assert image.read_bytes().startswith(TEXT)


# --- while others use it ------------------------------------------------------------------------------


def test_closing_does_not_wait_for_a_thread_that_waits_for_the_device(slow_python):
    """The other thread gets its error, and the data that its file still has is told as lost."""
    process = slow_python("""
        ctrlr = upnvme.open(image)
        file, said = ctrlr.namespaces[1].open("r+b"), []
        file.write(b"lost")
        def seek():
            try:
                file.seek(4 << 20)  # writes that, for which the rest of its block is read
            except upnvme.ClosedError as error:
                said.append(error)
        thread = threading.Thread(target=seek)
        hold()
        thread.start()
        while not file.raw.moving:
            time.sleep(0.001)
        def let_go_when_told():
            while not said:
                time.sleep(0.001)
            let_go()
        threading.Thread(target=let_go_when_told).start()
        try:
            ctrlr.close()
        except upnvme.ClosedError as error:
            said.append(error)
        thread.join()
        print(len(said), file.closed, ctrlr.is_open)
    """)
    assert process.stdout == "2 True False\n", process.stdout + process.stderr


@pytest.mark.parametrize("buffering", [-1, 0])
def test_threads_that_write_while_a_file_is_closed_do_not_hang(uri, buffering):
    """Each write was done, or is an error; nothing hangs."""
    for _ in range(10):
        ctrlr = upnvme.open(uri)
        begun, errors = threading.Barrier(5), []

        def work(at, ctrlr=ctrlr, begun=begun, errors=errors):
            file = ctrlr.namespaces[1].open("r+b", offset=at, size=64 << 10, buffering=buffering)
            begun.wait()
            try:
                while True:
                    file.seek(0)
                    file.write(TEXT)
                    file.flush()
            except ValueError as error:  # ClosedError, and what Python says of a closed file
                errors.append(type(error))  # a traceback would keep a view of the memory

        threads = [threading.Thread(target=work, args=(i << 16,)) for i in range(4)]
        for thread in threads:
            thread.start()
        begun.wait()
        try:
            ctrlr.close()
        except (upnvme.ClosedError, ExceptionGroup):
            pass  # data that a thread had begun to write
        for thread in threads:
            thread.join()
        assert len(errors) == 4 and not ctrlr.is_open


def test_text_on_top(image, uri):
    with upnvme.open(uri) as ctrlr, io.TextIOWrapper(ctrlr.namespaces[1].open("r+b"), "utf-8") as text:
        text.write("größer\n")
    assert image.read_bytes().startswith("größer\n".encode())
