"""TensorFlow's raw operations in a traced graph: their names in Keras's words, and their cost."""

from __future__ import annotations

from math import prod

from kfx.model.facts import Cost, Tensor
from kfx.model.layers.activations import BY_CLASS
from kfx.model.layers.cost import tensor_bytes


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PLUMBING = _names("Identity IdentityN Const Cast ReadVariableOp NoOp StopGradient Placeholder PreventGradient")
_ONLY_SHAPE = {"Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike", "BroadcastGradientArgs"}
_KERAS_NAMES = {  # raw names by the name in Keras
    "Add": "AddV2 AddN BiasAdd",
    "Subtract": "Sub",
    "Multiply": "Mul",
    "Divide": "RealDiv Div DivNoNan",
    "FloorDivide": "FloorDiv",
    "Power": "Pow",
    "Concatenate": "ConcatV2",
    "Stack": "Pack",
    "Matmul": "MatMul BatchMatMul BatchMatMulV2 BatchMatMulV3",
    "Where": "Select SelectV2",
    "Take": "GatherV2 GatherNd",
    "GetItem": "StridedSlice",
    "Conv": "Conv2D",
    "While": "StatelessWhile",
    "If": "StatelessIf",
    "Function": "PartitionedCall StatefulPartitionedCall",
}
_WORDS = {raw: word for word, kinds in _KERAS_NAMES.items() for raw in kinds.split()}
_MOVES = _names(
    """
    ConcatV2 Pack Unpack Reshape Transpose StridedSlice Slice GatherV2 GatherNd ExpandDims Squeeze Tile
    BroadcastTo Pad PadV2 Split SplitV ReverseV2 Fill TensorListStack
    """
)
_PER_ELEMENT = _names(
    """
    AddV2 Sub Mul RealDiv Div DivNoNan Maximum Minimum Pow SelectV2 BiasAdd Neg Exp Log Sqrt Rsqrt Square
    SquaredDifference Erf Abs Sin Cos Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr
    LogicalNot FloorDiv FloorMod Reciprocal
    """
)
_REDUCES = {"Mean", "Sum", "Max", "Min", "Prod", "All", "Any", "ArgMax", "ArgMin"}
_ACTIVATIONS = {
    kind: BY_CLASS[kind] for kind in _names("Relu Tanh Relu6 LeakyRelu Elu Softplus Softsign Selu Sigmoid Softmax LogSoftmax")
}
_ARGUMENTS = {  # inputs that are arguments, by their place
    "ConcatV2": {-1: "axis"},
    "GatherV2": {-1: "axis"},
    "ExpandDims": {1: "axis"},
    "Cumsum": {1: "axis"},
    "Cumprod": {1: "axis"},
    "Split": {0: "axis"},
    "SplitV": {2: "axis"},
    "TopKV2": {1: "k"},
    "OneHot": {1: "depth", 2: "on", 3: "off"},
    **{kind: {1: "axis"} for kind in _REDUCES},
}


def is_shown(kind: str) -> bool:
    """Return whether an operation is shown though it takes only one tensor: an activation, or a reduction such as a sum."""
    return kind in _ACTIVATIONS or kind in _REDUCES


def is_plumbing(kind: str) -> bool:
    """Return whether an operation hands its input on without a change worth showing."""
    return kind in _PLUMBING


def only_shape(kind: str) -> bool:
    """Return whether an operation's result depends only on the shape of its input, so that no data flow through it."""
    return kind in _ONLY_SHAPE


def word_for(kind: str) -> tuple[str, str]:
    """Return the name of an operation as Keras writes it and as a layer's name: ``AddV2`` -> ``("Add", "add")``."""
    word = _WORDS.get(kind, kind)
    return word, "".join(
        f"_{c.lower()}" if c.isupper() and i and not word[i - 1].isupper() else c.lower() for i, c in enumerate(word)
    )


def argument_of(kind: str, place: int, count: int) -> str:
    """Return the word for one of an operation's ``count`` inputs, ``"axis"`` for ConcatV2's last; ``""`` for data."""
    named = _ARGUMENTS.get(kind, {})
    return named.get(place) or named.get(place - count, "")


def cost_of_raw(kind: str, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...]) -> Cost:
    """Return the cost of one raw operation for one example; unknown for one that holds others (a loop)."""
    memory = tensor_bytes(outputs)
    if memory is None or tensor_bytes(inputs) is None:
        text = any(t.dtype == "string" for t in (*inputs, *outputs))
        return Cost(None, None, memory, "it works on text" if text else "an axis is unknown")
    made, given = (
        sum(prod(1 if n is None else n for n in (t.shape or ())[1:]) for t in tensors) for tensors in (outputs, inputs)
    )
    if kind in _MOVES | _PLUMBING | _ONLY_SHAPE:
        return Cost(0, 0, memory, "moves data only")
    if kind in _ACTIVATIONS or kind in _PER_ELEMENT:
        return Cost(_ACTIVATIONS.get(kind, 1) * made, 0, memory, "per element")
    if kind in _REDUCES:
        return Cost(given, 0, memory, "one per input number")
    if kind == "AddN":
        return Cost(made * (len(inputs) - 1), 0, memory, "per element")
    return Cost(None, None, memory, f"no formula for {kind}")
