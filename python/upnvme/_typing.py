# SPDX-License-Identifier: BSD-3-Clause
"""Types for annotations; no module imports this one at run time."""

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
    """Memory that can be written: a buffer with items that can be set, since a buffer's type says no more than that."""

    def __buffer__(self, flags: int, /) -> memoryview: ...
    def __setitem__(self, key: Any, value: Any, /) -> None: ...


class MutableArray(Array, Protocol):
    """NumPy's types whose items can be set."""

    def __setitem__(self, key: Any, value: Any, /) -> None: ...


ReadableBuffer: TypeAlias = AnyBuffer | Array
WriteableBuffer: TypeAlias = MutableBuffer | MutableArray | ctypes.Structure | ctypes.Union
# A whole number, also one of NumPy's.
Int: TypeAlias = SupportsIndex
Callback: TypeAlias = Callable[[Completion], object]
