# SPDX-License-Identifier: BSD-3-Clause
"""The tools of a test inside the guest: giving devices to a driver, asking the kernel about them, running programs."""

import ctypes
import dataclasses
import errno
import fcntl
import functools
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import time
import typing

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "tools"))
import harness  # noqa: E402  the same lines for every test of a script
import host  # noqa: E402, F401  for the tests
import kernel  # noqa: E402
import machine  # noqa: E402
import repeats  # noqa: E402
from machine import Controller, Namespace, address_of  # noqa: E402, F401  for the tests
from monitor import Monitor  # noqa: E402

BUILD = harness.BUILD
PLUGIN = BUILD / "lib/libupnvme-dpdk.so"
# The values of `env` in a URI; without DPDK at build time there is no plug-in.
ENVIRONMENTS = ("vfio", "dpdk") if PLUGIN.exists() else ("vfio",)
ENVIRONMENT = "UPNVME_TEST_ENV"
FOR_DPDK = {"hugepages": 160, "memory": 1280}  # of a machine; the pages are of 2 MiB
# Generous: a guest on a busy machine can be twenty times slower than on an idle one.
PATIENCE_SECONDS = 120
KIB = 1024
MIB = 1024 * KIB
run = harness.run
PCI = pathlib.Path("/sys/bus/pci")
NVME_IOCTL_ADMIN_CMD = 0xC0484E41
IDENTIFY = 0x06


@dataclasses.dataclass
class File:
    """What a test file asks for. Its test cases run, or `inside`, which returns an exit code; in each environment, or
    once with the empty one. In the environments of `repeated` it repeats what it has shown in the others, and what
    other files have shown of those. `machine` are options of the machine. With `dpdk` it needs DPDK."""

    controllers: list
    inside: typing.Callable = None
    environments: tuple = ("",)
    repeated: tuple = ()
    machine: dict = dataclasses.field(default_factory=dict)
    dpdk: bool = False

    def runs(self):
        """The environments in which the file runs."""
        return [name for name in self.environments if repeats.LONG or name not in self.repeated]


def driver_of(address):
    link = PCI / "devices" / address / "driver"
    return link.resolve().name if link.exists() else ""


def bind(address, driver):
    """Gives the device to a driver of the kernel's."""
    device = PCI / "devices" / address
    if driver_of(address):
        (device / "driver/unbind").write_text(address)
    (device / "driver_override").write_text(driver if driver != "nvme" else "\n")
    (PCI / "drivers_probe").write_text(address)
    if driver_of(address) != driver:
        raise AssertionError(f"{address}: driver is {driver_of(address) or 'none'}, not {driver}")


def group_of(address):
    return (PCI / "devices" / address / "iommu_group").resolve().name


def environment():
    """The environment of this run, or None."""
    return os.environ.get(ENVIRONMENT) or None


def uri_of(address, **keys):
    """The controller's URI with these keys; `env` is this run's by default, and None leaves it out."""
    keys = {"env": environment(), **keys}
    query = "&".join(f"{key}={value}" for key, value in keys.items() if value is not None)
    return f"pcie:{address}" + (f"?{query}" if query else "")


def until(find, complaint):
    """The result of `find`, as soon as it is true; `complaint` is the failure's text if it stays false."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := find()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{complaint()}\n{shell('dmesg | tail -20; ps -ef | tail -5')}")
        time.sleep(0.01)
    return found


def wait_for(path):
    """Waits until the kernel has made the file."""
    until(path.exists, lambda: f"{path} does not appear")
    return path


def kernel_controller(address):
    """The kernel's name of the controller at an address, while its own driver has it."""
    folder = wait_for(PCI / "devices" / address / "nvme")
    return until(lambda: list(folder.iterdir()), lambda: f"{folder} stays empty")[0].name


def is_live(disk):
    """Whether the kernel opens the device: its file is there a little before."""
    try:
        os.close(os.open(disk, os.O_RDONLY))
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENXIO):
            raise
        return False
    return True


