"""Read and check a notebook's file, and write its text in the style that it had."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from copy import copy
from functools import reduce
from itertools import pairwise, product
from operator import getitem
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfx.errors import KfxError, NotebookError
from kfx.text.untrusted import cut

if TYPE_CHECKING:
    from nbformat import ValidationError

Notebook = dict[str, Any]  # JSON: the values have any type

MARK = "\ufeff"  # some editors put it in front; Jupyter refuses such a file
_LONE = re.compile(r"[\ud800-\udfff]")
_DEFAULTS: dict[str, Any] = {  # of the keys that the schema requires
    "metadata": {},
    "data": {},
    "outputs": [],
    "traceback": [],
    **dict.fromkeys(("source", "text", "ename", "evalue"), ""),
    "execution_count": None,
    "name": "stdout",
    "nbformat": 4,
}
_INDENT = re.compile(r"\s*[\[{]\r?\n([ \t]+)")


def read_notebook(path: Path) -> tuple[Notebook, str]:
    """Return the notebook and the text of its file, a byte order mark included.

    Raises:
        NotebookError: The file is not a notebook of format 4; the message says what it is and what to do.
        OSError: It cannot be read.
    """
    if not path.is_file():
        raise NotebookError(f"{path.name!r} is not a file. Give an .ipynb file or a folder.")
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise NotebookError(f"{path.name!r} is not a notebook: byte {error.start:,} is not UTF-8.") from None
    return parsed(text, path.name), text


def parsed(text: str, name: str) -> Notebook:
    """Parse a notebook's text to plain values; errors as `read_notebook`."""
    try:
        notebook = json.loads(text.removeprefix(MARK))
    except json.JSONDecodeError as error:
        what = "is empty" if not text.strip(MARK + " \n\r\t") else f"is not JSON: {error.msg} in line {error.lineno:,}"
        raise NotebookError(f"{name!r} {what}. Restore it from an earlier copy or checkpoint.") from None
    except (RecursionError, ValueError) as error:  # brackets in brackets in brackets, or a number of 5,000 digits
        raise NotebookError(f"{name!r} is not a notebook: JSON that Python cannot read ({type(error).__name__}).") from None
    if not isinstance(notebook, dict) or not {"nbformat", "cells"} & set(notebook):
        raise NotebookError(f"{name!r} is JSON, but not a notebook: it has no 'cells'.")
    version = notebook.get("nbformat", 4)
    if version in (1, 2, 3):
        raise NotebookError(
            f"{name!r} has notebook format {version}; kfx works on format 4. "
            f"Convert it first: jupyter nbconvert --to notebook --inplace {name}"
        )
    if version != 4:
        raise NotebookError(
            f"{name!r} has notebook format {cut(repr(version), 40)}; kfx works on format 4. "
            "Save it in that format with Jupyter."
        )
    return notebook


def complete(notebook: Notebook, name: str) -> list[str]:
    """Check a notebook by nbformat's schema and insert the keys that it lacks; return what was inserted, in words.

    Errors inside metadata are ignored: hosts write many kinds, and freezing needs none of it.

    Raises:
        NotebookError: A part has a wrong type.
        KfxError: nbformat is not installed.
    """
    cells = notebook.get("cells")
    minor = 5 if isinstance(cells, list) and cells and all(isinstance(cell, dict) and "id" in cell for cell in cells) else 4
    defaults = {**_DEFAULTS, "nbformat_minor": minor}
    inserted: list[str] = []
    while errors := _errors(notebook, minor, name):
        before = len(inserted)
        for error in [error for error in errors if error.validator == "required"]:
            holder = reduce(getitem, error.absolute_path, notebook)
            for key in [key for key in error.validator_value if key in defaults and key not in holder]:
                holder[key] = copy(defaults[key])
                inserted.append(f"{_place(error.absolute_path)} had no {key}")
        if len(inserted) == before:
            raise _refused(errors[0], name)
    return inserted


def _errors(notebook: Notebook, minor: int, name: str) -> list[ValidationError]:
    try:
        from nbformat.validator import iter_validate
    except ImportError:
        raise KfxError("Freezing notebooks needs nbformat, which is not installed. Install it: pip install nbformat") from None
    try:
        found = list(iter_validate(notebook, version=4, version_minor=minor, relax_add_props=True))
    except TypeError:
        raise NotebookError(f"{name!r} is not a valid notebook: the type of a cell is not a string.") from None
    return [error for error in found if "metadata" not in list(error.absolute_path)[:-1]]


def _refused(error: ValidationError, name: str) -> NotebookError:
    where, why = _place(error.absolute_path), cut(error.message, 120)
    if error.validator == "oneOf" and isinstance(error.instance, dict):
        kind = error.instance.get("output_type", error.instance.get("cell_type"))
        why = f"{cut(str(kind), 80)!r} is not a type of cells or outputs in format 4"
    return NotebookError(f"{name!r} is not a valid notebook: {where}: {why}. Restore it from an earlier copy.")


def _place(path: Sequence[str | int]) -> str:
    """Return ``"the text of output 1 of cell 2"`` for ``("cells", 1, "outputs", 0, "text")``."""
    names = {"cells": "cell", "outputs": "output"}
    parts = list(path)
    words = [f"{names[at]} {place + 1}" for at, place in pairwise(parts) if at in names and isinstance(place, int)]
    if parts and isinstance(parts[-1], str):
        words.append(f"the {parts[-1]}")
    return " of ".join(reversed(words)) or "the notebook"


def written(notebook: Notebook, before: str) -> str:
    """Return the notebook as text, in the style of the text that it was read from: indent, escapes, line ends, last line."""
    before = before.removeprefix(MARK)
    ending = "\r\n" if "\r\n" in before else "\n"
    body = before.replace("\r\n", "\n").rstrip()
    tail = before.replace("\r\n", "\n")[len(body) :]
    old, indent = json.loads(before), _INDENT.match(body)
    separators = [(",", ": ")] if indent else [(",", ": "), (", ", ": "), (",", ":")]
    styles = [
        {"indent": indent and indent[1], "ensure_ascii": escaped, "separators": between}
        for between, escaped in product(separators, (body.isascii(), not body.isascii()))
    ]
    style = next((style for style in styles if _dumped(old, **style) == body), styles[0])
    return (_dumped(notebook, **style) + tail).replace("\n", ending)


def _dumped(notebook: object, **style: Any) -> str:
    text = json.dumps(notebook, **style)
    return _LONE.sub(lambda half: f"\\u{ord(half[0]):04x}", text)  # a lone surrogate can be written only as an escape
