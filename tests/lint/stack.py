#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The deepest stack of every call that a thread with a small stack may make, by gcc's figures for each function.

  tests/lint/stack.py FOLDER        (make lint)

FOLDER has the objects of a build with -fcallgraph-info=su: beside each a file *.ci with the frames of its functions and
whom they call. A call through a pointer may reach every function that the sources give to a member of that name, or
what the table below says; one that reaches none is a complaint. What the C library needs is an estimate. Callbacks and
the log's sink are the caller's own, and not counted.
"""

import collections
import functools
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ("core", "capi/src")

# The headers' promise, in bytes.
BOUND = 8192
BOUNDED = re.compile(r"upnvme_(poll|reap|exec|exec_at|submit|submit_at|io|io_at|read|write|compare|readv|writev|flush|"
                     r"write_zeroes|deallocate|verify|qpair_(wait|ring|stop|close)|ctrlr_poll)")

# Pointers without an initialiser by name: the places in the sources that name their functions. None: the caller's own
# functions, and those of DPDK's plug-in, which is linked alone.
NOBODY = r"(?!)"
POINTERS = {
    "cb": r"\b(keep_alive_done|on_event|request_completed)\b",
    "fn": NOBODY,
    "physical": NOBODY,
    "done": r"\b(\w+_done)\(struct media_request \*",
    "advance": r"\b(\w+)\(struct sc_cmd \*cmd, int result\)",
    "run": r"\[UPNVME_SPEC_(?:ADMIN|CMD)_\w+\] = \{\s*(\w+)",
    "fill": r"\[UPNVME_SPEC_(?:CNS|LOG)_\w+\] = \{\s*(\w+)",
    "alloc": r"const struct pages \w+ = \{ \"\w+\", \"\w+\", (\w+)",
    "free": r"const struct pages \w+ = \{ \"\w+\", \"\w+\", \w+, (\w+)",
    "send": r"struct softctrl_interrupt\)\{ (\w+)",
}

# Functions that are not ours, in bytes: the first that matches.
FOREIGN = [(r"_*v?snprintf(_chk)?", 2048), (r"(m|c|re)alloc|free|posix_memalign|strerror|io_uring_.*", 1024),
           (r".*", 256)]

NODE = re.compile(r'node: \{ title: "([^"]*)" label: "[^"]*?(\d+) bytes \(([a-z,]+)\)')
EDGE = re.compile(r'edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"(?: label: "([^"]*)")?')
CLONE = re.compile(r"\.(isra|constprop|part|cold|lto_priv)\b.*")


class Unknown(Exception):
    """A call that reaches no function."""


def plain(title):
    """A function's own name: without its file, or what gcc has made of it."""
    return CLONE.sub("", title.rpartition(":")[2])


class Graph:
    """Frames by title, and the callees of each: titles, or (member, place) for a call through a pointer."""

    def __init__(self):
        self.frames = {}
        self.unbounded = set()
        self.calls = collections.defaultdict(set)
        self.titles = collections.defaultdict(list)

    def take(self, line, source):
        node, edge = NODE.match(line), EDGE.match(line)
        if node:
            self.frames[node[1]] = int(node[2])
            self.titles[plain(node[1])].append(node[1])
            if node[3] == "dynamic":
                self.unbounded.add(node[1])
        elif edge and edge[2] == "__indirect_call":
            self.calls[edge[1]].add((pointer(source, edge[3]), edge[3]))
        elif edge:
            self.calls[edge[1]].add(edge[2])


def pointer(source, place):
    """The name of what is called there."""
    path, line, column = place.split(":")
    text = source(path)[int(line) - 1][int(column) - 1:]
    found = re.match(r"(?:\w+(?:\(\w*\)|\[[^\]]*\])?(?:->|\.))*(\w+)\(", text)
    return found and found[1]


def given(texts):
    """Every name that an initialiser or an assignment gives to a member, by the member."""
    members = collections.defaultdict(set)
    for text in texts:
        for member, value in re.findall(r"(?:\.|->)(\w+)\s*=\s*([^;,{}]+)[;,}]", text):
            members[member].update(re.findall(r"\w+", value))
        for member, pattern in POINTERS.items():
            members[member].update(re.findall(pattern, text))
    return members


class Stack:
    """Depths, each found once."""

    def __init__(self, graph, members):
        self.graph = graph
        self.members = members
        self.depths = {}

    def reached(self, member, place):
        names = sorted(self.members.get(member, ()))
        titles = [title for name in names for title in self.graph.titles.get(name, ())]
        if not titles and member not in POINTERS:
            raise Unknown(f"{place}: nobody is known whom \"{member}\" reaches: say so in tests/lint/stack.py")
        return titles

    def targets(self, title):
        for call in sorted(self.graph.calls[title], key=str):
            if isinstance(call, tuple):
                yield from self.reached(*call)
            else:
                yield call

    def depth(self, title, within=()):
        """(bytes, the way down). A recursive call adds nothing: no function recurses deeply."""
        if title in self.depths:
            return self.depths[title]
        if title not in self.graph.frames:
            size = next(size for pattern, size in FOREIGN if re.fullmatch(pattern, title.lstrip("*")))
            return size, (title,)
        deepest = (0, ())
        for target in self.targets(title):
            if target not in within and target != title:
                deepest = max(deepest, self.depth(target, within + (title,)))
        # 8 bytes more: the return address is the caller's.
        self.depths[title] = (self.graph.frames[title] + 8 + deepest[0], (title,) + deepest[1])
        return self.depths[title]


def load(folder):
    @functools.lru_cache(None)
    def source(path):
        return (TOP / path).read_text().split("\n")

    graph = Graph()
    for path in sorted(pathlib.Path(folder).rglob("*.ci")):
        # A build folder keeps what was made of sources that are there no more.
        if (TOP / path.relative_to(pathlib.Path(folder, "obj"))).with_suffix(".c").exists():
            for line in path.read_text().split("\n"):
                graph.take(line, source)
    return graph


def check(stack, roots, bound):
    """Prints the deepest of all; says how many are too deep."""
    depths = {root: stack.depth(root) for root in roots}
    bad = 0
    for root, (size, way) in sorted(depths.items(), key=lambda item: -item[1][0]):
        dynamic = [title for title in way if title in stack.graph.unbounded]
        if size > bound or dynamic:
            bad += 1
            without = " (and some without bound)" if dynamic else ""
            print(f"{root} needs {size} bytes of stack, {bound} are promised{without}:")
            print("".join(f"  {stack.graph.frames.get(title, 0):6} {title}\n" for title in way), end="")
    deepest = max(depths, key=depths.get)
    print(f"{len(depths)} calls, {deepest} is the deepest: {depths[deepest][0]} of {bound} bytes, {bad} complaints")
    return bad


def main():
    graph = load(sys.argv[1])
    texts = [path.read_text() for folder in SOURCES for path in sorted((TOP / folder).rglob("*.[ch]"))]
    roots = [title for title in graph.frames if BOUNDED.fullmatch(title)]
    if not roots:
        print(f"{sys.argv[1]}: no functions")
        return 1
    try:
        return bool(check(Stack(graph, given(texts)), roots, BOUND))
    except Unknown as unknown:
        print(unknown)
        return 1


if __name__ == "__main__":
    sys.exit(main())
