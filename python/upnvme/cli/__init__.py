# SPDX-License-Identifier: BSD-3-Clause
"""The commands of `upnvme`."""

from __future__ import annotations

import sys

import click

from .. import __version__, build_info
from . import bench, copying, devices, reading, showing, writing
from . import standard
from .common import INTERRUPTED, READER_GONE

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(context_settings=CONTEXT)
@click.version_option(__version__, message=f"%(version)s\n{build_info()}")
def group() -> None:
    """NVMe from user space: controllers by URI, as soft:/path/disk.img, soft:ram?size=1GiB or pcie:0000:01:00.0.

    A URI with ? or & needs quotes, or the shell takes these for itself. Every command takes --json. Shell completion:
    eval "$(_UPNVME_COMPLETE=bash_source upnvme)", or zsh_source, fish_source.

    Exit code: 0 it went well, 1 something was refused or failed, or the answer was no, 2 the command line is wrong,
    130 Ctrl-C, 141 nobody reads the output any more.
    """


def main(arguments: list[str] | None = None) -> None:
    """Runs a command and exits with its code."""
    try:
        standard.hold()
        code = run(arguments)
        sys.stdout.flush()
    except standard.OutputError as error:
        standard.give_up()
        code = READER_GONE if error.is_reader_gone else 1
        if code != READER_GONE:
            click.echo(f"Error: {error}", err=True)
    sys.exit(code)


def run(arguments: list[str] | None) -> int | None:
    """Runs a group, and returns its exit code; an error is a line on standard error."""
    try:
        return group.main(arguments, prog_name="upnvme", standalone_mode=False)  # type: ignore[no-any-return]
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort as abort:
        interrupted = isinstance(abort.__cause__, KeyboardInterrupt)
        click.echo("Interrupted" if interrupted else "Aborted!", err=True)
        return INTERRUPTED if interrupted else 1


for command in (*showing.COMMANDS, *reading.COMMANDS, *writing.COMMANDS, *copying.COMMANDS, *bench.COMMANDS,
                devices.devices):
    group.add_command(command)
