"""What every notebook of format 4 must have: what is merely missing is put in, what is of a wrong kind is refused in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kfx.errors import NotebookError

KINDS = ("code", "markdown", "raw")
OUTPUTS = ("stream", "display_data", "execute_result", "error")
_CALLED = {dict: "an object", list: "a list", str: "a text", int: "a number"}


def mend_form(notebook: dict[str, Any], name: str) -> list[str]:
    """Put in what a reader of notebooks insists on and this one lacks; what was put in, in words.

    Raises:
        NotebookError: Something is of a wrong kind, e.g. outputs that are a text; nothing can be guessed there.
    """
    return list(_mended(notebook, name))


def _mended(notebook: dict[str, Any], name: str) -> Iterator[str]:
    cells = _must_be(notebook.get("cells"), list, name, "its cells")
    for number, cell in enumerate(cells, 1):
        _must_be(cell, dict, name, f"cell {number}")
    yield from _put_in(notebook, name, "the notebook", {"metadata": {}, "nbformat": 4})
    if type(notebook.get("nbformat_minor")) is not int:
        notebook["nbformat_minor"] = 5 if cells and all("id" in cell for cell in cells) else 4
        yield "the notebook had no nbformat_minor"
    for number, cell in enumerate(cells, 1):
        where = f"cell {number}"
        if cell.get("cell_type") not in KINDS:
            raise _wrong(name, f"the type of {where} is {cell.get('cell_type')!r}", f"one of {', '.join(KINDS)}")
        yield from _put_in(cell, name, where, {"metadata": {}, "source": ""})
        if cell["cell_type"] == "code":
            yield from _put_in(cell, name, where, {"outputs": []})
            if "execution_count" not in cell:
                cell["execution_count"] = None
                yield f"{where} had no execution_count"
            for place, output in enumerate(cell["outputs"], 1):
                yield from _mended_output(output, name, f"output {place} of {where}")


def _mended_output(output: Any, name: str, where: str) -> Iterator[str]:
    _must_be(output, dict, name, where)
    kind = output.get("output_type")
    if kind not in OUTPUTS:
        raise _wrong(name, f"the type of {where} is {kind!r}", f"one of {', '.join(OUTPUTS)}")
    if kind == "stream":
        yield from _put_in(output, name, where, {"name": "stdout", "text": ""})
    elif kind == "error":
        yield from _put_in(output, name, where, {"ename": "", "evalue": "", "traceback": []})
    else:
        yield from _put_in(output, name, where, {"data": {}, "metadata": {}})
        if kind == "execute_result" and "execution_count" not in output:
            output["execution_count"] = None
            yield f"{where} had no execution_count"


def _put_in(holder: dict[str, Any], name: str, where: str, wanted: dict[str, Any]) -> Iterator[str]:
    for key, default in wanted.items():
        if key not in holder:
            holder[key] = default
            yield f"{where} had no {key}"
        text = isinstance(default, str)
        if text and isinstance(holder[key], list) and all(isinstance(line, str) for line in holder[key]):
            continue
        _must_be(holder[key], type(default), name, f"the {key} of {where}")


def _must_be(value: Any, kind: type, name: str, what: str) -> Any:
    if not isinstance(value, kind):
        given = next((words for known, words in _CALLED.items() if isinstance(value, known)), "nothing")
        raise _wrong(name, f"{what} is {given}", _CALLED[kind])
    return value


def _wrong(name: str, found: str, expected: str) -> NotebookError:
    return NotebookError(f"{name!r} is no valid notebook: {found}, expected {expected}. Restore it from an earlier copy.")
