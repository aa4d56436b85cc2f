#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""upnvme-perf: its options, its figures, its verification, and how it stops."""

import hashlib
import json
import os
import pty
import signal
import subprocess

from harness import BUILD, PATIENCE, TOP, Case, main, release_only, run

TOOL = "bin/upnvme-perf"
RAM = "soft:ram?size=4MiB"


def perf(*args, code=0, **options):
    return run(TOOL, *args, code=code, **options)


def measure(*args, code=0):
    """The JSON object of a measurement."""
    return json.loads(perf("--json", *args, code=code).stdout)


class Options(Case):
    def test_help_and_version_go_to_standard_output(self):
        done = perf("--help")
        self.assertIn("--uri URI", done.stdout)
        self.assertIn("OVERWRITE", done.stdout)
        self.assertEqual(done.stderr, "")
        self.assertRegex(perf("--version").stdout, r"^upnvme-perf \d+\.\d+\.\d+ ")

    def test_each_wrong_option_gets_a_sentence_and_exit_code_2(self):
        ram = ("--uri", RAM)
        cases = [
            ((), "--uri is missing"),
            (("--uri",), "--uri needs a value"),
            ((*ram, "--speed", "9"), "--speed is no option"),
            ((*ram, "-x"), "-x is no option"),
            ((*ram, "--verify=yes"), "takes no value"),
            ((*ram, "left over"), '"left over" is one word too many'),
            ((*ram, "--rw", "readrand"), "--rw readrand: give read, write"),
            ((*ram, "--bs", "4X"), "--bs 4X: give a size"),
            ((*ram, "--bs", "0"), "--bs 0: give a size"),
            ((*ram, "--bs", "-1"), "--bs -1: give a size"),
            ((*ram, "--bs", "2GiB"), "--bs 2GiB: give a size"),
            ((*ram, "--bs", "99999999999999999999"), "give a size"),
            ((*ram, "--bs", ""), "--bs : give a size"),
            ((*ram, "--qd", "0"), "--qd 0: give a number from 1 to 4096"),
            ((*ram, "--qd", "4097"), "--qd 4097: give a number from 1 to 4096"),
            ((*ram, "--threads", "1.5"), "--threads 1.5: give a number"),
            ((*ram, "--time", "0"), "--time 0: give a time"),
            ((*ram, "--time", "3 s"), "--time 3 s: give a time"),
            ((*ram, "--time", "1."), "--time 1.: give a time"),
            ((*ram, "--ios", "0"), "--ios 0: give a number"),
            ((*ram, "--mix", "50"), "--mix 50: only --rw randrw mixes, not randread"),
            ((*ram, "--rw", "randrw", "--mix", "101"), "--mix 101: give a number from 0 to 100"),
            ((*ram, "--entries", "32"), "--entries 32: a queue of depth 32 needs more"),
            ((*ram, "--nsid", "0"), "--nsid 0: give a number"),
        ]
        for args, sentence in cases:
            with self.subTest(args=args):
                done = perf(*args, code=2)
                self.assertIn(sentence, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)
                self.assertEqual(done.stdout, "")

    def test_options_that_do_not_fit_the_controller_are_named(self):
        cases = [
            (("--uri", RAM, "--bs", "6000"), "--bs 6000 bytes: no multiple"),
            (("--uri", "soft:ram?size=64KiB", "--bs", "1M"), "--bs 1 MiB: the namespace has only 64 KiB"),
            (("--uri", RAM + "&queues=2", "--threads", "3"), "--threads 3: the controller grants 2"),
            (("--uri", RAM + "&entries=16"), "--qd 32: the controller's queues have 16 entries"),
            (("--uri", RAM + "&entries=64", "--entries", "65"), "--entries 65: the controller's queues have 64"),
            (("--uri", RAM, "--rw", "read", "--bs", "1M", "--threads", "5"), "--threads 5: the namespace has room"),
        ]
        for args, sentence in cases:
            with self.subTest(args=args):
                self.assertIn(sentence, perf(*args, code=2).stderr)

    def test_a_controller_that_cannot_be_opened_is_exit_code_1(self):
        missing = self.folder / "missing.img"
        self.assertIn(str(missing), perf("--uri", f"soft:{missing}", code=1).stderr)
        self.assertIn('unknown key "colour"', perf("--uri", "soft:ram?colour=red", code=1).stderr)
        self.assertIn("namespace 2", perf("--uri", RAM, "--nsid", "2", code=1).stderr)


