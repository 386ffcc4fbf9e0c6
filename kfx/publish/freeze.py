"""Make a notebook safe to publish: replace live views by what they showed, limit sizes, remove control characters.

Code, Markdown, attachments and all other outputs stay unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from kfx.publish.notebook_file import Notebook, complete
from kfx.publish.others import reduce_bars, replace_frames
from kfx.publish.size import cap, in_form_of, text_of
from kfx.publish.stored_widgets import STATE, kind_of, shown, stored_models
from kfx.publish.terminal_text import is_calm, settled

VIEW = "application/vnd.jupyter.widget-view+json"
MOST = 1_000_000  # bytes of one form of one output
_DEEPEST = 5  # outputs in widgets in outputs in widgets
_OURS = "kfx-static"
_MOST_INSIDE = 40  # views inside other views of a notebook that are read
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]")  # in the default repr of an object


@dataclass(frozen=True)
class Change:
    """One thing that freezing changed.

    Attributes:
        cell: The cell's number from 1 on; 0 for the notebook itself.
        what: In words, e.g. ``"text of 3.4 MB cut to 1.0 MB"``.
    """

    cell: int
    what: str


@dataclass(frozen=True)
class _Job:
    """The widget models and settings for one notebook."""

    models: dict[str, Any]
    most: int
    keep: bool
    inside: Iterator[int] = field(default_factory=lambda: iter(range(_MOST_INSIDE)))


def freeze(notebook: Notebook, *, most: int = MOST, keep_widgets: bool = False, name: str = "notebook") -> list[Change]:
    """Freeze a notebook in place.

    Args:
        notebook: Format 4, as plain values (``json.load``); it is changed.
        most: Bytes that one form of one output (its text, its picture) may have.
        keep_widgets: Leave those live views whose state the notebook holds, for a host that shows them; the state is repaired.
        name: The notebook's name in errors.

    Returns:
        What was changed; empty, and the notebook equal to what it was, when there was nothing to do.

    Raises:
        NotebookError: The notebook is not valid.
        KfxError: nbformat is not installed.
    """
    changes = [Change(0, what) for what in complete(notebook, name)]
    job = _Job(stored_models(notebook), most, keep_widgets)
    for number, cell in enumerate(notebook["cells"], 1):
        if cell["cell_type"] == "code":
            cell["outputs"], done = _frozen(cell["outputs"], job, 0)
            changes += [Change(number, what) for what in done]
    return changes + [Change(0, what) for what in _mend_state(notebook, job)]


def _frozen(outputs: list[dict[str, Any]], job: _Job, depth: int) -> tuple[list[dict[str, Any]], list[str]]:
    """Return a cell's outputs, frozen, and what was changed, in words."""
    data = [output.get("data", {}) for output in outputs]
    ours = any(_OURS in text_of(forms.get("text/html")) for forms in data if VIEW not in forms)
    found: list[dict[str, Any]] = []
    changes: list[str] = []
    for output in outputs:
        if VIEW in output.get("data", {}) and not (job.keep and _model_id(output) in job.models):
            faces, what = _faces(output, job, ours, depth)
            found += faces
            changes.append(what)
        else:
            found.append(output)
    found, joined = _streams_joined(found)
    changes += joined
    for output in found:
        changes += replace_frames(output) + _calmed(output) + reduce_bars(output) + cap(output, job.most)
    return found, changes


# ---------------------------------------------------------------------------------------------------- dead widgets


def _model_id(output: dict[str, Any]) -> str | None:
    view = output["data"][VIEW]
    found = view.get("model_id") if isinstance(view, dict) else None
    return found if isinstance(found, str) else None


def _faces(output: dict[str, Any], job: _Job, ours: bool, depth: int) -> tuple[list[dict[str, Any]], str]:
    """Return the outputs that replace a live view, and what was done, in words."""
    model_id = _model_id(output)
    kind = kind_of(model_id, job.models)
    called = "a live view" if kind is None else f"a live view ({kind})"
    del output["data"][VIEW]
    output["metadata"].pop(VIEW, None)
    data = output["data"]
    if set(data) - {"text/plain"}:
        return [output], f"{called} gives way to the {' and '.join(sorted(set(data) - {'text/plain'}))} beside it"
    before = data.get("text/plain", "")
    if ours and not text_of(before).strip():
        data["text/plain"] = before  # one output stays, so that strict nbval counts the same
        return [output], f"{called} gives way to its static face"
    is_read = depth < _DEEPEST and (depth == 0 or next(job.inside, None) is not None)
    pieces = shown(model_id, job.models) if is_read else None
    if pieces is None:
        return [output], _in_words(data, before, kind, called)
    faces = [_in_lines(valid, before) for piece in pieces if (valid := _output(piece)) is not None]
    if faces and VIEW not in faces[0].get("data", {VIEW: None}):  # the first takes the view's place, as a result if it was
        data.clear()
        data.update(faces[0]["data"])
        faces[0] = output
    inner, _ = _frozen(faces, job, depth + 1)
    return inner, f"{called} is now what it showed"


