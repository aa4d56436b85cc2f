#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The module for Python without compilation: what it declares, what it does, and which libraries it refuses."""

import ctypes
import errno
import os
import shutil
import sys
import unittest

from lane import ABI, FFI, LIBRARY, TOP, Case, call, compiled, description, main, needs, stub

SESSION = """\
LBA 0 of soft:ram?size=1MiB: Hello, NVMe!
tag 100: Successful Completion
tag 101: Compare Failure
LBA 1000000 and 1 blocks pass the end of namespace 1, which has 256 blocks"""

# The make that installs knows nothing of the make that runs this test.
NO_MAKE = {key: "" for key in os.environ if key.startswith("MAKE") or key == "MFLAGS"}

if (ABI / "upnvme_ctypes.py").exists() and LIBRARY.exists():
    os.environ["UPNVME_LIBRARY"] = str(LIBRARY)
    sys.path.insert(0, str(ABI))
    import upnvme_ctypes as upnvme


@needs
class Declared(Case):
    def test_every_function_is_there_and_takes_what_is_described(self):
        for function in description()["functions"]:
            self.assertEqual(len(getattr(upnvme, function["name"]).argtypes), len(function["arguments"]))

    def test_every_constant_has_its_value(self):
        for constant in description()["constants"]:
            self.assertEqual(getattr(upnvme, constant["name"]), constant["value"])

    def test_every_record_is_laid_out_as_described(self):
        for record in description()["structs"]:
            kind = getattr(upnvme, record["name"])
            self.assertEqual((ctypes.sizeof(kind), ctypes.alignment(kind)), (record["size"], record["alignment"]))
            for field in record["fields"]:
                place = getattr(kind, field["name"])
                self.assertEqual((place.offset, place.size), (field["offset"], field["size"]))

    def test_a_record_that_grows_is_made_with_its_size(self):
        info = upnvme.upnvme_ctrlr_info()
        self.assertEqual(info.size, ctypes.sizeof(info))
        opts = upnvme.upnvme_qpair_opts(entries=16)
        self.assertEqual((opts.size, opts.entries), (ctypes.sizeof(opts), 16))


