"""Floating-point operations and bytes of one call, by formula."""

from __future__ import annotations

from math import prod
from typing import Any

from kfx.graph.facts import Cost, Tensor


def call_cost(op: Any, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...]) -> Cost:
    """The cost of one call for one example. (First version: dense and convolution only.)"""
    name = type(op).__name__
    shapes = [t.shape[1:] for t in outputs if t.shape is not None]
    known = len(shapes) == len(outputs) and all(None not in s for s in shapes)
    memory = sum(prod(s) * 4 for s in shapes) if known else None
    if not known:
        return Cost(None, None, memory, "an axis is unknown")
    if name == "Dense":
        macs = prod(shapes[0]) * op.kernel.shape[0]
    elif name in ("Conv1D", "Conv2D", "Conv3D"):
        macs = prod(shapes[0]) * prod(op.kernel.shape[:-1])
    else:
        macs = 0
    return Cost(2 * macs, macs, memory, "formula")
