# SPDX-License-Identifier: BSD-3-Clause
"""Reads the table of expectations (README.md explains its words) and asks a controller for them."""

import dataclasses
import pathlib
import re
import time

from controller import PATIENCE, SUCCESS

FOLDER = pathlib.Path(__file__).resolve().parent
IDENTIFY_BYTES = 4096
BARE = "without a driver"
NUMBER = re.compile(r"\b([0-9A-F]+)h\b")
NAME = re.compile(r"(?<!['\w])[A-Z][A-Z0-9]+(?:\.[A-Z0-9]+)*\b(?!['(])")
STEP = re.compile(r"(?P<verb>\w+)(?P<words>[^:]*)(?::\s*(?P<place>.*))?$")
PLACE = re.compile(r"(?P<high>\d+)(?::(?P<low>\d+))?(?: bits? (?P<bits>\d+(?::\d+)?))?(?P<form> text| bytes)?$")


@dataclasses.dataclass
class Row:
    where: str  # of the specification
    name: str
    ask: str
    when: str
    must: str
    bare: bool
    compared: bool


def rows():
    bare = False
    for number, line in enumerate((FOLDER / "table").read_text().splitlines(), 1):
        if line.startswith("== "):
            bare = line.endswith(BARE)
        elif line.strip() and not line.startswith("#"):
            columns = [column.strip() for column in line.split(" | ", 3)]
            if len(columns) != 4:
                raise ValueError(f"table:{number}: a row has four columns")
            where, name, ask, must = columns
            when, must = re.fullmatch(r"(?:if (.*?): )?(.*)", must).groups()
            yield Row(where, name.lstrip("~"), ask, when or "True", must, bare, not name.startswith("~"))


def number_of(word):
    return int(word[:-1], 16) if word.endswith("h") else int(word)


def bits_of(value, place):
    high, _, low = place.partition(":")
    low = int(low or high)
    return value >> low & (1 << int(high) - low + 1) - 1


def part_of(data, place):
    """Bytes as the specification counts them, little-endian; or a text, or the bytes themselves."""
    found = PLACE.match(place)
    if not found:
        raise ValueError(f"'{place}' is no place")
    high = int(found["high"])
    part = data[int(found["low"] or high):high + 1]
    if found["form"] == " bytes":
        return part
    if found["form"] == " text":
        return part.decode("latin-1")
    value = int.from_bytes(part, "little")
    return bits_of(value, found["bits"]) if found["bits"] else value


def identifiers(data):
    """The descriptors of Identify's CNS 03h, by type. Base 2.0c, 5.17.2.3, Figure 277"""
    found, at = {}, 0
    while at + 4 <= len(data) and data[at + 1]:
        found[data[at]] = data[at + 4:at + 4 + data[at + 1]]
        at += 4 + data[at + 1]
    return found


def printable(text):
    return all(0x20 <= ord(letter) <= 0x7e for letter in text)


WORDS = {"ids": identifiers, "printable": printable, "any": True, "done": SUCCESS, "len": len, "all": all,
         "range": range, "min": min, "max": max, "int": int, "set": set}


