"""Layers that move numbers: inputs, flattening and reshaping, padding and cropping, resizing."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from kfx.errors import UnknownCostError
from kfx.model.facts import Shape, Tensor
from kfx.model.layers import rules
from kfx.model.layers.arguments import function_name, text_of
from kfx.model.layers.knowledge import LayerKnowledge, Line, SettingsRule, ShapeRule, Shapes

if TYPE_CHECKING:
    import keras

# ---- settings


def _input(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    dtype = str(layer.dtype)
    words = {"int32": "integers", "int64": "integers", "bool": "true or false", "string": "text"}
    return [] if dtype == "float32" else [words.get(dtype, dtype)]


def _sides(attribute: str) -> SettingsRule:
    def rule(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
        sides = getattr(layer, attribute)
        flat = [n for pair in sides for n in (pair if isinstance(pair, tuple | list) else (pair,))]
        return [str(flat[0]) if len(set(flat)) == 1 else text_of(sides)]

    return rule


def _size(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    return [f"{layer.height}×{layer.width}"]


def _resize(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    how = getattr(layer, "interpolation", "nearest")
    size = f"×{rules.one_or_all(layer.size)}" if hasattr(layer, "size") else f"{layer.height}×{layer.width}"
    return [size, *([how] if how != "nearest" else [])]


# ---- shapes


def _flat(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
    known = None if None in shapes[0] else prod(n for n in shapes[0] if n is not None)
    return [("features", " · ".join(map(rules.size_text, shapes[0])) or "1", known)]


def _target(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
    target, numbers = list(layer.target_shape), None if None in shapes[0] else prod(n or 0 for n in shapes[0])
    if -1 in target:
        rest = prod(n for n in target if n != -1)
        target[target.index(-1)] = None if numbers is None else numbers // rest
    have, want = " · ".join(map(rules.size_text, shapes[0])), " · ".join(map(rules.size_text, target))
    total = "" if numbers is None else f" ({have} = {want} = {numbers} numbers)"
    return [(f"axis {i + 1}", f"target {rules.size_text(n)}{total if i == 0 else ''}", n) for i, n in enumerate(target)]


def _permuted(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
    return [(f"axis {i + 1}", f"was axis {d}", shapes[0][d - 1]) for i, d in enumerate(layer.dims)]


def _repeated(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
    return [("steps", f"repeated {layer.n} times", layer.n), rules.keep("features", shapes[0][0])]


def _scaled(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
    return rules.over_space(layer, shapes[0], lambda n, f: (f"{rules.size_text(n)} · {f}", n and n * f), layer.size)


def _added(sign: int, attribute: str) -> ShapeRule:
    mark = "+" if sign > 0 else "−"

    def line(n: int | None, amounts: tuple[int, int]) -> tuple[str, int | None]:
        return f"{rules.size_text(n)} {mark} {amounts[0]} {mark} {amounts[1]}", n and n + sign * sum(amounts)

    def rule(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
        amounts = getattr(layer, attribute)
        return rules.over_space(layer, shapes[0], line, [amounts] if len(shapes[0]) == 2 else amounts)

    return rule


# ---- cost


def _resized(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    how = getattr(layer, "interpolation", "nearest")
    if how not in ("nearest", "bilinear"):
        raise UnknownCostError(f"no formula for {how} interpolation")
    return 0, prod(outs[0]) * (7 if how == "bilinear" else 0)


_MOVE = LayerKnowledge("pool", cost=rules.no_cost, source=rules.MOVES)
_RESIZE = LayerKnowledge("pool", _resize, None, _resized, "bilinear: 7 per output number")

LAYERS = {
    "Layer": LayerKnowledge("custom"),  # activations, look-ups, augmentations, Lambda and all that has no family of its own
    **rules.each("Functional Sequential Model", LayerKnowledge(settings=rules.no_words)),
    "InputLayer": LayerKnowledge("io", _input, None, rules.no_cost, rules.MOVES),
    "Identity": LayerKnowledge(None, rules.no_words, rules.unchanged, rules.no_cost, rules.MOVES),
    "Lambda": LayerKnowledge(settings=lambda layer, inputs: [function_name(layer.function)]),
    "Flatten": replace(_MOVE, settings=rules.no_words, shape=_flat),
    "Reshape": replace(_MOVE, settings=lambda layer, inputs: [f"to {rules.times(layer.target_shape)}"], shape=_target),
    "Permute": replace(_MOVE, settings=lambda layer, inputs: [f"axes {', '.join(map(str, layer.dims))}"], shape=_permuted),
    "RepeatVector": replace(_MOVE, settings=lambda layer, inputs: [f"×{layer.n}"], shape=_repeated),
    **rules.each(
        "ZeroPadding1D ZeroPadding2D ZeroPadding3D", replace(_MOVE, settings=_sides("padding"), shape=_added(1, "padding"))
    ),
    **rules.each("Cropping1D Cropping2D Cropping3D", replace(_MOVE, settings=_sides("cropping"), shape=_added(-1, "cropping"))),
    "CenterCrop": replace(_MOVE, settings=_size),
    "RandomCrop": LayerKnowledge("pool", _size),
    **rules.each("UpSampling1D UpSampling2D UpSampling3D", replace(_RESIZE, shape=_scaled)),
    "Resizing": _RESIZE,
}
