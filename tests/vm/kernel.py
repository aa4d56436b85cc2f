# SPDX-License-Identifier: BSD-3-Clause
"""A guest's kernel and its first file system, made from Debian packages that are unpacked but not installed."""

import fcntl
import lzma
import os
import pathlib
import subprocess

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
CACHE = TOP / "build" / "vm"
META_PACKAGE = "linux-image-cloud-amd64"
# The modules in the first file system, with the ones that they need; init loads them in this order.
MODULES = ["virtio_pci", "virtiofs", "virtio_console", "vfio_iommu_type1", "vfio-pci"]
BUSYBOX = pathlib.Path("/bin/busybox")
LISTED = "modules"  # the list of all modules, in the folder of the unpacked package
INIT = TOP / "tests/vm/init"


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, **options)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def newest_package():
    """The package that Debian's meta package depends on."""
    for line in run("apt-cache", "depends", META_PACKAGE).splitlines():
        if "Depends: linux-image-" in line:
            return line.split()[-1]
    raise RuntimeError(f"apt-cache knows no {META_PACKAGE}, whose kernel a guest boots: run apt-get update as root")


def download(folder):
    try:
        run("apt-get", "-qq", "download", newest_package(), cwd=folder)
    except RuntimeError:
        if os.getuid() != 0:
            raise
        run("apt-get", "-qq", "update")  # the lists are absent, or older than the packages that there are
        run("apt-get", "-qq", "download", newest_package(), cwd=folder)


def decompress_modules(root):
    """Modules of Debian 13 and later are compressed; busybox loads only uncompressed ones."""
    for path in root.rglob("*.ko.xz"):
        path.with_suffix("").write_bytes(lzma.decompress(path.read_bytes()))
        path.unlink()


def unpacked():
    """The folder of an unpacked kernel package; the newest is fetched if there is none yet."""
    root = CACHE / "kernel"
    if not list(root.glob("boot/vmlinuz-*")):
        fresh = CACHE / "kernel.new"
        run("rm", "-rf", fresh)
        fresh.mkdir(parents=True)
        download(fresh)
        deb, = fresh.glob("*.deb")
        run("dpkg", "-x", deb, fresh)
        deb.unlink()
        decompress_modules(fresh)
        run("rm", "-rf", root)
        fresh.rename(root)
    return root


def module_needs(path):
    """The names that the .modinfo section of a module lists in `depends`."""
    for field in path.read_bytes().split(b"\0"):
        if field.startswith(b"depends="):
            return [name.decode() for name in field[8:].split(b",") if name]
    return []


def write_whole(path, content):
    """Writes a file that others see with its whole content, or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(content)
    fresh.rename(path)


def found_modules(root):
    return [str(path.relative_to(root)) for path in root.rglob("*.ko")]


def module_files(root):
    """The file of each module by its name, from the list that the host has made: a guest would search for seconds."""
    listed = root / LISTED
    names = listed.read_text().splitlines() if listed.exists() else found_modules(root)
    return {pathlib.Path(name).stem.replace("-", "_"): root / name for name in names}


def modules(root, names):
    """The files of modules and of all modules that they need, each after those; built-in ones are left out."""
    known = module_files(root)
    ordered = []

    def add(name):
        path = known.get(name.replace("-", "_"))
        if path is None or path in ordered:
            return
        for need in module_needs(path):
            add(need)
        ordered.append(path)

    for name in names:
        add(name)
    return ordered


class Archive:
    """A cpio archive in the "new ASCII" format, as the kernel unpacks it."""

    def __init__(self):
        self.data = bytearray()
        self.count = 0

    def add(self, name, mode, content=b""):
        self.count += 1
        fields = [self.count, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0]
        self.data += b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        self.data += b"\0" * (-len(self.data) % 4) + content
        self.data += b"\0" * (-len(self.data) % 4)

    def finish(self):
        self.add("TRAILER!!!", 0)
        return bytes(self.data)


def initramfs(root):
    archive = Archive()
    for folder in ("bin", "dev", "proc", "sys", "modules", "root"):
        archive.add(folder, 0o040755)
    archive.add("bin/busybox", 0o100755, BUSYBOX.read_bytes())
    archive.add("bin/sh", 0o120777, b"busybox")
    archive.add("init", 0o100755, INIT.read_bytes())
    for number, path in enumerate(modules(root, MODULES)):
        archive.add(f"modules/{number:02}-{path.name}", 0o100644, path.read_bytes())
    return archive.finish()


def is_newer(path, sources):
    return path.exists() and all(path.stat().st_mtime > source.stat().st_mtime for source in sources)


def prepare():
    """The images of the kernel and of the initial file system, made once for all guests."""
    if not BUSYBOX.exists():
        raise RuntimeError(f"{BUSYBOX} is not there: install busybox-static")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        root = unpacked()
        image = root / "initramfs"
        if not is_newer(image, [INIT, BUSYBOX, pathlib.Path(__file__)]):
            write_whole(root / LISTED, "\n".join(found_modules(root)).encode())
            write_whole(image, initramfs(root))
    kernel, = root.glob("boot/vmlinuz-*")
    return kernel, image