def kernel_disk(address, nsid=1):
    """The kernel's block device of a namespace."""
    disk = pathlib.Path("/dev") / f"{kernel_controller(address)}n{nsid}"
    until(lambda: is_live(disk), lambda: f"{disk} cannot be opened")
    return disk


def kernel_identify(address, cns, nsid=0):
    """The device's answer to the kernel's driver."""
    data = ctypes.create_string_buffer(4096)
    command = struct.pack("<BBHIIIQQIIIIIIIIII", IDENTIFY, 0, 0, nsid, 0, 0, 0, ctypes.addressof(data), 0, len(data),
                          cns, 0, 0, 0, 0, 0, 0, 0)
    with wait_for(pathlib.Path("/dev") / kernel_controller(address)).open("rb") as device:
        fcntl.ioctl(device, NVME_IOCTL_ADMIN_CMD, bytearray(command))
    return data.raw


def monitor_port():
    """The serial port behind which QEMU's monitor is."""
    ports = pathlib.Path("/sys/class/virtio-ports")
    return next(pathlib.Path("/dev") / port.name for port in ports.iterdir()
                if (port / "name").read_text().strip() == "monitor")


@functools.cache
def monitor():
    """QEMU's monitor, inside the guest; the port can be opened once."""
    return Monitor(monitor_port().open("r+b", buffering=0))


def unplug(index):
    """Pulls out a controller that can be plugged; the kernel then asks its user to let go."""
    monitor().ask("device_del", id=machine.device_of(index))


def plug(index, controller, number):
    """Plugs in the controller with this one of its namespaces, as soon as the former has left the port."""
    refusals = []

    def try_it():
        try:
            monitor().ask("device_add", **machine.plugged_device(index, controller, number))
        except AssertionError as error:
            refusals.append(error)
            return False
        return True

    until(try_it, lambda: refusals[-1])


def plugged_address(index):
    """The address of the device that is plugged into the port with this place in the list."""
    port = PCI / "devices" / address_of(index)
    return until(lambda: [device.name for device in port.glob("0000:*:00.0")],
                 lambda: f"{address_of(index)}: nothing is plugged in there")[0]


def wait_until_unplugged(address):
    """Waits until the kernel has let go."""
    until(lambda: not (PCI / "devices" / address).exists(), lambda: f"{address} is still there")


def load(module):
    """Loads a module of the kernel's, with all that it needs."""
    loaded = {path.name for path in pathlib.Path("/sys/module").iterdir()}
    if module.replace("-", "_") in loaded:
        return
    for path in kernel.modules(kernel.unpacked(), [module]):
        if path.stem.replace("-", "_") not in loaded:
            shell(f"busybox insmod {path}")


def shell(command):
    done = subprocess.run(["sh", "-ec", command], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise AssertionError(f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def for_any_user(folder):
    """An environment with the plug-in in this folder, which every user may enter: the tree may be in root's home."""
    folder.chmod(0o755)
    if PLUGIN.exists():
        shutil.copy(PLUGIN, folder)
    return {**os.environ, "UPNVME_PLUGIN_DIR": str(folder)}


def hold(test, uris, user=0, limit="", **options):
    """A process of a user, with a limit as prlimit(1) takes it, that opens the controllers, says "open" or the error,
    and holds them until its standard input ends (hold.c); at the end of the test it ends."""
    command = [*(["prlimit", limit] if limit else []), BUILD / "tests/vm/hold", str(user), *uris]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               **options)
    test.addCleanup(process.wait)
    test.addCleanup(process.stdout.close)
    test.addCleanup(process.stdin.close)
    return process


def call(program, *args):
    """Runs a test program of the build, whose lines are counted as if they were ours; its exit code."""
    sys.stdout.flush()
    return subprocess.call([BUILD / program, *map(str, args)], stdin=subprocess.DEVNULL)
