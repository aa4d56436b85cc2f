#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every public function, callback and struct is documented, in the one form that the reference is made of.

A function: a first sentence, a @param for each parameter in their order, @return unless it is void, @thread, @since. A
callback's type: a first sentence and its parameters. A struct: a first sentence, and a comment for each field. Doxygen
checks the rest of the headers (constants, macros). Run from the top of the tree, or give the tree's path.
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "capi/docs"))

import comments

SINCE = re.compile(r"\d+\.\d+$")


def check_params(declared):
    """Each parameter has a text, and there is no other."""
    named = [name for name, _, text in declared.comment.params if text]
    for name in declared.arguments:
        if name not in named:
            yield f"no @param for `{name}`"
    for name, _, text in declared.comment.params:
        if name not in declared.arguments:
            yield f"@param for `{name}`, which is no parameter"
        elif not text:
            yield f"@param `{name}` says nothing"
    if sorted(named) == sorted(declared.arguments) and named != declared.arguments:
        yield "@param in another order than the parameters"


def check_function(declared):
    tags = declared.comment.tags
    yield from check_params(declared)
    if declared.result == "void":
        if "return" in tags:
            yield "@return, but it is void"
    elif not tags.get("return"):
        yield "no @return"
    if not tags.get("thread"):
        yield "no @thread: which threads may call it"
    if not SINCE.match(tags.get("since", "")):
        yield "no @since, with the version that it came with, as 0.1"


def check_struct(declared):
    """A field that the reader does not understand counts as one without a comment."""
    body = re.sub(r"/\*.*?\*/", "", declared.text, flags=re.DOTALL)
    if len(re.findall(r"(?<!\});", body)) != len(declared.members):
        yield "a field in another form than `type name; /**< what it is */`"
    for field, text in declared.members:
        if not text:
            yield f"no comment for `{field}`"


CHECKS = {"function": check_function, "callback": check_params, "struct": check_struct}


def check(declared):
    """The complaints about one declaration, as text."""
    if declared.kind not in CHECKS:
        return []
    found = list(CHECKS[declared.kind](declared))
    if not declared.comment.brief:
        found.insert(0, "no sentence that says what it is for")
    return [f"{declared.header}:{declared.line}: {declared.name}: {why}" for why in found]


def main():
    top = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".") / "capi/include"
    everything = comments.read_all(top)
    found = [line for declared in everything for line in check(declared)]
    for line in found:
        print(f"{top}/{line}")
    kinds = [declared.kind for declared in everything]
    print(", ".join(f"{kinds.count(kind)} {kind}s" for kind in CHECKS) + f" looked at, {len(found)} complaints")
    return 1 if found or not everything else 0


if __name__ == "__main__":
    sys.exit(main())
