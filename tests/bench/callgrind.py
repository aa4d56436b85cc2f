# SPDX-License-Identifier: BSD-3-Clause
"""Reads callgrind's profiles: calls between functions, their number, and their cost.

The format is in Valgrind's manual, "Callgrind Format Specification". Names are compressed: `fn=(3) name` says what
`(3)` is from then on, separately for functions, objects and files. A line `calls=` is followed by one cost line,
which is the inclusive cost of those calls; any other cost line is the function's own.
"""

import collections
import os
import re

NAME = re.compile(r"\((\d+)\)(?: (.*))?$")

# A function: the base name of its object file, and its own name.
Function = collections.namedtuple("Function", "object name")


class Edge:
    """The calls from one function to another."""

    def __init__(self):
        self.calls = 0
        self.cost = 0


class Profile:
    """Own costs by function, and calls by (caller, callee), in the first event that was counted."""

    def __init__(self):
        self.own = collections.Counter()
        self.edges = collections.defaultdict(Edge)

    def callees(self, caller):
        """(callee, edge) of every function of that name."""
        return [(callee, edge) for (source, callee), edge in self.edges.items() if source.name == caller]

    def cost_from(self, caller):
        """Inclusive cost of all calls that the function makes."""
        return sum(edge.cost for _, edge in self.callees(caller))

    def into(self, callee):
        """All calls of the function by others, as one edge."""
        total = Edge()
        for (source, target), edge in self.edges.items():
            if target.name == callee and source.name != callee:
                total.calls += edge.calls
                total.cost += edge.cost
        return total


class Reader:
    """One pass over the lines of a profile."""

    def __init__(self):
        self.profile = Profile()
        self.names = {"fn": {}, "ob": {}}
        self.object = self.called_object = ""
        self.function = self.called = None
        self.calls = None
        self.columns = 1

    def name(self, kind, text):
        match = NAME.match(text)
        if not match:
            return text
        number, name = match.groups()
        if name is not None:
            self.names[kind][number] = name
        return self.names[kind][number]

    def take_object(self, text):
        return os.path.basename(self.name("ob", text))

    def take_cost(self, line):
        fields = line.split()
        # A missing cost is 0.
        cost = int(fields[self.columns]) if len(fields) > self.columns else 0
        if self.calls is None:
            self.profile.own[self.function] += cost
            return
        edge = self.profile.edges[self.function, self.called]
        edge.calls += self.calls
        edge.cost += cost
        self.calls = None

    def take(self, line):
        key, equals, value = line.partition("=")
        if line[:1].isdigit() or line[:1] in "+-*":
            self.take_cost(line)
        elif line.startswith("positions:"):
            self.columns = len(line.split()) - 1
        elif not equals:
            return
        elif key == "ob":
            self.object = self.take_object(value)
        elif key == "fn":
            self.function = Function(self.object, self.name("fn", value))
            # A call goes to the caller's object unless the lines before it say another.
            self.called_object = self.object
        elif key == "cob":
            self.called_object = self.take_object(value)
        elif key == "cfn":
            self.called = Function(self.called_object, self.name("fn", value))
            self.called_object = self.object
        elif key == "calls":
            self.calls = int(value.split()[0])


def parse(lines):
    reader = Reader()
    for line in lines:
        reader.take(line.rstrip("\n"))
    return reader.profile


def load(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return parse(file)
