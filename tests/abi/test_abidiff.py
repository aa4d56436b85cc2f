#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The ABI is what tests/abi/baseline promises; a break of any of these kinds is told by name."""

import re
import shutil
import subprocess
import unittest

import changes
from lane import BUILD, PATIENCE, TOP, Case, call, main, release_only

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
ASSERTION = re.compile(r"^UPNVME_ASSERT\(.*?\);\n", re.MULTILINE | re.DOTALL)
needs_abidiff = unittest.skipUnless(shutil.which("abidiff") and changes.describe,
                                    "abidiff (abigail-tools) or python3-pycparser is not installed (make deps)")


@release_only
@needs_abidiff
class Abi(Case):
    def test_the_promised_abi_is_kept(self):
        found = changes.since_baseline(BUILD / "lib/libupnvme.so", TOP / "capi/include")
        on_purpose = "On purpose? Then make abi-baseline, and a line in CHANGELOG.md"
        self.assertEqual(found, [], "\n".join([*found, on_purpose]))


def bare(text):
    """C without comments, and with one space where there are some."""
    lines = [" ".join(line.split()) for line in COMMENT.sub("", text).splitlines()]
    return "".join(f"{line}\n" for line in lines if line)


DEALLOCATE = "int upnvme_deallocate(upnvme_qpair *qp, upnvme_ns *ns, uint64_t lba, "
# Of an argument's type, a symbol that is not exported any more, constants renumbered, a macro, a field renamed; beside
# a field appended to a frozen record, and fields in another order.
BREAKS = (
    ("capi/include/upnvme/io.h", f"{DEALLOCATE}uint32_t blocks,", f"{DEALLOCATE}uint64_t blocks,"),
    ("capi/src/io.c", f"{DEALLOCATE}uint32_t blocks,", f"{DEALLOCATE}uint64_t blocks,"),
    ("capi/upnvme.map", "\tupnvme_flush;\n", ""),
    ("capi/include/upnvme/error.h", "UPNVME_ERR_LBA_RANGE 97u", "UPNVME_ERR_LBA_RANGE 96u"),
    ("capi/include/upnvme/error.h", "UPNVME_ERR_BLOCKS 96u", "UPNVME_ERR_BLOCKS 97u"),
    ("capi/include/upnvme/error.h", "(status)&0xff", "(status)&0x7f"),
    ("capi/include/upnvme/ctrlr.h", "uint64_t media_errors;", "uint64_t errors;"),
)
TOLD = (
    "upnvme_deallocate.* has some indirect sub-type changes",
    "parameter 4 of type 'typedef uint32_t' changed",
    "1 Removed function",
    r"upnvme_flush@@UPNVME_0",
    "(?m)^UPNVME_ERR_BLOCKS was 96 and is 97$",
    "(?m)^UPNVME_ERR_LBA_RANGE was 97 and is 96$",
    "UPNVME_STATUS_SC was .*0xff.* and is .*0x7f",
    'struct upnvme_smart: "uint64_t media_errors" at 88 is now not there',
    "struct upnvme_completion is frozen at 32 bytes and has 40",
    "struct upnvme_completion' .*\n.*type size changed from 256 to 320",
    "'uint64_t more', at offset 256",
    'struct upnvme_smart: "uint64_t power_cycles" at 64 is now "uint64_t power_cycles" at 72',
    "'uint64_t power_cycles' offset changed from 512 to 576",
)


