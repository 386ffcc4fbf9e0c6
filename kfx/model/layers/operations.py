"""Operations that are not layers: family and cost of `keras.ops` by class name.

A layer knows its kernel's size; `keras.ops.conv` and its like are given the kernel, so here it is one of the inputs.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from kfx.errors import UnknownCostError
from kfx.model.layers import rules
from kfx.model.layers.activations import BY_CLASS
from kfx.model.layers.knowledge import Formula, LayerKnowledge, ShapeRule, Shapes
from kfx.model.layers.merge import broadcast, concatenated

if TYPE_CHECKING:
    import keras

TAKE_KERNELS = frozenset({"Conv", "DepthwiseConv", "SeparableConv", "ConvTranspose"})  # all but the first input: no batch axis

# ---- convolutions and pooling


def _conv(op: keras.Operation, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    _, kernel = ins  # (*places, channels of a group, filters)
    return prod(outs[0]) * prod(kernel[:-1]), 0


def _depthwise_conv(op: keras.Operation, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    _, kernel = ins  # (*places, channels, multiplier)
    return prod(outs[0]) * prod(kernel[:-2]), 0


def _separable_conv(op: keras.Operation, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    _, depthwise, pointwise = ins
    n, (middle, filters) = prod(outs[0]), pointwise[-2:]  # channels between the two convolutions
    return n // filters * middle * prod(depthwise[:-2]) + n * middle, 0


def _conv_transpose(op: keras.Operation, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    given, kernel = ins  # (*places, filters, channels)
    return prod(given) * prod(kernel[:-1]), 0


def _pool(op: keras.Operation, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    each = op.pool_size
    window = prod(each) if isinstance(each, tuple | list) else each ** (len(ins[0]) - 2)
    return 0, prod(outs[0]) * window


# ---- products


def _matmul(op: keras.Operation, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    first, _ = ins
    return prod(outs[0]) * first[-1], 0


def _dot(op: keras.Operation, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    """Sum along the last axis of the first; with a single number it is a multiplication."""
    if len(ins) < 2 or () in ins:
        return 0, prod(outs[0])
    return prod(outs[0]) * ins[0][-1], 0


def _tensordot(op: keras.Operation, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    first, _ = ins
    if isinstance(op.axes, int):  # so many, the last of the first
        summed = list(range(len(first) - op.axes, len(first)))
    else:
        axes = op.axes[0]
        summed = list(axes) if isinstance(axes, tuple | list) else [axes]
    if any(axis % len(first) == 0 for axis in summed):
        raise UnknownCostError("it sums over the first axis, which may be that of the examples")
    return prod(outs[0]) * prod(first[axis] for axis in summed), 0


def _einsum(op: keras.Operation, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    if len(ins) > 2:
        raise UnknownCostError("an einsum of three tensors and more depends on the order")
    if len(ins) == 1:
        return 0, prod(ins[0])
    return einsum_macs(op.subscripts, *ins), 0


def einsum_macs(equation: str, *shapes: tuple[int, ...]) -> int:
    """Return the product of every distinct axis of an einsum, whatever order it is computed in."""
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


# ---- tables

_FAMILIES = {
    "merge": """Add Subtract Multiply Divide TrueDivide FloorDivide Maximum Minimum Concatenate Stack Vstack Hstack Where Matmul
        Dot Einsum Tensordot Inner Outer Power Cross""",
    "conv": "Conv ConvTranspose DepthwiseConv SeparableConv",
    "pool": """AveragePool MaxPool AdaptiveAveragePool AdaptiveMaxPool Reshape Transpose ExpandDims Squeeze Flatten Ravel
        SwapAxes Moveaxis Permute GetItem Pad Resize Repeat Tile BroadcastTo Split Flip Roll Mean Max Min Sum Prod Slice Take
        Rot90 Unstack""",
    "norm": "BatchNorm LayerNorm RMSNorm Normalize Moments",
    "seq": "DotProductAttention RNN",
}
_COSTS: tuple[tuple[str, Formula, str], ...] = (
    (
        """Reshape Transpose ExpandDims Squeeze Concatenate Stack Vstack Hstack Split Tile Repeat BroadcastTo GetItem Slice
        Take TakeAlongAxis Pad Cast Flip Roll Ravel SwapAxes Moveaxis Identity Copy StopGradient Unstack OneHot Full ZerosLike
        OnesLike Zeros Ones Arange Shape Diagonal Tril Triu Rot90 NotEqual Equal""",
        rules.no_cost,
        "moves or compares data only",
    ),
    (
        """Add Subtract Multiply Divide TrueDivide FloorDivide Mod Maximum Minimum Power Negative Absolute Abs Sqrt Rsqrt
        Square Reciprocal Exp Expm1 Log Log1p Log2 Log10 Sin Cos Tan Arcsin Arccos Arctan Arctan2 Sinh Cosh Erf Sign Floor
        Ceil Round Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalNot Where Cumsum Cumprod""",
        rules.per_output(1),
        rules.ELEMENT,
    ),
    ("Clip", rules.per_output(2), rules.ELEMENT),
    *((name, rules.per_output(cost), rules.ELEMENT) for name, cost in BY_CLASS.items()),
    ("Sum Mean Max Min Prod Any All Argmax Argmin Amax Amin CountNonzero", rules.per_input(1), rules.INPUT_NUMBERS),
    ("Var Std Norm Logsumexp", rules.per_input(4), "four per input number"),
    ("Matmul", _matmul, rules.PRODUCT),
    ("Dot", _dot, rules.PRODUCT),
    ("Tensordot", _tensordot, rules.PRODUCT),
    ("Einsum", _einsum, rules.PRODUCT),
    ("Conv", _conv, rules.COUNTED),
    ("DepthwiseConv", _depthwise_conv, rules.COUNTED),
    ("SeparableConv", _separable_conv, rules.COUNTED),
    ("ConvTranspose", _conv_transpose, rules.TRANSPOSED),
    ("MaxPool AveragePool", _pool, rules.WINDOWS),
    ("AdaptiveMaxPool AdaptiveAveragePool", rules.per_input(1), rules.INPUT_NUMBERS),
)
_FAMILY = {name: family for family, names in _FAMILIES.items() for name in names.split()}
_COST = {name: (formula, source) for names, formula, source in _COSTS for name in names.split()}
_SHAPE: dict[str, ShapeRule] = {
    **dict.fromkeys(("Add", "Subtract", "Multiply", "Maximum", "Minimum", "Average"), broadcast),
    **dict.fromkeys(("Identity", "Softmax"), rules.unchanged),
    "Concatenate": concatenated,
}

OPERATIONS = {
    name: LayerKnowledge(_FAMILY.get(name, "custom"), None, _SHAPE.get(name), *_COST.get(name, (None, "")))
    for name in sorted({*_FAMILY, *_COST})
}
