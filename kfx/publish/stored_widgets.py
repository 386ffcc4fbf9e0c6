"""Read from the state in ``metadata.widgets`` what a widget showed when its notebook was saved: text, pictures, outputs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from itertools import groupby
from typing import Any

STATE = "application/vnd.jupyter.widget-state+json"
_MOST_MODELS = 500  # of one view; a box in a box in a box may name one model for ever
_DEEPEST = 20
_LONGEST = 10_000  # characters of one widget's text
_BAR = 10  # characters of a progress bar
_EIGHTHS = " ▏▎▍▌▋▊▉"
_TAG = re.compile(r"<(?:[a-zA-Z/!][^<>]*)>")
_LINE_END = re.compile(r"<(?:br|/p|/div|/h[1-6]|/li|/tr)\b[^<>]*>", re.IGNORECASE)
_RICH = re.compile(r"<(?:table|img|svg|ul|ol|figure|pre)\b", re.IGNORECASE)
_ACROSS = {"HBox"}
_DOWN = {"VBox", "Box", "GridBox", "interactive", "Stack", "TwoByTwoLayout", "AppLayout", "GridspecLayout"}

Piece = str | dict[str, Any]  # a text, or an output as nbformat has it


def stored_models(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return the stored widget models by id; also where the key ``state`` is missing, as some hosts save."""
    widgets = notebook.get("metadata", {}).get("widgets")
    models = widgets.get(STATE, widgets) if isinstance(widgets, dict) else {}
    if isinstance(models, dict) and isinstance(models.get("state"), dict):
        models = models["state"]
    return {key: model for key, model in models.items() if _is_model(model)} if isinstance(models, dict) else {}


def _is_model(model: object) -> bool:
    return isinstance(model, dict) and isinstance(model.get("state"), dict) and isinstance(model.get("model_name"), str)


def shown(model_id: object, models: dict[str, Any]) -> list[Piece] | None:
    """Return what a view showed, from top to bottom; empty when it was hidden, None when its state is not known."""
    reader = _Reader(models)
    found = list(reader.read(model_id, 0)) if isinstance(model_id, str) else []
    return None if not reader.understood else _joined(found)


def kind_of(model_id: object, models: dict[str, Any]) -> str | None:
    """Return the name of a widget's class from its state."""
    model = models.get(model_id) if isinstance(model_id, str) else None
    if model is None:
        return None
    name = model["state"].get("_anywidget_id")
    return (name.rpartition(".")[2] if isinstance(name, str) and name else model["model_name"].removesuffix("Model"))[:60]


