# SPDX-License-Identifier: BSD-3-Clause
"""Boots guests.

The tests run in the guest, and their output goes to the host's standard output line by line.

A guest that does not come to an end shows where it is: first by itself (watch); if it cannot, then by QEMU's word on
its processors and the kernel's answer to a non-maskable interrupt.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import kernel
import machine
from monitor import Monitor

TOP = kernel.TOP
# The root of a guest: this machine's, or another system that has the same tree in the same place.
ROOT = os.environ.get("UPNVME_GUEST_ROOT", "/")
BUILD = TOP / os.environ.get("UPNVME_BUILD", "build")
QEMU = "qemu-system-x86_64"
VIRTIOFSD = [pathlib.Path("/usr/lib/qemu/virtiofsd"), pathlib.Path("/usr/libexec/virtiofsd")]
SKIP = 77
# The exit code of a guest by QEMU's (leave.c).
LEFT = {33: 0, 35: 1}
IN_GUEST = "UPNVME_GUEST"
LONG = "UPNVME_LONG"
# The PATH in a guest, as init sets it.
GUEST_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# The place of Python's compiled modules for the guests, those of the standard library among them.
COMPILED = {"PYTHONPYCACHEPREFIX": str(kernel.CACHE / "pycache")}
# The time-outs of the guest and of the host, in this order. Both come before the runner's, which stops a file and shows
# nothing of it.
GUEST_SECONDS = 1500
HOST_SECONDS = 1650
LAST_WORDS_SECONDS = 20
# A busy machine gives a guest little time, and late: the guest's kernel shall not take late timers, clocks, processors
# or devices for broken ones. A hang shall leave the stacks of all processors on the console. Under the kernel's driver,
# which uses shadow doorbells, QEMU 7.2 has been seen to stop fetching commands: the kernel shall notice in time to
# reset the controller and go on. Protections of the kernel that cost time at each system call and allocation are off.
KERNEL_IO_SECONDS = 45
KERNEL_WORDS = ["console=ttyS0", "quiet", "panic=-1", "mitigations=off", "init_on_alloc=0", "hardened_usercopy=off",
                "randomize_kstack_offset=off", "audit=0", "apparmor=0", "nokaslr", "random.trust_cpu=on",
                "no_timer_check", "tsc=reliable", "nowatchdog", "rcupdate.rcu_cpu_stall_suppress=1",
                "nvme_core.admin_timeout=120", f"nvme_core.io_timeout={KERNEL_IO_SECONDS}",
                "unknown_nmi_panic", "panic_print=0x40", "sysrq_always_enabled"]


def dying_with_us(command):
    """No guest and no server outlives a test that was stopped."""
    return ["setpriv", "--pdeathsig", "KILL", *map(str, command)]


def virtiofsd_command():
    """The ways to serve the host's root: as root, or as a user who is root in a namespace of its own."""
    there = [str(path) for path in VIRTIOFSD if path.exists()]
    if not there:
        raise RuntimeError("virtiofsd is not there: install virtiofsd, or on Debian 12 qemu-system-common")
    command = there[:1]
    if os.getuid() == 0:
        return command
    # virtiofsd wants to write below /run.
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", 'mount -t tmpfs run /run && exec "$@"', "sh", *command]


def on_alarm(*_):
    raise TimeoutError


