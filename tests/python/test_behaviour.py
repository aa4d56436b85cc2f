# SPDX-License-Identifier: BSD-3-Clause
"""The behaviour table, through each face of the package."""

import itertools
import json
import os
import pathlib

import pytest
from conftest import TREE
from repeats import repeats
from table import Run

TABLE = json.loads((TREE / "tests" / "behaviour" / "table.json").read_text())


# One medium and one size of block are enough under a sanitizer, which is slow.
LESS = os.environ.get("UPNVME_TEST_BUILD") == "asan"
# In a guest other controllers stand in the place of the software controller's, for cases that are named in a file.
NAMED = os.environ.get("UPNVME_TEST_CASES")
FACES = ("sync", "callback", "batch", "aio")
# An emulated processor is slow as well: a case goes through one face, and the next case through the other, of the two
# that have least in common.
FACES_IN_GUEST = ("callback", "aio")
# Each pair of faces, of which one waits for its completions and the other is told of them.
PAIRS = (("sync", "aio"), ("batch", "callback"), ("sync", "callback"), ("batch", "aio"))
CASES = set(pathlib.Path(NAMED).read_text().splitlines()) if NAMED else None


def chosen(case, name):
    every = case.get(name, TABLE["usually"][name])
    return every[:1] if LESS else every


def faces(number):
    """The faces for the case with this place in the table."""
    return (FACES_IN_GUEST[number % len(FACES_IN_GUEST)],) if NAMED else FACES


def marks(turn, case_number, face):
    """A case goes through every face in its first configuration, and through a pair of them in each other one. The
    pairs take turns, so that each meets every configuration."""
    if NAMED or turn == 0 or face in PAIRS[(turn + case_number) % len(PAIRS)]:
        return ()
    return (repeats("by the case's other configurations and another case's faces"),)


def is_for(case, *shape):
    return CASES is None or (case["name"] in CASES and shape == ("ram", "inline", int(os.environ["UPNVME_TEST_BLOCK"])))


def configurations():
    for number, case in enumerate(TABLE["cases"]):
        shapes = itertools.product(chosen(case, "media"), case.get("modes", TABLE["usually"]["modes"]),
                                   chosen(case, "blocks"))
        for turn, (medium, mode, block) in enumerate(shapes):
            for face in faces(number) if is_for(case, medium, mode, block) else ():
                yield pytest.param(case, medium, mode, block, face, marks=marks(turn, number, face),
                                   id=f"{case['name']}-{medium}-{mode}-{block}-{face}")


@pytest.mark.parametrize("case, medium, mode, block, face", list(configurations()))
def test_case(case, medium, mode, block, face):
    Run(TABLE, case, medium, mode, block, face).run()
