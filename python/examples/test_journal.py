#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Tests of a program that stores things on NVMe, each with a controller of its own: the fixture is the package's.

  python -m pytest test_journal.py [--upnvme-uri URI]

`Journal` stands for the program: records one after the other, each with its length and checksum in front.
"""

import struct
import sys
import zlib

import pytest

import upnvme

HEAD = struct.Struct("<II")


class Journal:
    """Appends to a namespace, and reads back the records that are whole."""

    def __init__(self, ns):
        self.file = ns.open("r+b", buffering=0)

    def append(self, record):
        self.file.write(HEAD.pack(len(record), zlib.crc32(record)) + record)

    def records(self):
        self.file.seek(0)
        while True:
            size, checksum = HEAD.unpack(self.file.read(HEAD.size))
            record = self.file.read(size)
            if not size or zlib.crc32(record) != checksum:
                return
            yield record

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.file.close()


def test_records_come_back(upnvme_controller):
    with Journal(upnvme_controller.namespaces[1]) as journal:
        for record in b"one", b"two", b"three" * 1000:
            journal.append(record)
        assert list(journal.records()) == [b"one", b"two", b"three" * 1000]


@pytest.mark.upnvme("soft:{tmp_path}/disk.img?size=1MiB&block=512")
def test_records_outlive_the_controller(upnvme_controller, tmp_path):
    with Journal(upnvme_controller.namespaces[1]) as journal:
        journal.append(b"kept")
    upnvme_controller.close()
    with upnvme.open(f"soft:{tmp_path}/disk.img?block=512") as anew, Journal(anew.namespaces[1]) as journal:
        assert list(journal.records()) == [b"kept"]


def test_a_torn_record_is_no_record(upnvme_controller):
    ns = upnvme_controller.namespaces[1]
    with Journal(ns) as journal:
        journal.append(b"whole")
        journal.append(b"torn" * 5000)
        ns.write_zeroes(4, 1)  # as if the power had gone before its last block was written
        assert list(journal.records()) == [b"whole"]


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", "-p", "no:warnings"]))
