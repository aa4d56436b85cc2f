# SPDX-License-Identifier: BSD-3-Clause
"""`upnvme devices setup`, on a made-up machine: a folder that the command alone sees as /sys."""

import json
import os
import pathlib
import shutil
import subprocess

import child
import pytest
from command import COMMAND

pytest.importorskip("click")
pytest.importorskip("rich")

LIMITS = "/etc/security/limits.d"
RULES = "/etc/udev/rules.d"
# Pairs of a folder and where it is mounted, then --, then the command.
ENTER = 'while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 99; shift 2; done; shift; exec "$@"'
if subprocess.run(["unshare", "-Urm", "sh", "-c", "mount --bind /tmp /sys"], capture_output=True).returncode:
    pytest.skip("no mount namespace can be had here", allow_module_level=True)


class Machine:
    """Without an IOMMU, with three huge pages of 2 MiB, and without a driver for user space."""

    def __init__(self, folder):
        self.sys, self.limits, self.bin = folder / "sys", folder / "limits.d", folder / "bin"
        self.rules = folder / "rules.d"
        for one in self.limits, self.rules, self.bin, self.sys / "bus/pci/drivers":
            one.mkdir(parents=True)
        self.pages = self.sys / "kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
        self.pages.parent.mkdir(parents=True)
        self.pages.write_text("3\n")
        self.pages.with_name("free_hugepages").write_text("3\n")

    def modprobe(self, script):
        (self.bin / "modprobe").write_text(f"#!/bin/sh\n{script}\n")
        (self.bin / "modprobe").chmod(0o755)

    def setup(self, *arguments, **options):
        return self.devices("setup", *arguments, **options)

    def devices(self, *arguments, code=0, **options):
        mounts = [self.sys, "/sys"] + [self.limits, LIMITS] * os.path.isdir(LIMITS)
        mounts += [self.rules, RULES] * os.path.isdir(RULES)
        environment = {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}", "SUDO_USER": "", "COLUMNS": "40"}
        process = child.run(["unshare", "-Urm", "sh", "-c", ENTER, "sh", *mounts, "--", COMMAND, "devices",
                             *arguments], env=environment, **options)
        assert process.returncode == code, process.stdout + process.stderr
        return process

    def snapshot(self):
        return {path: path.read_text() for path in self.sys.parent.rglob("*") if path.is_file()}


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_without_apply_the_steps_are_shown_and_not_done(machine):
    before = machine.snapshot()
    lines = machine.setup("--huge-pages", "8:2MiB").stdout.splitlines()
    assert lines[0] == "IOMMU       none is on, and vfio-pci needs one"
    assert "            to do: modprobe vfio-pci" in lines
    assert "huge pages  3 of 2 MiB are set aside" in lines
    assert ("            to do: write 8 into /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages") in lines
    assert lines[-1] == "Nothing was changed: --apply does what is to do."
    assert machine.snapshot() == before


def test_apply_asks_before_it_changes_anything(machine):
    machine.modprobe('mkdir "/sys/bus/pci/drivers/$1"')
    before = machine.snapshot()
    assert "Do it?" in machine.setup("--apply", input="n\n", code=1).stderr
    assert machine.snapshot() == before
    shown = machine.setup("--apply", "--huge-pages", "8", "--driver", "uio_pci_generic", input="y\n").stdout
    assert "driver: done\n" in shown and "huge pages: done\n" in shown
    assert (machine.sys / "bus/pci/drivers/uio_pci_generic").is_dir() and machine.pages.read_text() == "8"
    assert "to do: modprobe" not in machine.setup("--driver", "uio_pci_generic").stdout


