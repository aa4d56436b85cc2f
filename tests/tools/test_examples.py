#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The examples do what their comments say."""

import os

from harness import Case, main, run

# No multiple of any chunk that the examples use.
BYTES = (5 << 20) + 7 * 512


class Examples(Case):
    def setUp(self):
        super().setUp()
        self.content = os.urandom(BYTES)
        self.image = self.file("from.img", self.content)
        self.target = self.file("to.img", size=BYTES)

    def test_hello_reads_what_it_wrote(self):
        self.assertIn("Hello, NVMe!", run("examples/hello").stdout)
        self.assertIn("Hello, NVMe!", run("examples/hello", f"soft:{self.target}").stdout)
        self.assertTrue(self.target.read_bytes().startswith(b"Hello, NVMe!\0"))

    def test_scatter_turns_the_pages_round(self):
        self.assertEqual(run("examples/scatter").stdout, "page 3, page 2, page 1, page 0\n")

    def test_reader_reads_as_often_as_told(self):
        for nthreads in (1, 3):
            self.assertIn("10000 reads of 4096 bytes",
                          run("examples/reader", "soft:ram?size=1MiB", nthreads, 10000).stdout)

    def test_dump_streams_in_order(self):
        for query in ("", "&mode=thread", "&mdts=1&entries=4"):
            for nthreads in (1, 2, 5):
                with self.subTest(query=query, nthreads=nthreads):
                    done = run("examples/dump", f"soft:{self.image}?readonly=1{query}", "-", nthreads, text=False)
                    self.assertEqual(done.stdout, self.content)

    def test_dump_writes_a_file(self):
        run("examples/dump", f"soft:{self.image}", self.folder / "out", 2)
        self.assertEqual((self.folder / "out").read_bytes(), self.content)

    def test_copy_makes_the_target_equal(self):
        for query in ("", "&mode=thread", "&mdts=1&entries=4", "&noiob=3"):
            for nthreads in (1, 2, 5):
                with self.subTest(query=query, nthreads=nthreads):
                    target = self.file("to.img", size=BYTES)
                    run("examples/copy", f"soft:{self.image}?readonly=1{query}", f"soft:{target}?block=512{query}",
                        nthreads)
                    self.assertEqual(target.read_bytes(), self.content)

    def test_copy_refuses_sides_that_do_not_fit(self):
        small = self.file("small.img", size=512)
        self.assertIn("smaller", run("examples/copy", f"soft:{self.image}", f"soft:{small}", code=1).stderr)
        self.assertIn("same size", run("examples/copy", f"soft:{self.image}", "soft:ram", code=1).stderr)

    def test_load_fills_up_the_last_block(self):
        source = self.file("data", self.content[:-100])
        self.assertIn(f"{BYTES // 512} blocks", run("examples/load", source, f"soft:{self.target}").stdout)
        self.assertEqual(self.target.read_bytes(), self.content[:-100] + bytes(100))

    def test_load_stops_at_the_end_of_the_namespace(self):
        small = self.file("small.img", size=1 << 20)
        self.assertIn("pass the end", run("examples/load", self.image, f"soft:{small}", code=1).stderr)

    def test_events_hears_a_warning(self):
        for query in ("", "&mode=thread"):
            with self.subTest(query=query):
                self.assertRegex(run("examples/events", f"soft:ram?size=1MiB{query}").stdout,
                                 "^40 degrees Celsius, warned of from 70 on\nevent: a health warning ")

    def test_wrong_arguments_get_a_usage_line(self):
        for program in ("dump", "copy", "load", "reader", "events"):
            with self.subTest(program=program):
                self.assertIn("usage", run(f"examples/{program}", code=2).stderr)

    def test_a_missing_file_is_named(self):
        for args in (("hello", "soft:./missing.img"), ("dump", "soft:./missing.img", "-"),
                     ("copy", "soft:./missing.img", "soft:ram"), ("reader", "soft:./missing.img"),
                     ("events", "soft:./missing.img")):
            with self.subTest(args=args):
                self.assertIn("missing.img", run(f"examples/{args[0]}", *args[1:], code=1).stderr)


if __name__ == "__main__":
    main()
