# SPDX-License-Identifier: BSD-3-Clause
"""The command line, `upnvme` and `python -m upnvme`."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line; where click or rich is not installed, says how to install it."""
    try:
        from .cli import main as command_line
    except ModuleNotFoundError as error:
        if error.name not in ("click", "rich"):
            raise
        from ._extras import remedy

        sys.exit(f"upnvme: the command line needs {error.name}: {remedy('cli', 'click', 'rich')}")
    except KeyboardInterrupt:
        sys.exit(130)
    command_line()


if __name__ == "__main__":
    main()
