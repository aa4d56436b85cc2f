# SPDX-License-Identifier: BSD-3-Clause
"""Runs a case of tests/behaviour/table.json through one face of the package; README.md there says what steps mean."""

import asyncio
import errno
import mmap
import os
import tempfile
import threading
import time

import numpy as np
import upnvme
import upnvme.aio
from upnvme._names import in_python

DEADLINE_S = 60
PAGE = 4096
OPCODES = {"read": 2, "write": 1, "compare": 5, "flush": 0, "write_zeroes": 8, "deallocate": 9, "verify": 12}
WITH_DATA = ("read", "write", "compare")
FLAGS = {"fua": upnvme.Flag.FUA, "limited_retry": upnvme.Flag.LIMITED_RETRY,
         "deallocate_zeroes": upnvme.Flag.DEALLOCATE_ZEROES, "fused_first": upnvme.Flag.FUSED_FIRST,
         "no_split": upnvme.Flag.NO_SPLIT}


class Different(AssertionError):
    """A result differs from the table."""


# Differences of the package from the C API, and why. (error code of the table, the exception)
PYTHON_REFUSES = {
    # There are no null handles: an argument of another type is a TypeError.
    "UPNVME_ERR_NULL": (TypeError, ValueError, AttributeError),
    # Objects know their sizes: data that does not fit is a ValueError, before the library sees an address.
    "UPNVME_ERR_BUFFER_UNREACHABLE": (ValueError,),
    "UPNVME_ERR_TRANSFER": (ValueError,),
    "UPNVME_ERR_LBA_RANGE": (ValueError,),
    "UPNVME_ERR_BLOCKS": (ValueError,),
    # A raw command's data is a buffer, which is never without bytes.
    "UPNVME_ERR_ARGUMENT": (ValueError, TypeError),
    "UPNVME_ERR_OPCODE": (ValueError,),
    "UPNVME_ERR_FLAGS": (ValueError,),
    "UPNVME_ERR_MEM_NOT_ALLOCATED": (ValueError, TypeError, AttributeError),
    "UPNVME_ERR_MEM_NOT_REGISTERED": (ValueError, TypeError, AttributeError),
}


