#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The behaviour table over PCIe: against a controller with all features, and against a narrow one, with small
transfers, few queues and several namespaces; in blocks of 512 and of 4096 bytes."""

import guest
from guest import Controller, Namespace

BLOCKS = (512, 4096)
LONG, SHORT = 1024, 256  # namespaces, in blocks: as the cases want them
SPARSE = (1, 3, 7, 9)


def of_each_kind(block):
    one = Namespace(LONG * block, block)
    return [Controller((one,)),
            Controller(tuple(Namespace(LONG * block, block, nsid=nsid) for nsid in SPARSE),
                       {"mdts": 1, "max_ioqpairs": 4}),
            Controller((one, one, one)),
            Controller((Namespace(SHORT * block, block),))]


CONTROLLERS = [controller for block in BLOCKS for controller in of_each_kind(block)]
KINDS = len(CONTROLLERS) // len(BLOCKS)


def run(label, block, half, env, preferred):
    """Controllers of another shape serve where a case wants one, or a second one."""
    places = [*preferred, *(index for index in range(len(CONTROLLERS)) if index not in preferred)]
    uris = [guest.uri_of(guest.address_of(index), env=env) for index in places]
    return guest.call("tests/vm/inside/test_behaviour", "tests/behaviour/table.json", label, block, half, *uris)


def inside():
    """The table takes long, so each size of blocks has an environment, a controller and a half of the cases of its own;
    the qtest lane has all of them."""
    for index in range(len(CONTROLLERS)):
        guest.bind(guest.address_of(index), "vfio-pci")
    return max(run("wide", BLOCKS[0], "even", guest.ENVIRONMENTS[0], range(KINDS)),
               run("narrow", BLOCKS[1], "odd", guest.ENVIRONMENTS[-1], range(KINDS, 2 * KINDS)[1:]))


if __name__ == "__main__":
    guest.main(__file__, CONTROLLERS, inside, **guest.FOR_DPDK)
