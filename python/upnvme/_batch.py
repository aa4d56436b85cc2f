# SPDX-License-Identifier: BSD-3-Clause
"""Arrays of commands and of completions, without a Python object for each."""

from __future__ import annotations

from . import _upnvme
from ._arguments import number
from ._errors import COMMANDS, make_status
from ._space import SpaceBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from ._errors import NVMeError
    from ._typing import Int

OPS, COMPLETIONS = 0, 1


class Completion(_upnvme.Done):
    """The completion of one command, read-only.

    `tag`: the command's; `status`: 0 for success; `result`: dwords 0 and 1 of the completion entry; `blocks`: how many
    are valid before the first error; `flags`: bits of upnvme.DoneFlag.
    """

    __slots__ = ()

    @property
    def ok(self) -> bool:
        """Whether the command succeeded."""
        return not self.status

    @property
    def name(self) -> str:
        """The status, as the specification names it."""
        return str(_upnvme.upnvme_status_name(self.status))

    @property
    def error(self) -> NVMeError | None:
        """The exception for the status, or None."""
        return make_status(self.status, self.flags, self.blocks, "") if self.status else None

    def check(self) -> Completion:
        """Raises the exception for a status other than success; else returns the completion itself."""
        if self.status:
            raise make_status(self.status, self.flags, self.blocks, "")
        return self

    def __repr__(self) -> str:
        return (f"<upnvme.Completion tag={self.tag} {self.name!r} blocks={self.blocks} result={self.result:#x}"
                f"{f' flags={self.flags:#x}' if self.flags else ''}>")


class _Fields(_upnvme.Records):
    """An array of records. Its fields are NumPy arrays where NumPy is installed, else memoryviews, without a copy."""

    __slots__ = ()
    SHOWN: tuple[str, ...] = ()

    def column(self, name: str) -> memoryview:
        """One field of all records, as a memoryview with a stride; KeyError for any other name."""
        return memoryview(_upnvme.records_column(self, name))

    def numpy(self) -> Any:
        """All records as a structured NumPy array."""
        from ._extras import load

        return load("numpy", "numpy", "a structured array").asarray(self)

    def _repr_html_(self) -> str:
        """For notebooks."""
        from ._html import table

        columns = [self.column(name) for name in self.SHOWN]
        return table(repr(self)[1:-1], self.SHOWN, zip(*columns), len(self))

    def _field(self, name: str) -> Any:
        try:
            import numpy
        except ImportError:
            return self.column(name)
        return numpy.asarray(_upnvme.records_column(self, name))


class Batch(_Fields):
    """Commands for QPair.submit, made by `upnvme.batch`.

    Fields: `opcode`, `flags`, `nsid`, `lba`, `blocks`, `offset` (of the data in the buffer, in bytes), `tag` (comes
    back in the completion); `directive`, `dtype`, `dsm`; `form` (upnvme.Form: RANGES for a deallocation whose `blocks`
    ranges are in the buffer, 16 bytes each, NVM Command Set 1.0c, Figure 41, with `dsm` 4); and for namespaces with
    metadata `metadata` (its offset in the metadata buffer, in bytes), `ref_tag`, `app_tag`, `app_mask`,
    `ref_tag_high`. A number sets a field of all commands, an array sets it command by command: `ops["lba"] = lbas`. A
    field takes whole numbers that fit. NumPy makes float64 of unsigned and signed numbers together
    (`ops["lba"] + offsets`), which a field does not take: convert one of the two with `.astype` first. `numpy()` gives
    the structured array; slices of it can be submitted too.
    """

    __slots__ = ()
    SHOWN = ("opcode", "flags", "nsid", "lba", "blocks", "offset", "tag")

    def __init__(self, n: int) -> None:
        _upnvme.records_init(self, OPS, n)

    def __getitem__(self, name: str) -> Any:
        return self._field(name)

    def __setitem__(self, name: str, value: Int | Iterable[Int]) -> None:
        field = self._field(name)
        if not isinstance(field, memoryview):
            field[...] = value
            return
        given: Any = value
        if not hasattr(given, "__iter__"):
            fill(self, name, given)
            return
        top = 256 ** field.itemsize - 1
        values = [number(name, one, top) for one in given]
        if len(values) != len(self):
            raise ValueError(f"{len(values)} values for {len(self)} commands")
        for i, one in enumerate(values):
            field[i] = one

    def numpy(self) -> Any:
        """All commands as a structured NumPy array, whose fields take whole numbers that fit, as the batch's do."""
        array = super().numpy()
        from ._columns import Column

        return array.view(Column)

    def _field(self, name: str) -> Any:
        field = super()._field(name)
        if isinstance(field, memoryview):
            return field
        from ._columns import column

        return column(field, name)

    def __repr__(self) -> str:
        names = sorted({COMMANDS.get(opcode, f"{opcode:#04x}") for opcode in self.column("opcode").tolist()})
        return f"<upnvme.Batch of {len(self)} commands: {', '.join(names) or 'none'}>"


class Completions(_Fields):
    """An array of completions, from QPair.reap, with the fields `tag`, `result`, `status`, `flags`, `blocks`."""

    __slots__ = ()
    SHOWN = ("tag", "status", "result", "flags", "blocks")

    def __init__(self, n: int = 0) -> None:
        _upnvme.records_init(self, COMPLETIONS, n)

    def __getitem__(self, key: Any) -> Any:
        """A field of all completions by its name, one completion by its index, or a list of completions by a slice."""
        if isinstance(key, str):
            return self._field(key)
        if isinstance(key, slice):
            return [_upnvme.records_done(self, i) for i in range(*key.indices(len(self)))]
        if key < 0:
            key += len(self)
        return _upnvme.records_done(self, key)

    def __iter__(self) -> Iterator[Completion]:
        for i in range(len(self)):
            yield _upnvme.records_done(self, i)

    @property
    def ok(self) -> bool:
        """Whether all commands succeeded."""
        return not any(self.column("status"))

    def check(self) -> Completions:
        """Raises the exception for the first command that failed; else returns the array itself."""
        for i, status in enumerate(self.column("status").tolist()):
            if status:
                done = self[i]
                raise make_status(status, done.flags, done.blocks, f"command with tag {done.tag}")
        return self

    def __repr__(self) -> str:
        failed = sum(status != 0 for status in self.column("status").tolist())
        return f"<upnvme.Completions: {len(self)}{f', {failed} failed' if failed else ''}>"


def batch(n: int, ns: SpaceBase | Int, opcode: Int, *, lba: Int = 0, blocks: Int = 1, flags: Int = 0) -> Batch:
    """Makes a Batch of `n` commands for a namespace (or its identifier), equal but for their tags, 0 to n - 1.

    The caller then sets the fields that differ. TypeError, ValueError: a value is no whole number, or does not fit.
    """
    ops = Batch(n)
    number("opcode", opcode, 255, "an upnvme.Op")
    nsid = ns.nsid if isinstance(ns, SpaceBase) else ns
    for name, value in (("opcode", opcode), ("nsid", nsid), ("lba", lba), ("blocks", blocks), ("flags", flags)):
        fill(ops, name, value)
    tags = ops.column("tag")
    for i in range(n):
        tags[i] = i
    return ops


def fill(ops: Batch, name: str, value: Int) -> None:
    """Sets a field of all commands."""
    column = ops.column(name)
    whole = number(name, value, 256 ** column.itemsize - 1)
    for i in range(len(ops)):
        column[i] = whole
