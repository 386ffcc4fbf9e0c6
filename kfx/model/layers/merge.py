"""Merges: sums, products and concatenations of several tensors."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from kfx.model.facts import Shape, Tensor
from kfx.model.layers import rules
from kfx.model.layers.arguments import text_of
from kfx.model.layers.knowledge import LayerKnowledge, Line, Shapes

if TYPE_CHECKING:
    import keras


def _settings(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    found = [f"{len(inputs)} inputs"] if inputs else []
    axis = getattr(layer, "axis", getattr(layer, "axes", -1))
    return found + ([f"axis {text_of(axis)}"] if axis != -1 else [])


def broadcast(layer: keras.Operation, shapes: list[Shape]) -> list[Line]:
    """Return the lines of an operation on tensors of which axes of size 1 are repeated."""
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    lines: list[Line] = []
    for (axis, _, _), sizes in zip(rules.unchanged(layer, [padded[0]]), zip(*padded, strict=True), strict=True):
        wide = [n for n in sizes if n != 1]
        result = wide[0] if wide else 1
        text = f"1 repeated {rules.size_text(result)} times" if 1 in sizes and wide else f"stays {rules.size_text(result)}"
        lines.append((axis, text, result))
    return lines


def concatenated(layer: keras.Operation, shapes: list[Shape]) -> list[Line]:
    """Return the lines of tensors joined along one axis."""
    axis = layer.axis - 1 if layer.axis > 0 else layer.axis % len(shapes[0])
    lines = rules.unchanged(layer, [shapes[0]])
    along = [shape[axis] for shape in shapes]
    total = sum(n for n in along if n is not None)
    lines[axis] = (lines[axis][0], " + ".join(map(rules.size_text, along)), None if None in along else total)
    return lines


def _dot(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    axes = layer.axes if isinstance(layer.axes, tuple | list) else (layer.axes, layer.axes)
    extra = 3 * (prod(ins[0]) + prod(ins[1])) if layer.normalize else 0
    return prod(ins[0]) * prod(ins[1]) // ins[0][axes[0]], extra


_PAIRWISE = LayerKnowledge(
    shape=broadcast, cost=lambda layer, ins, outs: (0, prod(outs[0]) * (len(ins) - 1)), source=rules.ELEMENT
)
LAYERS = {
    "Merge": LayerKnowledge("merge", _settings),
    **rules.each("Add Subtract Multiply Maximum Minimum", _PAIRWISE),
    "Average": replace(_PAIRWISE, cost=lambda layer, ins, outs: (0, prod(outs[0]) * len(ins))),
    "Concatenate": LayerKnowledge(shape=concatenated, cost=rules.no_cost, source=rules.MOVES),
    "Dot": LayerKnowledge(cost=_dot, source=rules.PRODUCT),
    "CustomScaleLayer": LayerKnowledge("merge", cost=rules.per_output(2), source="one scale and one sum per element"),
}  # the last one is of InceptionResNetV2