def _in_words(data: dict[str, Any], before: object, kind: str | None, called: str) -> str:
    if _has_face(text_of(before)):
        return f"{called} gives way to its text"
    named = "" if kind is None else f" ({kind})"
    data["text/plain"] = in_form_of(before, f"A live view{named} stood here. Run the notebook to see it.")
    return f"{called} is now a sentence: the notebook holds nothing of what it showed"


def _has_face(text: str) -> bool:
    """Return whether a text is more than nothing or the default repr of an object."""
    found = _ADDRESS.search(text)
    return bool(text.strip()) and not (found and "<" in text[: found.start()] and ">" in text[found.end() :])


def _output(piece: str | dict[str, Any]) -> dict[str, Any] | None:
    """Return a piece of a widget as an output of a cell; None where it is empty or not an output."""
    if isinstance(piece, str):
        return {"output_type": "display_data", "data": {"text/plain": piece}, "metadata": {}} if piece.strip() else None
    kind = piece.get("output_type")
    if kind not in ("stream", "display_data", "execute_result", "error"):
        return None
    if kind == "stream":
        return {"output_type": kind, "name": str(piece.get("name", "stdout")), "text": text_of(piece.get("text"))}
    if kind == "error":
        texts = {key: str(piece.get(key)) for key in ("ename", "evalue")}
        return {"output_type": kind, **texts, "traceback": [str(line) for line in piece.get("traceback") or ()]}
    held = {key: dict(value) if isinstance(value := piece.get(key), dict) else {} for key in ("data", "metadata")}
    return {"output_type": "display_data", **held}


def _in_lines(output: dict[str, Any], like: object) -> dict[str, Any]:
    """Write the texts as lists of lines where the notebook does."""
    if "text" in output:
        output["text"] = in_form_of(like, output["text"])
    data = output.get("data", {})
    for mime in set(data) & {"text/plain", "text/html"}:
        data[mime] = in_form_of(like, text_of(data[mime]))
    return output


def _mend_state(notebook: dict[str, Any], job: _Job) -> Iterator[str]:
    """Repair the stored state, or remove it where no live view is left: a code host refuses a notebook with a broken one."""
    if "widgets" not in notebook["metadata"]:
        return
    outputs = (output for cell in notebook["cells"] if cell["cell_type"] == "code" for output in cell["outputs"])
    live = job.keep and any(VIEW in output.get("data", {}) for output in outputs)
    if not live:
        del notebook["metadata"]["widgets"]
        yield "the stored widget state (metadata.widgets) is removed: nothing shows it"
        return
    right = {STATE: {"state": job.models, "version_major": 2, "version_minor": 0}}
    if notebook["metadata"]["widgets"] != right:
        notebook["metadata"]["widgets"] = right
        yield "the stored widget state (metadata.widgets) is repaired"


# ---------------------------------------------------------------------------------------------------- text


def _streams_joined(outputs: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """Join neighbouring pieces of one stream where a piece moves the cursor."""
    found: list[dict[str, Any]] = []
    joined = 0
    for output in outputs:
        before = found[-1] if found else {}
        of_one_stream = output["output_type"] == before.get("output_type") == "stream" and output["name"] == before["name"]
        if of_one_stream and not all(is_calm(text_of(piece["text"])) for piece in (before, output)):
            before["text"] = in_form_of(before["text"], text_of(before["text"]) + text_of(output["text"]))
            joined += 1
        else:
            found.append(output)
    return found, [f"{joined + 1} pieces of a stream joined"] if joined else []


def _calmed(output: dict[str, Any]) -> list[str]:
    changes = []
    for holder, key in [(output, "text"), (output, "evalue"), (output.get("data", {}), "text/plain")]:
        if key in holder and not is_calm(text := text_of(holder[key])):
            holder[key] = in_form_of(holder[key], settled(text))
            changes.append("control characters squashed to the text that they leave")
    traceback = output.get("traceback")
    if isinstance(traceback, list) and not all(is_calm(str(line)) for line in traceback):
        output["traceback"] = [settled(str(line)) for line in traceback]
        changes.append("control characters of a traceback squashed")
    return changes
