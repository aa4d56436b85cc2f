# SPDX-License-Identifier: BSD-3-Clause
"""The library's log goes to `logging`, as the logger "upnvme"."""

from __future__ import annotations

from . import _upnvme

_LEVELS = {
    _upnvme.UPNVME_LOG_ERROR: 40, _upnvme.UPNVME_LOG_WARN: 30, _upnvme.UPNVME_LOG_INFO: 20,
    _upnvme.UPNVME_LOG_DEBUG: 10,
}


def hand_on(level: int, text: str) -> None:
    """Receives one message. It is rare that there is one, so that nothing is imported before."""
    import logging

    logging.getLogger("upnvme").log(_LEVELS[level], "%s", text)


def set_log_level(level: int) -> None:
    """Says from which level of `logging` on the library's messages are made at all; as it is: from DEBUG on."""
    wanted = [number for number, python in _LEVELS.items() if python >= level]
    _upnvme.log_start(max(wanted, default=0))
