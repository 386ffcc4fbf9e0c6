"""Formulas for the cost of every layer and operation of Keras: ``(multiply-accumulates, other operations)`` of one example."""

from __future__ import annotations

from math import prod
from typing import Any

from kfx.errors import UnknownCostError
from kfx.model.layers.activations import Formula, Shapes, activation_cost
from kfx.model.layers.formulas_sequences import (
    additive_attention,
    attention,
    bidirectional,
    conv_lstm,
    grouped_query,
    gru,
    lstm,
    multi_head,
    simple_rnn,
    time_distributed,
)
from kfx.model.layers.operations import (
    conv,
    conv_transpose,
    depthwise_conv,
    dot,
    einsum,
    einsum_macs,
    matmul,
    pool,
    separable_conv,
    tensordot,
)


def _finish(layer: Any, elements: float) -> float:
    """The bias and the activation at the end of a layer."""
    return (elements if getattr(layer, "use_bias", False) else 0) + activation_cost(layer, elements)


def _channels(layer: Any, shape: tuple[int, ...]) -> int:
    return shape[-1] if layer.data_format == "channels_last" else shape[1]


def _dense(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    n = prod(outs[0])
    return n * ins[0][-1], _finish(layer, n)


def _einsum_dense(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    n = prod(outs[0])
    bias = n if layer.bias_axes else 0
    return einsum_macs(layer.equation, ins[0], tuple(layer.kernel.shape)), bias + activation_cost(layer, n)


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
    return 0, activation_cost(layer, prod(outs[0]))


def _upsampled(layer: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    how = getattr(layer, "interpolation", "nearest")
    if how not in ("nearest", "bilinear"):
        raise UnknownCostError(f"no formula for {how} interpolation")
    return 0, prod(outs[0]) * (7 if how == "bilinear" else 0)


_COUNTED = "conv + matmul as TensorFlow counts them, any bias and activation per element"
_PRODUCT = "matmul as TensorFlow counts it"
_EQUATION = "by the layer's equation"
_ELEMENT = "per element"
_TRANSPOSED = "every input number times the kernel"
_WINDOWS = "one per number in each window"
_INPUT_NUMBERS = "one per input number"


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
    ("BaseConvTranspose", _conv_transpose, _TRANSPOSED),
    ("BasePooling", _pool, _WINDOWS),
    ("BaseGlobalPooling BaseAdaptivePooling", _per_input(1), _INPUT_NUMBERS),
    ("BatchNormalization", _per_output(2), "one scale and one shift at inference"),
    ("Normalization", _per_output(2), "subtract the mean, divide by the deviation"),
    ("LayerNormalization GroupNormalization", _normalised(5), _EQUATION),
    ("RMSNormalization", _per_output(4), _EQUATION),  # it always scales, by a variable called as the argument of others
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
    ("MultiHeadAttention", multi_head, "projections, scores, weighted values, projection"),
    ("GroupedQueryAttention", grouped_query, "projections, scores, weighted values, projection"),
    ("AdditiveAttention", additive_attention, _EQUATION),
    ("Attention", attention, _EQUATION),
    ("LSTM", lstm, "steps × 4 units (inputs + units)"),
    ("GRU", gru, "steps × 3 units (inputs + units)"),
    ("SimpleRNN", simple_rnn, "steps × units (inputs + units)"),
    ("ConvLSTM", conv_lstm, "steps × 4 convolutions of inputs and of state"),
    ("Bidirectional", bidirectional, "both directions"),
    ("TimeDistributed", time_distributed, "steps × the wrapped layer"),
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
    ("Sum Mean Max Min Prod Any All Argmax Argmin Amax Amin CountNonzero", _per_input(1), _INPUT_NUMBERS),
    ("Var Std Norm Logsumexp", _per_input(4), "four per input number"),
    ("Matmul", matmul, _PRODUCT),
    ("Dot", dot, _PRODUCT),
    ("Tensordot", tensordot, _PRODUCT),
    ("Einsum", einsum, _PRODUCT),
    ("Conv", conv, _COUNTED),
    ("DepthwiseConv", depthwise_conv, _COUNTED),
    ("SeparableConv", separable_conv, _COUNTED),
    ("ConvTranspose", conv_transpose, _TRANSPOSED),
    ("MaxPool AveragePool", pool, _WINDOWS),
    ("AdaptiveMaxPool AdaptiveAveragePool", _per_input(1), _INPUT_NUMBERS),
)