class Session:
    """A controller, and the values that are known by now."""

    def __init__(self, controller, patience=PATIENCE, **facts):
        self.controller = controller
        self.patience = patience
        self.known = dict(facts)

    def evaluate(self, text, **more):
        def name(found):
            if found[0] not in self.known:
                raise NameError(f"no row is called {found[0]}: {text}")
            return f"known[{found[0]!r}]"

        text = NUMBER.sub(lambda found: str(int(found[1], 16)), text)
        return eval(NAME.sub(name, text),  # pylint: disable=eval-used
                    {"__builtins__": {}, **WORDS, **self.known, "known": self.known, **more})

    # --- verbs -------------------------------------------------------------------------------------

    def reg(self, words, place):
        offset, size = (words[0].split(".") + ["4"])[:2]
        value = self.controller.read(number_of(offset), int(size))
        return bits_of(value, place) if place else value

    def regw(self, words, _):
        offset, size = (words[0].split(".") + ["4"])[:2]
        return self.controller.write(number_of(offset), int(size), number_of(words[1]))

    def until(self, words, place):
        """Reads a register until it has that value, or for a long time."""
        deadline = time.monotonic() + self.patience
        value = self.reg(words[:1], place)
        while value != number_of(words[1]) and time.monotonic() < deadline:
            value = self.reg(words[:1], place)
        return value

    def page(self, _, __):
        """Of a queue; its address is called PAGE."""
        self.known["PAGE"] = self.controller.page()
        return 0

    def enable(self, _, __):
        return self.controller.enable()

    def send(self, queue, opcode, options, place, size=0):
        dwords = dwords_of(opcode, options)
        return value_of(self.controller.command(queue, dwords, read=options.get("in", size),
                                                data=options.get("out", b"")), place)

    def admin(self, words, place):
        return self.send("admin", number_of(words[0]), options_of(words[1:]), place)

    def io(self, words, place):
        return self.send("io", number_of(words[0]), options_of(words[1:]), place)

    def begin(self, words, _):
        """Admin commands that are not waited for, `times` of them; the last one's identifier is called CID."""
        options = options_of(words[1:])
        for _ in range(options.get("times", 1)):
            self.known["CID"] = self.controller.begin(dwords_of(number_of(words[0]), options))
        return self.known["CID"]

    def end(self, words, place):
        return value_of(self.controller.end(number_of(words[0]), wait=True), place)

    def ended(self, words, place):
        """Without waiting."""
        return value_of(self.controller.end(number_of(words[0]), wait=False), place)

    def identify(self, words, place):
        options = options_of(words[1:])
        dwords = {"cdw10": number_of(words[0]) | options.pop("cntid", 0) << 16, "cdw11": options.pop("csi", 0) << 24}
        return self.send("admin", 0x06, {**dwords, **options}, place, IDENTIFY_BYTES)

    def log(self, words, place):
        options = options_of(words[1:])
        size = options.pop("bytes", 512)
        dwords = {"cdw10": number_of(words[0]) | (size // 4 - 1) << 16, "cdw12": options.pop("offset", 0)}
        return self.send("admin", 0x02, {**dwords, **options}, place, size)

    def get(self, words, place):
        options = options_of(words[1:])
        return self.send("admin", 0x0a, {"cdw10": number_of(words[0]) | options.pop("sel", 0) << 8, **options}, place)

    def set(self, words, place):
        options = options_of(words[1:])
        return self.send("admin", 0x09, {"cdw10": number_of(words[0]) | options.pop("sv", 0) << 31, **options}, place)

    # --- rows --------------------------------------------------------------------------------------

    def step(self, text):
        text = re.sub(r"\{(.*?)\}", lambda found: str(self.evaluate(found[1])), text)
        found = STEP.match(text.strip())
        verb = getattr(self, found["verb"])
        return verb(found["words"].split(), (found["place"] or "").strip())

    def judge(self, row):
        """The row's value, and whether it is right; a row that does not apply has None, which is right."""
        if not self.evaluate(row.when):
            self.known.setdefault(row.name, None)
            return None, True
        values = [self.step(step) for step in row.ask.split(" ; ")] if row.ask != "-" else [None]
        value = self.known[row.name] = values[-1]
        try:
            return value, bool(self.evaluate(row.must, v=value, w=values))
        except (TypeError, LookupError):  # a status where a number is wanted, or nothing
            return value, False


def dwords_of(opcode, options):
    return {0: opcode, 1: options.get("nsid", 0),
            **{int(key[3:]): value for key, value in options.items() if key.startswith("cdw")}}


def value_of(answer, place):
    """What a row sees of it: a part of the data or of dword 0, or else its status."""
    if isinstance(answer, str):
        return answer
    if not place or answer.status != SUCCESS:
        return answer.status
    return part_of(answer.data, place) if answer.data else bits_of(answer.result, place)


def options_of(words):
    options = {}
    for word in words:
        key, _, value = word.partition("=")
        options[key] = bytes.fromhex(value) if key == "out" else number_of(value)
    return options
