"""The cost of TensorFlow's operations, from the sizes of their tensors for one example.

The multiply-accumulates of products and convolutions are those that TensorFlow's own profiler counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import log2, prod
from typing import Any

from kfx.errors import UnknownCostError
from kfx.keras_access.tensorflow.origins import RawOp
from kfx.keras_access.tensorflow.sizes import Sizes
from kfx.model.facts import Cost
from kfx.model.layers.activations import BY_CLASS
from kfx.model.layers.operations import einsum_macs

SizesOf = Callable[[Any], "Sizes | None"]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FREE = _names(
    """
    ConcatV2 Pack Unpack Reshape Transpose StridedSlice Slice GatherV2 GatherNd ResourceGather ResourceGatherNd ExpandDims
    Squeeze Tile BroadcastTo Pad PadV2 MirrorPad Split SplitV ReverseV2 Roll Fill TensorListStack
    Range OneHot Identity IdentityN Const Cast
    ReadVariableOp NoOp StopGradient Placeholder PreventGradient Shape ShapeN Size Rank ZerosLike OnesLike
    BroadcastGradientArgs DepthToSpace SpaceToDepth BatchToSpaceND SpaceToBatchND ScatterNd TensorScatterUpdate DiagPart
    MatrixDiagPartV3 MatrixBandPart LinSpace EnsureShape CheckNumerics Assert Where Unique DynamicStitch InvertPermutation
    StatelessRandomGetKeyCounter StatelessRandomGetAlg BroadcastArgs Bitcast Real Imag Complex
    XlaDynamicUpdateSlice XlaDynamicSlice MatrixDiag MatrixDiagV2 MatrixDiagV3 MatrixDiagPart MatrixDiagPartV2
    MatrixSetDiag MatrixSetDiagV2 MatrixSetDiagV3 TensorListReserve TensorListSetItem TensorListGetItem
    TensorListFromTensor TensorListGather EmptyTensorList DynamicPartition ResizeNearestNeighbor Diag
    """
)
_PER_ELEMENT = _names(
    """
    AddV2 Add Sub Mul RealDiv Div DivNoNan MulNoNan Maximum Minimum Pow SelectV2 Select BiasAdd Neg Exp Expm1 Log Log1p Sqrt
    Rsqrt Square SquaredDifference Erf Erfc Abs Sign Sin Cos Tan Asin Acos Atan Atan2 Sinh Cosh Equal NotEqual Greater
    GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalNot FloorDiv FloorMod Mod Floor Ceil Round Rint Reciprocal Inv
    IsNan IsInf IsFinite Cumsum Cumprod TensorScatterAdd Bincount LeftShift RightShift BitwiseAnd BitwiseOr BitwiseXor
    RandomUniform RandomStandardNormal TruncatedNormal RandomUniformInt StatelessRandomUniform StatelessRandomUniformV2
    StatelessRandomNormal StatelessRandomNormalV2 StatelessTruncatedNormal StatelessTruncatedNormalV2
    StatelessRandomUniformIntV2
    """
)
_REDUCES = _names("Mean Sum Max Min Prod All Any ArgMax ArgMin EuclideanNorm L2Loss SegmentSum UnsortedSegmentSum SegmentMean")
_ACTIVATIONS = {
    kind: BY_CLASS[kind] for kind in _names("Relu Tanh Relu6 LeakyRelu Elu Softplus Softsign Selu Sigmoid Softmax LogSoftmax")
}


def _fourier(axes: int, sizes: tuple[int, ...]) -> int:
    """Return the operations of a fast Fourier transform over the last axes, 5 n log2 n by convention."""
    points = prod(sizes[-axes:])
    return int(prod(sizes[:-axes]) * 5 * points * log2(points)) if points else 0


_PER_INPUT: dict[str, Callable[[tuple[int, ...]], int]] = {
    **dict.fromkeys(("TopK", "TopKV2"), prod),  # each number is compared at least once
    **{f"{way}FFT{axes}": partial(_fourier, int(axes[:1] or 1)) for way in ("", "I", "R", "IR") for axes in ("", "2D", "3D")},
}
_POOLS = _names("MaxPool MaxPoolV2 MaxPool3D AvgPool AvgPool3D")


def cost_of(ops: Sequence[RawOp], sizes_of: SizesOf, source: str, *, word: str = "") -> Cost:
    """Return the cost of some operations together; those without a formula make it unknown, with the known part as a bound.

    Args:
        ops: The operations.
        sizes_of: Returns a tensor's sizes for one example.
        source: Where the figure comes from.
        word: The name of the function that made all of them, such as ``"Gelu"``: an activation counts by its own figure.
    """
    macs = others = 0
    unknown = ""
    for op in ops:
        try:
            found = _count(op, sizes_of)
            macs, others = macs + found[0], others + found[1]
        except UnknownCostError as error:
            unknown = unknown or str(error)
    if word in BY_CLASS and not unknown and ops:
        others = BY_CLASS[word] * prod(_known(sizes_of(ops[-1].outputs[0])))
    if unknown:
        return Cost(None, None, None, unknown, 2 * macs + others)
    return Cost(2 * macs + others, macs, None, source)


def _count(op: RawOp, sizes_of: SizesOf) -> tuple[int, int]:
    """Return the multiply-accumulates and the other operations of one operation."""
    kind = op.type
    if kind in _FREE or _works_on_sizes(op):
        return 0, 0
    product = _PRODUCTS.get(kind)
    if product is not None:
        return product(op, [_known(sizes_of(x)) for x in op.inputs], _known(sizes_of(op.outputs[0]))), 0
    if kind in _ACTIVATIONS or kind in _PER_ELEMENT:
        return 0, _ACTIVATIONS.get(kind, 1) * prod(_known(sizes_of(op.outputs[0])))
    if kind in _REDUCES:
        return 0, prod(_known(sizes_of(op.inputs[0])))
    if kind == "AddN":
        return 0, (len(op.inputs) - 1) * prod(_known(sizes_of(op.outputs[0])))
    if kind in _PER_INPUT:
        return 0, _PER_INPUT[kind](_known(sizes_of(op.inputs[0])))
    if kind == "ResizeBilinear":
        return 0, 7 * prod(_known(sizes_of(op.outputs[0])))
    if kind in _POOLS:
        return 0, prod(_known(sizes_of(op.outputs[0]))) * prod(op.attribute("ksize"))
    if kind in ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"):
        return 0, 2 * prod(_known(sizes_of(op.outputs[0])))
    raise UnknownCostError(f"no formula for {kind}")


def _works_on_sizes(op: RawOp) -> bool:
    """Return whether an operation computes a shape or an index: whole numbers, a known number of them."""
    return bool(op.outputs) and all(
        x.dtype.is_integer and x.shape.rank is not None and x.shape.rank < 2 and x.shape.is_fully_defined()
        for x in (*op.outputs, *op.inputs)
    )


def _known(sizes: Sizes | None) -> tuple[int, ...]:
    if sizes is None or None in sizes:
        raise UnknownCostError("an axis is unknown")
    return sizes  # type: ignore[return-value]  # no None among them


def _flag(op: RawOp, *names: str) -> bool:
    return any(bool(op.attribute(name)) for name in names)


def _matmul(op: RawOp, ins: list[tuple[int, ...]], out: tuple[int, ...]) -> int:
    return prod(out) * ins[0][-2 if _flag(op, "transpose_a" if op.type == "MatMul" else "adj_x") else -1]


def _einsum(op: RawOp, ins: list[tuple[int, ...]], out: tuple[int, ...]) -> int:
    equation = op.attribute("equation")
    if len(ins) != 2:
        raise UnknownCostError("an einsum of one tensor, or of three and more")
    return einsum_macs(equation.decode() if isinstance(equation, bytes) else equation, *ins)


def _conv(op: RawOp, ins: list[tuple[int, ...]], out: tuple[int, ...]) -> int:
    return prod(out) * prod(ins[1][:-1])


def _depthwise(op: RawOp, ins: list[tuple[int, ...]], out: tuple[int, ...]) -> int:
    return prod(out) * prod(ins[1][:2])


def _conv_transpose(op: RawOp, ins: list[tuple[int, ...]], out: tuple[int, ...]) -> int:
    return prod(ins[2]) * prod(ins[1][:-1])  # the kernel ends with (..., output channels, input channels)


_PRODUCTS: dict[str, Callable[[RawOp, list[tuple[int, ...]], tuple[int, ...]], int]] = {
    **dict.fromkeys(("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"), _matmul),
    "Einsum": _einsum,
    **dict.fromkeys(("Conv2D", "Conv3D", "Conv"), _conv),
    "DepthwiseConv2dNative": _depthwise,
    **dict.fromkeys(("Conv2DBackpropInput", "Conv3DBackpropInputV2"), _conv_transpose),
}
