# SPDX-License-Identifier: BSD-3-Clause
"""10^5 I/Os by every face and 2,500 controllers leave nothing behind: no object, no allocation of C's, no page, no
descriptor, no mapping, no thread. In a process of its own, with one arena, so that malloc's count is exact.

UPNVME_SOAK=10 does ten times as many."""

import json
import os
import sys
import textwrap

import child
import pytest

MEASURE = """
    import asyncio, ctypes, gc, json, os, sys
    import upnvme, upnvme.aio

    class Mallinfo(ctypes.Structure):
        _fields_ = [(name, ctypes.c_size_t) for name in ("arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks "
                                                         "fordblks keepcost").split()]
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = Mallinfo

    def look():
        gc.collect()
        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[1])
        with open("/proc/self/maps") as file:
            maps = len(file.readlines())
        now = mallinfo()
        return {"objects": sys.getallocatedblocks(), "malloc": now.uordblks + now.hblkhd,
                "resident": pages * os.sysconf("SC_PAGE_SIZE"), "maps": maps,
                "descriptors": len(os.listdir("/proc/self/fd")), "threads": len(os.listdir("/proc/self/task"))}

    def soak(work, n):
        n *= int(os.environ.get("UPNVME_SOAK", 1))
        work(n // 10)
        look()
        before = look()
        work(n)
        after = look()
        print(json.dumps({name: after[name] - before[name] for name in before}))
"""
PROGRAMS = {
    "reads": """
        ctrlr = upnvme.open("soft:ram?size=1MiB")
        ns, buf = ctrlr.namespaces[1], ctrlr.alloc(4096)
        def work(n):
            for i in range(n // 4):
                ns.read(i % 256)
                ns.readinto(buf, i % 256)
                ns.write(i % 256, buf)
                ns.write(i % 256, bytes(4096))
        soak(work, 100_000)
        ctrlr.close()
    """,
    "callbacks": """
        ctrlr = upnvme.open("soft:ram?size=1MiB")
        ns, buf, qp = ctrlr.namespaces[1], ctrlr.alloc(4096), ctrlr.qpair(32)
        done = []
        def work(n):
            for i in range(n // 32):
                for lba in range(32):
                    qp.read(ns, buf, lba, callback=done.append)
                while qp.inflight:
                    qp.poll()
                done.clear()
        soak(work, 100_000)
        ctrlr.close()
    """,
    "batches": """
        ctrlr = upnvme.open("soft:ram?size=1MiB")
        ns, buf, qp = ctrlr.namespaces[1], ctrlr.alloc(4096), ctrlr.qpair(64)
        ops = upnvme.batch(64, ns, upnvme.Op.READ)
        def work(n):
            for i in range(n // 64):
                qp.reap(min=qp.submit(ops, buf))
        soak(work, 100_000)
        ctrlr.close()
    """,
    "futures": """
        async def some(n):
            async with upnvme.aio.open("soft:ram?size=1MiB") as ctrlr:
                ns, qp, buf = ctrlr.namespaces[1], ctrlr.qpair(64), ctrlr.alloc(4096)
                ops = upnvme.batch(64, ns, upnvme.Op.READ)
                for i in range(n // 128):
                    await asyncio.gather(qp.run(ops, buf), *(ns.read(lba) for lba in range(64)))
        soak(lambda n: asyncio.run(some(n)), 100_000)
    """,
    "failures": """
        ctrlr = upnvme.open("soft:ram?size=1MiB&readonly=1")
        ns, buf, qp = ctrlr.namespaces[1], ctrlr.alloc(4096), ctrlr.qpair(32)
        def refused(call, *arguments):
            try:
                call(*arguments)
            except (upnvme.Error, ValueError):
                return
            raise AssertionError(call)
        def work(n):
            for i in range(n // 4):
                refused(ns.write, 0, buf)
                refused(ns.read, 1 << 40)
                refused(upnvme.open, "soft:ram?colour=red")
                refused(ctrlr.log_page, 2, 3)
        soak(work, 20_000)
        ctrlr.close()
    """,
    "controllers": """
        def work(n):
            for i in range(n):
                ctrlr = upnvme.open("soft:ram?size=1MiB" if i % 20 else "soft:ram?size=1MiB&mode=thread")
                qp, buf = ctrlr.qpair(8), ctrlr.alloc(4096)
                ns = ctrlr.namespaces[1]
                if i % 10 == 0:
                    ns.read(0)
                qp.read(ns, buf, 0, callback=lambda done, held=qp: None)  # a cycle, with a command in flight
                ctrlr.close()
        soak(work, 2_500)
    """,
    "admin": """
        ctrlr = upnvme.open("soft:ram?size=1MiB")
        def work(n):
            for i in range(n // 4):
                ctrlr.identify(), ctrlr.smart, ctrlr.log_page(2, 512)
                ctrlr.admin([9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 350])
        soak(work, 8_000)
        ctrlr.close()
    """,
}
# The memory that allocators keep for themselves; a leak of one object, or of 40 bytes, in each round is more.
ALLOWED = {"objects": 1000, "malloc": 64 << 10, "resident": 4 << 20, "maps": 8, "descriptors": 0, "threads": 0}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_memory_stays_flat(program):
    text = textwrap.dedent(MEASURE) + textwrap.dedent(program)
    process = child.run([sys.executable, "-c", text], env=dict(os.environ, MALLOC_ARENA_MAX="1",
                                                              PYTHONDONTWRITEBYTECODE="1"))
    assert process.returncode == 0, process.stdout + process.stderr
    grown = json.loads(process.stdout)
    assert all(grown[name] <= most for name, most in ALLOWED.items()), grown
