#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The table, asked of software controllers and of QEMU's; their differences are those that are listed."""

import dataclasses
import functools
import re
import subprocess
import tempfile
import unittest

from controller import Answer, Controller, Missing
from table import FOLDER, Session, rows

import harness

MIB = 1 << 20


@dataclasses.dataclass
class Configuration:
    words: tuple  # of target.c
    block: int = 512
    metadata: int = 0
    readonly: bool = False
    namespaces: int = 1


SOFT = {
    "ram": Configuration(("soft:ram?size=1MiB&block=512",)),
    "file": Configuration(("soft:{image}?block=512",)),
    "4096": Configuration(("soft:ram?size=4MiB&block=4096&sgl=1&noiob=16",), block=4096),
    "thread": Configuration(("soft:ram?size=1MiB&block=512&mode=thread&cmb=64KiB",)),
    "readonly": Configuration(("soft:{image}?block=512&readonly=1",), readonly=True),
    "small": Configuration(("soft:ram?size=1MiB&block=512&queues=1&entries=16&mdts=1&dstrd=2",)),
}
QEMU = {
    "plain": Configuration(("qemu:", f"1,{MIB},512")),
    "4096": Configuration(("qemu:mdts=5", f"1,{4 * MIB},4096", f"9,{MIB},512"), block=4096, namespaces=2),
    "protected": Configuration(("qemu:cmb_size_mb=1", f"1,{MIB},512,ms=8,pi=1"), metadata=8),
}
FAMILIES = {"soft": SOFT, "qemu": QEMU}
# The rows whose values are compared.
PAIR = ("ram", "plain")


def facts_of(configuration):
    return {key: value for key, value in dataclasses.asdict(configuration).items() if key != "words"}


def ask_all(configuration, image):
    """(row, value, whether the value is right) of each row of the table."""
    words = [word.replace("{image}", str(image)) for word in configuration.words]
    results = []
    for bare in (True, False):
        controller = Controller(*["--bare"] * bare, *words)
        session = Session(controller, **facts_of(configuration))
        try:
            results += [(row, *session.judge(row)) for row in rows() if row.bare == bare]
        finally:
            controller.close()
    return results


class Odd:
    """A controller in which each byte is the same, or one more with each question, and each command ends alike."""

    def __init__(self, byte, step, status):
        self.byte, self.step, self.status = byte, step, status

    def read(self, _, size):
        self.byte = self.byte + self.step & 0xff
        return int.from_bytes(bytes([self.byte]) * size, "little")

    def write(self, *_):
        return self.byte

    enable = page = write

    def command(self, _queue, _dwords, read=0, data=b""):  # pylint: disable=unused-argument
        result = self.read(0, 8)
        return Answer([f"{self.status:x}", f"{result:x}", (bytes([self.byte]) * read).hex()])

    def begin(self, _):
        return self.byte

    def end(self, *_, **__):
        return self.command(None, None)


INTERNAL_ERROR = 0x06
ODD = [Odd(byte, step, status) for status in (0, INTERNAL_ERROR) for step in (0, 1) for byte in (0xa5, 0xff, 0)]


def odd_answers(known):
    """Further knowledge: the given values, and other pages and other numbers for rows that compare."""
    yield known
    for byte, more in ((0xa5, 0), (0xa5, 1), (0xff, 0), (0, 0)):
        yield {name: bytes([byte]) * len(value) if isinstance(value, bytes) else
                     value + more if isinstance(value, int) else value for name, value in known.items()}


def can_fail(row, facts):
    """Whether the row fails for some odd controller."""
    return any(not Session(odd, patience=0, **answers).judge(row)[1] for odd in ODD for answers in odd_answers(facts))


@functools.cache
def family(name):
    """The results of each of its configurations."""
    with tempfile.TemporaryDirectory(prefix="upnvme-") as folder:
        image = f"{folder}/disk.img"
        with open(image, "wb") as file:
            file.truncate(MIB)
        return {key: ask_all(configuration, image) for key, configuration in FAMILIES[name].items()}