def pattern(lba, nblocks, block, seed):
    """The bytes of blocks from `lba` on, as README.md of the table lays them down."""
    at = np.arange(lba, lba + nblocks, dtype=np.uint64)[:, None, None]
    word = np.arange(block // 8, dtype=np.uint64)[None, :, None]
    i = np.arange(8, dtype=np.uint64)[None, None, :]
    x = at * np.uint64(2654435761) + word * np.uint64(40503) + np.uint64(seed * 97)
    return bytearray((x >> i * np.uint64(8) ^ x >> np.uint64(13) ^ word * np.uint64(8) + i).astype(np.uint8).tobytes())


class Io:
    """A command that was started."""

    def __init__(self, step):
        self.step, self.completions = step, []


class Run:
    """One case in one configuration."""

    def __init__(self, table, case, medium, mode, block, face):
        self.table, self.case, self.face = table, case, face
        self.medium, self.mode, self.block = medium, mode, block
        self.nblocks = case.get("nblocks", 1024)
        self.names = {}
        self.ios = {}
        self.failure = None
        self.loop, self.loop_qpairs = asyncio.new_event_loop() if face == "aio" else None, {}
        handle, self.path = tempfile.mkstemp(prefix="upnvme-behaviour-")
        if medium == "file":
            os.truncate(handle, self.nblocks * block)
        os.close(handle)

    def run(self):
        try:
            if not self.case.get("bare"):
                self.steps(self.table["before"])
            self.steps(self.case["steps"])
            self.clean_up()
            for name, io in self.ios.items():
                if len(io.completions) != 1:
                    raise Different(f"command {name} completed {len(io.completions)} times")
        finally:
            self.clean_up()
            if self.loop:
                self.loop.close()
            os.unlink(self.path)

    def clean_up(self):
        for qpair in self.loop_qpairs.values():
            qpair.close()
        self.loop_qpairs.clear()
        for kind in (upnvme.QPair, upnvme.Buffer, upnvme.Controller):
            for name, handle in list(self.names.items()):
                if isinstance(handle, kind):
                    if isinstance(handle, upnvme.Buffer):
                        continue
                    handle.close()
        self.names.clear()

    def steps(self, steps):
        for step in steps:
            try:
                getattr(self, "do_" + step["do"], self.command)(step)
            except Different as different:
                raise Different(f"{step}: {different}") from None

    # --- what is expected ---

    def attempt(self, step, function, *arguments, **options):
        """Calls a function and compares the outcome; returns its result, or None if it failed as it should."""
        try:
            result = function(*arguments, **options)
        except upnvme.NVMeError:
            raise
        except (OSError, ValueError, TypeError, AttributeError, LookupError) as error:
            self.compare_error(step, error)
            return None
        if "error" in step:
            raise Different(f"no {step['error']}")
        return result

    @staticmethod
    def compare_error(step, error):
        if not isinstance(error, upnvme.Error):
            if "error" in step and isinstance(error, PYTHON_REFUSES.get(step.get("code"), ())):
                return
            if step.get("error") == "EFAULT" and isinstance(error, ValueError):
                return
            raise Different(f"{error!r}") from error
        if "error" not in step:
            raise Different(f"{error!r}") from error
        if error.errno != getattr(errno, step["error"]):
            raise Different(f"{error!r} instead of {step['error']}")
        if "code" in step and error.code_name != step["code"]:
            raise Different(f"{error.code_name} instead of {step['code']}")
        for word in step.get("names", ()):
            if in_python(word) not in str(error):
                raise Different(f"\"{error}\" does not name \"{word}\"")

    @staticmethod
    def compare_completion(expected, done):
        status = expected.get("status", "Successful Completion")
        if status == "any":
            return
        if done.name != status:
            raise Different(f"status is {done.name}")
        if done.blocks != expected.get("done_blocks", done.blocks):
            raise Different(f"{done.blocks} blocks")

    # --- what steps name ---

    def handle(self, step, key, otherwise=None):
        return self.names.get(step.get(key, otherwise or key))

    def quantity(self, value, otherwise=0):
        if value is None:
            return otherwise
        if isinstance(value, int):
            return value
        for unit, size in ("b", self.block), ("p", PAGE):
            if unit in value:
                digits, rest = value.split(unit)
                return int(digits, 0) * size + int(rest or "0")
        return int(value, 0)

    def lba(self, step):
        lba = step.get("lba", 0)
        if isinstance(lba, str):
            return int(lba, 0)
        return self.handle(step, "ns").block_count + lba if lba < 0 else lba

    def piece(self, name, at, bytes=None):
        """A part of a buffer, the Buffer itself where that is all of it, or None if there is none of that name."""
        buf = self.names.get(name)
        at = self.quantity(at)
        if buf is None or (not at and bytes is None and isinstance(buf, upnvme.Buffer)):
            return buf
        view = memoryview(buf).cast("B")
        return view[at:] if bytes is None else view[at:at + self.quantity(bytes)]

    def place(self, step, otherwise="a"):
        return self.piece(step.get("buf", otherwise), step.get("at"), step.get("bytes"))

    def uri(self, text):
        more = self.case.get("uri", "")
        medium = self.path if self.medium == "file" else self.medium
        uri = f"soft:{medium}?size={self.nblocks * self.block}&block={self.block}&mode={self.mode}"
        return text.replace("{uri}", uri + ("&" + more if more else "")).replace("{path}", self.path)

    # --- handles ---

    def do_open(self, step):
        if "future" in step or "size" in step:
            return  # options structs are the package's own
        ctrlr = self.attempt(step, upnvme.open, self.uri(step.get("uri", "{uri}")),
                             queue_pairs=step.get("nqpairs", 0), max_transfer=step.get("max_transfer", 0))
        if ctrlr is not None:
            self.names[step.get("as", "ctrlr")] = ctrlr

    def do_close(self, step):
        name = step.get("ctrlr", "ctrlr")
        if self.names.get(name) is None or step.get("code") == "UPNVME_ERR_BUSY_CHILDREN":
            return  # no null handles; and closing a controller closes its queue pairs
        self.attempt(step, self.names[name].close)
        if "error" not in step:
            del self.names[name]

    def do_ns(self, step):
        ctrlr = self.handle(step, "ctrlr")
        ns = self.attempt(step, lambda: ctrlr.namespaces[step.get("nsid", 1)])
        if ns is not None:
            self.names[step.get("as", "ns")] = ns

    def do_qpair(self, step):
        if "future" in step or "size" in step:
            if not step.get("future") and "error" not in step:
                self.names[step.get("as", "qpair")] = self.handle(step, "ctrlr").qpair()
            return
        qpair = self.attempt(step, lambda: upnvme.QPair(
            self.handle(step, "ctrlr"), entries=step.get("entries", self.case.get("entries", 0)),
            outstanding=step.get("outstanding", 0), flags=step.get("flags", 0)))
        if qpair is not None:
            self.names[step.get("as", "qpair")] = qpair

    def do_qpair_close(self, step):
        name = step.get("qpair", "qpair")
        if self.names.get(name) is None:
            return
        self.attempt(step, self.names[name].close)
        if "error" not in step:
            del self.names[name]

    def simple(self, step):
        qpair = self.handle(step, "qpair")
        self.attempt(step, lambda: getattr(qpair, step["do"])())

    do_stop = do_release = do_adopt = do_abandon = do_ring = simple

    def do_file(self, step):
        os.truncate(self.path, step["bytes"])

    def do_property(self, step):
        ctrlr, qpair, ns = (self.handle(step, key) for key in ("ctrlr", "qpair", "ns"))
        values = {
            "ns.block_size": lambda: ns.block_size, "ns.block_count": lambda: ns.block_count,
            "ns.id": lambda: ns.nsid,
            "ns.next": lambda: next((nsid for nsid in ctrlr.namespaces if nsid > ns.nsid), 0),
            "ns.metadata_size": lambda: ns.metadata_size,
            "ns.max_transfer_bytes": lambda: ns.max_transfer_blocks * ns.block_size,
            "qpair.entries": lambda: qpair.entries, "qpair.outstanding_max": lambda: qpair.depth,
            "qpair.inflight": lambda: qpair.inflight,
            "ctrlr.max_transfer_bytes": lambda: ctrlr.info.max_transfer_bytes,
            "ctrlr.sgl": lambda: ctrlr.info.sgl, "ctrlr.ns_count": lambda: ctrlr.info.ns_count,
        }
        value = values[step["name"]]()
        if value != self.quantity(step["is"]):
            raise Different(f"{step['name']} is {value}")

    # --- memory ---

    def do_alloc(self, step):
        ctrlr = self.handle(step, "ctrlr")
        buf = self.attempt(step, lambda: ctrlr.alloc(self.quantity(step.get("bytes"), PAGE), step.get("align", 0)))
        if buf is not None:
            self.names[step.get("buf", "a")] = buf

    def do_memory(self, step):
        pages = -(-self.quantity(step.get("bytes"), PAGE) // PAGE)
        self.names[step.get("buf", "m")] = mmap.mmap(-1, pages * PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)

    def do_free(self, step):
        buf = self.handle(step, "buf", "a")
        if step.get("at") or buf is None:
            return  # only a whole Buffer can be freed, and there are no null ones
        self.attempt(step, lambda: buf.free())
        if "error" not in step:
            del self.names[step.get("buf", "a")]

    def do_register(self, step):
        ctrlr, name = self.handle(step, "ctrlr"), (step.get("buf", "a"), str(step.get("at")), str(step.get("bytes")))
        registration = self.attempt(step, lambda: ctrlr.register(self.place(step)))
        if registration is not None:
            self.names.setdefault(name, []).append(registration)

    def do_unregister(self, step):
        name = (step.get("buf", "a"), str(step.get("at")), str(step.get("bytes")))
        registrations = self.names.get(name)
        if not registrations:
            if "error" not in step:
                raise Different("there is no such registration")
            return  # without the object of a registration there is nothing to end it with
        self.attempt(step, registrations[-1].free)
        if "error" not in step:
            registrations.pop()

    def do_fill(self, step):
        place = self.place(step)
        blocks = step.get("blocks", len(place) // self.block)
        place[:blocks * self.block] = pattern(self.lba(step) if "lba" in step else 0, blocks, self.block,
                                              step.get("seed", 1))

    def do_set(self, step):
        place = self.place(step)
        place[:] = bytes([step.get("byte", 0)]) * len(place)  # a Buffer takes it as a memoryview does

    def do_check(self, step):
        place = self.place(step)
        blocks = step.get("blocks", len(place) // self.block)
        if "byte" in step:
            expected = bytes([step["byte"]]) * len(place)
        else:
            expected = pattern(self.lba(step) if "lba" in step else 0, blocks, self.block, step.get("seed", 1))
        if bytes(place[:len(expected)]) != bytes(expected):
            raise Different("the bytes are others")

    # --- elsewhere ---

    def do_in_thread(self, step):
        failures = []

        def elsewhere():
            try:
                self.steps(step["steps"])
            except BaseException as failure:  # the thread's end is not this one's
                failures.append(failure)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        if failures:
            raise failures[0]

    def do_in_child(self, step):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                self.steps([one for one in step["steps"] if one["do"] not in ("register",)])
                code = 0
            except BaseException as failure:  # the child must end here
                print(f"in the child: {failure!r}", flush=True)
            os._exit(code)
        if os.waitpid(pid, 0)[1]:
            raise Different("the child failed")

    # --- commands ---

    def flags(self, step):
        flags = 0
        for name in step.get("flags", ()):
            flags |= FLAGS[name]
        return flags

    def op(self, ops, i, step, times=0):
        """Fills in a command of a batch."""
        ns = self.handle(step, "ns")
        opcode = step.get("opcode", OPCODES.get(step["do"], 0))
        for name, value in (("opcode", opcode), ("form", step.get("form", 0)), ("flags", self.flags(step)),
                            ("nsid", step.get("nsid", ns.nsid if ns and ns.controller.is_open else 1)),
                            ("lba", self.lba(step)), ("blocks", step.get("blocks", 1)), ("dtype", step.get("dtype", 0)),
                            ("tag", step.get("tag", 0) + times)):
            ops.column(name)[i] = value

    def batch_of(self, steps):
        """The commands, and the one buffer that they have."""
        flat = [(one, i) for one in steps for i in range(one.get("times", 1))]
        ops, buf = upnvme.Batch(len(flat)), None
        for i, (step, times) in enumerate(flat):
            self.op(ops, i, step, times)
            if "buf" in step:
                buf = self.names[step["buf"]]
                ops.column("offset")[i] = self.quantity(step.get("at"))
        return ops, buf

    def command(self, step):
        if step["do"] != "op" and step["do"] not in OPCODES:
            raise Different("there is no such step")
        io = Io(step)
        if self.is_for_namespace(step):
            self.attempt(step, self.by_namespace, step)
            return
        qpair = self.handle(step, "qpair")
        if not self.attempt(step, self.start, qpair, step, io):
            return
        if "start" in step:
            self.ios[step["start"]] = io
        else:
            self.wait(qpair, io)

    def is_for_namespace(self, step):
        """These faces have no queue pairs of the program's: steps about queue pairs go by callbacks."""
        return (self.face in ("sync", "aio") and step["do"] in OPCODES and "qpair" not in step and "iov" not in step and
                not {"start", "in_callback", "opcode", "form", "nsid", "dtype", "done_blocks"} & set(step) and
                step.get("error") not in ("EPERM", "EAGAIN", "EXDEV", "ESHUTDOWN") and step.get("blocks", 1) > 0 and
                self.handle(step, "ns") is not None and not (step["do"] == "flush" and "flags" in step) and
                not self.ios and self.is_whole(step))

    def is_whole(self, step):
        """Whether the buffer is as large as the blocks; the sync face takes both from the buffer, and copies what a
        device does not reach."""
        if step["do"] not in WITH_DATA:
            return True
        place = self.piece(step.get("buf", ""), step.get("at"))
        return place is not None and len(place) >= step.get("blocks", 1) * self.block and \
            step.get("code") not in ("UPNVME_ERR_BUFFER_UNREACHABLE", "UPNVME_ERR_BUFFER_ALIGN") and \
            step.get("error") != "EFAULT"

    def by_namespace(self, step):
        ns, lba, blocks, flags = self.handle(step, "ns"), self.lba(step), step.get("blocks", 1), self.flags(step)
        name = "Successful Completion"
        try:
            if self.face == "aio":
                self.loop.run_until_complete(self.awaited(ns, step))
            elif step["do"] in WITH_DATA:
                place = self.piece(step["buf"], step.get("at"))[:blocks * self.block]
                if step["do"] == "read":
                    ns.readinto(place, lba, flags)
                else:
                    getattr(ns, step["do"])(lba, place, flags)
            elif step["do"] == "flush":
                ns.flush()
            elif step["do"] == "deallocate":
                ns.deallocate(lba, blocks)
            else:
                getattr(ns, step["do"])(lba, blocks, flags)
        except upnvme.NVMeError as error:
            name = error.name
        if step.get("status", "Successful Completion") not in ("any", name):
            raise Different(f"status is {name}")

    async def awaited(self, ns, step):
        """By a queue pair of the loop's, which the controller has besides those of the table."""
        qpair = self.loop_qpairs.get(ns.controller)
        if qpair is None:
            qpair = self.loop_qpairs[ns.controller] = upnvme.aio.QPair(ns.controller, 4)
        lba, blocks, flags = self.lba(step), step.get("blocks", 1), self.flags(step)
        if step["do"] in WITH_DATA:
            place = self.piece(step["buf"], step.get("at"))
            await getattr(qpair, step["do"])(ns, place, lba, blocks, flags=flags)
        elif step["do"] == "flush":
            await qpair.flush(ns)
        elif step["do"] == "deallocate":
            await qpair.deallocate(ns, lba, blocks)
        else:
            await getattr(qpair, step["do"])(ns, lba, blocks, flags=flags)

    def is_for_batch(self, qpair, step):
        """The batch face has no callbacks, lists of pieces, or namespaces of other controllers."""
        ns = self.handle(step, "ns")
        return (self.face == "batch" and step["do"] in OPCODES and
                not {"start", "in_callback", "iov", "opcode", "form", "nsid", "dtype"} & set(step) and
                step.get("buf", "a") in {*self.names, "a"} and ns is not None and qpair is not None and
                ns.controller is qpair.controller)

    def start(self, qpair, step, io):
        """Submits a command; True when it was accepted."""
        callback = self.callback(io)
        if self.is_for_batch(qpair, step):
            ops, buf = self.batch_of([step])
            qpair.submit(ops, buf)
            io.by_tag = True
        elif "iov" in step:
            pieces = [self.piece(*piece) for piece in step["iov"]]
            op = upnvme.Batch(1)
            self.op(op, 0, step)
            qpair.io(op, pieces, callback=callback)
        elif {"opcode", "form", "nsid", "dtype"} & set(step) or (step["do"] == "flush" and "flags" in step):
            op = upnvme.Batch(1)
            self.op(op, 0, step)
            qpair.io(op, self.piece(step.get("buf", ""), step.get("at")), callback=callback)
        else:
            self.short(qpair, step, callback)
        return True

    def short(self, qpair, step, callback):
        ns, lba, blocks, flags = self.handle(step, "ns"), self.lba(step), step.get("blocks", 1), self.flags(step)
        if step["do"] in WITH_DATA:
            place = self.piece(step.get("buf", ""), step.get("at"))
            getattr(qpair, step["do"])(ns, place, lba, blocks, callback=callback, flags=flags)
        elif step["do"] == "flush":
            qpair.flush(ns, callback=callback)
        elif step["do"] == "deallocate":
            qpair.deallocate(ns, lba, blocks, callback=callback)
        else:
            getattr(qpair, step["do"])(ns, lba, blocks, callback=callback, flags=flags)

    def callback(self, io):
        def on_done(done):
            io.completions.append(done)
            try:
                self.steps(io.step.get("in_callback", ()))
            except Different as different:
                self.failure = different
        return on_done

    def wait(self, qpair, io):
        end = time.monotonic() + DEADLINE_S
        while not io.completions:
            if getattr(io, "by_tag", False):
                io.completions += qpair.reap(min=1, timeout=DEADLINE_S)
            else:
                qpair.poll(timeout=1)
            if time.monotonic() > end:
                raise Different(f"not done after {DEADLINE_S} s")
        if self.failure:
            raise self.failure
        self.compare_completion(io.step, io.completions[0])

    def do_wait(self, step):
        for name in step["for"]:
            self.wait(self.handle(step, "qpair"), self.ios[name])

    def do_poll(self, step):
        qpair, end = self.handle(step, "qpair"), time.monotonic() + DEADLINE_S

        def poll():
            n = qpair.poll(step.get("max", 0))
            while n == 0 and step.get("until") and time.monotonic() < end:
                n = qpair.poll(step.get("max", 0))
            return n

        n = self.attempt(step, poll)
        if n is not None and n != step.get("returns", 0):
            raise Different(f"{n} completions")

    def do_submit(self, step):
        qpair = self.handle(step, "qpair")

        def submit():
            try:
                return qpair.submit(*self.batch_of(step["ops"]))
            except upnvme.PartialError as error:
                return error.index

        n = self.attempt(step, submit)
        if n is not None and n != step.get("returns", 0):
            raise Different(f"{n} were accepted")

    def match(self, expected, completions):
        completions = list(completions)
        for one in expected:
            for i in range(one.get("times", 1)):
                tag = one.get("tag", 0) + i
                found = [done for done in completions if done.tag == tag]
                if not found:
                    raise Different(f"no completion with tag {tag}")
                self.compare_completion(one, found[0])
                completions.remove(found[0])
        if completions:
            raise Different(f"more completions: {completions}")

    def do_reap(self, step):
        qpair, expected = self.handle(step, "qpair"), step.get("expect", [])
        wanted = sum(one.get("times", 1) for one in expected)
        done = self.attempt(step, lambda: qpair.reap(min=wanted, timeout=DEADLINE_S, max=step.get("room", 0)))
        if done is not None:
            self.match(expected, done)

    def do_exec(self, step):
        if step.get("room"):
            return  # the package makes the room itself
        qpair = self.handle(step, "qpair")

        def run():
            released = step["ops"] and self.is_released(qpair)
            if released:
                qpair.adopt()
            try:
                return qpair.run(*self.batch_of(step["ops"]), timeout=DEADLINE_S)
            except upnvme.PartialError as error:
                return error.completions
            finally:
                if released:
                    qpair.release()

        done = self.attempt(step, run)
        if done is not None:
            self.match(step.get("expect", []), done)

    @staticmethod
    def is_released(qpair):
        try:
            qpair.ring()
        except upnvme.WrongThreadError as error:
            return error.code_name == "UPNVME_ERR_QPAIR_RELEASED"
        except upnvme.Error:
            return False
        return False

    def do_raw(self, step):
        qpair, io = self.handle(step, "qpair"), Io(step)
        if step.get("buf") == "null":
            return  # data without memory cannot be said
        data = self.piece(step["buf"], step.get("at"), step.get("bytes", 0)) if "buf" in step else None
        if data is not None and self.quantity(step.get("bytes")) > len(data):
            return  # a buffer is as large as it is
        if self.attempt(step, lambda: qpair.raw(step["cdw"], data, step.get("direction", 0),
                                                callback=self.callback(io)) or True):
            self.wait(qpair, io)