def test_json_reports_each_step(machine):
    machine.modprobe("exit 1")
    steps = {step["name"]: step for step in json.loads(machine.setup("--json").stdout)}
    assert steps["driver"] == {"name": "driver", "state": "vfio-pci is not loaded", "todo": "modprobe vfio-pci",
                               "can_apply": True}
    assert steps["IOMMU"]["todo"] and not steps["IOMMU"]["can_apply"]
    shown = machine.setup("--json", "--apply", "--yes", "--huge-pages", "4:2M", code=1).stdout
    steps = {step["name"]: step for step in json.loads(shown)}
    assert steps["driver"]["applied"] is False and "modprobe did not load vfio-pci" in steps["driver"]["error"]
    assert steps["huge pages"]["applied"] is True and machine.pages.read_text() == "4"


def test_a_step_that_fails_is_told_and_the_others_are_done(machine):
    machine.modprobe("exit 0")
    machine.pages.unlink()
    machine.pages.symlink_to("/dev/null")
    done = machine.setup("--apply", "--yes", "--huge-pages", "8:2MiB", code=1)
    assert "Error: driver: modprobe did not load vfio-pci: is it" in done.stderr
    assert "Error: huge pages: memory was found for 0 huge pages of 8" in done.stderr


@pytest.mark.parametrize("command", ["list", "status", "setup"])
def test_a_missing_sysfs_is_an_error(machine, command):
    shutil.rmtree(machine.sys / "bus")
    process = machine.devices(command, code=1)
    assert "no sysfs is mounted on /sys" in process.stderr and not process.stdout


@pytest.mark.parametrize("arguments, code, words", [
    (("--huge-pages", "many"), 2, "'many' is no number of pages: 512"), (("--huge-pages", "4:2X"), 2, "is no size"),
    (("--huge-pages", "1:16GiB"), 1, "huge pages of 16 GiB: this kernel has 2 MiB"),
    (("--driver", "nvme"), 2, "vfio-pci"), (("--memlock", "lots"), 2, "is no size"),
    (("--user", "no-such-user"), 1, "there is no user 'no-such-user'"),
    (("--user", "../../passwd"), 1, "there is no user"),
])
def test_wrong_arguments_are_named(machine, arguments, code, words):
    assert words in machine.setup(*arguments, code=code).stderr


@pytest.mark.skipif(not os.path.isdir(LIMITS), reason="PAM's limits are not installed")
def test_a_users_limit_is_written_once(machine):
    machine.modprobe('mkdir "/sys/bus/pci/drivers/$1"')
    assert f"to do: write into {LIMITS}/upnvme-nobody.conf: nobody - memlock unlimited" in \
        machine.setup("--user", "nobody").stdout
    machine.setup("--user", "nobody", "--apply", "--yes")
    assert (machine.limits / "upnvme-nobody.conf").read_text() == "nobody - memlock unlimited\n"
    assert "upnvme-nobody.conf says: nobody - memlock unlimited" in machine.setup("--user", "nobody").stdout
    machine.setup("--user", "nobody", "--memlock", "8GiB", "--apply", "--yes")
    assert (machine.limits / "upnvme-nobody.conf").read_text() == "nobody - memlock 8388608\n"


@pytest.mark.skipif(not os.path.isdir(RULES), reason="udev is not installed")
def test_a_users_access_is_the_rule_that_the_tool_in_c_writes(machine):
    machine.modprobe('mkdir "/sys/bus/pci/drivers/$1"')
    assert f"to do: write into {RULES}/70-upnvme-nobody.rules: ACTION" in machine.setup("--user", "nobody").stdout
    machine.setup("--user", "nobody", "--apply", "--yes")
    assert "70-upnvme-nobody.rules says: ACTION" in machine.setup("--user", "nobody").stdout
    tool = pathlib.Path(__file__).parents[2] / os.environ.get("UPNVME_BUILD", "build") / "bin/upnvme-devices"
    mounts = [machine.sys, "/sys", machine.rules, RULES]
    process = child.run(["unshare", "-Urm", "sh", "-c", ENTER, "sh", *mounts, "--", tool, "setup", "--user", "nobody",
                         "--huge-pages", "0"])
    assert f"access      {RULES}/70-upnvme-nobody.rules has it: ACTION" in process.stdout, process.stderr
