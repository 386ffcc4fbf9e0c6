"""What every built tutorial keeps to, one rule a function: each takes a notebook and says what is wrong with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import nbformat
from nbformat import NotebookNode
from nbformat.validator import iter_validate

HEAVIEST = 500_000  # bytes of one notebook file
LONGEST = 12  # lines of one code cell; the blank ones that a class must have are not counted
PHOTOGRAPHS = ("image/png", "image/jpeg")  # base64, which may spell anything
WIDGET = "application/vnd.jupyter.widget-view+json"
_PERSONAL = re.compile(
    r"/(?:root|home|Users|tmp|work|opt|var/folders)/|[A-Z]:\\\\|site-packages|ipykernel_\d|0x[0-9a-fA-F]{6,}"
    r"|\b(?:\d{1,3}\.){3}\d{1,3}\b|localhost|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
_HOST = re.compile(r"https?://([^/\s\"'<>)\]]+)")
_HOSTS = {
    "keras.io",
    "blog.tensorflow.org",
    "colab.research.google.com",
    "github.com",
    "www.w3.org",
}  # links a tutorial may hold
_DATA_URI = re.compile(r"data:image/[\w.+-]+;base64,[A-Za-z0-9+/=\n\\]+")
_MARKER = re.compile(r"^\s*#\s*(?:NBVAL_IGNORE_OUTPUT|NBVAL_SKIP|PYTEST_VALIDATE_IGNORE_OUTPUT)\s*$", re.MULTILINE)
_REASON = re.compile(r"^\s*# Not compared: \S.{10,}$", re.MULTILINE)


def problems(notebook: NotebookNode) -> list[str]:
    """Everything a stranger, a code host or strict nbval would stumble over, in words; empty when all is well."""
    return [problem for rule in _RULES for problem in rule(notebook)]


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that hold code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def exempted(notebook: NotebookNode) -> list[NotebookNode]:
    """The code cells whose outputs strict nbval is told not to compare."""
    tags = {"nbval-ignore-output", "nbval-skip"}
    return [c for c in code_cells(notebook) if tags & set(c.metadata.get("tags", ())) or _MARKER.search(c.source)]


def _is_valid(notebook: NotebookNode) -> Iterator[str]:
    for error in iter_validate(notebook):
        yield f"it is not a valid notebook: {error.message}"
    if "widgets" in notebook.metadata:
        yield "it stores widget state in its metadata; code hosts refuse such a file or show it blank"
    if len(nbformat.writes(notebook).encode()) > HEAVIEST:
        yield f"the file is heavier than {HEAVIEST:,} bytes"


def _is_executed(notebook: NotebookNode) -> Iterator[str]:
    counts = [cell.execution_count for cell in code_cells(notebook)]
    if not counts:
        yield "it has no code cell"
    if counts != list(range(1, len(counts) + 1)):
        yield f"its cells were not run once each from top to bottom (counts {counts}); strict nbval would compare nothing"


def _has_named_cells(notebook: NotebookNode) -> Iterator[str]:
    ids = [cell.id for cell in notebook.cells]
    if len(set(ids)) < len(ids):
        yield "two cells share an id"


def _shows_what_it_ran(notebook: NotebookNode) -> Iterator[str]:
    for cell in code_cells(notebook)[1:]:  # the first one sets up and is silent
        if not cell.outputs:
            yield f"cell {cell.id!r} shows nothing; end it with what the reader should look at"


def _is_calm(notebook: NotebookNode) -> Iterator[str]:
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                yield f"cell {cell.id!r} writes to stderr: {output.text[:200]!r}"
            if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", ()):
                yield f"cell {cell.id!r} raises {output.ename} without the tag raises-exception"
        if "execution" in cell.metadata:
            yield f"cell {cell.id!r} stores when it was run"
    if code_cells(notebook) and code_cells(notebook)[0].outputs:
        yield "the set-up cell prints something"


def _names_no_machine(notebook: NotebookNode) -> Iterator[str]:
    for cell in notebook.cells:
        outputs = [{**output, "data": _readable(output.get("data", {}))} for output in cell.get("outputs", ())]
        text = _DATA_URI.sub("", json.dumps([cell.source, outputs], ensure_ascii=False))
        for found in _PERSONAL.findall(text):
            yield f"cell {cell.id!r} holds {found!r}, which is another on every machine or run"
        for host in _HOST.findall(text):
            if host not in _HOSTS:
                yield f"cell {cell.id!r} names the host {host!r}; a tutorial links only to {', '.join(sorted(_HOSTS))}"
    for place in ("kernelspec", "language_info"):
        if set(notebook.metadata.get(place, {})) & {"version", "env", "argv", "path"}:
            yield f"its {place} tells about the machine"


def _has_static_faces(notebook: NotebookNode) -> Iterator[str]:
    for cell in code_cells(notebook):
        shown = [output.get("data", {}) for output in cell.outputs]
        for place, data in enumerate(shown):
            if WIDGET not in data:
                continue
            if data.get("text/plain") != "":
                yield f"cell {cell.id!r} holds a widget whose text is not empty: {data.get('text/plain')!r}"
            beside = shown[max(place - 1, 0) : place + 2]  # what is live while it runs leaves its static face behind
            if not any("text/html" in other for other in beside):
                yield f"cell {cell.id!r} holds a widget with no static face beside it"


def _is_short(notebook: NotebookNode) -> Iterator[str]:
    for cell in code_cells(notebook):
        if sum(bool(line.strip()) for line in cell.source.splitlines()) > LONGEST:
            yield f"cell {cell.id!r} is longer than {LONGEST} lines, blank ones left out"


def _gives_reasons(notebook: NotebookNode) -> Iterator[str]:
    for cell in exempted(notebook):
        if not _REASON.search(cell.source):
            yield f"cell {cell.id!r} is not compared and does not say why; add a line '# Not compared: <reason>'"


def _readable(data: dict) -> dict:
    return {mime: content for mime, content in data.items() if mime not in (WIDGET, *PHOTOGRAPHS)}


_RULES = (
    _has_named_cells,  # before the next one, whose writing would give new ids
    _is_valid,
    _is_executed,
    _shows_what_it_ran,
    _is_calm,
    _names_no_machine,
    _has_static_faces,
    _is_short,
    _gives_reasons,
)
