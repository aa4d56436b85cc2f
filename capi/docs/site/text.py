# SPDX-License-Identifier: BSD-3-Clause
"""Prose of Python and Go as Doxygen's Markdown."""

import re

# Doxygen would take these for HTML, for commands and for links.
SPECIAL = re.compile(r"(`[^`\n]*`)|([<>@\\#%])")
FIELD = re.compile(r"^ *(?:\w+(?:, \w+)*): ")


def escaped(text):
    """Text in which nothing but code in backticks means anything to Doxygen."""
    return SPECIAL.sub(lambda match: match[1] or {"<": "&lt;", ">": "&gt;"}.get(match[2], "\\" + match[2]), text)


def anchor(*words):
    """A name of letters and digits, the same for the same words."""
    return re.sub(r"\W", "_", "_".join(words)).lower()


def code(text, language):
    return f"```{language}\n{text}\n```"


def is_code(lines):
    return all(line.startswith("    ") for line in lines)


def fields(lines):
    """`name: what it is`, one a line, as a list; a line that goes on is joined."""
    items = []
    for line in lines:
        if FIELD.match(line):
            name, what = line.strip().split(": ", 1)
            items.append(f"- `{name}`: {escaped(what)}")
        else:
            items[-1] += " " + escaped(line.strip())
    return "\n".join(items)


def paragraph(lines, language):
    if is_code(lines):
        return code("\n".join(line[4:] for line in lines), language)
    if lines[0] == "Args:":
        return fields(lines[1:])
    if FIELD.match(lines[0]) and sum(bool(FIELD.match(line)) for line in lines) > 1:
        return fields(lines)
    return "\n".join(escaped(line) for line in lines)


def markdown(text, language):
    """A docstring, or a Go comment whose code was indented by four spaces."""
    groups = [group.strip("\n").split("\n") for group in re.split(r"\n\s*\n", text.strip("\n"))]
    merged = []
    for group in groups:  # an empty line within code does not end it
        if merged and is_code(group) and is_code(merged[-1]):
            merged[-1] += ["", *group]
        else:
            merged.append(group)
    return "\n\n".join(paragraph([line for line in group], language) for group in merged if group != [""])
