# SPDX-License-Identifier: BSD-3-Clause
"""Writing generated files."""

import os


def write_if_changed(path, text):
    """Leaves the file's time alone when nothing is new, so that nothing is built again; whole or not at all."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.{os.getpid()}")
    half.write_text(text, encoding="utf-8")
    half.replace(path)
