# SPDX-License-Identifier: BSD-3-Clause
"""Virtual machines with NVMe controllers behind an IOMMU, in QEMU, without KVM.

A test file says which controllers it wants and has test cases. Run on the host it boots a guest that runs the same
file; in the guest the cases run, and what they say goes to the host's standard output line by line.
"""

import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import kernel

TOP = kernel.TOP
BUILD = TOP / os.environ.get("UPNVME_BUILD", "build")
QEMU = "qemu-system-x86_64"
VIRTIOFSD = [pathlib.Path("/usr/lib/qemu/virtiofsd"), pathlib.Path("/usr/libexec/virtiofsd")]
SKIP = 77
FIRST_SLOT = 0x10
IN_GUEST = "UPNVME_GUEST"


@dataclasses.dataclass
class Namespace:
    """One namespace. `faults` are blkdebug's rules, as (event, iotype, sector) of 512 bytes."""

    size: int
    block: int = 4096
    faults: tuple = ()


@dataclasses.dataclass
class Controller:
    """One controller; `options` are those of QEMU's nvme device, for example {"mdts": 2}. With `plug` it can be pulled
    and plugged, each time with the next of its namespaces, in blocks of 512 bytes: QEMU can plug in no others, and none
    twice."""

    namespaces: tuple
    options: dict = dataclasses.field(default_factory=dict)
    plug: bool = False


def address_of(index):
    """The PCI address at which a guest finds the controller with this place in the list."""
    return f"0000:00:{FIRST_SLOT + index:02x}.0"


def disk_of(index, number):
    return f"disk{index}.{number}"


def disk_options(folder, name, namespace):
    path = folder / name
    with path.open("wb") as file:
        file.truncate(namespace.size)
    if not namespace.faults:
        return f"driver=raw,node-name={name},file.driver=file,file.filename={path},cache.no-flush=on"
    rules = folder / f"{name}.faults"
    rules.write_text("".join(f'[inject-error]\nevent = "{event}"\niotype = "{iotype}"\nsector = "{sector}"\n'
                             f'errno = "5"\nonce = "off"\n' for event, iotype, sector in namespace.faults))
    return (f"driver=raw,node-name={name},file.driver=blkdebug,file.config={rules},file.image.driver=file,"
            f"file.image.filename={path},cache.no-flush=on")


def plugged_device(index, controller, number):
    """QEMU's description of a controller that can be plugged in."""
    return {"driver": "nvme", "id": f"nvme{index}", "serial": f"serial{index}", "bus": f"port{index}",
            "drive": disk_of(index, number), **controller.options}


def controller_arguments(folder, index, controller):
    for number, namespace in enumerate(controller.namespaces, 1):
        yield from ("-blockdev", disk_options(folder, disk_of(index, number), namespace))
    slot = f"addr={FIRST_SLOT + index:#x}"
    if controller.plug:
        yield from ("-device", f"pcie-root-port,id=port{index},chassis={index + 1},{slot}")
        device = plugged_device(index, controller, 1)
        yield from ("-device", ",".join(f"{key}={value}" for key, value in device.items()).removeprefix("driver="))
        return
    options = "".join(f",{key}={value}" for key, value in controller.options.items())
    yield from ("-device", f"nvme,id=nvme{index},serial=serial{index},{slot}{options}")
    for number, namespace in enumerate(controller.namespaces, 1):
        yield from ("-device", f"nvme-ns,bus=nvme{index},drive={disk_of(index, number)},nsid={number},"
                               f"logical_block_size={namespace.block},physical_block_size={namespace.block}")


def monitor_arguments(folder):
    """QEMU's monitor, for the guest itself, behind a serial port."""
    socket = folder / "monitor.socket"
    return ["-chardev", f"socket,id=monitor,path={socket},server=on,wait=off", "-mon", "chardev=monitor,mode=control",
            "-chardev", f"socket,id=port,path={socket}", "-device", "virtio-serial-pci",
            "-device", "virtserialport,chardev=port,name=monitor"]


