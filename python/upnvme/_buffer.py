# SPDX-License-Identifier: BSD-3-Clause
"""Memory that devices reach."""

from __future__ import annotations

from . import _upnvme

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, SupportsIndex, overload


class Buffer(_upnvme.Memory):
    """DMA memory from Controller.alloc and Namespace.read, or the caller's own memory from Controller.register.

    A Buffer has the buffer protocol: `memoryview(buf)`, `numpy.asarray(buf)` and slices show the memory itself,
    `bytes(buf)` copies it. `free()`, or the end of a `with`, gives the memory back; without these it is freed with the
    last reference. Memory that a command may still touch is set aside until the command is done. Any thread may use a
    Buffer.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        @overload
        def __getitem__(self, key: SupportsIndex) -> int: ...
        @overload
        def __getitem__(self, key: slice) -> memoryview: ...

    def __getitem__(self, key: Any) -> Any:
        return memoryview(self)[key]

    def __setitem__(self, key: SupportsIndex | slice, value: Any) -> None:
        view = memoryview(self)
        if isinstance(key, slice):
            part, data = view[key], memoryview(value).cast("B")
            if len(part) != len(data):
                raise ValueError(f"{len(data)} bytes for a slice of {len(part)}")
            part[:] = data
        else:
            view[key] = value

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        try:
            return bool(memoryview(self) == memoryview(other).cast("B"))  # type: ignore[arg-type]
        except TypeError:
            return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    @property
    def nbytes(self) -> int:
        """The size in bytes."""
        return len(self)

    @property
    def address(self) -> int:
        """The address in this process; 0 once the memory was freed."""
        return int(_upnvme.memory_address(self) or 0)

    @property
    def freed(self) -> bool:
        """Whether the memory has gone: by free(), or with its controller."""
        return not self.address

    def free(self) -> None:
        """Gives the memory back, or ends its registration; a second call does nothing.

        BufferError while views of the memory live. BusyError for registered memory that a command may still touch.
        """
        _upnvme.memory_free(self)

    def tobytes(self) -> bytes:
        """A copy of the content."""
        return bytes(self)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The content as text."""
        return str(self, encoding, errors)

    def __contains__(self, value: Any) -> bool:
        return value in bytes(self)

    def __dlpack__(self, *, stream: object = None, max_version: tuple[int, int] | None = None,
                   dl_device: tuple[int, int] | None = None, copy: bool | None = None) -> object:
        """The memory for other array libraries: `torch.from_dlpack(buf)`. Their array is a view of the Buffer.

        With `copy` the array has memory of its own. BufferError: a `dl_device` other than the processor's memory; or
        read-only memory without a `max_version` of 1 or more, since the older protocol cannot say that memory is
        read-only.
        """
        if dl_device is not None and tuple(dl_device) != self.__dlpack_device__():
            raise BufferError(f"this memory is the processor's, (1, 0), and does not go to device {dl_device}")
        return _upnvme.memory_dlpack(self, max_version is not None and max_version[0] >= 1, copy)

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0

    def __enter__(self) -> Buffer:
        return self

    def __exit__(self, *exception: object) -> None:
        self.free()

    def __repr__(self) -> str:
        if self.freed:
            return "<upnvme.Buffer, freed>"
        return f"<upnvme.Buffer of {len(self)} bytes at {self.address:#x}>"
