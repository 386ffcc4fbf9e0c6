"""The flow of the data of ``fit`` into the model and the loss, as boxes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol

import numpy as np

from kfx.model.facts import Shape
from kfx.model.mistakes.facts import Flow, FlowBox, shape_words
from kfx.model.mistakes.fit.data import Data, Part, Port
from kfx.model.mistakes.fit.losses import loss_word
from kfx.text.untrusted import cut

_MOST = 3  # boxes of one column; the last says how many more
Places = Collection[tuple[str, int]]


class Flowing(Protocol):
    """What the flow shows of a case: the model, its data, inputs and outputs, and the loss."""

    @property
    def data(self) -> Data: ...
    @property
    def where(self) -> tuple[str, str]: ...
    @property
    def model(self) -> Any: ...
    @property
    def method(self) -> str: ...
    @property
    def learns(self) -> bool: ...
    @property
    def x(self) -> list[Part]: ...
    @property
    def y(self) -> list[Part]: ...
    @property
    def inputs(self) -> list[Port]: ...
    @property
    def outputs(self) -> list[Port]: ...
    @property
    def loss(self) -> Any: ...


def flow_of(case: Flowing, boxes: Places, lines: Places) -> Flow:
    """Return the flow, with these boxes in red and red lines from those."""

    def column(name: str, made: Sequence[FlowBox]) -> tuple[FlowBox, ...]:
        marked = [
            FlowBox(box.name, box.detail, box.family, box.size, (name, i) in boxes, (name, i) in lines)
            for i, box in enumerate(made)
        ]
        if len(marked) <= _MOST:
            return tuple(marked)
        rest = marked[_MOST - 1 :]
        more = FlowBox(f"{len(rest)} more", clash=any(b.clash for b in rest), wrong=any(b.wrong for b in rest))
        return (*marked[: _MOST - 1], more)

    learns, compiles = case.learns, case.method == "compile"
    x = [_data_box(part, case.where[0]) for part in case.x] or [FlowBox(case.where[0], _no_data(case), "io")]
    return Flow(
        cut(str(case.model.name), 60),
        () if compiles else column("x", x),
        column("inputs", [FlowBox(port.name, shape_words(port.shape)) for port in case.inputs] or [FlowBox("input")]),
        column("outputs", [_output(port.name, port.shape, port.activation) for port in case.outputs] or [FlowBox("output")]),
        column("y", [_data_box(part, case.where[1]) for part in case.y] or [FlowBox(case.where[1], "none")]) if learns else (),
        column("loss", [_loss_box(case)])[0] if learns or compiles else None,
    )


def _no_data(case: Flowing) -> str:
    return {"function": "a function", "none": "none", "generator": "a generator", "dataset": "a dataset"}.get(
        case.data.kind, ""
    )


def _output(name: str, shape: Shape, activation: str) -> FlowBox:
    words = shape_words(shape)
    return FlowBox(name, f"{words} · {activation}" if activation not in ("", "linear") else words, "dense", words)


def _loss_box(case: Flowing) -> FlowBox:
    if not getattr(case.model, "compiled", False) and case.method != "compile":
        return FlowBox("no loss", "compile was not called", "error")
    loss = case.loss
    return FlowBox("no loss", "compile named none", "error") if loss is None else FlowBox("loss", loss_word(loss), "custom")


def _data_box(part: Part, name: str) -> FlowBox:
    shown = f"{name}[{part.path!r}]" if part.path and not part.path.isdigit() else f"{name}[{part.path}]" if part.path else name
    if part.shape is None:
        return FlowBox(shown, f"no array: {part.dtype}")
    size = shape_words(part.shape[1:]) if part.shape else ""
    return FlowBox(shown, _range(part) or _count(part), "io", size if size != "one number" else "1")


def _count(part: Part) -> str:
    if not part.shape:
        return "one number"
    return f"{part.shape[0]:,} example{'s' if part.shape[0] != 1 else ''}" if part.shape[0] is not None else "batches"


def _range(part: Part) -> str:
    """Return ``"int, 0 to 9"`` for whole numbers; the dtype for others that are not floats."""
    if part.dtype.startswith(("int", "uint")) and part.value is not None and len(part.shape or ()) <= 2:
        values = np.asarray(part.value)
        if values.size:
            return f"int, {values.min()} to {values.max()}"
    return "" if part.dtype.startswith("float") else part.dtype


def names_of(parts: Sequence[Any]) -> str:
    """Return names or keys as ``"a, b and c"``, at most six."""
    shown = [cut(str(one), 40) for one in parts[:6]]
    if len(parts) > 6:
        return f"{', '.join(shown)} and {len(parts) - 6} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]])) or "none"
