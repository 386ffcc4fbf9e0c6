"""The names and settings of TensorFlow's raw operations in a trace, in Keras's words."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from typing import Any

import numpy as np

from kfx.keras_access.tensorflow.origins import RawOp
from kfx.keras_access.tensorflow.tensors import static_value
from kfx.model.layers.arguments import text_of

Array = np.ndarray[Any, Any]
_PLUMBING = frozenset(
    [
        "Identity",
        "IdentityN",
        "Const",
        "Cast",
        "ReadVariableOp",
        "NoOp",
        "Placeholder",
        "PreventGradient",
        "EnsureShape",
        "Assert",
    ]
)
_ONLY_SHAPE = frozenset(["Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike", "BroadcastGradientArgs"])
_KERAS_NAMES = {  # raw names by the name in Keras
    "Add": "AddV2 AddN BiasAdd",
    "Subtract": "Sub",
    "Multiply": "Mul",
    "Divide": "RealDiv Div DivNoNan",
    "FloorDivide": "FloorDiv",
    "Power": "Pow",
    "Negative": "Neg",
    "Concatenate": "ConcatV2",
    "Stack": "Pack",
    "Matmul": "MatMul BatchMatMul BatchMatMulV2 BatchMatMulV3",
    "Where": "Select SelectV2",
    "Take": "GatherV2 GatherNd ResourceGather ResourceGatherNd",
    "GetItem": "StridedSlice",
    "Conv": "Conv2D Conv3D",
    "DepthwiseConv": "DepthwiseConv2dNative",
    "WhileLoop": "StatelessWhile While",
    "Cond": "StatelessIf If",
    "Function": "PartitionedCall StatefulPartitionedCall",
    "Argmax": "ArgMax",
    "Argmin": "ArgMin",
}
_WORDS = {raw: word for word, kinds in _KERAS_NAMES.items() for raw in kinds.split()}
_REDUCES = ("Mean", "Sum", "Max", "Min", "Prod", "All", "Any", "ArgMax", "ArgMin")
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


def is_plumbing(kind: str) -> bool:
    """Return whether an operation hands its input on without a change worth showing."""
    return kind in _PLUMBING


def only_shape(kind: str) -> bool:
    """Return whether an operation's result depends only on the shape of its input, so that no data flow through it."""
    return kind in _ONLY_SHAPE


def word_for(kind: str) -> str:
    """Return the name of an operation as Keras writes it: ``AddV2`` -> ``"Add"``."""
    return _WORDS.get(kind, kind)


def snake_case(word: str) -> str:
    """Return the name that an operation gets as a call, as Keras makes it from the class: ``"GetItem"`` -> ``"get_item"``."""
    return re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", word)).lower()


def settings_of(op: RawOp, data: Container[int]) -> tuple[str, ...]:
    """Return the constant arguments of one operation, e.g. ``"axis -1"``; ``data`` holds the identities of its other inputs."""
    if op.type == "StridedSlice":
        text = _index(op)
        return (text,) if text else ()
    values = [(place, None if id(x) in data else static_value(x)) for place, x in enumerate(op.inputs)]
    named = _ARGUMENTS.get(op.type, {})
    found = []
    for place, value in values:
        if value is not None and value.ndim == 0:
            word = named.get(place) or named.get(place - len(values), "")
            found.append(f"{word} {text_of(value)}".strip())
        elif value is not None and value.ndim == 1 and place in named:
            found.append(f"{named[place]} {text_of(value[0] if value.size == 1 else tuple(value.tolist()))}")
    return tuple(found)


def _index(op: RawOp) -> str:
    """Return how a tensor is indexed, as in the code: ``"[..., :16]"``; ``""`` if that depends on the data."""
    begin, end, strides = (static_value(x) for x in op.inputs[1:4])
    if begin is None or end is None or strides is None:
        return ""
    masks = [int(op.attribute(f"{name}_mask")) for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")]
    return f"[{', '.join(_axis(i, begin, end, strides, masks) for i in range(len(begin)))}]"


def _axis(i: int, begin: Array, end: Array, strides: Array, masks: Sequence[int]) -> str:
    no_begin, no_end, ellipsis, new, single = (bool(mask >> i & 1) for mask in masks)
    if ellipsis or new or single:
        return "..." if ellipsis else "None" if new else str(begin[i])
    step = f":{strides[i]}" if strides[i] != 1 else ""
    return f"{'' if no_begin else begin[i]}:{'' if no_end else end[i]}{step}"
