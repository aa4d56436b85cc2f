# SPDX-License-Identifier: BSD-3-Clause
"""Standard output whose own failures are told from others: its reader has gone, or its disk is full."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class OutputError(Exception):
    """A write to standard output failed. The class is no OSError, lest it be taken for the failure of another file."""

    def __init__(self, err: int) -> None:
        super().__init__(f"standard output: {os.strerror(err)}")
        self.errno = err

    @property
    def is_reader_gone(self) -> bool:
        """The reader of the pipe has gone."""
        return self.errno == errno.EPIPE


class _Output(io.FileIO):
    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data) or 0
        except OSError as error:
            raise OutputError(error.errno or errno.EIO) from error


def hold() -> None:
    """Installs this output, and opens closed standard descriptors, so that no file gets their numbers."""
    closed = [fd for fd in (0, 1, 2) if not _is_open(fd)]
    for _ in closed:
        os.open(os.devnull, os.O_RDWR)
    if 2 in closed:
        sys.stderr = open(2, "w", closefd=False)
    if 1 in closed:
        raise OutputError(errno.EBADF)
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(_Output(1, "w", closefd=False)), encoding=sys.stdout.encoding,
                                  errors=sys.stdout.errors, line_buffering=os.isatty(1))


def give_up() -> None:
    """Drops the remaining output, so that it is not tried again at the interpreter's exit."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True
