# SPDX-License-Identifier: BSD-3-Clause
"""The library's log, which goes to the logger "upnvme" of `logging`."""

from __future__ import annotations

from . import _upnvme

_LEVELS = {
    _upnvme.UPNVME_LOG_ERROR: 40, _upnvme.UPNVME_LOG_WARN: 30, _upnvme.UPNVME_LOG_INFO: 20,
    _upnvme.UPNVME_LOG_DEBUG: 10,
}


def hand_on(level: int, text: str) -> None:
    """Hands one message on to `logging`, which is imported with the first message, since most programs have none."""
    import logging

    logging.getLogger("upnvme").log(_LEVELS[level], "%s", text)


def set_log_level(level: int) -> None:
    """Sets the level of `logging` below which the library makes no messages; the default is DEBUG."""
    wanted = [number for number, python in _LEVELS.items() if python >= level]
    _upnvme.log_start(max(wanted, default=0))
