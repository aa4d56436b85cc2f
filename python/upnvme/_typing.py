# SPDX-License-Identifier: BSD-3-Clause
"""Names for the type checkers; nothing imports this at run time."""

from collections.abc import Callable
from typing import Any, TypeAlias

from ._batch import Completion
from ._buffer import Buffer

# The buffer protocol has no type before Python 3.12; NumPy's arrays are among these.
ReadableBuffer: TypeAlias = Buffer | bytes | bytearray | memoryview | Any
WriteableBuffer: TypeAlias = Buffer | bytearray | memoryview | Any
Callback: TypeAlias = Callable[[Completion], object]
