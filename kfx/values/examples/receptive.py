"""Follow which part of an input a place in a layer's map depends on: the receptive field, by the arithmetic of convolutions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.labels import without_call
from kfx.model.walk import by_key, wires

if TYPE_CHECKING:
    import keras

_SAME = frozenset(
    """Activation ReLU LeakyReLU PReLU ELU Softmax Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianNoise
    GaussianDropout AlphaDropout BatchNormalization Rescaling Normalization Identity ActivityRegularization Add Subtract
    Multiply Average Maximum Minimum Concatenate Relu Sigmoid Tanh Gelu Silu""".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Field:
    """What the places along one axis of a map see of the axis of an input.

    Attributes:
        start: Where the field of the first place begins, which may be outside.
        size: How long a field is.
        step: How far the next place's field is from it.
    """

    start: float = 0.0
    size: float = 1.0
    step: float = 1.0

    def span(self, place: int) -> tuple[int, int]:
        """Return the first row or column that a place sees, and one after the last."""
        first = self.start + place * self.step
        return math.floor(first), math.ceil(first + self.size)


Fields = tuple[Field, ...]


def receptive_fields(model: keras.Model, graph: LayerGraph, address: str) -> dict[str, Fields]:
    """Return the fields of the places at an address, by the key of each input and by the axes of its space.

    Empty where something between is not a convolution, a pooling, a padding or works place by place: the field is then the
    whole input, or is not known.
    """
    calls = by_key(graph)
    feeds: dict[str, list[str]] = {}
    for wire in wires(graph):
        feeds.setdefault(wire.target, []).append(wire.source)
    found: dict[str, dict[str, Fields] | None] = {}

    def at(key: str) -> dict[str, Fields] | None:
        if key not in found:
            found[key] = None  # while it is being followed: a circle is not known
            found[key] = through(key)
        return found[key]

    def through(key: str) -> dict[str, Fields] | None:
        call = calls[key]
        if call.kind == "input" and not feeds.get(key):
            space = len(call.outputs[0].shape or ()) - 2 if call.outputs else 0
            return {key: (Field(),) * space} if space > 0 else None
        sources = [at(source) for source in feeds.get(key, ())]
        if not sources or any(one is None for one in sources):
            return None
        joined = _joined([one for one in sources if one is not None])
        if joined is None or call.kind == "input":
            return joined
        sizes = _space(call)
        steps = _steps(model, call, sizes) if sizes else None
        if steps is None:
            return None
        moved = {one: tuple(map(_moved, fields, steps)) for one, fields in joined.items() if len(fields) == len(steps)}
        return moved if len(moved) == len(joined) else None

    try:
        return at(address) or {} if address in calls else {}
    except RecursionError:  # a graph of thousands of layers in a row
        return {}


@dataclass(frozen=True)
class _Step:
    """How a layer moves along one axis."""

    window: int = 1
    stride: int = 1
    before: int = 0  # places of padding in front, negative for places cut off


def _moved(field: Field, step: _Step) -> Field:
    start = field.start - step.before * field.step
    return Field(start, field.size + (step.window - 1) * field.step, field.step * step.stride)


def _joined(sources: Sequence[dict[str, Fields]]) -> dict[str, Fields] | None:
    """Return the fields of a place that sees the same place of several maps."""
    joined: dict[str, Fields] = {}
    for one in sources:
        for key, fields in one.items():
            other = joined.setdefault(key, fields)
            if len(other) != len(fields) or any(a.step != b.step for a, b in zip(other, fields, strict=True)):
                return None
            joined[key] = tuple(map(_union, other, fields))
    return joined


def _union(a: Field, b: Field) -> Field:
    start, stop = min(a.start, b.start), max(a.start + a.size, b.start + b.size)
    return Field(start, stop - start, a.step)


def _space(call: LayerCall) -> tuple[int | None, ...]:
    """Return the sizes of the axes of space of a call's first input, channels last; empty where it has none."""
    shape = call.inputs[0].shape if call.inputs else None
    return tuple(shape[1:-1]) if shape is not None and len(shape) > 2 else ()


def _steps(model: keras.Model, call: LayerCall, sizes: tuple[int | None, ...]) -> tuple[_Step, ...] | None:
    """Return how a call moves along each axis; None where that is not known."""
    if call.kind == "op":
        return (_Step(),) * len(sizes) if call.type.title() in _SAME or call.family in ("act", "merge") else None
    layer = layer_at(model, call)
    if layer is None or getattr(layer, "data_format", "channels_last") != "channels_last":
        return None
    if call.type in _SAME and not (call.type == "Concatenate" and layer.axis not in (-1, len(sizes) + 1)):
        return (_Step(),) * len(sizes)
    if call.type.startswith("ZeroPadding") or call.type.startswith("Cropping"):
        sign = 1 if call.type.startswith("Zero") else -1
        pads = getattr(layer, "padding", None) or layer.cropping
        return tuple(_Step(before=sign * (pad[0] if isinstance(pad, tuple | list) else pad)) for pad in _listed(pads))
    known = call.type.endswith(("Conv1D", "Conv2D", "Conv3D", "Pooling1D", "Pooling2D", "Pooling3D"))
    if not known or "Global" in call.type or "Adaptive" in call.type:
        return None
    windows = _listed(getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None))
    strides = _listed(layer.strides or windows)
    dilations = _listed(getattr(layer, "dilation_rate", 1) or 1) * (
        len(windows) if getattr(layer, "dilation_rate", 1) == 1 else 1
    )
    if not len(windows) == len(strides) == len(sizes):
        return None
    found = []
    for size, window, stride, dilation in zip(sizes, windows, strides, dilations, strict=False):
        wide = (window - 1) * dilation + 1
        before = _padding(layer.padding, size, wide, stride)
        if before is None:
            return None
        found.append(_Step(wide, stride, before))
    return tuple(found)


def _padding(padding: str, size: int | None, wide: int, stride: int) -> int | None:
    """Return the places of padding in front, as TensorFlow lays them; None where they depend on an unknown size."""
    if padding == "valid":
        return 0
    if padding == "causal":
        return wide - 1
    if size is None:
        return (wide - 1) // 2 if stride == 1 else None
    return max((math.ceil(size / stride) - 1) * stride + wide - size, 0) // 2


def _listed(given: Any) -> list[Any]:
    return list(given) if isinstance(given, tuple | list) else [given]


def layer_at(model: keras.Model, call: LayerCall) -> Any:
    """Return the layer of a call in a model with nested models; None where it cannot be reached by names."""
    found: Any = model
    try:
        for label in call.path[:-1]:
            found = found.get_layer(without_call(label))
        return found.get_layer(call.name)
    except (ValueError, AttributeError):
        return None
