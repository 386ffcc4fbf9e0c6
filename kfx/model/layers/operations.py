"""Formulas for operations that multiply what they are given: convolutions, pooling, products, as in `model/layers/formulas`.

A layer knows its kernel's size; `keras.ops.conv` and its like are given the kernel, so here it is one of the inputs.
"""

from __future__ import annotations

from math import prod
from typing import Any

from kfx.errors import UnknownCostError
from kfx.model.layers.activations import Shapes

TAKE_KERNELS = frozenset({"Conv", "DepthwiseConv", "SeparableConv", "ConvTranspose"})  # all but the first input: no batch axis

# ---- convolutions and pooling


def conv(op: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    _, kernel = ins  # (*places, channels of a group, filters)
    return prod(outs[0]) * prod(kernel[:-1]), 0


def depthwise_conv(op: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    _, kernel = ins  # (*places, channels, multiplier)
    return prod(outs[0]) * prod(kernel[:-2]), 0


def separable_conv(op: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    _, depthwise, pointwise = ins
    n, (middle, filters) = prod(outs[0]), pointwise[-2:]  # channels between the two convolutions
    return n // filters * middle * prod(depthwise[:-2]) + n * middle, 0


def conv_transpose(op: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    given, kernel = ins  # (*places, filters, channels)
    return prod(given) * prod(kernel[:-1]), 0


def pool(op: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    each = op.pool_size
    window = prod(each) if isinstance(each, tuple | list) else each ** (len(ins[0]) - 2)
    return 0, prod(outs[0]) * window


# ---- products


def matmul(op: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    first, _ = ins
    return prod(outs[0]) * first[-1], 0


def dot(op: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    """Along the last axis of the first; with a single number it is a multiplication."""
    if len(ins) < 2 or () in ins:
        return 0, prod(outs[0])
    return prod(outs[0]) * ins[0][-1], 0


def tensordot(op: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    first, _ = ins
    if isinstance(op.axes, int):  # so many, the last of the first
        summed = list(range(len(first) - op.axes, len(first)))
    else:
        axes = op.axes[0]
        summed = list(axes) if isinstance(axes, tuple | list) else [axes]
    if any(axis % len(first) == 0 for axis in summed):
        raise UnknownCostError("it sums over the first axis, which may be that of the examples")
    return prod(outs[0]) * prod(first[axis] for axis in summed), 0


def einsum(op: Any, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    if len(ins) > 2:
        raise UnknownCostError("an einsum of three tensors and more depends on the order")
    if len(ins) == 1:
        return 0, prod(ins[0])
    return einsum_macs(op.subscripts, *ins), 0


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
