"""Formulas for the cost of every layer and operation of Keras: ``(multiply-accumulates, other operations)`` of one example."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from kfx.graph import internals
from kfx.graph.arguments import function_name

Shapes = list[tuple[int, ...]]
Formula = Callable[[Any, Shapes, Shapes], tuple[float, float]]


class UnknownCostError(ValueError):
    """The cost of this call cannot be known; the message says why."""


# Elementary operations per element; tanh, exp, log, erf, sqrt and a division count as one.
_ACTIVATION = {
    "linear": 0,
    "relu": 1,
    "relu6": 2,
    "leaky_relu": 2,
    "elu": 3,
    "selu": 4,
    "celu": 4,
    "exponential": 1,
    "tanh": 1,
    "sigmoid": 4,
    "hard_sigmoid": 4,
    "hard_swish": 5,
    "hard_silu": 5,
    "hard_tanh": 2,
    "silu": 5,
    "swish": 5,
    "gelu": 5,
    "softplus": 3,
    "softsign": 3,
    "mish": 5,
    "softmax": 5,
    "log_softmax": 5,
    "log_sigmoid": 4,
    "threshold": 1,
    "squareplus": 5,
    "tanh_shrink": 2,
    "soft_shrink": 3,
    "hard_shrink": 2,
    "sparse_plus": 4,
    "glu": 5,
    "sparsemax": 5,
}


def _activation(layer: Any, elements: float, attribute: str = "activation") -> float:
    function = getattr(layer, attribute, None)
    if function is None:
        return 0
    name = function_name(function).lower()
    if name not in _ACTIVATION:
        raise UnknownCostError(f"no formula for the activation {name[:40]!r}")
    return _ACTIVATION[name] * elements


def _finish(layer: Any, elements: float) -> float:
    """The bias and the activation at the end of a layer."""
    return (elements if getattr(layer, "use_bias", False) else 0) + _activation(layer, elements)


def _channels(layer: Any, shape: tuple[int, ...]) -> int:
    return shape[-1] if layer.data_format == "channels_last" else shape[1]


def _dense(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    n = prod(outs[0])
    return n * ins[0][-1], _finish(layer, n)


def _einsum_dense(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    n = prod(outs[0])
    bias = n if layer.bias_axes else 0
    return einsum_macs(layer.equation, ins[0], tuple(layer.kernel.shape)), bias + _activation(layer, n)


def einsum_macs(equation: str, *shapes: tuple[int, ...]) -> int:
    """The product of every distinct axis of an einsum, whatever order it is computed in."""
    terms = equation.replace(" ", "").partition("->")[0].split(",")
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        if "..." in term:
            before, _, after = term.partition("...")
            rest = len(shape) - len(before) - len(after)
            labels = [*before, *(f"...{rest - i}" for i in range(rest)), *after]
        else:
            labels = list(term)
        for label, n in zip(labels, shape, strict=True):
            sizes[label] = max(n, sizes.get(label, 1))
    return prod(sizes.values())


def _conv(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    n = prod(outs[0])
    return n * prod(layer.kernel_size) * (_channels(layer, ins[0]) // layer.groups), _finish(layer, n)


def _depthwise(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    n = prod(outs[0])
    return n * prod(layer.kernel_size), _finish(layer, n)


def _separable(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    n = prod(outs[0])
    middle = _channels(layer, ins[0]) * layer.depth_multiplier  # channels between the two convolutions
    places = n // _channels(layer, outs[0])
    return places * middle * prod(layer.kernel_size) + n * middle, _finish(layer, n)


def _conv_transpose(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    return prod(ins[0]) * prod(layer.kernel_size) * layer.filters, _finish(layer, prod(outs[0]))


def _pool(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    return 0, prod(outs[0]) * prod(layer.pool_size if isinstance(layer.pool_size, tuple | list) else (layer.pool_size,))


def _per_input(factor: float) -> Formula:
    return lambda layer, ins, outs: (0, factor * prod(ins[0]))


def _per_output(factor: float) -> Formula:
    return lambda layer, ins, outs: (0, factor * sum(map(prod, outs)))


def _nothing(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    return 0, 0


def _normalised(steps: int) -> Formula:
    """Statistics over the input (``steps`` operations an element), then scale and shift where the layer has them."""

    def formula(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
        affine = bool(getattr(layer, "scale", False)) + bool(getattr(layer, "center", False))
        return 0, prod(outs[0]) * (steps + affine)

    return formula


def _merge(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    return 0, prod(outs[0]) * (len(ins) - 1)


def _average(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    return 0, prod(outs[0]) * len(ins)


def _dot(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    axes = layer.axes if isinstance(layer.axes, tuple | list) else (layer.axes, layer.axes)
    extra = 3 * (prod(ins[0]) + prod(ins[1])) if layer.normalize else 0
    return prod(ins[0]) * prod(ins[1]) // ins[0][axes[0]], extra


def _just_activation(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    return 0, _activation(layer, prod(outs[0]))


# ---- attention


def _multi_head(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    query = ins[0]
    value = ins[1] if len(ins) > 1 else query
    key = ins[2] if len(ins) > 2 and len(ins[2]) == len(value) else value
    heads, dk, dv = layer.num_heads, layer.key_dim, layer.value_dim
    axes = getattr(layer, "_attention_axes", None) or tuple(range(1, len(query) - 1))
    t, s = prod(query[a] for a in axes), prod(value[a] for a in axes)
    rest = prod(query[1:-1]) // t  # axes that are not attended over act as a batch
    project = rest * heads * (t * query[-1] * dk + s * key[-1] * dk + s * value[-1] * dv)
    attend = rest * heads * t * s * (dk + dv)
    out = rest * t * heads * dv * outs[0][-1]
    bias = rest * (heads * (t * dk + s * dk + s * dv) + t * outs[0][-1]) if layer._use_bias else 0
    return project + attend + out, bias + rest * heads * (t * dk + 5 * t * s)


def _grouped_query(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
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


def _attention(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    query, value = ins[0], ins[1]
    key = ins[2] if len(ins) > 2 and len(ins[2]) == 3 else value
    t, s = query[1], value[1]
    if getattr(layer, "score_mode", "dot") == "concat":
        return t * s * value[-1], t * s * (3 * query[-1] + 5)
    return t * s * (key[-1] + value[-1]), t * s * (5 + bool(layer.use_scale))


def _additive_attention(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    query, value = ins[0], ins[1]
    t, s = query[1], value[1]  # add, tanh, scale, sum for every pair of places and feature, then softmax
    return t * s * value[-1], t * s * ((3 + bool(layer.use_scale)) * query[-1] + 5)


# ---- recurrent


def _lstm(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    steps, units = ins[0][1], layer.units
    gates = 3 * _activation(layer, units, "recurrent_activation") + 2 * _activation(layer, units)
    bias = 4 * units if layer.use_bias else 0
    return steps * 4 * units * (ins[0][-1] + units), steps * (gates + bias + 4 * units + 4 * units)


def _gru(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    steps, units = ins[0][1], layer.units
    gates = 2 * _activation(layer, units, "recurrent_activation") + _activation(layer, units)
    bias = 3 * units * (2 if layer.reset_after else 1) if layer.use_bias else 0
    return steps * 3 * units * (ins[0][-1] + units), steps * (gates + bias + 3 * units + 5 * units)


def _simple_rnn(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    steps, units = ins[0][1], layer.units
    bias = units if layer.use_bias else 0
    return steps * units * (ins[0][-1] + units), steps * (bias + units + _activation(layer, units))


def _conv_lstm(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    cell, steps = layer.cell, ins[0][1]
    rank = cell.rank
    first = layer.compute_output_shape((1, *ins[0][1:]))
    shape = first[0] if isinstance(first[0], tuple | list) else first
    frame = tuple(shape)[-rank - 1 :]  # one output frame with its channels
    places = prod(frame) // cell.filters
    channels = ins[0][-1] if cell.data_format == "channels_last" else ins[0][2]
    macs = 4 * cell.filters * places * prod(cell.kernel_size) * (channels + cell.filters)
    n = places * cell.filters
    gates = 3 * _activation(cell, n, "recurrent_activation") + 2 * _activation(cell, n)
    return steps * macs, steps * (gates + (4 * n if cell.use_bias else 0) + 8 * n)


def _inner(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    """Cost of a wrapped layer by its own formula, of a wrapped model by those of its layers."""
    from kfx.graph.cost import call_cost
    from kfx.graph.facts import Tensor
    from kfx.graph.inside_cost import inside_cost
    from kfx.graph.trace import is_transparent

    if internals.function_of(layer) is not None or is_transparent(layer):
        found = inside_cost(layer, ins)
    else:
        found = call_cost(layer, tuple(Tensor(s, "float32") for s in ins), tuple(Tensor(s, "float32") for s in outs))
    if found.flops is None or found.macs is None:
        raise UnknownCostError(found.source)
    return found.macs, found.flops - 2 * found.macs


def _bidirectional(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    forward, backward = _inner(layer.forward_layer, ins, outs), _inner(layer.backward_layer, ins, outs)
    merged = prod(outs[0]) * {"sum": 1, "mul": 1, "ave": 2}.get(layer.merge_mode, 0)
    return forward[0] + backward[0], forward[1] + backward[1] + merged


def _time_distributed(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    steps = ins[0][1]
    macs, others = _inner(layer.layer, [(1, *s[2:]) for s in ins[:1]], [(1, *s[2:]) for s in outs])
    return steps * macs, steps * others


def _upsampled(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    how = getattr(layer, "interpolation", "nearest")
    if how not in ("nearest", "bilinear"):
        raise UnknownCostError(f"no formula for {how} interpolation")
    return 0, prod(outs[0]) * (7 if how == "bilinear" else 0)


# ---- operations


def _matmul(op: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    return prod(outs[0]) * ins[0][-1], 0


def _einsum(op: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    if len(ins) > 2:
        raise UnknownCostError("an einsum of three tensors and more depends on the order")
    if len(ins) == 1:
        return 0, prod(ins[0])
    return einsum_macs(op.subscripts, *ins), 0


_COUNTED = "conv + matmul as TensorFlow counts them, any bias and activation per element"
_PRODUCT = "matmul as TensorFlow counts it"
_EQUATION = "by the layer's equation"
_ELEMENT = "per element"


def _table(*rows: tuple[str, Formula, str]) -> dict[str, tuple[Formula, str]]:
    return {name: (formula, source) for names, formula, source in rows for name in names.split()}


LAYERS = _table(
    ("InputLayer Identity Flatten Reshape Permute RepeatVector Masking Embedding Concatenate", _nothing, "moves data only"),
    ("ZeroPadding1D ZeroPadding2D ZeroPadding3D Cropping1D Cropping2D Cropping3D CenterCrop", _nothing, "moves data only"),
    (
        "Dropout BaseSpatialDropout AlphaDropout GaussianDropout GaussianNoise ActivityRegularization",
        _nothing,
        "idle at inference",
    ),
    ("StochasticDepth", _nothing, "idle at inference"),
    ("LayerScale", _per_output(1), _ELEMENT),
    ("CustomScaleLayer", _per_output(2), "one scale and one sum per element"),  # of InceptionResNetV2
    ("RandomFlip RandomRotation RandomZoom RandomTranslation RandomShear RandomPerspective", _nothing, "idle at inference"),
    (
        "RandomBrightness RandomContrast RandomHue RandomSaturation RandomSharpness RandomColorJitter",
        _nothing,
        "idle at inference",
    ),
    ("RandomColorDegeneration RandomPosterization RandomErasing RandomElasticTransform", _nothing, "idle at inference"),
    ("RandomGaussianBlur RandomGrayscale RandomInvert MixUp CutMix AugMix RandAugment", _nothing, "idle at inference"),
    ("Dense", _dense, _COUNTED),
    ("EinsumDense", _einsum_dense, _COUNTED),
    ("BaseConv", _conv, _COUNTED),
    ("BaseDepthwiseConv", _depthwise, _COUNTED),
    ("BaseSeparableConv", _separable, _COUNTED),
    ("BaseConvTranspose", _conv_transpose, "every input number times the kernel"),
    ("BasePooling", _pool, "one per number in each window"),
    ("BaseGlobalPooling BaseAdaptivePooling", _per_input(1), "one per input number"),
    ("BatchNormalization", _per_output(2), "one scale and one shift at inference"),
    ("Normalization", _per_output(2), "subtract the mean, divide by the deviation"),
    ("LayerNormalization GroupNormalization", _normalised(5), _EQUATION),
    ("RMSNormalization", _normalised(3), _EQUATION),
    ("UnitNormalization", _per_output(3), _EQUATION),
    ("Rescaling", _per_output(2), "one scale and one shift"),
    ("Average", _average, _ELEMENT),
    ("Dot", _dot, _PRODUCT),
    ("Add Subtract Multiply Maximum Minimum", _merge, _ELEMENT),
    ("Activation", _just_activation, _ELEMENT),
    ("ReLU", _per_output(1), _ELEMENT),
    ("LeakyReLU PReLU", _per_output(2), _ELEMENT),
    ("ELU", _per_output(3), _ELEMENT),
    ("Softmax", _per_output(5), _ELEMENT),
    ("MultiHeadAttention", _multi_head, "projections, scores, weighted values, projection"),
    ("GroupedQueryAttention", _grouped_query, "projections, scores, weighted values, projection"),
    ("AdditiveAttention", _additive_attention, _EQUATION),
    ("Attention", _attention, _EQUATION),
    ("LSTM", _lstm, "steps × 4 units (inputs + units)"),
    ("GRU", _gru, "steps × 3 units (inputs + units)"),
    ("SimpleRNN", _simple_rnn, "steps × units (inputs + units)"),
    ("ConvLSTM", _conv_lstm, "steps × 4 convolutions of inputs and of state"),
    ("Bidirectional", _bidirectional, "both directions"),
    ("TimeDistributed", _time_distributed, "steps × the wrapped layer"),
    ("UpSampling1D UpSampling2D UpSampling3D Resizing", _upsampled, "bilinear: 7 per output number"),
)

OPS = _table(
    (
        """Reshape Transpose ExpandDims Squeeze Concatenate Stack Vstack Hstack Split Tile Repeat BroadcastTo GetItem Slice
        Take TakeAlongAxis Pad Cast Flip Roll Ravel SwapAxes Moveaxis Identity Copy StopGradient Unstack OneHot Full ZerosLike
        OnesLike Zeros Ones Arange Shape Diagonal Tril Triu Rot90 NotEqual Equal""",
        _nothing,
        "moves or compares data only",
    ),
    (
        """Add Subtract Multiply Divide TrueDivide FloorDivide Mod Maximum Minimum Power Negative Absolute Abs Sqrt Rsqrt
        Square Reciprocal Exp Expm1 Log Log1p Log2 Log10 Sin Cos Tan Arcsin Arccos Arctan Arctan2 Sinh Cosh Tanh Erf Sign Floor
        Ceil Round Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalNot Where Relu Cumsum Cumprod""",
        _per_output(1),
        _ELEMENT,
    ),
    ("Clip Relu6 LeakyRelu", _per_output(2), _ELEMENT),
    ("Softplus Elu", _per_output(3), _ELEMENT),
    ("Sigmoid HardSigmoid LogSigmoid", _per_output(4), _ELEMENT),
    ("Silu Swish Gelu Softmax LogSoftmax", _per_output(5), _ELEMENT),
    ("Sum Mean Max Min Prod Any All Argmax Argmin Amax Amin CountNonzero", _per_input(1), "one per input number"),
    ("Var Std Norm Logsumexp", _per_input(4), "four per input number"),
    ("Matmul", _matmul, _PRODUCT),
    ("Einsum", _einsum, _PRODUCT),
)
