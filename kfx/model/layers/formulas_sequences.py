"""Costs of layers that work on series: attention, recurrent layers, wrappers; as in `kfx.model.layers.formulas`."""

from __future__ import annotations

from math import prod
from typing import Any

from kfx.errors import UnknownCostError
from kfx.keras_access import internals
from kfx.keras_access.layers import attention_axes, attention_has_bias
from kfx.model.layers.activations import Shapes, activation_cost

# ---- attention


def multi_head(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    query = ins[0]
    value = ins[1] if len(ins) > 1 else query
    key = ins[2] if len(ins) > 2 and len(ins[2]) == len(value) else value
    heads, dk, dv = layer.num_heads, layer.key_dim, layer.value_dim
    axes = attention_axes(layer, len(query))
    t, s = prod(query[a] for a in axes), prod(value[a] for a in axes)
    rest = prod(query[1:-1]) // t  # axes that are not attended over act as a batch
    project = rest * heads * (t * query[-1] * dk + s * key[-1] * dk + s * value[-1] * dv)
    attend = rest * heads * t * s * (dk + dv)
    out = rest * t * heads * dv * outs[0][-1]
    bias = rest * (heads * (t * dk + s * dk + s * dv) + t * outs[0][-1]) if attention_has_bias(layer) else 0
    return project + attend + out, bias + rest * heads * (t * dk + 5 * t * s)


def grouped_query(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    query = ins[0]
    value = ins[1] if len(ins) > 1 else query
    key = ins[2] if len(ins) > 2 and len(ins[2]) == len(value) else value
    t, s, d = query[1], value[1], layer.head_dim
    heads, groups = layer.num_query_heads, layer.num_key_value_heads
    project = t * query[-1] * heads * d + s * groups * d * (key[-1] + value[-1])
    attend = 2 * heads * t * s * d
    out = t * heads * d * outs[0][-1]
    bias = t * heads * d + 2 * s * groups * d + t * outs[0][-1] if layer.use_bias else 0
    return project + attend + out, bias + heads * (t * d + 5 * t * s)


def attention(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    query, value = ins[0], ins[1]
    key = ins[2] if len(ins) > 2 and len(ins[2]) == 3 else value
    t, s = query[1], value[1]
    if getattr(layer, "score_mode", "dot") == "concat":
        return t * s * value[-1], t * s * (3 * query[-1] + 5)
    return t * s * (key[-1] + value[-1]), t * s * (5 + bool(layer.use_scale))


def additive_attention(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    query, value = ins[0], ins[1]
    t, s = query[1], value[1]  # add, tanh, scale, sum for every pair of places and feature, then softmax
    return t * s * value[-1], t * s * ((3 + bool(layer.use_scale)) * query[-1] + 5)


# ---- recurrent


def lstm(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    steps, units = ins[0][1], layer.units
    gates = 3 * activation_cost(layer, units, "recurrent_activation") + 2 * activation_cost(layer, units)
    bias = 4 * units if layer.use_bias else 0
    return steps * 4 * units * (ins[0][-1] + units), steps * (gates + bias + 4 * units + 4 * units)


def gru(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    steps, units = ins[0][1], layer.units
    gates = 2 * activation_cost(layer, units, "recurrent_activation") + activation_cost(layer, units)
    bias = 3 * units * (2 if layer.reset_after else 1) if layer.use_bias else 0
    return steps * 3 * units * (ins[0][-1] + units), steps * (gates + bias + 3 * units + 5 * units)


def simple_rnn(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    steps, units = ins[0][1], layer.units
    bias = units if layer.use_bias else 0
    return steps * units * (ins[0][-1] + units), steps * (bias + units + activation_cost(layer, units))


def conv_lstm(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    cell, steps = layer.cell, ins[0][1]
    rank = cell.rank
    first = layer.compute_output_shape((1, *ins[0][1:]))
    shape = first[0] if isinstance(first[0], tuple | list) else first
    frame = tuple(shape)[-rank - 1 :]  # one output frame with its channels
    places = prod(frame) // cell.filters
    channels = ins[0][-1] if cell.data_format == "channels_last" else ins[0][2]
    macs = 4 * cell.filters * places * prod(cell.kernel_size) * (channels + cell.filters)
    n = places * cell.filters
    gates = 3 * activation_cost(cell, n, "recurrent_activation") + 2 * activation_cost(cell, n)
    return steps * macs, steps * (gates + (4 * n if cell.use_bias else 0) + 8 * n)


def _inner(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    """Cost of a wrapped layer by its own formula, of a wrapped model by those of its layers."""
    from kfx.model.facts import Tensor
    from kfx.model.layers.cost import call_cost
    from kfx.model.layers.inside_cost import inside_cost
    from kfx.model.read.trace import is_transparent

    if internals.function_of(layer) is not None or is_transparent(layer):
        found = inside_cost(layer, ins)
    else:
        found = call_cost(layer, tuple(Tensor(s, "float32") for s in ins), tuple(Tensor(s, "float32") for s in outs))
    if found.flops is None or found.macs is None:
        raise UnknownCostError(found.source)
    return found.macs, found.flops - 2 * found.macs


def bidirectional(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    forward, backward = _inner(layer.forward_layer, ins, outs), _inner(layer.backward_layer, ins, outs)
    merged = prod(outs[0]) * {"sum": 1, "mul": 1, "ave": 2}.get(layer.merge_mode, 0)
    return forward[0] + backward[0], forward[1] + backward[1] + merged


def time_distributed(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    steps = ins[0][1]
    macs, others = _inner(layer.layer, [(1, *s[2:]) for s in ins[:1]], [(1, *s[2:]) for s in outs])
    return steps * macs, steps * others
