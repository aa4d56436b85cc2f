#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""No circle of files: where one file uses another, the other uses the first in no way, not even through a third.

Reads what objects define and what they leave undefined, and reports a circle for each knot of files in the rooms below.
Run from the top of the tree:

    circles.py OBJECTS [TREE]
    circles.py --order OBJECTS [TREE]     prints the files, those first that use none of those behind them

Exit code 77: objects are missing, or older than their sources; the last line says which.
"""

import argparse
import graphlib
import pathlib
import sys

import floors

# A folder's files are looked at together with those of the folders in it.
ROOMS = ["core/softctrl"]


def uses(listing, room):
    """Of `nm -P -A -g`, {source: {source that it uses: a symbol that it takes from there}} within a room."""
    defined, undefined, graph = {}, [], {}
    for line in listing.splitlines():
        path, _, rest = line.partition(": ")
        source = pathlib.PurePosixPath(path).with_suffix(".c").as_posix()
        symbol, kind = rest.split()[:2]
        if not floors.within(source, [room]):
            continue
        graph.setdefault(source, {})
        if kind in "Uwv":
            undefined.append((source, symbol))
        else:
            defined[symbol] = source
    for source, symbol in undefined:
        if symbol in defined:
            graph[source].setdefault(defined[symbol], symbol)
    return graph


def order(graph):
    """The files, lowest first; graphlib.CycleError names a circle."""
    return list(graphlib.TopologicalSorter({source: sorted(graph[source]) for source in sorted(graph)}).static_order())


def circles(graph):
    """A circle of each knot of files, as text."""
    graph = {source: dict(used) for source, used in graph.items()}
    found = []
    while True:
        try:
            order(graph)
            return found
        except graphlib.CycleError as error:
            # graphlib names each file before the file that uses it.
            circle = error.args[1][::-1]
            steps = [f"{used} ({graph[source][used]})" for source, used in zip(circle, circle[1:])]
            found.append(f"{circle[0]} uses " + ", which uses ".join(steps))
            for source, used in zip(circle, circle[1:]):
                del graph[source][used]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--order", action="store_true")
    parser.add_argument("objects", type=pathlib.Path)
    parser.add_argument("tree", nargs="?", type=pathlib.Path, default=pathlib.Path("."))
    args = parser.parse_args()
    fresh, missing = floors.fresh_objects(args.tree, args.objects)
    listing = floors.list_symbols(args.objects, fresh)
    graphs = [uses(listing, room) for room in ROOMS]
    found = [line for graph in graphs for line in circles(graph)]
    for line in found or [source for graph in graphs if args.order for source in order(graph)]:
        print(line)
    if found:
        return 1
    missing = [name for name in missing if floors.within(name, ROOMS)]
    if missing:
        print(f"{len(missing)} sources have no object as they are now in {args.objects}, {missing[0]} first: run make")
        return floors.SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