@needs
class Session(Case):
    def setUp(self):
        super().setUp()
        self.ctrlr = self.stored(upnvme.upnvme_open, b"soft:ram?size=1MiB", None)
        self.ns = self.stored(upnvme.upnvme_ns_get, self.ctrlr, 1)
        self.qp = self.stored(upnvme.upnvme_qpair_create, self.ctrlr, upnvme.upnvme_qpair_opts(entries=3))
        self.buf = self.stored(upnvme.upnvme_dma_alloc, self.ctrlr, 8192, 0)
        self.seen = []
        self.callback = upnvme.upnvme_cb(lambda arg, done: self.seen.append((arg, done[0].status)))

    def tearDown(self):
        upnvme.upnvme_qpair_close(self.qp)
        upnvme.upnvme_close(self.ctrlr)

    @staticmethod
    def stored(function, *arguments):
        place = ctypes.c_void_p()
        function(ctypes.byref(place), *arguments)
        return place

    def failure(self, function, *arguments):
        with self.assertRaises(upnvme.UpnvmeError) as caught:
            function(*arguments)
        return caught.exception

    def wait(self, n):
        while len(self.seen) < n:
            upnvme.upnvme_poll(self.qp, 0)

    def test_data_by_callback(self):
        memory = (ctypes.c_char * 8192).from_address(self.buf.value)
        memory.raw = bytes(range(256)) * 32
        upnvme.upnvme_write(self.qp, self.ns, self.buf, 3, 2, self.callback, 1)
        self.wait(1)
        ctypes.memset(memory, 0, 8192)
        iov = (upnvme.iovec * 2)(upnvme.iovec(self.buf.value + 4096, 4096), upnvme.iovec(self.buf.value, 4096))
        upnvme.upnvme_readv(self.qp, self.ns, iov, 2, 3, 2, self.callback, 2)
        self.wait(2)
        self.assertEqual(self.seen, [(1, 0), (2, 0)])
        self.assertEqual(memory.raw, bytes(range(256)) * 32)

    def test_batches_by_tag(self):
        ops, done = (upnvme.upnvme_op * 5)(), (upnvme.upnvme_completion * 5)()
        for tag, op in enumerate(ops):
            op.opcode, op.nsid, op.blocks, op.buf, op.tag = upnvme.UPNVME_OP_READ, 1, 1, self.buf, tag
        self.assertEqual(upnvme.upnvme_exec(self.qp, ops, 5, done, 5, 20_000_000_000), 5)
        self.assertEqual([one.tag for one in done], [0, 1, 2, 3, 4])
        self.assertEqual(upnvme.upnvme_submit(self.qp, ops, 5), 2)
        taken = 0
        while taken < 2:
            taken += upnvme.upnvme_reap(self.qp, done, 5)

    def test_records_and_text_come_back(self):
        info = upnvme.upnvme_ctrlr_info()
        upnvme.upnvme_ctrlr_info_get(self.ctrlr, ctypes.byref(info))
        self.assertEqual(info.ns_count, 1)
        self.assertEqual(upnvme.upnvme_ctrlr_uri(self.ctrlr), b"soft:ram?size=1MiB")
        self.assertEqual(upnvme.upnvme_status_name(0x285), b"Compare Failure")
        self.assertEqual(upnvme.upnvme_histogram_limit_ns(1 << 20), 2**64 - 1)

    def test_events_arrive(self):
        events = []
        callback = upnvme.upnvme_event_cb(lambda arg, event: events.append((arg, event[0].kind)))
        upnvme.upnvme_ctrlr_on_event(self.ctrlr, callback, 9)
        upnvme.upnvme_feature_set(self.ctrlr, 0, 4, 1, 0, None, 0)
        while not events:
            upnvme.upnvme_ctrlr_poll(self.ctrlr)
        upnvme.upnvme_ctrlr_on_event(self.ctrlr, None, None)
        self.assertEqual(events, [(9, upnvme.UPNVME_EVENT_SMART)])

    def test_a_failed_call_raises_the_sentence_and_the_code(self):
        error = self.failure(upnvme.upnvme_read, self.qp, self.ns, self.buf, 256, 1, None, None)
        self.assertEqual((error.errno, error.code), (errno.ERANGE, upnvme.UPNVME_ERR_LBA_RANGE))
        self.assertIn("256 blocks", error.strerror)
        self.assertIsInstance(error, OSError)
        self.assertEqual(self.failure(upnvme.upnvme_error_get, None).code, upnvme.UPNVME_ERR_NULL)

    def test_the_normal_traffic_has_no_code(self):
        self.failure(upnvme.upnvme_read, self.qp, self.ns, self.buf, 256, 1, None, None)
        upnvme.upnvme_read(self.qp, self.ns, self.buf, 0, 1, None, None)
        upnvme.upnvme_read(self.qp, self.ns, self.buf, 0, 1, None, None)
        full = self.failure(upnvme.upnvme_read, self.qp, self.ns, self.buf, 0, 1, None, None)
        self.assertEqual((full.errno, full.code), (errno.EAGAIN, upnvme.UPNVME_ERR_NONE))
        tagged = self.failure(upnvme.upnvme_poll, self.qp, 0)
        self.assertEqual((tagged.errno, tagged.code), (errno.ENOMSG, upnvme.UPNVME_ERR_NONE))

    def test_a_wrong_kind_of_argument_is_pythons_error(self):
        with self.assertRaises(ctypes.ArgumentError):
            upnvme.upnvme_read(self.qp, self.ns, self.buf, "0", 1, None, None)
        with self.assertRaises(ctypes.ArgumentError):
            upnvme.upnvme_read(self.qp, self.ns, self.buf, 0, 1, print, None)


