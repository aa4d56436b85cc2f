#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The behaviour table over PCIe: against a controller with all features, and against a narrow one, with small
transfers, few queues and several namespaces; in blocks of 512 and of 4096 bytes."""

import guest
import repeats
import together
from guest import Controller, Namespace

TABLE = "tests/behaviour/table.json"
BLOCKS = (512, 4096)
HALVES = ("even", "odd")  # of the cases, for each size of blocks
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


def names(block, choice):
    """The cases that the program in C makes of this choice."""
    return guest.run("tests/vm/inside/test_behaviour", "--list", TABLE, block, choice).stdout.splitlines()


def run(label, block, choice, env, preferred):
    """Controllers of another shape serve where a case wants one, or a second one."""
    places = [*preferred, *(index for index in range(len(CONTROLLERS)) if index not in preferred)]
    uris = [guest.uri_of(guest.address_of(index), env=env) for index in places]
    return guest.call("tests/vm/inside/test_behaviour", TABLE, label, block, choice, *uris)


def inside():
    """The table takes long, so each size of blocks has an environment, a controller and a half of the cases of its own,
    and in a short run a few of them; the qtest lane has all."""
    for index in range(len(CONTROLLERS)):
        guest.bind(guest.address_of(index), "vfio-pci")
    if not repeats.LONG:
        repeats.note("behaviour", sum(len(names(block, half)) - len(names(block, "few"))
                                      for block, half in zip(BLOCKS, HALVES)))
    choices = HALVES if repeats.LONG else ("few", "few")
    return max(run("wide", BLOCKS[0], choices[0], guest.ENVIRONMENTS[0], range(KINDS)),
               run("narrow", BLOCKS[1], choices[1], guest.ENVIRONMENTS[-1], range(KINDS, 2 * KINDS)[1:]))


FILE = guest.File(CONTROLLERS, inside, machine=guest.FOR_DPDK)

if __name__ == "__main__":
    together.main(__file__)
