#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Threads of one process open and close their controllers while another thread works with its own: devices join the
container that all of them share, and leave it, and the last one ends it."""

import ctypes
import os
import threading

import guest
import library
import repeats
import together
from guest import Controller, KIB, MIB, Namespace

CONTROLLERS = [Controller((Namespace(16 * MIB, 512),)) for _ in range(3)]
ADDRESSES = [guest.address_of(index) for index in range(len(CONTROLLERS))]
ROUNDS = 8 if repeats.LONG else 4
SIZE = 256 * KIB


def roundtrip(controller, tag):
    """Writes, and reads into other memory; returns the read and the expected bytes."""
    data = os.urandom(SIZE)
    out, back = controller.buffer(SIZE), controller.buffer(SIZE)
    qpair = controller.qpair()
    ctypes.memmove(out, data, SIZE)
    statuses = [controller.transfer("upnvme_write", qpair, out, tag * SIZE // 512, SIZE // 512),
                controller.transfer("upnvme_read", qpair, back, tag * SIZE // 512, SIZE // 512)]
    return statuses == [0, 0] and ctypes.string_at(back, SIZE) == data


class Threads(guest.harness.Case):
    def setUp(self):
        super().setUp()
        for address in ADDRESSES:
            if guest.driver_of(address) != "vfio-pci":
                guest.bind(address, "vfio-pci")
        self.failures = []

    def come_and_go(self, address, rounds):
        try:
            for turn in range(rounds):
                with library.Controller(guest.uri_of(address)) as controller:
                    if not roundtrip(controller, turn % 4):
                        self.failures.append(f"{address}: other data")
        except (library.UpnvmeError, AssertionError) as error:
            self.failures.append(f"{address}: {error}")

    def together(self, *works):
        threads = [threading.Thread(target=self.come_and_go, args=work) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.failures, [])

    def test_controllers_come_and_go_beside_one_that_stays(self):
        with library.Controller(guest.uri_of(ADDRESSES[0])) as stays:
            self.together((ADDRESSES[1], ROUNDS), (ADDRESSES[2], ROUNDS))
            self.assertTrue(roundtrip(stays, 0))

    def test_the_last_one_ends_what_the_next_one_begins(self):
        self.together(*((address, ROUNDS) for address in ADDRESSES))


FILE = guest.File(CONTROLLERS, environments=guest.ENVIRONMENTS, machine=guest.FOR_DPDK)

if __name__ == "__main__":
    together.main(__file__)