@release_only
class Closing(Case):
    def test_a_flush_that_fails_at_the_end_is_exit_code_1(self):
        """The figures are printed although the written data may be lost."""
        library, image = self.folder / "hold.so", self.folder / "image"
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", library,
                        TOP / "tests/python/support/hold.c", "-ldl"], check=True)
        image.write_bytes(bytes(1 << 20))
        (self.folder / "held.bad").touch()
        done = perf("--uri", f"soft:{image}?engine=worker", "--rw", "write", "--ios", "10", code=1,
                    env={**os.environ, "LD_PRELOAD": f"{os.environ.get('LD_PRELOAD', '')} {library}",
                         "UPNVME_HOLD": str(self.folder / "held")})
        self.assertIn("may be lost", done.stderr)


class Figures(Case):
    def test_json_has_every_field_and_adds_up(self):
        got = measure("--uri", RAM, "--rw", "randrw", "--mix", 30, "--ios", 20000, "--threads", 2, "--qd", 8)
        self.assertEqual(set(got), {
            "tool", "version", "uri", "controller", "namespace", "rw", "read_percent", "io_bytes", "queue_depth",
            "threads", "seed", "seconds", "interrupted", "total", "read", "write", "latency_ns", "flush_seconds",
            "errors", "failure", "verify"})
        self.assertIsNone(got["failure"])
        self.assertEqual((got["rw"], got["read_percent"], got["threads"], got["queue_depth"]), ("randrw", 30, 2, 8))
        self.assertEqual(got["namespace"], {"nsid": 1, "block_bytes": 4096, "block_count": 1024})
        for field in ("ios", "bytes"):
            self.assertEqual(got["read"][field] + got["write"][field], got["total"][field])
        self.assertEqual(got["total"]["bytes"], got["total"]["ios"] * 4096)
        self.assertAlmostEqual(got["read"]["ios"] / 20000, 0.3, delta=0.02)
        self.assertAlmostEqual(got["total"]["iops"], 20000 / got["seconds"], delta=0.01 * got["total"]["iops"])
        latencies = [got["latency_ns"][name] for name in ("p50", "p90", "p99", "p99_9", "max")]
        self.assertEqual(latencies, sorted(latencies))
        self.assertGreater(latencies[0], 0)
        self.assertIsNotNone(got["flush_seconds"])
        self.assertEqual(got["errors"], {"total": 0, "by_status": {}})
        self.assertIsNone(got["verify"])
        self.assertIs(got["interrupted"], False)

    def test_the_number_of_ios_is_kept_exactly(self):
        for rw in ("read", "randread", "write", "randwrite"):
            with self.subTest(rw=rw):
                got = measure("--uri", RAM, "--rw", rw, "--ios", 1001, "--threads", 3, "--qd", 7)
                self.assertEqual(got["total"]["ios"], 1001)

    def test_fewer_ios_than_threads_and_depth(self):
        self.assertEqual(measure("--uri", RAM, "--ios", 1, "--threads", 4)["total"]["ios"], 1)

    def test_the_time_is_kept(self):
        got = measure("--uri", RAM, "--time", "300ms")
        self.assertGreater(got["seconds"], 0.29)
        self.assertLess(got["seconds"], 60)

    def test_the_ends_of_the_mix(self):
        self.assertEqual(measure("--uri", RAM, "--rw", "randrw", "--mix", 0, "--ios", 500)["read"]["ios"], 0)
        self.assertEqual(measure("--uri", RAM, "--rw", "randrw", "--mix", 100, "--ios", 500)["write"]["ios"], 0)

    def test_a_queue_of_depth_1_and_requests_that_are_split(self):
        for args in (("--qd", 1), ("--qd", 3, "--bs", "256k"), ("--qd", 31, "--bs", "64k", "--rw", "write")):
            with self.subTest(args=args):
                got = measure("--uri", RAM + "&mdts=1&entries=32", "--ios", 300, *args)
                self.assertEqual((got["total"]["ios"], got["errors"]["total"]), (300, 0))

    def test_the_controller_with_a_thread_of_its_own(self):
        got = measure("--uri", RAM + "&mode=thread", "--ios", 5000, "--threads", 2)
        self.assertEqual((got["total"]["ios"], got["errors"]["total"]), (5000, 0))

    def test_latencies_can_be_left_out(self):
        self.assertIsNone(measure("--uri", RAM, "--ios", 100, "--no-latency")["latency_ns"])

    def test_the_table_names_what_was_measured(self):
        table = perf("--uri", RAM, "--ios", 1000, "--rw", "randrw").stdout
        for word in (RAM, "randrw (70 % reads), 4 KiB, queue depth 32, 1 thread", "IOPS", "MiB/s", "p50", "p99.9",
                     "max", "errors    none", "flush"):
            self.assertIn(word, table)

    def test_error_statuses_are_counted_by_name(self):
        image = self.file("disk.img", size=1 << 20)
        got = measure("--uri", f"soft:{image}?readonly=1", "--rw", "randwrite", "--ios", 50, code=1)
        self.assertEqual((got["total"]["ios"], got["errors"]["total"] >= 50), (0, True))
        self.assertEqual(sum(got["errors"]["by_status"].values()), got["errors"]["total"])
        for name in got["errors"]["by_status"]:
            self.assertRegex(name, "(?i)write protect|read only|attempted write")

    def test_reading_changes_nothing(self):
        content = os.urandom(1 << 20)
        image = self.file("disk.img", content)
        measure("--uri", f"soft:{image}", "--rw", "randread", "--ios", 1000)
        measure("--uri", f"soft:{image}", "--rw", "read", "--ios", 1000)
        self.assertEqual(hashlib.sha256(image.read_bytes()).digest(), hashlib.sha256(content).digest())

    def test_an_output_that_is_full_is_an_error(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([BUILD / TOOL, "--uri", RAM, "--ios", "10"], stdout=full, stderr=subprocess.PIPE,
                                  text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr)


class Verification(Case):
    def setUp(self):
        super().setUp()
        # The last I/O of 64 KiB is a short one, and the two threads' parts are not equal.
        self.image = self.file("disk.img", size=(1 << 20) + 3 * 512)
        self.uri = f"soft:{self.image}?block=512"
        self.nblocks = (1 << 11) + 3

    def write(self, *args):
        return measure("--uri", self.uri, "--rw", "write", "--verify", "--bs", "64k", "--threads", 2, *args)

    def read(self, *args, code=0):
        return measure("--uri", self.uri, "--rw", "read", "--verify", "--bs", "32k", "--threads", 2, *args,
                       code=code)["verify"]

    def overwrite(self, offset, content):
        with self.image.open("r+b") as file:
            file.seek(offset)
            file.write(content)

    def test_write_and_read_go_over_the_namespace_once(self):
        got = self.write()
        self.assertEqual(got["total"]["bytes"], self.nblocks * 512)
        self.assertEqual(got["verify"], {"blocks_checked": self.nblocks, "mismatches": 0, "first": []})
        self.assertEqual(self.read(), {"blocks_checked": self.nblocks, "mismatches": 0, "first": []})

    def test_one_wrong_byte_is_named_with_its_lba_and_offset(self):
        self.write()
        content = self.image.read_bytes()
        for lba, offset in ((0, 0), (5, 7), (77, 8), (78, 16), (79, 24), (80, 37), (1000, 500), (2050, 511)):
            with self.subTest(lba=lba, offset=offset):
                at = lba * 512 + offset
                self.overwrite(at, bytes([content[at] ^ 0x10]))
                got = self.read(code=1)
                self.assertEqual(got["mismatches"], 1)
                first = got["first"][0]
                self.assertEqual((first["lba"], first["offset"]), (lba, offset))
                self.assertEqual(first["expected"], content[at:(lba + 1) * 512][:8].hex())
                self.assertEqual(first["found"][:2], f"{content[at] ^ 0x10:02x}")
                self.overwrite(at, content[at:at + 1])
        self.assertEqual(self.read()["mismatches"], 0)

    def test_the_table_names_the_wrong_byte_too(self):
        self.write()
        self.overwrite(1234 * 512 + 99, b"\0\0")
        table = perf("--uri", self.uri, "--rw", "read", "--verify", code=1).stdout
        self.assertRegex(table, r"1 differ\n +LBA 1234, byte (99|100): expected [0-9a-f ]+, found ")

    def test_a_misplaced_block_tells_where_it_belongs(self):
        self.write()
        content = self.image.read_bytes()
        self.overwrite(300 * 512, content[7 * 512:8 * 512])
        first = self.read(code=1)["first"][0]
        self.assertEqual((first["lba"], first["offset"]), (300, 0))
        self.assertEqual(first["hint"], "the block is LBA 7 of seed 1, generation 1")

    def test_a_block_that_was_never_written_is_seen(self):
        self.write()
        self.overwrite(11 * 512, bytes(512))
        self.assertEqual(self.read(code=1)["first"][0]["hint"], "the block is all zeroes")

    def test_many_mismatches_are_all_counted_and_the_first_listed(self):
        got = self.read(code=1)
        self.assertEqual((got["mismatches"], len(got["first"])), (self.nblocks, 8))

    def test_another_seed_is_another_pattern(self):
        self.write("--seed", 7)
        self.assertEqual(self.read("--seed", 7)["mismatches"], 0)
        got = self.read("--seed", 8, code=1)
        self.assertEqual((got["mismatches"], got["first"][0]["offset"]), (self.nblocks, 8))

    def test_random_writes_are_read_back(self):
        got = measure("--uri", self.uri, "--rw", "randwrite", "--verify", "--ios", 5000, "--threads", 2)
        self.assertEqual((got["total"]["ios"], got["verify"]["mismatches"]), (5000, 0))
        self.assertGreater(got["verify"]["blocks_checked"], self.nblocks * 9 // 10)

    def test_mixed_reads_expect_the_generation_of_the_last_write(self):
        got = measure("--uri", self.uri, "--rw", "randrw", "--mix", 50, "--verify", "--ios", 5000, "--threads", 2)
        self.assertEqual(got["verify"]["mismatches"], 0)
        self.assertGreater(got["verify"]["blocks_checked"], 5000)

    def test_more_depth_than_places(self):
        for rw in ("write", "randwrite", "randrw"):
            with self.subTest(rw=rw):
                got = measure("--uri", "soft:ram?size=16KiB", "--rw", rw, "--verify", "--ios", 2000, "--threads", 2)
                self.assertEqual((got["total"]["ios"], got["verify"]["mismatches"]), (2000, 0))

    def test_writes_that_vanish_are_found(self):
        got = measure("--uri", "soft:null?size=1MiB&zero=1", "--rw", "write", "--verify", code=1)
        self.assertEqual(got["verify"]["mismatches"], got["namespace"]["block_count"])


class Stopping(Case):
    def start_on_terminal(self, *args):
        """Starts the tool with a terminal for its progress line, and waits until it shows some."""
        try:
            master, slave = pty.openpty()
        except OSError as error:
            self.skipTest(f"no terminal to be had: {error}")
        self.addCleanup(os.close, master)
        process = subprocess.Popen([BUILD / TOOL, *args], stdout=subprocess.PIPE, stderr=slave, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        os.close(slave)
        shown = b""
        while b"MiB/s" not in shown:
            shown += os.read(master, 1000)
        return process, shown.decode()

    def test_ctrl_c_shows_the_results_so_far(self):
        for args in (("--time", "10m"), ("--ios", str(10**15)), ("--rw", "randrw", "--verify", "--time", "10m")):
            with self.subTest(args=args):
                process, shown = self.start_on_terminal("--uri", RAM, "--json", "--threads", "2", *args)
                self.assertIn("IOPS", shown)
                process.send_signal(signal.SIGINT)
                output, _ = process.communicate(timeout=PATIENCE)
                got = json.loads(output)
                self.assertEqual(process.returncode, 130)
                self.assertIs(got["interrupted"], True)
                self.assertGreater(got["total"]["ios"], 0)
                self.assertEqual(got["errors"]["total"], 0)
                self.assertLess(got["seconds"], 60)

    def test_a_file_that_is_cut_short_meanwhile_gives_statuses(self):
        image = self.file("disk.img", size=1 << 20)
        process, _ = self.start_on_terminal("--uri", f"soft:{image}", "--json", "--time", "1")
        os.truncate(image, 4096)
        output, _ = process.communicate(timeout=PATIENCE)
        got = json.loads(output)
        self.assertEqual(process.returncode, 1)
        self.assertGreater(got["errors"]["total"], 0)
        self.assertGreater(got["total"]["ios"], 0)

    def test_without_a_terminal_there_is_no_progress_line(self):
        self.assertEqual(perf("--uri", RAM, "--time", "500ms").stderr, "")


if __name__ == "__main__":
    main()
