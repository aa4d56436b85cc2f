# SPDX-License-Identifier: BSD-3-Clause
"""Manual pages in the macros of man(7): sections, paragraphs, lists of terms."""

import re
import textwrap

SPECIAL = {"\\": "\\e", "'": "\\(aq", "^": "\\(ha", "~": "\\(ti"}


def escape(text):
    """Text in which nothing means something to troff; a minus of a number or an option stays one."""
    text = re.sub(r"[\\'^~]", lambda match: SPECIAL[match[0]], text)
    return re.sub(r"(?<!\w)-(?=[\w-])|(?<=-)-|(?<=\w)-(?=\w)", lambda match: "\\-", text)


def prose(text):
    """One line for troff to fill: `names` set in italics, the library's own in bold."""
    text = escape(text)
    text = re.sub(r"`([^`]*)`", r"\\fI\1\\fR", text)
    text = re.sub(r"(?<![\w\\])(upnvme_\w+[a-z0-9]|UPNVME_\w+)(?![^\\]*\\fR)", r"\\fB\1\\fR", text)
    return f"\\&{text}" if text.startswith(".") else text


class Page:
    """One page, written part by part."""

    def __init__(self, name, section, date, version):
        self.lines = [".\\\" Made from the library's own text; do not edit.",
                      f'.TH "{escape(name.upper() if section != 3 else name)}" "{section}" "{date}" "upnvme {version}"'
                      ' "upnvme"']

    def section(self, title):
        self.lines.append(f'.SH "{title}"')

    def paragraph(self, text):
        if not self.lines[-1].startswith(".SH"):
            self.lines.append(".PP")
        self.lines.append(prose(text))

    def name(self, name, what):
        self.section("NAME")
        self.lines.append(f"{escape(name)} \\- {escape(what.replace('`', ''))}")

    def term(self, term, text):
        self.lines += [".TP", f"\\fB{escape(term)}\\fR", prose(text or "")]

    def verbatim(self, lines, font="B"):
        """Lines as they are."""
        self.lines += [".nf", f"\\f{font}", *(f"\\&{escape(line)}" if line[:1] == "." else escape(line)
                                              for line in lines), "\\fR", ".fi"]

    def prototype(self, text):
        """A declaration, wrapped at its commas."""
        self.verbatim(textwrap.wrap(text, 72, subsequent_indent=8 * " ", break_on_hyphens=False))

    def text(self):
        return "\n".join(self.lines) + "\n"