def machine_arguments(address_bits, memory):
    return ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-machine", "q35,memory-backend=mem,kernel-irqchip=off", "-accel", "tcg,thread=multi", "-cpu", "max",
            "-smp", "2", "-m", memory, "-object", f"memory-backend-memfd,id=mem,size={memory},share=on",
            "-device", f"intel-iommu,intremap=on,caching-mode=on,aw-bits={address_bits}",
            "-device", "isa-debug-exit,iobase=0x501,iosize=1"]


def virtiofsd_command():
    """How to serve the host's root: as root, or as a user who is root in a namespace of his own."""
    there = [str(path) for path in VIRTIOFSD if path.exists()]
    if not there:
        raise RuntimeError("virtiofsd is not there: install qemu-system-common")
    command = there[:1]
    if os.getuid() == 0:
        return command
    # It wants to write below /run.
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", 'mount -t tmpfs run /run && exec "$@"', "sh", *command]


class Host:
    """What runs on the host for one guest."""

    def __init__(self, folder):
        self.folder = folder
        self.console = folder / "console"

    def share_root(self):
        """Starts the server of the host's root; the guest's end is its socket."""
        socket = self.folder / "root.socket"
        command = [*virtiofsd_command(), f"--socket-path={socket}", "-o", "source=/", "-o", "sandbox=chroot",
                   "-o", "cache=always"]
        with (self.folder / "virtiofsd.log").open("w") as log:
            server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while not socket.exists():
            if server.poll() is not None or time.monotonic() > deadline:
                server.kill()
                raise RuntimeError("virtiofsd does not start:\n" + (self.folder / "virtiofsd.log").read_text())
            time.sleep(0.01)
        return server, ["-chardev", f"socket,id=root,path={socket}",
                        "-device", "vhost-user-fs-pci,chardev=root,tag=host,queue-size=1024"]

    def kernel_arguments(self, command):
        image, initramfs = kernel.prepare()
        # On a busy machine a guest's timer can be late: the kernel shall not take it for broken.
        words = ["no_timer_check", "console=ttyS0", "quiet", "panic=-1", "intel_iommu=on", "iommu=pt", "tsc=reliable",
                 "mitigations=off", "nokaslr", "random.trust_cpu=on", "upnvme.run=" + ",".join(command),
                 f"upnvme.cd={TOP}", f"upnvme.leave={BUILD / 'tests/vm/leave'}"]
        return ["-kernel", image, "-initrd", initramfs, "-append", " ".join(map(str, words)),
                "-serial", f"file:{self.console}", "-serial", "stdio"]

    def boot(self, controllers, command, address_bits=48, memory="1G"):
        """Runs the command in a guest; its exit code, or None if the guest has not come to an end by itself."""
        server, arguments = self.share_root()
        arguments += machine_arguments(address_bits, memory) + self.kernel_arguments(command)
        arguments += monitor_arguments(self.folder)
        for index, controller in enumerate(controllers):
            arguments += controller_arguments(self.folder, index, controller)
        try:
            code = subprocess.call(["nice", QEMU, *map(str, arguments)], stdin=subprocess.DEVNULL)
        finally:
            server.kill()
            server.wait()
        return code >> 1 if code & 1 else None


def run_file(path, controllers, **options):
    """Boots a guest that runs the Python file; never returns."""
    if not shutil.which(QEMU):
        print(f"{QEMU} is not there: install qemu-system-x86")
        sys.exit(SKIP)
    kernel.CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="guest-", dir=kernel.CACHE) as name:
        host = Host(pathlib.Path(name))
        command = ["env", f"{IN_GUEST}=1", f"UPNVME_BUILD={BUILD.relative_to(TOP)}", "PYTHONDONTWRITEBYTECODE=1",
                   "TMPDIR=/run", "python3", path]
        code = host.boot(controllers, command, **options)
        if code != 0:
            print("the guest ended early; its console:" if code is None else "the guest's console:")
            print(host.console.read_text(errors="replace"))
    sys.exit(1 if code is None else code)