@needs_abidiff
class Breaking(Case):
    """A copy of the files that make the ABI. Its library has only the exported functions, whose callees are missing."""

    def setUp(self):
        super().setUp()
        shutil.copytree(TOP / "capi", self.folder / "capi")
        shutil.copytree(TOP / "core", self.folder / "core", ignore=shutil.ignore_patterns("*.c"))
        self.include = self.folder / "capi/include"
        self.library = self.folder / "libupnvme.so"
        for path in self.include.rglob("*.h"):
            path.write_text(bare(path.read_text(encoding="utf-8")), encoding="utf-8")

    def edit(self, path, *replacements):
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        for old, new in replacements:
            self.assertEqual(text.count(old), 1, f"{path} has changed, and this test must: {old}")
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")

    def compile(self):
        sources = sorted((self.folder / "capi/src").glob("*.c"))
        return subprocess.run(["cc", "-std=gnu11", "-D_GNU_SOURCE", "-g", "-fPIC", "-shared", "-I", "core", "-I",
                               "capi/include", "-Wl,-soname,libupnvme.so.0",
                               "-Wl,--version-script=capi/upnvme.map", *sources, "-o", self.library],
                              cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE, check=False)

    def without_assertions(self):
        (self.folder / "capi/src/layout.c").unlink()
        for path in self.include.rglob("*.h"):
            path.write_text(ASSERTION.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")

    def changes(self):
        self.without_assertions()
        done = self.compile()
        self.assertEqual(done.returncode, 0, done.stderr)
        return changes.since_baseline(self.library, self.include)

    def append_to_completion(self):
        last = "uint64_t reserved;\n"
        self.edit("capi/include/upnvme/types.h", (f"{last}}};", f"{last}uint64_t more;\n}};"))

    def reorder_smart(self):
        cycles, hours = "uint64_t power_cycles;\n", "uint64_t power_on_hours;\n"
        self.edit("capi/include/upnvme/ctrlr.h", (cycles + hours, hours + cycles))

    def test_breaks_of_every_kind_are_told(self):
        """All of them in one library: each makes sentences of its own."""
        self.append_to_completion()
        self.reorder_smart()
        for path, old, new in BREAKS:
            self.edit(path, (old, new))
        found = "\n".join(self.changes())
        for pattern in TOLD:
            with self.subTest(pattern=pattern):
                self.assertRegex(found, pattern)

    def test_a_stripped_library(self):
        self.assertEqual(self.changes(), [])
        call("strip", self.library)
        found, = changes.since_baseline(self.library, self.include)
        self.assertRegex(found, r"libupnvme\.so is stripped")

    def test_another_version_of_a_symbol(self):
        self.edit("capi/upnvme.map", ("UPNVME_0 {", "UPNVME_1 {"))
        found = "\n".join(self.changes())
        self.assertRegex(found, r"\d+ Removed functions")
        self.assertRegex(found, "upnvme_open@@UPNVME_0")

    def test_the_compiler_stops_at_a_frozen_record_and_at_a_reordered_struct(self):
        self.append_to_completion()
        self.reorder_smart()
        sentences = self.compile().stderr
        self.assertIn('"upnvme_completion is frozen at 32 bytes"', sentences)
        self.assertIn('"upnvme_smart.power_cycles is at 64 and has 8 bytes"', sentences)

    def test_additions_and_private_changes_are_no_differences(self):
        last, initialiser = "uint64_t max_transfer_bytes;\n", "0, 0, 0, 0, 0 \\"
        self.edit("capi/include/upnvme/ctrlr.h", (f"{last}}};\n#define", f"{last}uint64_t more;\n}};\n#define"),
                  (initialiser, f"0, {initialiser}"))
        first, added = "UPNVME_API uint32_t upnvme_abi_version(void);", "UPNVME_API uint32_t upnvme_added(void);"
        self.edit("capi/include/upnvme/version.h", (first, f"{added}\n{first}\n#define UPNVME_ADDED 1u"))
        first, added = "uint32_t upnvme_abi_version(void)", "uint32_t upnvme_added(void)\n{\n\treturn 1;\n}\n"
        self.edit("capi/src/version.c", (first, f"{added}\n{first}"))
        self.edit("capi/upnvme.map", ("\tupnvme_abi_version;", "\tupnvme_abi_version;\n\tupnvme_added;"))
        self.edit("core/driver/ctrlr.h", ("struct upnvme_ctrlr {", "struct upnvme_ctrlr {\n\tint private;"))
        self.assertEqual(self.changes(), [])


if __name__ == "__main__":
    main()
