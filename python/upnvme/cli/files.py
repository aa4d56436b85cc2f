# SPDX-License-Identifier: BSD-3-Clause
"""Files that commands read and write: the size of a source, and a target whose former content is not lost in vain."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from typing import BinaryIO

import click

from .common import CHUNK, ask

# The unit that is left out of a file if it is all zeroes.
GRAIN = 4096
ZEROES = bytes(CHUNK)
# The errors of a pipe, a terminal or another file that cannot seek.
NO_HOLES = (errno.EINVAL, errno.ENXIO, errno.ENOTSUP, errno.ESPIPE)

# A number of zero bytes, or data.
Piece = int | bytes


def size_of(file: BinaryIO) -> int | None:
    """The number of bytes from here on; None: known at the end only. A file of size 0 may have content (as in /proc).
    """
    fd = file.fileno()
    status = os.fstat(fd)
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISBLK(status.st_mode)):
        return None
    here = os.lseek(fd, 0, os.SEEK_CUR)
    end = _seek(fd, 0, os.SEEK_END)
    os.lseek(fd, here, os.SEEK_SET)
    return None if end is None else max(0, end - here) or None


def pieces(file: BinaryIO) -> Iterator[Piece]:
    """The rest of the file, unbuffered: holes as their sizes."""
    fd = file.fileno()
    while True:
        hole, n = _hole(fd)
        if hole:
            os.lseek(fd, hole, os.SEEK_CUR)
            yield hole
        data = os.read(fd, min(n, CHUNK))
        if not data:
            return
        yield data


def _hole(fd: int) -> tuple[int, int]:
    """The number of bytes of the hole from here on, and at least how many bytes behind it are data; does not move the
    position."""
    here = _seek(fd, 0, os.SEEK_CUR)
    if here is None:
        return 0, CHUNK
    end = _seek(fd, 0, os.SEEK_END)
    data = _seek(fd, here, os.SEEK_DATA)
    if data is None:  # a hole up to the end, or a file that does not know
        knows = _seek(fd, here, os.SEEK_HOLE) is not None
        data = end if knows and end is not None else here
    stop = _seek(fd, data, os.SEEK_HOLE)
    os.lseek(fd, here, os.SEEK_SET)
    return data - here, CHUNK if stop is None or stop <= data else stop - data


def _seek(fd: int, offset: int, whence: int) -> int | None:
    """The answer of lseek; None: not for this file."""
    try:
        return os.lseek(fd, offset, whence)
    except OSError as error:
        if error.errno in NO_HOLES:
            return None
        raise


class Target:
    """A file that is written. The former content stays until the first new bytes come; zeroes become holes.

    `with target:` ends with the content on the disk, or with an exception.
    """

    def __init__(self, path: str, question: str, yes: bool) -> None:
        self.name, self._size, self._begun = path, 0, False
        self._is_new = not os.path.lexists(path)
        if not self._is_new and not _is_endless(path):
            ask(question, yes)
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
        self._keeps_holes = stat.S_ISREG(os.fstat(self._fd).st_mode)

    def write(self, piece: Piece) -> None:
        """Adds a piece."""
        self._begin()
        if isinstance(piece, int):
            self._skip(piece)
        elif piece == ZEROES[:len(piece)]:
            self._skip(len(piece))
        else:
            self._write_sparsely(piece)

    def _begin(self) -> None:
        if not self._begun and self._keeps_holes:
            os.ftruncate(self._fd, 0)
        self._begun = True

    def _write_sparsely(self, data: bytes) -> None:
        """The data cut into runs of zeroes and of other bytes, by turns."""
        start = 0
        while start < len(data):
            zero, end = _is_zero(data, start), start + GRAIN
            while end < len(data) and _is_zero(data, end) == zero:
                end += GRAIN
            end = min(end, len(data))
            if zero and self._keeps_holes:
                self._skip(end - start)
            else:
                self._put(memoryview(data)[start:end])
            start = end

    def _skip(self, n: int) -> None:
        if self._keeps_holes:
            os.lseek(self._fd, n, os.SEEK_CUR)
            self._size += n
        else:
            for left in range(n, 0, -CHUNK):
                self._put(memoryview(ZEROES)[:min(CHUNK, left)])

    def _put(self, data: memoryview) -> None:
        while len(data):
            try:
                n = os.write(self._fd, data)
            except OSError as error:
                raise self._named(error) from error
            self._size += n
            data = data[n:]

    def _finish(self) -> None:
        self._begin()
        if self._keeps_holes:
            os.ftruncate(self._fd, self._size)
        try:
            os.fsync(self._fd)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EROFS):  # a pipe, or a device without fsync
                raise

    def __enter__(self) -> Target:
        return self

    def __exit__(self, kind: object, *others: object) -> None:
        try:
            if kind is None:
                self._finish()
        except OSError as error:
            raise self._named(error) from error
        finally:
            self.forget()

    def forget(self) -> None:
        """Closes the file; a new file is removed if no data came."""
        if self._fd < 0:
            return
        os.close(self._fd)
        self._fd = -1
        if self._is_new and not self._begun:
            with contextlib.suppress(OSError):
                os.unlink(self.name)

    def _named(self, error: OSError) -> OSError:
        return OSError(error.errno, os.strerror(error.errno or errno.EIO), self.name)


def _is_zero(data: bytes, at: int) -> bool:
    piece = data[at:at + GRAIN]
    return piece == ZEROES[:len(piece)]


def _is_endless(path: str) -> bool:
    """Whether the file has no content to overwrite: a pipe, a terminal, a socket."""
    with contextlib.suppress(OSError):
        mode = os.stat(path).st_mode
        return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode)
    return False


def short(name: str, n: int, wanted: int) -> click.ClickException:
    """The error for a source that ends too early."""
    return click.ClickException(f"{name} ended after {n} bytes: {wanted - n} fewer than the {wanted} that were to be")
