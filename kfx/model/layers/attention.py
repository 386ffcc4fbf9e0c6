"""Attention: scores between places of one or two series, and the masks that it takes."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from kfx.keras_access.layers import attention_axes, attention_has_bias, attention_key_width
from kfx.model.facts import Tensor
from kfx.model.layers import rules
from kfx.model.layers.knowledge import LayerKnowledge, Shapes

if TYPE_CHECKING:
    import keras

_PROJECTIONS = "projections, scores, weighted values, projection"


def _heads(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    return [f"{layer.num_heads} heads", f"size {layer.key_dim}"]


def _grouped_heads(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    return [f"{layer.num_query_heads} heads", f"{layer.num_key_value_heads} shared", f"size {layer.head_dim}"]


def _query_value_key(layer: keras.Layer, ins: Shapes) -> Shapes:
    """Return the three shapes; the key is the value where it is left out: a third input may be a mask."""
    value = ins[1] if len(ins) > 1 else ins[0]
    width = attention_key_width(layer)
    is_key = len(ins) > 2 and len(ins[2]) == len(value) and width in (None, ins[2][-1])
    return [ins[0], value, ins[2] if is_key else value]


def _multi_head(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    query, value, key = _query_value_key(layer, ins)
    heads, dk, dv = layer.num_heads, layer.key_dim, layer.value_dim
    axes = attention_axes(layer, len(query))
    t, s = prod(query[a] for a in axes), prod(value[a] for a in axes)
    rest = prod(query[1:-1]) // t  # axes that are not attended over act as a batch
    project = rest * heads * (t * query[-1] * dk + s * key[-1] * dk + s * value[-1] * dv)
    attend = rest * heads * t * s * (dk + dv)
    out = rest * t * heads * dv * outs[0][-1]
    bias = rest * (heads * (t * dk + s * dk + s * dv) + t * outs[0][-1]) if attention_has_bias(layer) else 0
    return project + attend + out, bias + rest * heads * (t * dk + 5 * t * s)


def _grouped_query(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    query, value, key = _query_value_key(layer, ins)
    t, s, d = query[1], value[1], layer.head_dim
    heads, groups = layer.num_query_heads, layer.num_key_value_heads
    project = t * query[-1] * heads * d + s * groups * d * (key[-1] + value[-1])
    attend = 2 * heads * t * s * d
    out = t * heads * d * outs[0][-1]
    bias = t * heads * d + 2 * s * groups * d + t * outs[0][-1] if layer.use_bias else 0
    return project + attend + out, bias + heads * (t * d + 5 * t * s)


def _attention(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    query, value = ins[0], ins[1]
    key = ins[2] if len(ins) > 2 and len(ins[2]) == 3 else value
    t, s = query[1], value[1]
    if getattr(layer, "score_mode", "dot") == "concat":
        return t * s * value[-1], t * s * (3 * query[-1] + 5)
    return t * s * (key[-1] + value[-1]), t * s * (5 + bool(layer.use_scale))


def _additive(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    query, value = ins[0], ins[1]
    t, s = query[1], value[1]  # add, tanh, scale, sum for every pair of places and feature, then softmax
    return t * s * value[-1], t * s * ((3 + bool(layer.use_scale)) * query[-1] + 5)


LAYERS = {
    "MultiHeadAttention": LayerKnowledge("seq", _heads, rules.unchanged, _multi_head, _PROJECTIONS),
    "GroupedQueryAttention": LayerKnowledge("seq", _grouped_heads, None, _grouped_query, _PROJECTIONS),
    "Attention": LayerKnowledge("seq", rules.named("causal", "dropout"), None, _attention, rules.EQUATION),
    "AdditiveAttention": LayerKnowledge(cost=_additive, source=rules.EQUATION),
    "Masking": LayerKnowledge("seq", rules.named("mask=mask_value"), rules.unchanged, rules.no_cost, rules.MOVES),
}
