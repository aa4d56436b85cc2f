#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes the pages of the documentation site for Doxygen: the guides, and the references of Python and Go.

  capi/docs/site/pages.py FOLDER

Each page gets a name of its own, which is its address: Doxygen would make an address of the path of the builder's
folder. Links between pages lead to these names, links to other files of the tree to the repository.
"""

import os
import pathlib
import re
import sys

import go
import python

TOP = pathlib.Path(__file__).resolve().parents[3]
REPOSITORY = "https://github.com/upnvme/upnvme/blob/HEAD/"
# The name of each page; Doxygen calls the main page `index`.
PAGES = {
    **{f"capi/docs/{path.name}": path.stem for path in sorted((TOP / "capi/docs").glob("*.md"))},
    "capi/docs/main.md": "index",
    "capi/ABI.md": "abi_promise",
    "bindings/ffi/languages.md": "languages",
    "python/README.md": "python",
    "go/README.md": "go",
}
LINK = re.compile(r"\]\(([^)#:]+|" + re.escape(REPOSITORY) + r"[^)#]+)\)")


def linked(name, target):
    """Where a link of the page `name` leads: a name of another page, or an address in the repository."""
    if target.startswith(REPOSITORY):
        path = target.removeprefix(REPOSITORY)
    else:
        path = os.path.normpath(pathlib.PurePosixPath(name).parent / target)
    return f"@ref {PAGES[path]}" if path in PAGES else REPOSITORY + path


def page(name):
    """A page of the tree with its name, and with links that lead there."""
    text = (TOP / name).read_text(encoding="utf-8")
    text = LINK.sub(lambda match: f"]({linked(name, match[1])})", text)
    if name == "capi/docs/main.md":
        return text.replace("\n## Reference\n", "\n## Reference {#reference}\n\n"
                            "For Python it is [the Python package](@ref python_reference), for Go "
                            "[the Go package](@ref go_reference), for C:\n", 1)
    return re.sub(r"\A# (.*)$", rf"# \1 {{#{PAGES[name]}}}", text, count=1, flags=re.MULTILINE)


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for name, label in PAGES.items():
        (out / f"{label}.md").write_text(page(name), encoding="utf-8")
    (out / "python_reference.md").write_text(python.reference(TOP / "python/upnvme"), encoding="utf-8")
    (out / "go_reference.md").write_text(go.reference(TOP / "go"), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
