# SPDX-License-Identifier: BSD-3-Clause
"""NumPy arrays of a batch's fields, which take only whole numbers that fit: NumPy's own arrays would cast any value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy

from ._arguments import number

if TYPE_CHECKING:
    from typing import Any

    Array = numpy.ndarray[Any, Any]
else:
    Array = numpy.ndarray


class Column(Array):
    """A field of all commands, or all fields of all commands, or a slice of these, in the batch's own memory.

    Results of computations are plain NumPy arrays.
    """

    name = "a field"

    def __array_finalize__(self, source: Any) -> None:
        name = getattr(source, "name", None)
        if name is not None:
            self.name = name

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        if array is self:
            return self
        return array.view(numpy.ndarray) if array.ndim else array[()]

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        return _named(part, key) if isinstance(key, str) else part

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, str):
            self[key][...] = value
        else:
            super().__setitem__(key, self._checked(value))

    @property
    def flat(self) -> Any:
        """The values one after the other; of one dimension the array itself, which checks the values that are set."""
        return self if self.ndim == 1 else super().flat

    @flat.setter
    def flat(self, values: Any) -> None:
        self[...] = values

    def fill(self, value: Any) -> None:
        """Sets all values."""
        self[...] = value

    def put(self, indices: Any, values: Any, mode: Any = "raise") -> None:
        """Sets the values at `indices`."""
        super().put(indices, self._checked(values), mode)

    def _checked(self, value: Any) -> Any:
        if self.dtype.kind == "u":
            return _whole(self.name, value, self.dtype)
        if self.dtype.names and getattr(value, "dtype", None) != self.dtype:
            raise TypeError("whole commands can only be set to commands of a batch: set their fields by name")
        return value


def column(array: Any, name: str) -> Any:
    """A NumPy array as the field of that name."""
    return _named(array.view(Column), name)


def _named(column: Any, name: str) -> Any:
    column.name = name
    return column


def _whole(name: str, value: Any, dtype: numpy.dtype[Any]) -> Any:
    """The value, or values, as they can be set; TypeError or ValueError if one of them does not fit into the field."""
    top = 2 ** (8 * dtype.itemsize) - 1
    if not hasattr(value, "__array__"):
        if hasattr(value, "__iter__"):  # NumPy would convert some lists of whole numbers to floats
            return numpy.array([number(name, one, top) for one in value], dtype)
        return number(name, value, top)
    values = numpy.asarray(value)
    if values.dtype.kind not in "uib":
        raise TypeError(f"{name} takes whole numbers, not {values.dtype}: divide with //; and what NumPy makes of "
                        "uint64 and int64 is float64, unless one is converted by .astype first")
    if values.dtype == dtype or not values.size:
        return values
    for limit in (values.min(), values.max()):
        if not 0 <= limit <= top:
            raise ValueError(f"{name} must be from 0 to {top}, not {limit}")
    return values
