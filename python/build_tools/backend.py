# SPDX-License-Identifier: BSD-3-Clause
"""The build backend: setuptools, and SWIG where the wrapper has to be made.

An sdist brings the wrapper and needs no SWIG. `--config-settings system=yes` links the system's libupnvme and bundles
none.
"""

import os
import pathlib

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F401,F403  (the hooks that stay as they are)

HERE = pathlib.Path(__file__).resolve().parent.parent
SWIG = ["swig>=4.3"]


def _requirements():
    return [] if (HERE / "csrc" / "upnvme_wrap.c").exists() else SWIG


def get_requires_for_build_wheel(config_settings=None):
    return build_meta.get_requires_for_build_wheel(config_settings) + _requirements()


def get_requires_for_build_sdist(config_settings=None):
    return build_meta.get_requires_for_build_sdist(config_settings) + _requirements()


def _note(config_settings):
    """setup.py sees the option in the environment."""
    if str((config_settings or {}).get("system", "no")).lower() in ("1", "yes", "true"):
        os.environ["UPNVME_SYSTEM"] = "yes"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    _note(config_settings)
    return build_meta.build_wheel(wheel_directory, None, metadata_directory)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    _note(config_settings)
    return build_meta.build_editable(wheel_directory, None, metadata_directory)
