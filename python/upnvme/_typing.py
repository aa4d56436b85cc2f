# SPDX-License-Identifier: BSD-3-Clause
"""Names for the type checkers; nothing imports this at run time."""

import ctypes
import sys
from collections.abc import Callable
from typing import Any, Protocol, SupportsIndex, TypeAlias

from ._batch import Completion

if sys.version_info >= (3, 12):
    from collections.abc import Buffer as AnyBuffer
else:
    from typing_extensions import Buffer as AnyBuffer


class Array(Protocol):
    """NumPy's types, which have no `__buffer__` before Python 3.12."""

    @property
    def __array_interface__(self) -> dict[str, Any]: ...


class MutableBuffer(Protocol):
    """The type of a buffer does not say whether it can be written to; a type whose items can be set mostly can."""

    def __buffer__(self, flags: int, /) -> memoryview: ...
    def __setitem__(self, key: Any, value: Any, /) -> None: ...


class MutableArray(Array, Protocol):
    """Memory that can be read."""

    def __setitem__(self, key: Any, value: Any, /) -> None: ...


ReadableBuffer: TypeAlias = AnyBuffer | Array
WriteableBuffer: TypeAlias = MutableBuffer | MutableArray | ctypes.Structure | ctypes.Union
# NumPy's whole numbers too.
Int: TypeAlias = SupportsIndex
Callback: TypeAlias = Callable[[Completion], object]
