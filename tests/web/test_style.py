"""The scripts and style sheets can be read: short functions, short lines, one declaration a line."""

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent.parent / "kfx"
SCRIPTS = sorted(PACKAGE.rglob("*.js"))
SHEETS = sorted(PACKAGE.rglob("*.css"))
MOST_CHARACTERS = 120
MOST_LINES = 80
# a line that opens a function's body: `function f(a) {`, `f(a) {` of a class or an object, `(a) => {`, `) {` below arguments
_OPENS = re.compile(r"^\s*(?!(?:if|for|while|switch|catch|else)\b)(?:.*\bfunction\b.*|(?:async )?[\w#]*\(.*\)|.*=>|\)) \{$")


def long_lines(text):
    """Return the numbers of the lines that are longer than 120 characters."""
    return [number for number, line in enumerate(text.splitlines(), 1) if len(line) > MOST_CHARACTERS]


def long_functions(script):
    """Return ``(line, length)`` of each function of more than 80 lines; a body ends at the brace with its line's indent."""
    lines = script.splitlines()
    found = []
    for start, line in enumerate(lines):
        if not _OPENS.match(line):
            continue
        indent = re.match(r"\s*", line)[0]
        end = next(i for i in range(start + 1, len(lines)) if lines[i].startswith(f"{indent}}}"))
        if end - start + 1 > MOST_LINES:
            found.append((start + 1, end - start + 1))
    return found


def crowded_lines(sheet):
    """Return the numbers of the lines of a style sheet with more than one declaration."""
    plain = re.sub(r'"[^"]*"|url\([^)]*\)', "", re.sub(r"/\*.*?\*/", lambda m: "\n" * m[0].count("\n"), sheet, flags=re.DOTALL))
    return [n for n, line in enumerate(plain.splitlines(), 1) if line.count(";") > 1 or re.search(r"\{.*:.*;", line)]


def named(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.relative_to(PACKAGE).as_posix())


@named([*SCRIPTS, *SHEETS])
def test_no_line_is_over_120_characters(path):
    assert long_lines(path.read_text(encoding="utf-8")) == []


@named(SCRIPTS)
def test_no_function_is_over_80_lines(path):
    assert long_functions(path.read_text(encoding="utf-8")) == []


@named(SHEETS)
def test_a_style_sheet_has_one_declaration_a_line(path):
    assert crowded_lines(path.read_text(encoding="utf-8")) == []


def test_a_long_line_is_found():
    assert long_lines(f"{'x' * 120}\n{'x' * 121}\n") == [2]


@pytest.mark.parametrize(
    "head",
    [
        "function f(a) {",
        "export async function f() {",
        "const f = (a) => {",
        "  f({ a, b } = {}) {",
        "  #f() {",
        "on(a, () => {",
        ") {",
    ],
)
def test_a_long_function_is_found(head):
    indent = re.match(r"\s*", head)[0]
    body = f"{indent}  if (a) {{\n{indent}  }}\n" * 39
    assert long_functions(f"{head}\n{body}{indent}}}\n") == []
    assert long_functions(f"\n{head}\n{body}{indent}  b();\n{indent}}}\n") == [(2, 81)]


def test_a_long_block_that_is_no_function_is_not_counted():
    assert long_functions("if (a) {\n" + "  b();\n" * 90 + "}\n") == []


def test_two_declarations_on_a_line_are_found():
    assert crowded_lines(".kfx a {\n  color: red; margin: 0;\n}\n.kfx b { color: red; }\n.kfx c {\n  margin: 0;\n}\n") == [2, 4]
