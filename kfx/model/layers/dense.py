"""Dense layers and embeddings: products with a kernel, and rows taken from one."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from kfx.model.facts import Shape, Tensor
from kfx.model.layers import rules
from kfx.model.layers.activations import activation_cost, bias_and_activation
from kfx.model.layers.knowledge import LayerKnowledge, Line, Shapes
from kfx.model.layers.operations import einsum_macs

if TYPE_CHECKING:
    import keras


def _dense_shape(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
    return [*rules.unchanged(layer, shapes)[:-1], ("features", f"{layer.units} units", layer.units)]


def _dense_cost(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    n = prod(outs[0])
    return n * ins[0][-1], bias_and_activation(layer, n)


def _einsum_cost(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    n = prod(outs[0])
    bias = n if layer.bias_axes else 0
    return einsum_macs(layer.equation, ins[0], tuple(layer.kernel.shape)), bias + activation_cost(layer, n)


def _embedding_settings(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    return [f"{layer.input_dim:,} → {layer.output_dim:,}", *(["mask zeros"] if layer.mask_zero else [])]


def _embedding_shape(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
    kept = [rules.keep("steps" if len(shapes[0]) == 1 else f"axis {i + 1}", n) for i, n in enumerate(shapes[0])]
    return [*kept, ("features", f"each index becomes {layer.output_dim} numbers", layer.output_dim)]


LAYERS = {
    "Dense": LayerKnowledge("dense", rules.named(activation=True), _dense_shape, _dense_cost, rules.COUNTED),
    "EinsumDense": LayerKnowledge("dense", rules.named("=equation", activation=True), None, _einsum_cost, rules.COUNTED),
    "Embedding": LayerKnowledge("seq", _embedding_settings, _embedding_shape, rules.no_cost, rules.MOVES),
}
