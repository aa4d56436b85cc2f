#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""upnvme-devices with a kernel that answers: moving devices to and fro, and users that must not lose one."""

import json
import os
import pathlib
import shutil
import struct
import subprocess

import guest
import library
import together
from guest import Controller, MIB, Namespace
from machine import serial_of

CONTROLLERS = [Controller((Namespace(32 * MIB, 512), Namespace(16 * MIB, 4096))), Controller((Namespace(16 * MIB),))]
ADDRESS, OTHER = guest.address_of(0), guest.address_of(1)
TOOL = "bin/upnvme-devices"
NOBODY = 65534
BLKRRPART = 0x125F


def listed(address, tool=TOOL, **options):
    return next(device for device in json.loads(guest.run(tool, "list", "--json", **options).stdout)
                if device["address"] == address)


class Devices(guest.harness.Case):
    """Each test begins with the devices at the kernel's driver, and its disks empty."""

    def setUp(self):
        super().setUp()
        for address in (ADDRESS, OTHER):
            if guest.driver_of(address) != "nvme":
                guest.bind(address, "nvme")
        self.disk = guest.kernel_disk(ADDRESS)
        with self.disk.open("r+b") as disk:
            disk.write(bytes(MIB))
        self.mount = self.folder / "mount"
        self.mount.mkdir()

    def refused(self, *words, command="bind", address=ADDRESS):
        """The refused command has changed nothing."""
        before = guest.driver_of(address), self.forced(address)
        done = guest.run(TOOL, command, address, code=1)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertEqual((guest.driver_of(address), self.forced(address)), before)

    @staticmethod
    def forced(address):
        return (guest.PCI / "devices" / address / "driver_override").read_text().strip()

    def bound(self):
        """The bind works once the reason against it is gone."""
        self.assertIn("vfio-pci (was: nvme)", guest.run(TOOL, "bind", ADDRESS).stdout)

    def test_a_device_is_listed_as_the_kernel_knows_it(self):
        device = listed(ADDRESS)
        seen = device["model"], device["serial"], device["driver"]
        self.assertEqual(seen, ("QEMU NVMe Ctrl", serial_of(0), "nvme"))
        self.assertEqual(device["kernel_name"], guest.kernel_controller(ADDRESS))
        self.assertEqual(str(device["iommu_group"]), guest.group_of(ADDRESS))
        self.assertEqual((device["in_use"], device["in_use_by"]), ([], None))
        self.assertIn(" QEMU NVMe Ctrl ", guest.run(TOOL, "list").stdout)

    def test_devices_go_to_vfio_and_back_under_their_names(self):
        names = [guest.kernel_controller(address) for address in (ADDRESS, OTHER)]
        done = guest.run(TOOL, "bind", ADDRESS, OTHER)
        group = guest.group_of(ADDRESS)
        self.assertEqual(done.stdout.splitlines()[0], f"{ADDRESS}: vfio-pci (was: nvme), /dev/vfio/{group}")
        self.assertTrue(pathlib.Path(f"/dev/vfio/{group}").is_char_device())
        self.assertEqual((listed(OTHER)["driver"], listed(OTHER)["model"]), ("vfio-pci", None))
        done = guest.run(TOOL, "unbind", ADDRESS, OTHER)
        self.assertEqual(done.stdout, f"{ADDRESS}: nvme (was: vfio-pci)\n{OTHER}: nvme (was: vfio-pci)\n")
        self.assertEqual([guest.kernel_controller(address) for address in (ADDRESS, OTHER)], names)
        self.assertEqual(self.forced(ADDRESS), "(null)")
        guest.kernel_disk(ADDRESS)

    def test_a_device_without_a_driver_can_be_bound_and_given_back(self):
        for command in ("bind", "unbind"):
            (guest.PCI / "devices" / ADDRESS / "driver/unbind").write_text(ADDRESS)
            self.assertIn("(was: no driver)", guest.run(TOOL, command, ADDRESS).stdout)

    def test_a_mounted_device_stays_until_it_is_unmounted(self):
        guest.shell(f"mke2fs -q -F -t ext4 {self.disk}; mount {self.disk} {self.mount}")
        self.refused(f"{self.disk.name} is mounted on {self.mount}", "First unmount it")
        self.assertEqual(listed(ADDRESS)["in_use"], ["mounted"])
        guest.shell(f"umount {self.mount}")
        self.bound()

    def mounted_elsewhere(self):
        """Mounts in another mount namespace, until it is told to go on."""
        guest.shell(f"mke2fs -q -F -t ext4 {self.disk}")
        hidden = subprocess.Popen(["unshare", "--mount", "sh", "-c",
                                   f"mount {self.disk} {self.mount} && echo mounted && read go"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.assertEqual(hidden.stdout.readline(), "mounted\n")
        return hidden

    def test_a_mount_that_cannot_be_seen_keeps_the_device_all_the_same(self):
        hidden = self.mounted_elsewhere()
        self.refused(f"another program has claimed /dev/{self.disk.name}")
        hidden.communicate("\n")
        self.bound()

    def test_a_partition_in_use_keeps_the_disk(self):
        with self.disk.open("r+b") as disk:
            disk.seek(446)
            disk.write(struct.pack("<BBHBBHII", 0, 0, 0, 0x83, 0, 0, 2048, 16384) + bytes(48) + b"\x55\xaa")
            disk.flush()
            os.fsync(disk.fileno())
            guest.fcntl.ioctl(disk, BLKRRPART)
        partition = guest.wait_for(pathlib.Path(f"{self.disk}p1"))
        guest.shell(f"mke2fs -q -F -t ext4 {partition}; mount {partition} {self.mount}")
        self.refused(f"{partition.name} is mounted on {self.mount}")
        guest.shell(f"umount {self.mount}; mkswap -q {partition}; swapon {partition}")
        self.refused(f"{partition.name} is swap space", "swapoff")
        guest.shell(f"swapoff {partition}")
        self.bound()

    def test_the_second_namespace_counts_too(self):
        disk = guest.kernel_disk(ADDRESS, 2)
        guest.shell(f"mke2fs -q -F -t ext4 {disk}; mount {disk} {self.mount}")
        self.refused(f"{disk.name} is mounted on")
        guest.shell(f"umount {self.mount}")

    def test_a_process_that_has_the_disk_open_is_named(self):
        with self.disk.open("rb"):
            self.refused(f"process {os.getpid()} (python3) has {self.disk} open")
        fd = os.open(self.disk, os.O_RDONLY | os.O_EXCL)
        self.refused("open")
        os.close(fd)
        self.bound()

    def in_use(self, *words):
        """The device is not taken, and is listed as in use."""
        self.refused(*words)
        self.assertNotEqual(listed(ADDRESS)["in_use"], [])

    def test_a_loop_device_over_the_disk_keeps_it(self):
        guest.load("loop")
        loop = guest.shell(f"mke2fs -q -F -t ext4 {self.disk}; losetup --find --show {self.disk}").strip()
        guest.shell(f"mount {loop} {self.mount}")
        self.in_use(f"{self.disk.name} is behind the loop device {pathlib.Path(loop).name}", "losetup -d")
        guest.shell(f"umount {self.mount}")
        self.in_use("is behind the loop device")
        guest.shell(f"losetup -d {loop}; mknod {self.folder}/other b $(stat -c '0x%t 0x%T' {self.disk})")
        guest.shell(f"losetup {loop} {self.folder}/other")
        self.in_use(f"{self.disk.name} is behind the loop device")
        guest.shell(f"losetup -d {loop}")
        self.bound()

    def load(self, *modules):
        """Sets a sysctl for this test only."""
        for module in modules:
            guest.load(module)
            self.addCleanup(guest.shell, f"busybox rmmod {module}")

    def configfs(self):
        """Without the module's files the uses of the device cannot be seen."""
        self.refused("mount -t configfs none /sys/kernel/config", "it cannot be seen whether")
        guest.shell("mount -t configfs none /sys/kernel/config")
        self.addCleanup(guest.shell, "umount /sys/kernel/config")
        return pathlib.Path("/sys/kernel/config")

    def test_a_disk_that_nvmet_exports_is_kept(self):
        self.load("nvmet")
        subsystem = self.configfs() / "nvmet/subsystems/nqn.2014-08.org.example:one"
        namespace = subsystem / "namespaces/3"
        subsystem.mkdir()
        namespace.mkdir()
        guest.shell(f"ln -s {self.disk} {self.folder}/link")
        (namespace / "device_path").write_text(f"{self.folder}/link")
        (namespace / "enable").write_text("1")
        self.in_use(f"{self.disk.name} is given to others by nvmet", "nvmetcli")
        (namespace / "enable").write_text("0")
        namespace.rmdir()
        subsystem.rmdir()
        self.bound()

    def test_a_disk_that_lio_exports_is_kept(self):
        self.load("target_core_mod", "target_core_file", "target_core_iblock")
        core = self.configfs() / "target/core"
        for backend, control in (("fileio_0", f"fd_dev_name={self.disk},fd_dev_size={MIB}"),
                                 ("iblock_0", f"udev_path={self.disk}")):
            device = core / backend / "one"
            device.mkdir(parents=True)
            (device / "control").write_text(control)
            self.assertEqual(listed(ADDRESS)["in_use"], [])
            (device / "enable").write_text("1")
            self.in_use(f"{self.disk.name} is given to others by LIO (core/{backend}/one)", "targetcli")
            device.rmdir()
            device.parent.rmdir()
        self.bound()

    def test_a_kernel_user_is_seen_by_its_claim(self):
        """A table of device-mapper's that is not active; a disk that zram may write to."""
        guest.load("dm-mod")
        guest.load("zram")
        guest.shell(f"dmsetup create idle --notable; dmsetup load idle --table '0 8 linear {self.disk} 0'")
        self.refused("in use")
        guest.shell("dmsetup remove idle")
        pathlib.Path("/sys/block/zram0/backing_dev").write_text(str(self.disk))
        self.refused(f"another program has claimed /dev/{self.disk.name}")
        pathlib.Path("/sys/block/zram0/reset").write_text("1")
        self.bound()

    def hidden(self, *words, before):
        """As `refused`, from a place where users cannot be seen; by force the device is taken."""
        with self.disk.open("rb") as unseen:
            done = subprocess.run([*before, guest.BUILD / TOOL, "bind", ADDRESS], capture_output=True, text=True,
                                  check=False, timeout=guest.PATIENCE_SECONDS)
            self.assertEqual((done.returncode, guest.driver_of(ADDRESS), unseen.closed), (1, "nvme", False))
        for word in ("it cannot be seen whether", *words):
            self.assertIn(word, done.stderr)

    def test_binding_is_refused_where_not_all_processes_can_be_seen(self):
        self.hidden("another PID namespace", before=["unshare", "--pid", "--fork", "--mount-proc"])
        self.hidden("does not show all processes", before=[
            "unshare", "--mount", "sh", "-c", "mount -t proc -o hidepid=2 none /proc; exec setpriv --bounding-set "
            '-sys_ptrace --inh-caps -sys_ptrace "$@"', "sh"])
        done = guest.run("/usr/bin/unshare", "--pid", "--fork", "--mount-proc", guest.BUILD / TOOL, "bind", ADDRESS,
                         "--force")
        self.assertIn("vfio-pci (was: nvme)", done.stdout)

    def test_a_dev_of_ones_own_is_no_proof(self):
        hidden = self.mounted_elsewhere()
        for setting in (":", f"mknod /dev/{self.disk.name} b 1 0"):
            done = guest.run("/usr/bin/unshare", "--mount", "sh", "-ec", f"mount -t tmpfs none /dev; {setting}; "
                             f"exec {guest.BUILD / TOOL} bind {ADDRESS}", code=1)
            self.assertIn(f"the claims on /dev/{self.disk.name} cannot be seen", done.stderr)
            self.assertEqual(guest.driver_of(ADDRESS), "nvme")
        hidden.communicate("\n")

    def test_a_device_that_is_driven_from_user_space_is_not_given_back(self):
        self.bound()
        with library.Controller(guest.uri_of(ADDRESS)):
            self.refused(f"process {os.getpid()} (python3) has /dev/vfio/{guest.group_of(ADDRESS)} open",
                         command="unbind")
            self.assertEqual(listed(ADDRESS)["in_use"], ["open"])
        self.assertIn("nvme (was: vfio-pci)", guest.run(TOOL, "unbind", ADDRESS).stdout)

    def test_other_reasons_leave_the_device_where_it_is(self):
        done = guest.run(TOOL, "bind", ADDRESS, "--driver", "uio_pci_generic", code=1)
        self.assertIn("the driver uio_pci_generic is not loaded", done.stderr)
        self.assertIn("is no NVMe controller", guest.run(TOOL, "bind", "0000:00:00.0", code=1).stderr)
        self.assertIn("no PCI device at", guest.run(TOOL, "bind", "0000:00:1e.0", code=1).stderr)
        self.assertEqual(guest.driver_of(ADDRESS), "nvme")

    def for_everybody(self):
        """The tool and its library where every user may reach them: the build may be in root's home."""
        self.folder.chmod(0o755)
        for path in (TOOL, "lib/libupnvme.so.0"):
            (self.folder / path).parent.mkdir()
            shutil.copy(guest.BUILD / path, self.folder / path)
        return self.folder / TOOL

    def test_a_user_who_is_not_root_may_look_and_not_touch(self):
        tool = self.for_everybody()
        self.assertEqual(listed(ADDRESS, tool, user=NOBODY, cwd="/")["driver"], "nvme")
        done = guest.run(tool, "bind", ADDRESS, code=1, user=NOBODY, cwd="/")
        self.assertIn("may not be changed (Permission denied): run as root", done.stderr)

    def test_huge_pages_are_set_aside(self):
        more = int(pathlib.Path("/proc/sys/vm/nr_hugepages").read_text()) + 4
        self.assertIn(f"to do: write {more} into", guest.run(TOOL, "setup", "--huge-pages", f"{more}:2MiB").stdout)
        self.assertIn(f"set aside: {more} of 2 MiB",
                      guest.run(TOOL, "setup", "--huge-pages", f"{more}:2MiB", "--apply").stdout)
        said = guest.run(TOOL, "status").stdout
        self.assertIn(f"{more} of 2 MiB, {more} free", said)
        self.assertRegex(said, r"IOMMU +on, \d+ groups\nvfio-pci +loaded\n")


FILE = guest.File(CONTROLLERS)

if __name__ == "__main__":
    together.main(__file__)
