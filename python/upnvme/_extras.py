# SPDX-License-Identifier: BSD-3-Clause
"""Imports of packages that only the extras of pyproject.toml install."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def load(module: str, extra: str, what: str) -> Any:
    """Imports the module that `what` needs; where it is not installed, the error says what to install."""
    from importlib import import_module

    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        missing = module.partition(".")[0]
        if error.name != missing:
            raise
        raise ModuleNotFoundError(f"{what} needs {missing}: {remedy(extra, missing)}", name=missing) from error


def remedy(extra: str, *modules: str) -> str:
    """A sentence that says how to install the missing module."""
    return f"pip install {' '.join(modules)}, or './python[{extra}]' in a clone of upnvme"
