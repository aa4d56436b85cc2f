#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Media errors come as statuses; a controller with few queues says so."""

import guest
import library
import together
from guest import Controller, KIB, MIB, Namespace

BAD_READ_LBA, BAD_WRITE_LBA = 1024, 2048
UNRECOVERED_READ_ERROR, WRITE_FAULT = 0x281, 0x280
CONTROLLERS = [
    Controller((Namespace(16 * MIB, 512, faults=(("read_aio", "read", BAD_READ_LBA),
                                                 ("write_aio", "write", BAD_WRITE_LBA))),)),
    Controller((Namespace(16 * MIB, 4096),), {"max_ioqpairs": 1}),
]


class Faults(guest.harness.Case):
    @classmethod
    def setUpClass(cls):
        for index in range(len(CONTROLLERS)):
            guest.bind(guest.address_of(index), "vfio-pci")

    def open(self, index):
        controller = library.Controller(guest.uri_of(guest.address_of(index)))
        self.addCleanup(controller.__exit__)
        return controller

    def test_a_block_that_cannot_be_read_fails_and_its_neighbours_do_not(self):
        controller = self.open(0)
        qpair, memory = controller.qpair(), controller.buffer(64 * KIB)
        for lba, blocks, status in ((BAD_READ_LBA, 1, UNRECOVERED_READ_ERROR), (BAD_READ_LBA - 8, 8, 0),
                                    (BAD_READ_LBA - 8, 16, UNRECOVERED_READ_ERROR), (BAD_READ_LBA + 8, 8, 0)):
            self.assertEqual(controller.transfer("upnvme_read", qpair, memory, lba, blocks), status, (lba, blocks))

    def test_a_block_that_cannot_be_written_fails_and_its_neighbours_do_not(self):
        controller = self.open(0)
        qpair, memory = controller.qpair(), controller.buffer(64 * KIB)
        for lba, blocks, status in ((BAD_WRITE_LBA, 1, WRITE_FAULT), (BAD_WRITE_LBA - 8, 8, 0),
                                    (BAD_WRITE_LBA + 8, 8, 0)):
            self.assertEqual(controller.transfer("upnvme_write", qpair, memory, lba, blocks), status, (lba, blocks))

    def test_a_controller_with_one_queue_pair_gives_one(self):
        controller = self.open(1)
        controller.qpair()
        with self.assertRaises(library.UpnvmeError) as caught:
            controller.qpair()
        self.assertEqual(caught.exception.code, "QPAIR_LIMIT")


FILE = guest.File(CONTROLLERS, environments=guest.ENVIRONMENTS, repeated=guest.ENVIRONMENTS[1:], machine=guest.FOR_DPDK)

if __name__ == "__main__":
    together.main(__file__)
