#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""upnvme-devices: its command line, what it lists and refuses, and how it sets a machine up.

The machine is made up: a folder that is mounted over /sys in a mount namespace of the tool's own. tests/vm moves
devices of a real kernel.
"""

import functools
import json
import os
import shlex
import shutil
import subprocess
import unittest

from harness import BUILD, PATIENCE, Case, main, run

TOOL = "bin/upnvme-devices"
ADDRESS = "0000:01:00.0"
ENTER = 'while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 99; shift 2; done; shift; exec "$@"'
READONLY = 'mount -o remount,bind,ro /sys || exit 98; exec "$@"'
LIMITS = "/etc/security/limits.d"
RULES = "/etc/udev/rules.d"


@functools.cache
def namespaces():
    """The reason why no mount namespace can be had, or None."""
    try:
        done = subprocess.run(["unshare", "-Urm", "sh", "-c", "mount --bind /tmp /sys"], capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
    except FileNotFoundError:
        return "unshare is not installed"
    return f"no mount namespace: {done.stderr.strip()}" if done.returncode else None


class CommandLine(Case):
    def test_help_and_version_go_to_standard_output(self):
        done = run(TOOL, "--help")
        self.assertIn("bind ADDRESS", done.stdout)
        self.assertEqual(done.stderr, "")
        self.assertRegex(run(TOOL, "--version").stdout, r"^upnvme-devices \d+\.\d+\.\d+ ")

    def test_each_wrong_word_gets_a_sentence_and_exit_code_2(self):
        cases = [
            ((), "the command is missing: give list, bind"),
            (("show",), '"show" is no command: give list, bind'),
            (("list", "all"), '"all" is one word too many'),
            (("bind",), "bind: the address of a device is missing"),
            (("unbind",), "unbind: the address of a device is missing"),
            (("list", "--apply"), "list does not take the options of setup"),
            (("unbind", ADDRESS, "--driver", "vfio-pci"), "unbind does not take --driver"),
            (("bind", ADDRESS, "--json"), "bind does not take --json"),
            (("unbind", ADDRESS, "--user", "me"), "unbind does not take --user"),
            (("setup", "--force"), "setup does not take --force"),
            (("bind", ADDRESS, "--driver", "nvme"), "--driver nvme: give vfio-pci"),
            (("bind", ADDRESS, "--driver"), "--driver needs a value"),
            (("list", "--json=yes"), "takes no value"),
            (("list", "-x"), "-x is no option"),
            (("list", "-xy"), "-x is no option"),
            (("setup", "--huge-pages", "many"), "--huge-pages many: give a number of pages"),
            (("setup", "--huge-pages", "4:"), "--huge-pages 4:: give"),
            (("setup", "--huge-pages", "4:2Mi"), "--huge-pages 4:2Mi: give"),
            (("setup", "--huge-pages", "-1"), "--huge-pages -1: give"),
            (("setup", "--huge-pages", "99999999999999999999"), "give a number of pages"),
            (("setup", "--huge-pages", "9999999999999999999999999999"), "give a number of pages"),
            (("setup", "--huge-pages", "1:99999999T"), "give a number of pages"),
            (("setup", "--memlock", "0"), "--memlock 0: give a size"),
            (("setup", "--memlock", "lots"), "--memlock lots: give a size"),
            (("setup", "--user", ""), "--user : give the name of a user"),
            (("setup", "--user", "../../passwd"), "--user ../../passwd: give the name"),
            (("setup", "--user", "a'; reboot; '"), "give the name of a user"),
        ]
        for args, sentence in cases:
            with self.subTest(args=args):
                done = run(TOOL, *args, code=2)
                self.assertIn(sentence, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)
                self.assertEqual(done.stdout, "")

    def test_one_malformed_address_refuses_all(self):
        for addresses, sentence in ((("nvme0", "ffff:ff:1f.7"), '"nvme0" is no PCI address'),
                                    (("ffff:ff:1f.7", "nvme0"), "no PCI device at ffff:ff:1f.7")):
            done = run(TOOL, "bind", *addresses, code=1)
            self.assertIn(sentence, done.stderr)
            self.assertEqual((done.stdout, done.stderr.count("\n")), ("", 1))

    def test_an_output_that_is_full_is_an_error(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([BUILD / TOOL, "status"], stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE,
                                  check=False)
        self.assertEqual(done.returncode, 1)


class Machine(Case):
    """A made-up /sys; controllers and disks have numbers that no real one has."""

    def setUp(self):
        if namespaces():
            self.skipTest(namespaces())
        super().setUp()
        self.put("bus/pci/drivers_probe")
        self.limits = self.folder / "limits.d"
        self.limits.mkdir()
        self.rules = self.folder / "rules.d"
        self.rules.mkdir()
        self.path = os.environ["PATH"]

    def sys(self, path):
        full = self.folder / "sys" / path
        full.parent.mkdir(parents=True, exist_ok=True)
        return full

    def put(self, path, text=""):
        self.sys(path).write_text(text)

    def device(self, address, driver=None, group=None, class_code="0x010802", node=-1):
        top = f"bus/pci/devices/{address}"
        for name, text in (("class", class_code), ("vendor", "0x1b36"), ("device", "0x0010"),
                           ("subsystem_vendor", "0x1af4"), ("subsystem_device", "0x1100"), ("numa_node", str(node)),
                           ("driver_override", "(null)")):
            self.put(f"{top}/{name}", text + "\n")
        if driver:
            self.put(f"bus/pci/drivers/{driver}/unbind")
            self.sys(f"{top}/driver").symlink_to(f"../../drivers/{driver}")
        if group is not None:
            self.sys(f"{top}/iommu_group").symlink_to(f"../../../../kernel/iommu_groups/{group}")
            self.put(f"kernel/iommu_groups/{group}/type", "DMA-FQ\n")
            self.sys(f"kernel/iommu_groups/{group}/devices/{address}").symlink_to(f"../../../../{top}")

    def disk(self, address, number, dev):
        top = f"bus/pci/devices/{address}/nvme/nvme{number}"
        for name, text in (("model", 'Disk "A" \\ 1'), ("serial", "S1"), ("firmware_rev", "1.0"), ("dev", "0:0")):
            self.put(f"{top}/{name}", text + "\n")
        self.sys(f"{top}/nvme{number}n1").mkdir()
        self.put(f"class/block/nvme{number}n1/dev", dev + "\n")

    def huge(self, kib, pages):
        self.put(f"kernel/mm/hugepages/hugepages-{kib}kB/nr_hugepages", f"{pages}\n")
        self.put(f"kernel/mm/hugepages/hugepages-{kib}kB/free_hugepages", f"{pages}\n")

    def tool(self, *args, code=0, before=()):
        return self.inside(*before, BUILD / TOOL, *args, code=code)

    def inside(self, *command, code=0):
        """Runs it where /sys is the made-up one."""
        mounts = [self.folder / "sys", "/sys"]
        if os.path.isdir(LIMITS):
            mounts += [self.limits, LIMITS]
        if os.path.isdir(RULES):
            mounts += [self.rules, RULES]
        enter = ["unshare", "-Urm", "sh", "-c", ENTER, "sh", *mounts, "--"]
        done = subprocess.run([*enter, *command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE, check=False,
                              env={**os.environ, "PATH": self.path, "SUDO_USER": ""})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def snapshot(self):
        return {path: path.read_text() for path in self.folder.rglob("*") if path.is_file() and not path.is_symlink()}


class Listing(Machine):
    def test_the_table_has_a_line_for_each_device(self):
        self.device(ADDRESS, "nvme", 12, node=0)
        self.disk(ADDRESS, 990, "999:1")
        self.device("0000:81:00.0", "vfio-pci", 3)
        self.device("0000:00:1f.3", "snd_hda_intel", 4, "0x040300")
        self.assertEqual(self.tool("list").stdout.splitlines(), [
            "ADDRESS       MODEL         DRIVER    GROUP  NUMA NODE  IN USE BY",
            'ADDRESS  Disk "A" \\ 1  nvme      12     0          -'.replace("ADDRESS", ADDRESS),
            "0000:81:00.0  [1b36:0010]   vfio-pci  3      -          -"])

    def test_json_has_every_field_and_null_for_unknown_values(self):
        self.device(ADDRESS, "nvme", 12, node=0)
        self.disk(ADDRESS, 990, "999:1")
        self.device("0000:81:00.0")
        known, unknown = json.loads(self.tool("list", "--json").stdout)
        self.assertEqual(known, {
            "address": ADDRESS, "vendor_id": 0x1b36, "device_id": 0x10, "subsystem_vendor_id": 0x1af4,
            "subsystem_id": 0x1100, "model": 'Disk "A" \\ 1', "serial": "S1", "firmware": "1.0", "driver": "nvme",
            "kernel_name": "nvme990", "iommu_group": 12, "numa_node": 0, "in_use": [], "in_use_by": None})
        self.assertEqual({name for name, value in unknown.items() if value is None}, {
            "model", "serial", "firmware", "driver", "kernel_name", "iommu_group", "numa_node", "in_use_by"})

    def test_a_machine_without_devices_is_told_and_is_an_empty_array(self):
        self.assertEqual(self.tool("list").stdout, "no NVMe devices on the PCI bus\n")
        self.assertEqual(json.loads(self.tool("list", "--json").stdout), [])

    def test_a_missing_sysfs_is_an_error(self):
        shutil.rmtree(self.folder / "sys/bus")
        for command in ("list", "status", "setup"):
            with self.subTest(command=command):
                done = self.tool(command, code=1)
                self.assertEqual(done.stdout, "")
                self.assertIn("no sysfs is mounted on /sys", done.stderr)

    def test_a_mounted_device_is_listed_as_such_and_not_bound(self):
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            number = file.readline().split()[2]
        self.device(ADDRESS, "nvme", 12)
        self.disk(ADDRESS, 990, number)
        self.sys("bus/pci/drivers/vfio-pci").mkdir()
        got, = json.loads(self.tool("list", "--json").stdout)
        self.assertEqual(got["in_use"], ["mounted"])
        self.assertIn("nvme990n1 is mounted on ", got["in_use_by"])
        before = self.snapshot()
        done = self.tool("bind", ADDRESS, code=1)
        self.assertIn("nvme990n1 is mounted on ", done.stderr)
        self.assertIn("First unmount it", done.stderr)
        self.assertEqual(self.snapshot(), before)


class Binding(Machine):
    def test_refusals_name_the_reason_and_the_remedy(self):
        self.sys("bus/pci/drivers/vfio-pci").mkdir(parents=True)
        self.device(ADDRESS, "nvme", 12)
        self.device("0000:00:1f.3", "snd_hda_intel", 12, "0x040300")
        self.device("0000:02:00.0", "nvme")
        before = self.snapshot()
        cases = [
            ((ADDRESS,), ("group 12", "0000:00:1f.3 (snd_hda_intel)", "to a slot with a group of its own")),
            (("00:1f.3",), ("is no NVMe controller", "040300h", "list")),
            (("0000:02:00.0",), ("no IOMMU group", "intel_iommu=on", "uio_pci_generic")),
            ((ADDRESS, "--driver", "uio_pci_generic"), ("not loaded", "modprobe uio_pci_generic", "--apply")),
        ]
        for args, words in cases:
            with self.subTest(args=args):
                done = self.tool("bind", *args, code=1)
                for word in words:
                    self.assertIn(word, done.stderr)
                self.assertEqual((done.stdout, done.stderr.count("\n")), ("", 1))
        self.assertEqual(self.snapshot(), before)

    def test_a_sysfs_that_is_read_only_is_said_to_be_so(self):
        self.sys("bus/pci/drivers/vfio-pci").mkdir(parents=True)
        self.device(ADDRESS, "nvme", 12)
        done = self.tool("bind", ADDRESS, code=1, before=("sh", "-c", READONLY, "sh"))
        self.assertIn("/sys is mounted read-only, as in a container", done.stderr)

    def test_a_driver_that_does_not_take_a_device_leaves_it_with_the_kernel(self):
        self.sys("bus/pci/drivers/vfio-pci").mkdir(parents=True)
        self.device(ADDRESS, "nvme", 12)
        done = self.tool("bind", ADDRESS, code=1)
        self.assertIn(f"vfio-pci did not take {ADDRESS}", done.stderr)
        self.assertIn("back with nvme", done.stderr)
        self.device("0000:02:00.0", "nvme", 13)
        done = self.tool("bind", ADDRESS, "0000:02:00.0", code=1)
        self.assertIn("back with nvme", done.stderr)

    def test_a_device_that_is_bound_already_is_told_with_its_group(self):
        self.device(ADDRESS, "vfio-pci", 12)
        self.device("0000:02:00.0", "nvme", 13)
        self.assertEqual(self.tool("bind", "01:00.0").stdout,
                         f"{ADDRESS}: vfio-pci (it was so already), /dev/vfio/12\n")
        self.assertEqual(self.tool("unbind", "02:00.0").stdout, "0000:02:00.0: nvme (it was so already)\n")


class Setup(Machine):
    def test_without_apply_the_steps_are_shown_and_not_done(self):
        self.huge(2048, 3)
        before = self.snapshot()
        shown = self.tool("setup", "--huge-pages", "8:2MiB").stdout
        for line in ("IOMMU       none is on, and vfio-pci needs one", "driver      to do: modprobe vfio-pci",
                     "to do: write 8 into /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages (3 of 2 MiB now)",
                     "memlock     root may lock any amount", "Nothing was changed"):
            self.assertIn(line, shown)
        self.assertEqual(self.snapshot(), before)

    def test_steps_that_are_done_already_are_left_alone(self):
        self.huge(1048576, 4)
        self.device(ADDRESS, "vfio-pci", 12)
        before = self.snapshot()
        shown = self.tool("setup", "--huge-pages", "4:1GiB", "--apply").stdout
        self.assertIn("IOMMU       on\ndriver      vfio-pci is loaded\nhuge pages  4 of 1 GiB are set aside\n", shown)
        self.assertEqual(self.snapshot(), before)

    def modprobe(self, script):
        program = self.file("modprobe", f"#!/bin/sh\n{script}\n".encode())
        program.chmod(0o755)
        self.path = f"{self.folder}:{self.path}"

    def test_apply_loads_the_driver_and_sets_pages_aside(self):
        self.huge(2048, 3)
        self.modprobe('mkdir "/sys/bus/pci/drivers/$1"')
        self.sys("bus/pci/drivers").mkdir()
        shown = self.tool("setup", "--huge-pages", "8:2MiB", "--driver", "uio_pci_generic", "--apply").stdout
        self.assertIn("driver      loaded: uio_pci_generic\nhuge pages  set aside: 8 of 2 MiB\n", shown)
        self.assertTrue(self.sys("bus/pci/drivers/uio_pci_generic").is_dir())
        self.assertEqual(self.sys("kernel/mm/hugepages/hugepages-2048kB/nr_hugepages").read_text().strip(), "8")

    def test_a_step_that_fails_is_an_error_and_the_others_are_done(self):
        self.huge(2048, 3)
        for script in ("exit 1", "exit 0"):
            with self.subTest(script=script):
                self.modprobe(script)
                done = self.tool("setup", "--huge-pages", "1:16GiB", "--apply", code=1)
                self.assertIn("vfio-pci: modprobe did not load this driver", done.stderr)
                self.assertIn("16 GiB: this kernel has no huge pages of that size", done.stderr)
                self.assertIn("memlock", done.stdout)

    def test_fewer_pages_than_asked_for_are_an_error(self):
        self.huge(2048, 3)
        self.sys("bus/pci/drivers/vfio-pci").mkdir(parents=True)
        count = self.sys("kernel/mm/hugepages/hugepages-2048kB/nr_hugepages")
        count.unlink()
        count.symlink_to("/dev/null")
        done = self.tool("setup", "--huge-pages", "8:2MiB", "--apply", code=1)
        self.assertIn("memory was found for 0 of 8 only", done.stderr)

    @unittest.skipUnless(os.path.isdir(LIMITS), "PAM's limits are not installed")
    def test_a_users_limit_is_written_once(self):
        self.huge(2048, 0)
        self.sys("bus/pci/drivers/vfio-pci").mkdir(parents=True)
        user = ("--user", "nobody", "--huge-pages", "0:2MiB")
        line = "nobody - memlock unlimited\n"
        self.assertIn(f"to do: write {LIMITS}/upnvme-nobody.conf: {line}", self.tool("setup", *user).stdout)
        self.assertEqual(list(self.limits.iterdir()), [])
        self.assertIn(f"written: {LIMITS}/upnvme-nobody.conf: {line}", self.tool("setup", *user, "--apply").stdout)
        self.assertIn(f"upnvme-nobody.conf has it: {line}", self.tool("setup", *user, "--apply").stdout)
        self.assertEqual((self.limits / "upnvme-nobody.conf").read_text(), line)
        self.tool("setup", *user, "--memlock", "8GiB", "--apply")
        self.assertEqual((self.limits / "upnvme-nobody.conf").read_text(), "nobody - memlock 8388608\n")
        self.assertIn("there is no such user", self.tool("setup", "--user", "no-such", code=1).stderr)

    @unittest.skipUnless(os.path.isdir(RULES), "udev is not installed")
    def test_a_users_access_is_a_rule_whose_command_finds_the_group(self):
        self.huge(2048, 0)
        self.device(ADDRESS, "vfio-pci", 12)
        user = ("--user", "nobody", "--huge-pages", "0:2MiB")
        path = f"{RULES}/70-upnvme-nobody.rules"
        self.assertIn(f'access      to do: write {path}: ACTION=="bind", ', self.tool("setup", *user).stdout)
        self.assertEqual(list(self.rules.iterdir()), [])
        shown = self.tool("setup", *user, "--apply").stdout
        self.assertIn(f"access      written: {path}: ACTION", shown)
        self.assertIn("Modules, huge pages and bindings last until the next boot", shown)
        self.assertIn(f"access      {path} has it: ACTION", self.tool("setup", *user).stdout)
        of_pci, of_vfio = (self.rules / "70-upnvme-nobody.rules").read_text().splitlines()
        self.assertIn('DRIVER=="vfio-pci", ATTR{class}=="0x010802", RUN+="', of_pci)
        self.assertEqual(of_vfio, 'SUBSYSTEM=="vfio-dev", ATTRS{class}=="0x010802", OWNER="nobody"')
        command = of_pci.partition('RUN+="')[2].rstrip('"').replace("%p", f"/bus/pci/devices/{ADDRESS}")
        chown = self.file("chown", b'#!/bin/sh\necho "$@"\n')
        chown.chmod(0o755)
        self.path = f"{self.folder}:{self.path}"
        shell, option, script = shlex.split(command.replace("$$", "$"))
        done = self.inside("/usr/bin/env", shell, option, script)
        self.assertEqual(done.stdout, "nobody /dev/vfio/12\n")


class Status(Machine):
    def test_status_describes_the_machine(self):
        self.huge(2048, 3)
        self.huge(1048576, 0)
        self.device(ADDRESS, "vfio-pci", 12)
        shown = self.tool("status").stdout
        for line in ("IOMMU            on, 1 groups\n", "vfio-pci         loaded\n", "uio_pci_generic  not loaded\n",
                     "huge pages       3 of 2 MiB, 3 free\n                 0 of 1 GiB, 0 free\n", "lockable memory  "):
            self.assertIn(line, shown)
        got = json.loads(self.tool("status", "--json").stdout)
        self.assertEqual(got["iommu"], {"on": True, "groups": 1, "noiommu_allowed": False})
        self.assertEqual(got["drivers"], {"vfio-pci": True, "uio_pci_generic": False, "igb_uio": False, "nvme": False})
        self.assertEqual(got["huge_pages"]["sizes"], [{"bytes": 2 << 20, "pages": 3, "free": 3},
                                                      {"bytes": 1 << 30, "pages": 0, "free": 0}])
        self.assertEqual(set(got["memlock"]), {"bytes", "max_bytes", "may_exceed"})

    def test_status_names_what_to_turn_on(self):
        shown = self.tool("status").stdout
        self.assertIn("none is on: turn on VT-d", shown)
        self.assertIn("this kernel has none", shown)


if __name__ == "__main__":
    main()