class Host:
    """The processes on the host for one guest."""

    def __init__(self, folder):
        self.folder = folder
        self.console = folder / "console"

    def share_root(self):
        """Starts the server of the host's root; the guest's end is its socket."""
        path = self.folder / "root.socket"
        command = [*virtiofsd_command(), f"--socket-path={path}", "-o", f"source={ROOT}", "-o", "sandbox=chroot",
                   "-o", "cache=always"]
        with (self.folder / "virtiofsd.log").open("w") as log:
            server = subprocess.Popen(dying_with_us(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not path.exists():
            if server.poll() is not None or time.monotonic() > deadline:
                server.kill()
                raise RuntimeError("virtiofsd does not start:\n" + (self.folder / "virtiofsd.log").read_text())
            time.sleep(0.01)
        return server, ["-chardev", f"socket,id=root,path={path}",
                        "-device", "vhost-user-fs-pci,chardev=root,tag=host,queue-size=1024"]

    def monitor_arguments(self):
        """Two monitors: the host's, and the guest's own, behind a serial port."""
        guests = self.folder / "monitor.socket"
        hosts = self.folder / "host.socket"
        return ["-chardev", f"socket,id=host,path={hosts},server=on,wait=off", "-mon", "chardev=host,mode=control",
                "-chardev", f"socket,id=monitor,path={guests},server=on,wait=off",
                "-mon", "chardev=monitor,mode=control",
                "-chardev", f"socket,id=port,path={guests}", "-device", "virtio-serial-pci",
                "-device", "virtserialport,chardev=port,name=monitor"]

    def kernel_arguments(self, command, more_words):
        image, initramfs = kernel.prepare()
        words = [*KERNEL_WORDS, *more_words, "upnvme.run=" + ",".join(map(str, command)),
                 f"upnvme.cd={TOP}", f"upnvme.leave={BUILD / 'tests/vm/leave'}", f"upnvme.seconds={GUEST_SECONDS}"]
        return ["-kernel", image, "-initrd", initramfs, "-append", " ".join(words),
                "-serial", f"file:{self.console}", "-serial", "stdio"]

    def processors(self):
        """Makes QEMU tell where the processors are, and then the kernel, which ends the guest."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(LAST_WORDS_SECONDS)
            connection.connect(str(self.folder / "host.socket"))
            with connection.makefile("rwb", buffering=0) as stream:
                monitor = Monitor(stream)
                registers = monitor.ask("human-monitor-command", **{"command-line": "info registers -a"})
                monitor.ask("inject-nmi")
        return "".join(f"{line}\n" for line in registers.splitlines() if line.startswith(("CPU#", "RIP", "EIP")))

    def stop(self, process):
        print("the guest did not end in its time; its processors:", flush=True)
        try:
            print(self.processors(), flush=True)
            process.wait(LAST_WORDS_SECONDS)
        except (OSError, AssertionError, subprocess.TimeoutExpired) as error:
            print(f"and it has no last words: {error}", flush=True)
        finally:
            process.kill()

    def wait(self, process):
        """The guest's exit code, or None if it has not come to an end by itself. Another process may end the guest's
        time by the alarm's signal."""
        signal.signal(signal.SIGALRM, on_alarm)
        signal.alarm(HOST_SECONDS)
        try:
            code = process.wait()
        except TimeoutError:
            self.stop(process)
            code = process.wait()
        signal.alarm(0)
        return LEFT.get(code)

    def boot(self, guest, controllers, command):
        """Runs the command in a guest that has the controllers of each file; its exit code as `wait` gives it."""
        server, arguments = self.share_root()
        arguments += [*guest.arguments(), *self.kernel_arguments(command, guest.kernel_words())]
        arguments += self.monitor_arguments()
        for first, list_of_file in controllers.items():
            machine.first = first
            for index, controller in enumerate(list_of_file):
                arguments += machine.controller_arguments(self.folder, index, controller) if controller else []
        try:
            with subprocess.Popen(dying_with_us([QEMU, *arguments]), stdin=subprocess.DEVNULL) as process:
                return self.wait(process)
        finally:
            server.kill()
            server.wait()


def compile_modules(names):
    """Has the guest's Python compile these modules on the host, and all that they import: an emulated processor takes
    seconds for it. Another system's Python has its own compiled modules beside the sources."""
    if ROOT != "/":
        return {}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    python = shutil.which("python3", path=GUEST_PATH)
    subprocess.run([python, "-c", f"import {', '.join(names)}"], cwd=pathlib.Path(__file__).parent, check=True,
                   env={**environment, **COMPILED}, stdin=subprocess.DEVNULL)
    return COMPILED


def run(program, modules, controllers, **options):
    """Boots a guest, of a machine with these options, that runs the Python program with the modules; its exit code.
    `controllers` has lists by the place in the machine at which each of them begins."""
    kernel.CACHE.mkdir(parents=True, exist_ok=True)
    compiled = compile_modules(modules)
    with tempfile.TemporaryDirectory(prefix="guest-", dir=kernel.CACHE) as name:
        host, guest = Host(pathlib.Path(name)), machine.Machine(**options)
        command = ["env", f"{IN_GUEST}=1", f"UPNVME_BUILD={BUILD.relative_to(TOP)}",
                   f"{LONG}={os.environ.get(LONG, '')}", "PYTHONDONTWRITEBYTECODE=1",
                   *(f"{name}={value}" for name, value in compiled.items()), "TMPDIR=/run", "python3", "-S", *program]
        code = host.boot(guest, controllers, command)
        if code != 0:
            print("the guest ended early; its console:" if code is None else "the guest's console:")
            print(host.console.read_text(errors="replace"))
    return 1 if code is None else code


def why_no_share():
    """A call that virtiofsd needs and that this place forbids, as some containers and chroots do; None if there is
    none."""
    if os.getuid() == 0:
        probe = [sys.executable, "-c", "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(0x200))"]  # CLONE_FS
        why = "unshare(2) is forbidden here, and virtiofsd needs it"
    else:
        probe = ["unshare", "--map-root-user", "--mount", "true"]
        why = "no mount namespace can be had here, and virtiofsd needs one for a user who is not root"
    return why if subprocess.run(probe, stderr=subprocess.DEVNULL, check=False).returncode else None


def require_qemu():
    """Only without QEMU, or a way to share the root, the lane is skipped: what else is missing is a failure."""
    why = why_no_share() if shutil.which(QEMU) else f"{QEMU} is not there: install qemu-system-x86"
    if why:
        print(why)
        sys.exit(SKIP)


def run_alone(program, modules, controllers, **options):
    """As `run`, and ends this program."""
    require_qemu()
    try:
        sys.exit(run(program, modules, controllers, **options))
    except RuntimeError as error:
        sys.exit(str(error))
