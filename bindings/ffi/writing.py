# SPDX-License-Identifier: BSD-3-Clause
"""Writing generated files."""

import os


def write_if_changed(path, text):
    """Writes a file whole or not at all. An unchanged file keeps its time, so that nothing is built again."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.{os.getpid()}")
    half.write_text(text, encoding="utf-8")
    half.replace(path)
