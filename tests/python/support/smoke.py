# SPDX-License-Identifier: BSD-3-Clause
"""Uses an installed package as its users do, with nothing but Python's standard library.

  python smoke.py FOLDER     where it may write; prints what was used
"""

import asyncio
import ctypes
import pathlib
import subprocess
import sys

import upnvme

PACKAGE = pathlib.Path(upnvme.__file__).parent
BLOCK = 4096


def blocks(n, first=0):
    return b"".join((first + i).to_bytes(8, "little") * (BLOCK // 8) for i in range(n))


def waited_for(ns):
    ns.write(0, blocks(8))
    assert bytes(ns.read(2, 3)) == blocks(3, 2)
    buf = ns.controller.alloc(8 * BLOCK)
    ns.readinto(buf, lba=0)
    assert buf == blocks(8) and ns.controller.stats.bounced_bytes == 8 * BLOCK
    with ns.open("r+b") as file:
        file.seek(BLOCK - 2)
        assert file.read(4) == bytes(2) + b"\1\0"


def batches(ns):
    ctrlr = ns.controller
    with ctrlr.qpair(depth=16) as qp:
        buf = ctrlr.alloc(16 * BLOCK)
        ops = upnvme.batch(16, ns, upnvme.Op.READ)
        ops["lba"] = [i % 8 for i in range(16)]
        ops["offset"] = [i * BLOCK for i in range(16)]
        assert len(qp.run(ops, buf).check()) == 16 and buf == blocks(8) * 2
        seen = []
        qp.read(ns, buf, lba=4, blocks=1, callback=seen.append)
        while qp.inflight:
            qp.poll()
        assert len(seen) == 1 and not seen[0].status and buf[0:BLOCK] == blocks(1, 4)


async def awaited(uri):
    async with upnvme.aio.open(uri) as ctrlr:
        ns = ctrlr.namespaces[1]
        buf = ctrlr.alloc(8 * BLOCK)
        buf[:] = blocks(8)
        await ns.write(0, buf)
        datas = await asyncio.gather(*(ns.read(lba) for lba in range(8)))
        assert b"".join(map(bytes, datas)) == blocks(8)


def refused(words, *command):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and words in done.stderr and "Traceback" not in done.stderr, done


def extras(ns):
    """A missing extra is named in the error."""
    try:
        assert ns.fromfile("u1", 1)[0] == 0
    except ModuleNotFoundError as error:
        assert "pip install numpy" in str(error), error
    for command in ([sys.executable, "-m", "upnvme"], [str(pathlib.Path(sys.executable).parent / "upnvme")]):
        refused("pip install click rich", *command, "identify", "soft:ram")


def devices():
    """The library reaches PCIe by VFIO, DPDK or not."""
    try:
        upnvme.open("pcie:ffff:ff:1f.7?env=vfio")
    except upnvme.NotADeviceError:
        return
    raise AssertionError("there is a device at ffff:ff:1f.7")


def libraries():
    """The package uses its own library, whose plug-in finds everything that it needs."""
    maps = pathlib.Path("/proc/self/maps").read_text().splitlines()
    used = {line.split()[-1] for line in maps if "libupnvme.so" in line}
    assert used == {str(PACKAGE / "libupnvme.so.0")}, used
    plugin = PACKAGE / "libupnvme-dpdk.so"
    if plugin.exists():
        ctypes.CDLL(str(plugin))
    return plugin.exists()


def main():
    folder = pathlib.Path(sys.argv[1])
    image = f"soft:{folder}/smoke.img?size=4MiB&block={BLOCK}"
    for uri in (f"soft:ram?size=4MiB&block={BLOCK}", image):
        with upnvme.open(uri) as ctrlr:
            waited_for(ctrlr.namespaces[1])
            batches(ctrlr.namespaces[1])
            extras(ctrlr.namespaces[1])
        asyncio.run(awaited(uri))
    with upnvme.open(image + "&readonly=1") as ctrlr:
        assert bytes(ctrlr.namespaces[1].read(7)) == blocks(1, 7)
    devices()
    plugin = libraries()
    print(f"upnvme {upnvme.__version__} in {PACKAGE}, Python {sys.version.split()[0]}, "
          f"{'with' if plugin else 'without'} DPDK's plug-in")


if __name__ == "__main__":
    main()
