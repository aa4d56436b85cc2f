# SPDX-License-Identifier: BSD-3-Clause
"""Finds the prose of a file: its comments and docstrings, or, of Markdown, its paragraphs; also the names of tests, and
the sentences that the library gives to its users."""

import ast
import io
import re
import tokenize

LICENCE = "SPDX-License-Identifier"
# Strings are matched so that no comment is seen inside them.
C_TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|`[^`]*`|/\*.*?\*/|//[^\n]*', re.DOTALL)
HASH_LINE = re.compile(r"^\s*#(?!!)\s?(.*)$")
DASH_LINE = re.compile(r"^\s*--(?!\[)\s?(.*)$")
INCLUDE = re.compile(r"^\s*#\s*include.*$", re.MULTILINE)
C_TEST = re.compile(r"^static void (\w+)\(void \*\*\w+\)$", re.MULTILINE)
PYTHON_TEST = re.compile(r"^\s*(?:async )?def test_(\w+)\(", re.MULTILINE)
# A literal of fewer words is a key, a format or a part of a sentence.
SENTENCE_WORDS = 4


def joined(lines):
    """(line, text) of each group among (line, text) pairs whose lines follow each other."""
    found = []
    last = None
    for number, text in lines:
        if last is not None and number == last + 1:
            found[-1][1].append(text)
        else:
            found.append((number, [text]))
        last = number
    return [(number, "\n".join(texts)) for number, texts in found]


def of_c(text):
    """C's and Go's comments; those of `//` that stand alone on lines that follow each other are one."""
    blocks, lines = [], []
    for match in C_TOKEN.finditer(text):
        token, number = match[0], text.count("\n", 0, match.start()) + 1
        stands_alone = not text[text.rfind("\n", 0, match.start()) + 1:match.start()].strip()
        if token.startswith("/*"):
            inside = [re.sub(r"^\s*\*?(?:\s|$)", "", line) for line in token[2:-2].strip("*!<").split("\n")]
            blocks.append((number, "\n".join(inside)))
        elif token.startswith("//"):
            (lines if stands_alone else blocks).append((number, token[2:].removeprefix(" ")))
    return sorted(blocks + joined(lines))


def of_python(text):
    """Docstrings, and comments; those that stand alone and follow each other are one."""
    found, alone = [], []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            docstring = ast.get_docstring(node)
            if docstring:
                found.append((node.body[0].lineno, docstring))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and not token.string.startswith("#!"):
            where = alone if token.line.lstrip().startswith("#") else found
            where.append((token.start[0], token.string.removeprefix("#").strip()))
    return sorted(found + joined(alone))


def of_lines(text, form):
    """Comments of a shell's or a makefile's kind, which have their lines for themselves."""
    matches = ((number, form.match(line)) for number, line in enumerate(text.splitlines(), 1))
    return joined((number, match[1]) for number, match in matches if match)


def of_markdown(text):
    """Paragraphs and items of lists; no code, tables or headings."""
    text = re.sub(r"^```.*?^```$", lambda match: "\n" * match[0].count("\n"), text, flags=re.DOTALL | re.MULTILINE)
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"\||#|    |$", line):
            found.append(None)
        elif re.match(r"\s*(-|\d+\.) ", line) or not found or found[-1] is None:
            found.append((number, [re.sub(r"^\s*(-|\d+\.) ", "", line)]))
        else:
            found[-1][1].append(line.strip())
    return [(one[0], "\n".join(one[1])) for one in found if one]


def line_of(text, match):
    return text.count("\n", 0, match.start()) + 1


def test_names(path):
    """(line, name) of each test of a C or Python file; Python's without `test_`."""
    form = {".c": C_TEST, ".py": PYTHON_TEST}.get(path.suffix)
    text = path.read_text(encoding="utf-8", errors="replace") if form else ""
    return [(line_of(text, match), match[1]) for match in form.finditer(text)] if form else []


def messages(text):
    """(line, text) of each string of several words in C: literals that follow each other are one."""
    text = INCLUDE.sub("", text)
    found = []
    for match in C_TOKEN.finditer(text):
        if not match[0].startswith('"'):
            continue
        if found and not text[found[-1][2]:match.start()].strip():
            found[-1][1] += match[0][1:-1]
            found[-1][2] = match.end()
        else:
            found.append([line_of(text, match), match[0][1:-1], match.end()])
    return [(number, string) for number, string, _ in found if len(string.split()) >= SENTENCE_WORDS]


def kind_of(path, text):
    """Which of the above a file is for, or None."""
    if path.suffix in (".c", ".h", ".i", ".cpp", ".go"):
        return of_c
    if path.suffix in (".py", ".pyi") or re.match(r"#!.*python", text):
        return of_python
    if path.suffix in (".mk", ".sh") or path.name == "Makefile" or re.match(r"#!.*sh\b", text):
        return lambda text: of_lines(text, HASH_LINE)
    if path.suffix == ".lua":
        return lambda text: of_lines(text, DASH_LINE)
    return of_markdown if path.suffix == ".md" else None


def read(path):
    """(line, text) of each comment of a file."""
    text = path.read_text(encoding="utf-8", errors="replace")
    kind = kind_of(path, text)
    return [(number, prose.strip()) for number, prose in kind(text) if prose.strip() and LICENCE not in prose] \
        if kind else []
