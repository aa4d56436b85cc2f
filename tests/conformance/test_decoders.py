#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Other programs read our structures and log pages, and see the values of the table, and nothing that is reserved:
nvme-cli with libnvme, and Wireshark's dissector."""

import functools
import json
import os
import re
import shutil
import subprocess
import unittest
import xml.etree.ElementTree

from capture import Capture
from controller import BUILD, PATIENCE, SUCCESS, Controller
from table import Session, rows

import harness

URI = "soft:ram?size=1MiB&block=512&serial=decoders"
ALL = 0xffffffff
DEVICE = "/dev/null"  # a device that nvme-cli can open
# nvme-cli's names for the table's.
SMART = {"critical_warning": "SMART.CRITICAL", "temperature": "SMART.TEMPERATURE", "avail_spare": "SMART.SPARE",
         "spare_thresh": "SMART.THRESHOLD", "percent_used": "SMART.USED", "power_cycles": "SMART.CYCLES",
         "power_on_hours": "SMART.HOURS", "unsafe_shutdowns": "SMART.UNSAFE", "media_errors": "SMART.MEDIA",
         "warning_temp_time": "SMART.WARNING"}
FEATURES = (0x01, 0x02, 0x04, 0x05, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0e, 0x0f, 0x16, 0x19)
# Wireshark knows 1.4: bit 5 of LPA and the scope of a command are from 2.0, and reserved for it.
OF_2_0 = {"nvme.cmd.identify.ctrl.lpa.rsvd", "nvme.cmd.get_logpage.cmd_and_eff.cseds.rsvd1"}


@functools.cache
def known():
    """The table's values of a fresh controller, by name."""
    controller = Controller(URI)
    session = Session(controller, block=512, metadata=0, readonly=False, namespaces=1)
    try:
        for row in rows():
            # Structures that the questions themselves do not change.
            if not row.bare and row.ask.startswith(("reg ", "identify ", "log ")):
                session.judge(row)
    finally:
        controller.close()
    return session.known


def require(test, program, package):
    if not shutil.which(program):
        test.skipTest(f"{program} is not installed (package {package}; make deps)")


def matching(test, seen, names, least):
    """Compares {the decoder's name: its number} with the table's rows of these names."""
    pairs = {name: (seen[name], known()[row]) for name, row in names.items() if name in seen}
    test.assertGreaterEqual(len(pairs), least, sorted(names))
    test.assertEqual({name: pair for name, pair in pairs.items() if pair[0] != pair[1]}, {})


def names_of(structure):
    """Fields of that structure in the table, by their lower-case names."""
    return {row.name.lower(): row.name for row in rows()
            if row.compared and row.ask.startswith(structure) and re.fullmatch(r"[A-Z0-9]+", row.name)
            and row.ask.split()[-1] not in ("text", "bytes")}


