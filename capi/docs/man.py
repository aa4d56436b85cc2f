#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes the manual pages, and the tools' pages of the reference.

  capi/docs/man.py functions VERSION FOLDER         from the public headers: a page for each function, callback and
                                                    struct, upnvme(3), upnvme_constants(3)
  capi/docs/man.py tool PROGRAM VERSION FOLDER      from what PROGRAM --help says, and capi/docs/tools
  capi/docs/man.py page PROGRAM FILE                the same, in Markdown
"""

import argparse
import os
import pathlib
import re
import subprocess
import time

import comments
import roff

HERE = pathlib.Path(__file__).resolve().parent
INCLUDE = HERE.parent / "include"
SECTIONS = {"upnvme-devices": 8}  # of tools; others are in section 1
SEE_ALSO = {"upnvme-devices": ["upnvme-perf(1)", "upnvme(3)"], "upnvme-perf": ["upnvme(3)", "upnvme-devices(8)"]}


def page_date():
    """Of the newest input, unless the build says which day it is."""
    newest = max(path.stat().st_mtime for path in [*INCLUDE.rglob("*.h"), *HERE.rglob("*.py")])
    return time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", newest))))


def write(folder, name, section, page):
    path = pathlib.Path(folder) / f"man{section}" / f"{name}.{section}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page.text(), encoding="utf-8")


# --- functions, callbacks, structs ----------------------------------------------------------------------------------

def split_outside(text):
    """At the commas that are in no parentheses."""
    return re.split(r", (?![^()]*\))", text)


def errors_of(text):
    """What a call returns, apart from the list of its errors: (sentence, [(names, when)])."""
    match = re.match(r"(.*negative errno[^:]*): (.*)", text)
    if not match:
        return text, []
    errors, names = [], []
    for item in [item for part in match[2].split("; ") for item in [*split_outside(part), ""]]:
        error = re.match(r"(-E\w+)(?: \((.*)\))?$", item)
        if error:
            names.append(error[1])
        if names and (not error or error[2]):
            errors.append((", ".join(names), error[2] if error else ""))
            names = []
        if item and not error:
            errors.append(("others", item.removeprefix("and ").removeprefix("others ")))
    return match[1], errors


def returns(page, text):
    page.section("RETURN VALUE")
    sentence, errors = errors_of(text)
    page.paragraph(sentence.rstrip(";") + (":" if errors else "."))
    for names, when in errors:
        page.term(names, when)


def body(page, declared):
    for paragraph in declared.comment.body:
        if paragraph.startswith("- "):
            page.lines += [".IP \\(bu 2", roff.prose(paragraph[2:])]
        else:
            page.paragraph(paragraph)


def parameters(page, declared):
    if declared.arguments:
        page.section("PARAMETERS")
    for name, direction, text in declared.comment.params:
        page.term(name, f"({direction}) {text}" if direction else text)


def see_also(page, declared, known):
    """Every page that the text names."""
    text = " ".join([*declared.comment.body, *declared.comment.tags.values(), declared.text,
                     *(text for _, _, text in declared.comment.params)])
    named = set(re.findall(r"\bupnvme_\w*[a-z0-9]", text)) & known - {declared.name}
    page.section("SEE ALSO")
    page.lines.append(",\n".join(f"\\fB{name}\\fR(3)" for name in [*sorted(named), "upnvme"]))


def include_of(declared):
    """upnvme.h has all but the headers of folders: the specification's, and the implementers'."""
    return f"#include <{declared.header if declared.header.count('/') > 1 else 'upnvme.h'}>"


def function_page(page, declared, known):
    page.name(declared.name, short(declared))
    page.section("SYNOPSIS")
    page.verbatim([include_of(declared), ""])
    page.prototype(declared.text)
    page.section("DESCRIPTION")
    body(page, declared)
    parameters(page, declared)
    tags = declared.comment.tags
    if "return" in tags:
        returns(page, tags["return"])
    if "thread" in tags:
        page.section("THREADS")
        page.paragraph(tags["thread"])
    if "since" in tags:
        page.section("HISTORY")
        page.paragraph(f"Since version {tags['since']}.")
    see_also(page, declared, known)


def members(page, declared):
    for member, text in declared.members:
        page.term(member.rstrip(";"), text)


def struct_page(page, declared, groups, known):
    page.name(declared.name, short(declared))
    page.section("SYNOPSIS")
    page.verbatim([include_of(declared), "", f"struct {declared.name};"])
    page.section("DESCRIPTION")
    body(page, declared)
    page.section("FIELDS")
    members(page, declared)
    for group in groups:
        constants(page, group)
    see_also(page, declared, known)


def constants(page, group):
    page.section(group.name.upper().replace("UPNVME_", ""))
    body(page, group)
    members(page, group)


def short(declared):
    """The first sentence, as a line of the index has it."""
    sentence = re.sub(r" \((?:NVMe|NVM)[^)]*\)", "", declared.comment.brief).rstrip(".:;")
    return sentence[0].lower() + sentence[1:] if not sentence.startswith(("I/O", "SMART")) else sentence


def overview(page, everything):
    page.name("upnvme", "user-space, polled NVMe")
    page.section("SYNOPSIS")
    page.verbatim(["#include <upnvme.h>", "", "cc program.c $(pkg-config --cflags --libs upnvme)"])
    page.section("DESCRIPTION")
    _, *example, about = comments.COMMENT.search((INCLUDE / "upnvme.h").read_text(encoding="utf-8"))[1].split("\n *\n")
    page.paragraph(comments.one_line(about.removeprefix(" * ")))
    page.section("EXAMPLE")
    page.verbatim([line.removeprefix(" *     ") for line in "\n\n".join(example).splitlines()], "R")
    for header in dict.fromkeys(declared.header for declared in everything):
        here = [one for one in everything if one.header == header and one.kind != "constants"]
        if here:
            page.section(header.removeprefix("upnvme/").upper())
        for declared in here:
            page.term(f"{declared.name}(3)", short(declared) + ".")
    page.section("SEE ALSO")
    page.lines.append("\\fBupnvme_constants\\fR(3),\n\\fBupnvme\\-perf\\fR(1),\n\\fBupnvme\\-devices\\fR(8)")


def functions(args):
    everything = comments.read_all(INCLUDE)
    known = {declared.name for declared in everything if declared.kind != "constants"}
    groups = [declared for declared in everything if declared.kind == "constants"]

    def new(name):
        return roff.Page(name, 3, page_date(), args.version)

    for declared in everything:
        page = new(declared.name)
        if declared.kind == "struct":
            own = [group for group in groups if group.name.startswith(declared.name + ".")]
            struct_page(page, declared, own, known)
        elif declared.kind != "constants":
            function_page(page, declared, known)
        else:
            continue
        write(args.folder, declared.name, 3, page)
    page = new("upnvme")
    overview(page, everything)
    write(args.folder, "upnvme", 3, page)
    page = new("upnvme_constants")
    page.name("upnvme_constants", "what is not of one struct")
    page.section("DESCRIPTION")
    page.paragraph("The constants of a struct's field are on the struct's page.")
    for group in groups:
        if not group.name.startswith("upnvme_"):
            constants(page, group)
    page.section("SEE ALSO")
    page.lines.append("\\fBupnvme\\fR(3)")
    write(args.folder, "upnvme_constants", 3, page)


# --- tools ----------------------------------------------------------------------------------------------------------

def help_of(program):
    return subprocess.run([program, "--help"], capture_output=True, text=True, check=True, timeout=60).stdout


def examples_of(name):
    """(what it is for, command lines) of each example."""
    found = []
    for line in (HERE / "tools" / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            found[-1][1].append(line.strip())
        else:
            found.append((line, []))
    return found


def parse_help(text):
    """The parts of a help text: ("usage", lines), ("text", paragraph), ("terms", [(term, text)])."""
    for block in text.strip("\n").split("\n\n"):
        lines = block.split("\n")
        if block.startswith("usage: "):
            yield "usage", [line[7:].rstrip() for line in lines]
        elif block.startswith("  "):
            yield "terms", parse_terms(lines)
        else:
            yield "text", " ".join(line.strip() for line in lines)


def parse_terms(lines):
    terms = []
    for line in lines:
        match = re.match(r"  (\S.*?)(?:  +(.*))?$", line)
        if match:
            terms.append((match[1], match[2] or ""))
        else:
            terms[-1] = (terms[-1][0], f"{terms[-1][1]} {line.strip()}".strip())
    return terms


def tool_terms(page, terms, titles):
    title = "OPTIONS" if terms[0][0].startswith("-") else "COMMANDS"
    if title not in titles:
        page.section(title)
        titles.add(title)
    for term, text in terms:
        page.term(term, text)


def tool(args):
    name = pathlib.Path(args.program).name
    section = SECTIONS.get(name, 1)
    page = roff.Page(name, section, page_date(), args.version)
    parts = list(parse_help(help_of(args.program)))
    texts = [text for kind, text in parts if kind == "text"]
    page.name(name, texts[0][0].lower() + texts[0][1:].rstrip("."))
    titles = set()
    for kind, part in parts:
        if kind == "usage":
            page.section("SYNOPSIS")
            page.verbatim(part)
            page.section("DESCRIPTION")
        elif kind == "terms":
            tool_terms(page, part, titles)
        else:
            if titles and "NOTES" not in titles:
                page.section("NOTES")
                titles.add("NOTES")
            page.paragraph(part)
    page.section("EXAMPLES")
    for what, commands in examples_of(name):
        page.paragraph(what)
        page.verbatim([f"    {command}" for command in commands], "R")
    page.section("SEE ALSO")
    page.lines.append(",\n".join(f"\\fB{roff.escape(other[:-3])}\\fR{other[-3:]}" for other in SEE_ALSO[name]))
    write(args.folder, name, section, page)


def tool_page(args):
    name = pathlib.Path(args.program).name
    text = f"# {name}\n\n    {help_of(args.program).replace(chr(10), chr(10) + '    ').rstrip()}\n\n## Examples\n"
    for what, commands in examples_of(name):
        text += f"\n{what}\n\n" + "".join(f"    {command}\n" for command in commands)
    path = pathlib.Path(args.file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_subparsers(required=True)
    for name, call, words in (("functions", functions, ("version", "folder")),
                              ("tool", tool, ("program", "version", "folder")),
                              ("page", tool_page, ("program", "file"))):
        mode = modes.add_parser(name)
        mode.set_defaults(call=call)
        for word in words:
            mode.add_argument(word)
    args = parser.parse_args()
    args.call(args)


if __name__ == "__main__":
    main()
