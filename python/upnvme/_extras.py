# SPDX-License-Identifier: BSD-3-Clause
"""What is installed only where it is wanted: the extras of pyproject.toml."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def how_to_install(extra: str) -> str:
    """Until the package is published, a clone is where it comes from."""
    return f"pip install './python[{extra}]' in a clone of upnvme"


def load(module: str, extra: str, what: str) -> Any:
    """Imports the module that `what` needs; where it is not installed, the error says what to install."""
    from importlib import import_module

    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:
            raise
        raise ModuleNotFoundError(f"{what} needs {error.name}: {how_to_install(extra)}",
                                  name=error.name) from error