class NvmeCli(unittest.TestCase):
    """The program, whose commands go to our controller (preload.c)."""

    def setUp(self):
        require(self, "nvme", "nvme-cli")

    def nvme(self, command, *options, code=0):
        environment = {**os.environ, "UPNVME_URI": URI, "LD_PRELOAD": BUILD / "tests/conformance/preload.so"}
        done = subprocess.run(["nvme", command, DEVICE, *options], capture_output=True, check=False, timeout=PATIENCE,
                              env=environment)
        text = done.stdout.decode(errors="replace")
        self.assertEqual(done.returncode, code, text + done.stderr.decode(errors="replace"))
        self.assertTrue(text.strip())
        return text

    def numbers(self, command, *options):
        """The numbers in its JSON; large ones stand in strings."""
        return {name: int(value) for name, value in json.loads(self.nvme(command, "-o", "json", *options)).items()
                if isinstance(value, int) or (isinstance(value, str) and value.isdigit())}

    def test_nvme_cli_sees_the_controller_as_the_table_does(self):
        matching(self, self.numbers("id-ctrl"), names_of("identify 01h"), 60)

    def test_nvme_cli_sees_the_namespace_as_the_table_does(self):
        matching(self, self.numbers("id-ns", "-n", "1"), names_of("identify 00h nsid=1"), 25)

    def test_nvme_cli_sees_the_command_sets_structures_as_the_table_does(self):
        matching(self, self.numbers("nvm-id-ctrl"), names_of("identify 06h"), 6)
        matching(self, self.numbers("nvm-id-ns", "-n", "1"), names_of("identify 05h"), 1)

    def test_nvme_cli_sees_the_health_as_the_table_does(self):
        matching(self, self.numbers("smart-log"), SMART, len(SMART))

    def test_nvme_cli_finds_nothing_that_is_reserved(self):
        for command in (["id-ctrl", "-H"], ["id-ns", "-n", "1", "-H"], ["effects-log", "--csi=0", "-H"],
                        ["smart-log", "-H"], ["fid-support-effects-log", "-H"],
                        *(["get-feature", "-f", str(fid), "-H"] for fid in FEATURES)):
            with self.subTest(command=command):
                odd = [line for line in self.nvme(*command).splitlines()
                       if re.search(r"reserved|unknown|illegal|invalid", line, re.IGNORECASE)
                       and not re.search(r":\s*(0|0x0+)\s", line)]
                self.assertEqual(odd, [])

    def test_nvme_cli_reads_the_rest(self):
        for command in (["error-log"], ["fw-log"], ["supported-log-pages"], ["mi-cmd-support-effects-log"],
                        ["ns-descs", "-n", "1"], ["list-ns"], ["id-iocs"], ["cmdset-ind-id-ns", "-n", "1"]):
            with self.subTest(command=command):
                self.nvme(*command)

    def test_nvme_cli_reads_the_names(self):
        said = json.loads(self.nvme("id-ctrl", "-o", "json"))
        self.assertEqual(said["sn"].strip(), "decoders")
        self.assertEqual(said["subnqn"], known()["SUBNQN"].rstrip("\0"))
        kinds = [entry["nidt"] for entry in json.loads(self.nvme("ns-descs", "-n", "1", "-o", "json"))["ns-descs"]]
        self.assertEqual(kinds, [1, 2, 3, 4])


class Wireshark(harness.Case):
    """The dissector, to which a capture shows a connection by TCP with our structures in it."""

    def setUp(self):
        super().setUp()
        require(self, "tshark", "tshark")

    def captured(self):
        capture, controller = Capture(), Controller(URI)
        asked = [(0x06, 4096, 0, 0x01), (0x06, 4096, 1, 0x00), (0x06, 4096, 0, 0x02)]
        asked += [(0x02, size, ALL, (size // 4 - 1) << 16 | lid)
                  for lid, size in ((1, 256), (2, 512), (3, 512), (4, 4096), (5, 4096))]
        try:
            for opcode, size, nsid, cdw10 in asked:
                answer = controller.command("admin", {0: opcode, 1: nsid, 10: cdw10}, read=size)
                self.assertEqual(answer.status, SUCCESS)
                capture.command(opcode, {10: cdw10}, answer.data, nsid)
        finally:
            controller.close()
        capture.save(self.folder / "capture.pcap")
        return len(asked)

    def dissected(self):
        """(name, how it is shown, its bytes in hexadecimal digits) of each field of the connection."""
        asked = self.captured()
        text = harness.call("tshark", "-r", self.folder / "capture.pcap", "-T", "pdml", "-d", "tcp.port==4420,nvme-tcp")
        fields = [(field.get("name"), field.get("showname") or "", field.get("value") or "")
                  for field in xml.etree.ElementTree.fromstring(text).iter("field")]
        self.assertEqual(sum(name == "nvme.cqe.cid" for name, _, _ in fields), asked + 1)  # and of Connect
        return fields

    def test_wireshark_finds_nothing_odd(self):
        odd = [field for field in self.dissected()
               if field[0].startswith(("_ws.malformed", "_ws.expert")) or
               (field[0].startswith(("nvme.cmd.identify.", "nvme.cmd.get_logpage.")) and
                ".rsvd" in field[0] and field[0] not in OF_2_0 and field[2].strip("0"))]
        self.assertEqual(odd, [])

    def test_wireshark_sees_the_structures_as_the_table_does(self):
        seen = {name: int.from_bytes(bytes.fromhex(value), "little") for name, _, value in self.dissected()
                if name.startswith("nvme.cmd.identify.") and len(value) % 2 == 0 and value}
        for prefix, structure, least in (("nvme.cmd.identify.ctrl.", "identify 01h", 60),
                                         ("nvme.cmd.identify.ns.", "identify 00h nsid=1", 10)):
            matching(self, seen, {prefix + name: row for name, row in names_of(structure).items()}, least)


if __name__ == "__main__":
    harness.main()