@needs
class Import(Case):
    """Each library that does not fit is an ImportError that says why, and names both sides."""

    def refusal(self, library):
        return call(sys.executable, "-c", "import upnvme_ctypes", code=1,
                    env={"UPNVME_LIBRARY": str(library), "PYTHONPATH": str(ABI)}).splitlines()[-1]

    def assert_refused(self, library, *words):
        line = self.refusal(library)
        for word in ("ImportError", str(library), *words):
            self.assertIn(word, line)

    def test_a_library_of_another_abi_is_refused(self):
        self.assert_refused(stub(self.folder, version="9.0.0", abi=9),
                            "upnvme 9.0.0 with ABI 9",
                            f"upnvme {upnvme.UPNVME_VERSION} with ABI {upnvme.UPNVME_ABI_VERSION}")

    def test_an_older_version(self):
        self.assert_refused(stub(self.folder, version="0.0.7"), "upnvme 0.0.7", "too old", upnvme.UPNVME_VERSION)

    def test_a_library_that_lacks_a_function(self):
        self.assert_refused(stub(self.folder, without=["upnvme_exec"]),
                            f"upnvme {upnvme.UPNVME_VERSION}", "lacks upnvme_exec")

    def test_a_malformed_version_is_refused(self):
        self.assert_refused(stub(self.folder, version="new"), "'new'")

    def test_a_foreign_library_is_refused(self):
        self.assert_refused(compiled(self.folder, "int answer(void) { return 42; }"), "is no libupnvme")

    def test_no_library(self):
        self.assert_refused(self.folder / "missing.so", "UPNVME_LIBRARY")

    def test_the_example(self):
        output = call(sys.executable, FFI / "session.py", env={"UPNVME_LIBRARY": str(LIBRARY), "PYTHONPATH": str(ABI)})
        self.assertEqual(output, SESSION + " (UPNVME_ERR_LBA_RANGE)\n")
        self.assertIn("no-such", call(sys.executable, FFI / "session.py", "soft:./no-such", code=1,
                                      env={"UPNVME_LIBRARY": str(LIBRARY), "PYTHONPATH": str(ABI)}))


@needs
class Installed(Case):
    """Without being told where: the library is found beside the module."""

    def test_the_example(self):
        call("make", "-s", "-C", TOP, "install-abi-files", "PREFIX=/opt/upnvme", f"DESTDIR={self.folder}", env=NO_MAKE)
        (self.folder / "opt/upnvme/lib").mkdir()
        (self.folder / "opt/upnvme/lib" / LIBRARY.name).symlink_to(LIBRARY)
        output = call(sys.executable, FFI / "session.py",
                      env={"UPNVME_LIBRARY": "", "PYTHONPATH": f"{self.folder}/opt/upnvme/share/upnvme"})
        self.assertIn("Hello, NVMe!", output)


@needs
@unittest.skipUnless(shutil.which("luajit"), "luajit is not installed")
class LuaJIT(Case):
    """The same session in another language, from the declarations that are made of the description."""

    def luajit(self, *words, library=LIBRARY, code=0):
        return call("luajit", *words, code=code, env={"UPNVME_LIBRARY": str(library), "LUA_PATH": f"{ABI}/?.lua"})

    def test_the_example(self):
        self.assertEqual(self.luajit(FFI / "session.lua"), SESSION + "\n")
        self.assertIn("no-such", self.luajit(FFI / "session.lua", "soft:./no-such", code=1))

    def test_libraries_that_do_not_fit(self):
        for version, abi in (("9.0.0", 9), ("0.0.7", upnvme.UPNVME_ABI_VERSION)):
            with self.subTest(version=version):
                library = stub(self.folder, version=version, abi=abi)
                text = self.luajit("-e", 'require "upnvme"', library=library, code=1)
                self.assertIn(f"upnvme {version} with ABI {abi}", text)
                self.assertIn(f"are of upnvme {upnvme.UPNVME_VERSION_MAJOR}.{upnvme.UPNVME_VERSION_MINOR}", text)

    def test_records_are_laid_out_as_described(self):
        lines = ['local ffi = require "ffi"', 'require "upnvme"']
        for record in description()["structs"]:
            name = f"struct {record['name']}"
            lines.append(f'assert(ffi.sizeof("{name}") == {record["size"]}, "{name}")')
            for field in record["fields"]:
                lines.append(f'assert(ffi.offsetof("{name}", "{field["name"]}") == {field["offset"]}, "{name}")')
        self.luajit(self.file("layouts.lua", "\n".join(lines).encode()))


if __name__ == "__main__":
    main()
