# SPDX-License-Identifier: BSD-3-Clause
"""The commands of `upnvme`."""

from __future__ import annotations

import click

from .. import __version__, build_info
from . import bench, copying, devices, reading, showing, writing

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(context_settings=CONTEXT)
@click.version_option(__version__, message=f"%(version)s\n{build_info()}")
def group() -> None:
    """NVMe from user space: controllers by URI, as soft:/path/disk.img, soft:ram?size=1GiB or pcie:0000:01:00.0.

    Every command takes --json. Shell completion: eval "$(_UPNVME_COMPLETE=bash_source upnvme)", or zsh_source,
    fish_source.
    """


for command in (*showing.COMMANDS, *reading.COMMANDS, *writing.COMMANDS, *copying.COMMANDS, *bench.COMMANDS,
                devices.devices):
    group.add_command(command)
