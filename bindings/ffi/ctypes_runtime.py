# SPDX-License-Identifier: BSD-3-Clause
"""upnvme by ctypes: the library's C interface for a Python without compilation.

It opens the installed libupnvme (or the one that $UPNVME_LIBRARY names) and refuses one that does not fit. The names
are C's: functions, records, constants. A call that fails raises UpnvmeError; else its result is what C returns. An
out-parameter is given by ctypes.byref(...). Records that begin with their size are made with that size. A callback is
made by its type, as in upnvme_cb(function), and must be kept as long as the library may call it.

This file is made from the public headers; it can be copied to where it is wanted.
"""

import collections
import ctypes
import errno
import os
import pathlib


class UpnvmeError(OSError):
    """A call has failed: `errno`, `strerror` (the library's sentence), and `code`, one of UPNVME_ERR_..."""

    def __init__(self, number, code, text):
        super().__init__(number, text)
        self.code = code


class _Sized(ctypes.Structure):
    """A record that begins with its size."""

    def __init__(self, **fields):
        super().__init__(size=ctypes.sizeof(self), **fields)


class _Function(collections.namedtuple("_Function", "name result arguments fails")):
    """One function as C declares it; if it `fails`, negative results are errors."""


class _Nullable:
    """An argument that is a callback, or None."""

    def __init__(self, kind):
        self.kind = kind

    def from_param(self, value):
        return None if value is None else self.kind.from_param(value)


# --- what the headers declare ---
# --- opening the library ---

# The sentences for errors of normal traffic, for which the library has none.
_TRAFFIC = {
    errno.EAGAIN: "the queue is full: poll, and try again",
    errno.ENOMSG: "the next completion has a tag: take it with upnvme_reap",
}


def _path():
    """A library beside this file's folder comes first: they were installed together."""
    beside = pathlib.Path(__file__).resolve().parent.parent.parent / "lib" / _SONAME
    return os.environ.get("UPNVME_LIBRARY") or (str(beside) if beside.exists() else _SONAME)


def _opened(path):
    try:
        return ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(f"{error}: install upnvme, or name its library in UPNVME_LIBRARY") from error


def _identified(library, path):
    """The library's version, if its ABI is the one that this file declares."""
    try:
        abi, version = library.upnvme_abi_version, library.upnvme_version
    except AttributeError as error:
        raise ImportError(f"{path} is no libupnvme: {error}") from error
    abi.restype, version.restype = ctypes.c_uint32, ctypes.c_char_p
    found, text = abi(), version().decode()
    if found != UPNVME_ABI_VERSION:
        raise ImportError(f"{path} is upnvme {text} with ABI {found}; this file is for upnvme {UPNVME_VERSION} with "
                          f"ABI {UPNVME_ABI_VERSION}: take the one that was installed with the library")
    return text


def _too_old(path, version, why):
    return ImportError(f"{path} is upnvme {version}, too old for this file, which is of {UPNVME_VERSION}{why}: install "
                       "a newer library, or take the file that was installed with this one")


def _check_age(path, version):
    """A release of the same major and minor number has the same functions."""
    try:
        release = tuple(map(int, version.split(".")[:2]))
    except ValueError as error:
        raise ImportError(f"{path} says that its version is {version!r}") from error
    if release < (UPNVME_VERSION_MAJOR, UPNVME_VERSION_MINOR):
        raise _too_old(path, version, "")


def _raise_if_failed(result, _function, _arguments):
    if result >= 0:
        return result
    if -result in _TRAFFIC:
        raise UpnvmeError(-result, UPNVME_ERR_NONE, _TRAFFIC[-result])
    error = upnvme_error()
    _LIBRARY.upnvme_error_get(ctypes.byref(error))
    raise UpnvmeError(-result, error.code, error.text.decode(errors="replace"))


def _declared(library, path, version):
    """Every function of the headers, ready to be called."""
    for declaration in _FUNCTIONS:
        try:
            function = getattr(library, declaration.name)
        except AttributeError as error:
            raise _too_old(path, version, f": it lacks {declaration.name}") from error
        function.restype = declaration.result
        function.argtypes = declaration.arguments
        if declaration.fails:
            function.errcheck = _raise_if_failed
        yield declaration.name, function


def _open():
    path = _path()
    library = _opened(path)
    version = _identified(library, path)
    _check_age(path, version)
    return library, dict(_declared(library, path, version))


_LIBRARY, _functions = _open()
globals().update(_functions)
