"""A notebook's file: read it with words for what is wrong, write it in the style that it had, whole or not at all."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

from kfx.errors import NotebookError
from kfx.notebook.write import write_whole

MARK = "\ufeff"  # some editors put it in front; Jupyter refuses such a file
_LONE = re.compile(r"[\ud800-\udfff]")
_INDENT = re.compile(r"\s*[\[{]\r?\n([ \t]+)")


def read_notebook(path: Path) -> tuple[dict[str, Any], str]:
    """The notebook and its text as it stands in the file, a byte order mark included.

    Raises:
        NotebookError: The file is not a notebook of format 4; the message says what it is and what to do.
        OSError: It cannot be read.
    """
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise NotebookError(f"{path.name!r} is not text in UTF-8 (byte {error.start:,} is none): it is no notebook.") from None
    return parsed(text, path.name), text


def parsed(text: str, name: str) -> dict[str, Any]:
    """A notebook's text as plain values; see `read_notebook`."""
    try:
        notebook = json.loads(text.removeprefix(MARK))
    except json.JSONDecodeError as error:
        what = "is empty" if not text.strip(MARK + " \n\r\t") else f"is not JSON: {error.msg} in line {error.lineno:,}"
        raise NotebookError(f"{name!r} {what}. Restore it from an earlier copy or checkpoint.") from None
    except (RecursionError, ValueError) as error:  # brackets in brackets in brackets, or a number of 5,000 digits
        why = "no notebook looks so"
        raise NotebookError(f"{name!r} is JSON that Python cannot read ({type(error).__name__}): {why}.") from None
    if not isinstance(notebook, dict) or not {"nbformat", "cells"} & set(notebook):
        raise NotebookError(f"{name!r} is JSON, but no notebook: it has no 'cells'.")
    version = notebook.get("nbformat", 4)
    if version in (1, 2, 3):
        raise NotebookError(
            f"{name!r} has notebook format {version}; kfx works on format 4. "
            f"Convert it first: jupyter nbconvert --to notebook --inplace {name}"
        )
    if version != 4:
        raise NotebookError(f"{name!r} has notebook format {version!r}; kfx knows format 4. Save it with Jupyter as such.")
    return notebook


def written(notebook: dict[str, Any], before: str) -> str:
    """The notebook as text, in the style of the text that it was read from: indent, escapes, line ends, last line."""
    before = before.removeprefix(MARK)
    ending = "\r\n" if "\r\n" in before else "\n"
    body = before.replace("\r\n", "\n").rstrip()
    tail = before.replace("\r\n", "\n")[len(body) :]
    old, style = json.loads(before), _guess(body)
    for candidate in [style, *_STYLES]:
        if _dumped(old, **candidate) == body:
            style = candidate
            break
    return (_dumped(notebook, **style) + tail).replace("\n", ending)


def save_notebook(path: Path, text: str) -> None:
    """Replace the file in one step; it keeps its permissions."""
    write_whole(path, text.encode())


_STYLES = [
    {"indent": indent, "ensure_ascii": escaped, "separators": separators}
    for indent, escaped in product((1, 2, 4, "\t", None), (False, True))
    for separators in ([(",", ": ")] if indent is not None else [(", ", ": "), (",", ":")])
]


def _guess(body: str) -> dict[str, Any]:
    found = _INDENT.match(body)
    return {"indent": found[1] if found else None, "ensure_ascii": body.isascii(), "separators": (",", ": ")}


def _dumped(notebook: Any, **style: Any) -> str:
    text = json.dumps(notebook, **style)
    return _LONE.sub(lambda half: f"\\u{ord(half[0]):04x}", text)  # half a character cannot be written but as an escape
