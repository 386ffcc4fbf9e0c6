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

_PER_EXAMPLE = ("int8", "int4", "gptq", "awq")  # quantizations whose LoRA product is added to the output, not to the kernel


def _dense_shape(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
    return [*rules.unchanged(layer, shapes)[:-1], ("features", f"{layer.units} units", layer.units)]


def _dense_cost(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    n = prod(outs[0])
    return n * ins[0][-1], bias_and_activation(layer, n)


def _einsum_cost(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    n = prod(outs[0])
    bias = n if layer.bias_axes else 0
    kernel = getattr(layer, "original_kernel_shape", None) or layer.kernel.shape  # a packed or updated kernel is made anew
    return einsum_macs(layer.equation, ins[0], tuple(kernel)), bias + activation_cost(layer, n)


def _embedding_settings(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    return [f"{layer.input_dim:,} → {layer.output_dim:,}", *(["mask zeros"] if layer.mask_zero else [])]


def _embedding_shape(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
    kept = [rules.keep("steps" if len(shapes[0]) == 1 else f"axis {i + 1}", n) for i, n in enumerate(shapes[0])]
    return [*kept, ("features", f"each index becomes {layer.output_dim} numbers", layer.output_dim)]


def _reversible_cost(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    if not ins or len(ins[0]) < len(outs[0]):  # looks up rows; with ``reverse=True`` it multiplies by the table
        return 0, 0
    n = prod(outs[0])
    return n * ins[0][-1], 0 if layer.logit_soft_cap is None else 3 * n


def lora_cost(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    """Count the multiply-accumulates and the other operations that LoRA adds to one call; 0 for a layer without.

    Keras adds the product of the two factors to the kernel in each call, or to the output where the kernel is quantized.
    """
    if not getattr(layer, "lora_enabled", False):
        return 0, 0
    first, second = (
        tuple(getattr(layer, f"lora_kernel_{side}" if hasattr(layer, "lora_kernel_a") else f"lora_embeddings_{side}").shape)
        for side in "ab"
    )
    if layer.quantization_mode not in _PER_EXAMPLE:
        return prod(first) * second[-1], 2 * prod(first[:-1]) * second[-1]
    n = prod(outs[0])
    equation = getattr(layer, "equation", None)
    looked_up = hasattr(layer, "lora_embeddings_a")
    inner = 0 if looked_up else einsum_macs(equation, ins[0], first) if equation else prod(ins[0]) * first[-1]
    return inner + n * second[0], 2 * n


LAYERS = {
    "Dense": LayerKnowledge("dense", rules.named(activation=True), _dense_shape, _dense_cost, rules.COUNTED),
    "EinsumDense": LayerKnowledge("dense", rules.named("=equation", activation=True), None, _einsum_cost, rules.COUNTED),
    "Embedding": LayerKnowledge("seq", _embedding_settings, _embedding_shape, rules.no_cost, rules.MOVES),
    "ReversibleEmbedding": LayerKnowledge("seq", _embedding_settings, None, _reversible_cost, rules.COUNTED),
}