def told(row, value):
    return f"{row.where}, {row.name}: '{row.ask}' gives {value!r}, must be: {row.must}"


@functools.cache
def qemu_version():
    said = subprocess.run(["qemu-system-x86_64", "--version"], capture_output=True, text=True, check=True).stdout
    return int(re.search(r"version (\d+)", said)[1])


@dataclasses.dataclass
class Listed:
    line: int
    word: str  # soft, qemu: deviates; differ: the two differ
    bound: str  # of QEMU's version, as "<9", or nothing
    name: str
    why: str

    def applies(self):
        if not self.bound:
            return True
        sign, version = self.bound[0], int(self.bound[1:])
        return qemu_version() < version if sign == "<" else qemu_version() >= version


def listed():
    for number, line in enumerate((FOLDER / "differences").read_text().splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            found = re.fullmatch(r"(soft|qemu|differ)([<>]\d+)?\s+\| (.*?)\s*\| (.+)", line)
            if not found:
                raise ValueError(f"differences:{number}: not a difference")
            yield Listed(number, found[1], found[2], found[3], found[4])


def names_of(word):
    return {entry.name for entry in listed() if entry.word == word and entry.applies()}


def ask(test, name):
    try:
        return family(name)
    except Missing as missing:
        return test.skipTest(str(missing))


class Table(unittest.TestCase):
    def check(self, name):
        known, seen, unknown = names_of(name), set(), []
        for configuration, results in ask(self, name).items():
            for row, value, good in results:
                if not good:
                    seen.add(row.name)
                    if row.name not in known:
                        unknown.append(f"{name} {configuration}: {told(row, value)}")
        self.assertFalse(unknown, "not as the specification has it:\n" + "\n".join(unknown))
        self.assertEqual(known - seen, set(), "listed in differences, but as it must be: take it off the list")

    def test_the_software_controller_follows_the_specification(self):
        self.check("soft")

    def test_qemus_controller_follows_the_specification(self):
        self.check("qemu")

    def test_the_two_controllers_differ_only_as_listed(self):
        ours, theirs = ask(self, "soft")[PAIR[0]], ask(self, "qemu")[PAIR[1]]
        differing = {row.name: (value, other) for (row, value, _), (_, other, _) in zip(ours, theirs)
                     if row.compared and value != other and None not in (value, other)}
        known = names_of("differ") | names_of("soft") | names_of("qemu")
        self.assertEqual({name: values for name, values in differing.items() if name not in known}, {},
                         "a difference that is not listed")
        self.assertEqual(names_of("differ") - set(differing), set(), "listed as different, but the same")


class Lists(unittest.TestCase):
    """The table and the list themselves."""

    def test_names_are_unique(self):
        names = [row.name for row in rows()]
        self.assertEqual(len(names), len(set(names)), sorted(names))

    def test_every_listed_difference_is_in_the_table(self):
        names = {row.name for row in rows()}
        self.assertEqual([entry for entry in listed() if entry.name not in names], [])

    def test_every_row_is_asked(self):
        asked = {row.name for name in FAMILIES for results in ask(self, name).values() for row, value, _ in results
                 if value is not None or row.ask == "-"}
        self.assertEqual([row.name for row in rows() if row.name not in asked], [])

    def test_every_row_can_fail(self):
        """Rows that take any value are there to be compared."""
        never = {row.name: row for row in rows() if row.must != "any"}
        for name in FAMILIES:
            for configuration, results in ask(self, name).items():
                facts = {"PAGE": 0, "CID": 0, **facts_of(FAMILIES[name][configuration]),
                         **{row.name: value for row, value, _ in results}}
                never = {key: row for key, row in never.items() if not can_fail(row, facts)}
        self.assertEqual(list(never), [])


if __name__ == "__main__":
    harness.main()
