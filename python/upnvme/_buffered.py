# SPDX-License-Identifier: BSD-3-Clause
"""Namespace.open: buffered files, which can make their data durable, and warn if they are dropped unclosed."""

from __future__ import annotations

import errno
import io
from typing import TYPE_CHECKING

from . import _upnvme
from ._errors import AccessError
from ._file import RawFile, refuse_pickle, warn_unclosed

if TYPE_CHECKING:
    from typing import Any, NoReturn, SupportsIndex

    from ._file import File
    from ._namespace import Namespace

# The default size of a file's buffer, in bytes.
BUFFER = 128 << 10

MODES = ("rb", "r+b", "rb+")
TRUNCATING = ("wb", "w+b", "wb+")


class _Ending:
    """The methods of a buffered file besides those of its class in io."""

    def sync(self: Any) -> None:
        """Writes the buffered data, and makes it durable."""
        self.raw.sync()

    def __del__(self: Any) -> None:
        try:
            if self.closed or self.raw.is_inherited():
                return
        except ValueError:  # the file has no raw file, since creating it failed
            return
        warn_unclosed(self)
        self.close()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        refuse_pickle(self)

    def __repr__(self: Any) -> str:
        return f"<upnvme.{type(self).__name__} {self.raw.name} mode={self.raw.mode!r}>"


class BufferedReader(_Ending, io.BufferedReader):
    """A buffered file that is read-only."""


class BufferedRandom(_Ending, io.BufferedRandom):
    """A buffered file for reading and writing."""


def open_file(ns: Namespace, mode: str, offset: int, size: SupportsIndex | None, buffering: int) -> File:
    """Opens as the built-in open does: 0 is unbuffered, -1 leaves the size of the buffer to the package."""
    _check_mode(mode)
    if buffering < -1 or buffering == 1:
        raise ValueError(f"buffering must be -1, 0 or a size, not {buffering}")
    if mode != "rb" and ns.info.readonly:
        raise AccessError(errno.EROFS, f"namespace {ns.nsid} of {ns.controller.uri} is read-only: open it with \"rb\"",
                          _upnvme.UPNVME_ERR_NONE)
    room = BUFFER if buffering == -1 else buffering
    raw = RawFile(ns, mode, offset, None if size is None else int(size), room)
    file: File = _put_above(raw, room) if room else raw  # type: ignore[assignment]
    raw.become(file)
    return file


def _put_above(raw: RawFile, room: int) -> BufferedReader | BufferedRandom:
    return BufferedRandom(raw, room) if raw.writable() else BufferedReader(raw, room)


def _check_mode(mode: str) -> None:
    if mode in TRUNCATING:
        raise ValueError(f"mode {mode!r} empties a file, and a namespace keeps no length: use \"r+b\", and keep the "
                         "length of what you write (file.tell()), to read it with size=")
    if mode not in MODES:
        raise ValueError(f"mode must be \"rb\" or \"r+b\", not {mode!r}")
