# SPDX-License-Identifier: BSD-3-Clause
"""Opcodes and flags by name."""

from __future__ import annotations

from enum import IntEnum, IntFlag

from . import _upnvme as _c


class Op(IntEnum):
    """Opcodes of I/O commands."""

    FLUSH = _c.UPNVME_OP_FLUSH
    WRITE = _c.UPNVME_OP_WRITE
    READ = _c.UPNVME_OP_READ
    COMPARE = _c.UPNVME_OP_COMPARE
    WRITE_ZEROES = _c.UPNVME_OP_WRITE_ZEROES
    DEALLOCATE = _c.UPNVME_OP_DATASET_MANAGEMENT
    VERIFY = _c.UPNVME_OP_VERIFY


class Form(IntEnum):
    """The kind of data that a command of a batch has at its offset."""

    BUFFER = _c.UPNVME_FORM_BUF
    RANGES = _c.UPNVME_FORM_RANGES


class Flag(IntFlag):
    """Flags of I/O commands."""

    FUA = _c.UPNVME_FUA
    LIMITED_RETRY = _c.UPNVME_LIMITED_RETRY
    DEALLOCATE_ZEROES = _c.UPNVME_DEALLOCATE_ZEROES
    FUSED_FIRST = _c.UPNVME_FUSED_FIRST
    FUSED_SECOND = _c.UPNVME_FUSED_SECOND
    PRCHK_REF = _c.UPNVME_PRCHK_REF
    PRCHK_APP = _c.UPNVME_PRCHK_APP
    PRCHK_GUARD = _c.UPNVME_PRCHK_GUARD
    PRACT = _c.UPNVME_PRACT
    STORAGE_TAG_CHECK = _c.UPNVME_STORAGE_TAG_CHECK
    NO_SPLIT = _c.UPNVME_NO_SPLIT


class DoneFlag(IntFlag):
    """Flags of completions."""

    ABORTED = _c.UPNVME_DONE_ABORTED
    INDETERMINATE = _c.UPNVME_DONE_INDETERMINATE
    NOT_ATOMIC = _c.UPNVME_DONE_NOT_ATOMIC


class Direction(IntEnum):
    """The direction of a raw command's data."""

    NONE = _c.UPNVME_DATA_NONE
    TO_DEVICE = _c.UPNVME_DATA_TO_DEVICE
    FROM_DEVICE = _c.UPNVME_DATA_FROM_DEVICE


class Select(IntEnum):
    """The value of a feature that get_feature reads."""

    CURRENT = _c.UPNVME_FEATURE_CURRENT
    DEFAULT = _c.UPNVME_FEATURE_DEFAULT
    SAVED = _c.UPNVME_FEATURE_SAVED
    CAPABILITIES = _c.UPNVME_FEATURE_CAPABILITIES


class EventKind(IntEnum):
    """The kind of an event."""

    NS_CHANGED = _c.UPNVME_EVENT_NS_CHANGED
    SMART = _c.UPNVME_EVENT_SMART
    ERROR = _c.UPNVME_EVENT_ERROR
    FAILED = _c.UPNVME_EVENT_FAILED
    OTHER = _c.UPNVME_EVENT_OTHER