class _Reader:
    """Reads one view; `understood` is False when all of its widgets are unknown."""

    def __init__(self, models: dict[str, Any]):
        self.models, self.left, self.understood = models, _MOST_MODELS, False

    def read(self, model_id: str, depth: int) -> Iterator[Piece]:
        model = self.models.get(model_id)
        self.left -= 1
        if model is None or depth > _DEEPEST or self.left < 0:
            return
        state, kind = model["state"], model["model_name"].removesuffix("Model")
        if self._is_hidden(state):
            self.understood = True
            return
        children = [c.removeprefix("IPY_MODEL_") for c in _list(state, "children") if isinstance(c, str)]
        if kind in _ACROSS:
            yield from self._across(children, depth)
        elif kind in _DOWN:
            for child in children:
                yield from self.read(child, depth + 1)
        elif kind in ("Tab", "Accordion"):
            yield from self._titled(children, state, depth)
        elif (pieces := _face(kind, model)) is not None:
            self.understood = True
            yield from pieces
        elif kind not in ("Play", "Controller", "Layout"):
            yield f"[{kind_of(model_id, self.models)}: shown only while the notebook runs]"

    def _across(self, children: list[str], depth: int) -> Iterator[Piece]:
        """Yield texts side by side on one line; a picture or an output between them on its own."""
        for are_texts, run in groupby((piece for child in children for piece in self.read(child, depth + 1)), _is_text):
            if are_texts:
                yield " ".join(filter(None, (str(text).strip() for text in run)))
            else:
                yield from run

    def _titled(self, children: list[str], state: dict[str, Any], depth: int) -> Iterator[Piece]:
        titles = _list(state, "titles")
        older = state.get("_titles")  # ipywidgets 7: {"0": "first"}
        for place, child in enumerate(children):
            title = titles[place] if place < len(titles) else older.get(str(place)) if isinstance(older, dict) else None
            if title:
                yield f"{_text(title)}:"
            yield from self.read(child, depth + 1)

    def _is_hidden(self, state: dict[str, Any]) -> bool:
        layout = self.models.get(_text(state.get("layout")).removeprefix("IPY_MODEL_"), {}).get("state", {})
        return layout.get("display") == "none" or layout.get("visibility") == "hidden"


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Join neighbouring texts, a line each."""
    found: list[Piece] = []
    for are_texts, run in groupby(pieces, _is_text):
        if are_texts:
            found.append("\n".join(map(str, run)))
        else:
            found += run
    return found


def _is_text(piece: Piece) -> bool:
    return isinstance(piece, str)


# ---------------------------------------------------------------------------------------------------- one widget each


def _face(kind: str, model: dict[str, Any]) -> list[Piece] | None:
    """Return what a widget without children showed; None for an unknown kind."""
    state = model["state"]
    if kind == "Output":
        return [output for output in _list(state, "outputs") if isinstance(output, dict)]
    if (picture := _picture(kind, model)) is not None:
        return [picture]
    if kind == "HTML" and _RICH.search(html := _text(state.get("value"))):
        return [_display({"text/html": html, "text/plain": _plain(html)})]
    return [_TEXTS[kind](state)[:_LONGEST]] if kind in _TEXTS else None


def _described(state: dict[str, Any], value: str) -> str:
    description = _plain(_text(state.get("description"))).rstrip(":")
    return f"{description}: {value}" if description else value


def _choice(state: dict[str, Any], joint: str = ", ", nothing: str = "nothing") -> str:
    labels = [_text(label) for label in _list(state, "_options_labels")]
    index = state.get("index")
    chosen = [labels[i] for i in (index if isinstance(index, list) else [index]) if type(i) is int and 0 <= i < len(labels)]
    return _described(state, f"{joint.join(chosen) or nothing} (of {', '.join(labels)})")


def _between(state: dict[str, Any]) -> str:
    value = state.get("value")
    words = " to ".join(map(_text, value)) if isinstance(value, list) else _text(value)
    return _described(state, f"{words} (from {_text(state.get('min'))} to {_text(state.get('max'))})")


def _progress(state: dict[str, Any]) -> str:
    numbers = [n for n in map(state.get, ("min", "max", "value")) if isinstance(n, int | float) and n - n == 0]
    if len(numbers) < 3 or not numbers[1] > numbers[0]:
        return _described(state, "|" + " " * _BAR + "|")
    low, high, value = numbers
    eighths = round(8 * _BAR * min(1.0, max(0.0, (value - low) / (high - low))))
    bar = "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")
    return _described(state, f"|{bar:<{_BAR}}|")


def _ticked(state: dict[str, Any]) -> str:
    return f"[{'x' if state.get('value') is True else ' '}] {_plain(_text(state.get('description')))}".rstrip()


def _button(state: dict[str, Any]) -> str:
    return f"[{_plain(_text(state.get('description')))}]"


def _valued(state: dict[str, Any]) -> str:
    return _described(state, _text(state.get("value")))


def _tags(state: dict[str, Any]) -> str:
    return _described(state, ", ".join(map(_text, _list(state, "value"))))


_TEXTS: dict[str, Callable[[dict[str, Any]], str]] = {
    **dict.fromkeys(("HTML", "HTMLMath"), lambda state: _described(state, _plain(_text(state.get("value"))))),
    **dict.fromkeys(("Text", "Textarea", "Combobox", "Label", "IntText", "FloatText", "BoundedIntText"), _valued),
    **dict.fromkeys(("BoundedFloatText", "ColorPicker", "DatePicker", "TimePicker", "DatetimePicker", "String"), _valued),
    **dict.fromkeys(("IntSlider", "FloatSlider", "FloatLogSlider", "IntRangeSlider", "FloatRangeSlider"), _between),
    **dict.fromkeys(("Dropdown", "Select", "SelectMultiple", "RadioButtons", "ToggleButtons", "SelectionSlider"), _choice),
    **dict.fromkeys(("IntProgress", "FloatProgress"), _progress),
    **dict.fromkeys(("Checkbox", "ToggleButton", "Valid"), _ticked),
    **dict.fromkeys(("TagsInput", "IntsInput", "FloatsInput", "ColorsInput"), _tags),
    "SelectionRangeSlider": lambda state: _choice(state, joint=" to ", nothing=""),
    "Password": lambda state: _described(state, "••••"),  # never its value
    **dict.fromkeys(("Button", "FileUpload"), _button),
}


def _picture(kind: str, model: dict[str, Any]) -> dict[str, Any] | None:
    """Return an Image's picture, or the one that a drawing library keeps in its canvas."""
    state = model["state"]
    if kind == "Image":
        form = f"image/{_text(state.get('format') or 'png')}"
        for held in _list(model, "buffers"):
            if isinstance(held, dict) and held.get("path") == ["value"] and held.get("encoding") == "base64":
                return _display({form: _text(held.get("data")), "text/plain": "[a picture]"})
    found = re.match(r"data:(image/(?:png|jpeg));base64,([A-Za-z0-9+/=\s]+)$", _text(state.get("_data_url")))
    return _display({found[1]: found[2], "text/plain": "[a picture]"}) if found else None


def _display(data: dict[str, str]) -> dict[str, Any]:
    return {"output_type": "display_data", "data": data, "metadata": {}}


def _plain(html: str) -> str:
    text = unescape(_TAG.sub("", _LINE_END.sub("\n", " ".join(html.split()))))
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines() if line.strip())


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "" if value is None else str(value)[:_LONGEST]


def _list(state: dict[str, Any], key: str) -> list[Any]:
    value = state.get(key)
    return value if isinstance(value, list) else []
