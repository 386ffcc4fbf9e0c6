"""Floating-point operations and bytes of one call, by formula.

Counted for one example: ``flops = 2 × multiply-accumulates + 1 for every other elementary operation on one number``
(a comparison, an addition, an exponential). The multiply-accumulates of convolutions and matrix products equal TensorFlow's own
count; the rest are the operations of the layer's defining equation, at inference.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import ceil, prod
from typing import Any

from kfx.errors import UnknownCostError
from kfx.keras_access import internals
from kfx.model.facts import Cost, LayerCall, Shape, Tensor
from kfx.model.layers.activations import Formula
from kfx.model.layers.formulas import LAYERS, OPS
from kfx.model.layers.operations import TAKE_KERNELS
from kfx.model.read.weights import bits

Constants = Sequence[tuple[str, Any]]


def call_cost(op: Any, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...], constants: Constants = ()) -> Cost:
    """The cost of one call for one example; never raises.

    Args:
        op: The layer or operation.
        inputs: What this call receives.
        outputs: What this call returns.
        constants: What it is given besides, ``(argument, value)``: an operation multiplies by the arrays among them too.

    Returns:
        Unknown (None) operations come with the reason in ``source``.
    """
    cls = type(op)
    if "Layer" in internals.keras_names(cls):
        return class_cost(cls, op, inputs, outputs)
    return _apply(*_formula(cls), cls.__name__, op, inputs, outputs, constants)


def class_cost(cls: type, op: Any, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...]) -> Cost:
    """The cost of one call of a layer's class; ``op`` is anything that holds the arguments a layer of the class would hold."""
    return _apply(*_formula(cls), cls.__name__, op, inputs, outputs)


def op_cost(name: str, op: Any, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...], constants: Constants = ()) -> Cost:
    """The cost of one call of a non-layer operation of Keras's by its class's name, e.g. ``"Matmul"``."""
    return _apply(*OPS.get(name, (None, f"no formula for {name}")), name, op, inputs, outputs, constants)


def _apply(
    formula: Formula | None,
    source: str,
    name: str,
    op: Any,
    inputs: tuple[Tensor, ...],
    outputs: tuple[Tensor, ...],
    constants: Constants = (),
) -> Cost:
    if not outputs:
        return Cost(None, None, None, "what it is called with is unknown")
    memory = tensor_bytes(outputs)
    if formula is None:
        return Cost(None, None, memory, source)
    try:
        if constants or name in TAKE_KERNELS:
            given = _operands(name, inputs, constants)
        else:
            given = [_one_example(t.shape) for t in inputs]
        macs, others = formula(op, given, [_one_example(t.shape) for t in outputs])
        return Cost(int(2 * macs + others), int(macs), memory, source)
    except UnknownCostError as error:
        return Cost(None, None, memory, str(error))
    except Exception:
        unknown = any(t.shape is None or None in t.shape[1:] for t in (*inputs, *outputs))
        return Cost(None, None, memory, "an axis is unknown" if unknown else f"the formula for {name} does not fit this call")


def _operands(name: str, inputs: tuple[Tensor, ...], constants: Constants) -> list[tuple[int, ...]]:
    """The shapes of all that an operation works on, in order: arrays and variables stand between the tensors, as they are."""
    found: list[tuple[Shape | None, bool]] = [(t.shape, True) for t in inputs]
    for where, value in constants:
        shape = getattr(value, "shape", None)
        if where.isdigit() and shape is not None:
            found.insert(int(where), (tuple(shape), False))
    kernels = name in TAKE_KERNELS
    return [
        _one_example(shape) if has_batch and not (kernels and place) else shape  # type: ignore[misc]
        for place, (shape, has_batch) in enumerate(found)
    ]


def tensor_bytes(tensors: Iterable[Tensor]) -> int | None:
    """Bytes of tensors for one example, None when an axis is unknown."""
    total = 0
    for t in tensors:
        if t.shape is None or None in t.shape[1:]:
            return None
        total += ceil(prod(t.shape[1:]) * bits(t.dtype) / 8)
    return total


def total_cost(calls: Iterable[LayerCall], *, known: bool = True, outputs: tuple[Tensor, ...] = ()) -> Cost:
    """The cost of a container: the sum of the calls directly inside it.

    Args:
        calls: The calls inside.
        known: False when it is unknown which calls are made, so that nothing can be added up.
        outputs: The container's own outputs, for the bytes of one whose inside is unknown.
    """
    if not known:
        return Cost(None, None, tensor_bytes(outputs) if outputs else None, "how its layers are called is unknown")
    flops = macs = memory = 0
    unknown: list[str] = []
    sized = True
    for call in calls:
        nested_input = call.kind == "input" and call.parent is not None
        if not nested_input:
            sized = sized and call.cost.activation_bytes is not None
            memory += call.cost.activation_bytes or 0
        if call.cost.flops is None:
            unknown.append(call.label)
        flops += call.cost.at_least if call.cost.flops is None else call.cost.flops
        macs += call.cost.macs or 0
    held = memory if sized else None
    if unknown:
        named = ", ".join(unknown[:3]) + (f" and {len(unknown) - 3} more" if len(unknown) > 3 else "")
        return Cost(None, None, held, f"at least {flops:,}: unknown for {named}", flops)
    return Cost(flops, macs, held, "sum of its layers")


@lru_cache(maxsize=2048)
def _formula(cls: type) -> tuple[Formula | None, str]:
    names = internals.keras_names(cls)
    table, known = (
        (LAYERS, internals.runs_keras_code(cls)) if "Layer" in names else (OPS, bool(names) and names[0] == cls.__name__)
    )
    if not known:
        return None, f"{cls.__name__} runs code of its own"
    for name in names:
        if name in table:
            return table[name]
    return None, f"no formula for {cls.__name__}"


def _one_example(shape: Shape | None) -> tuple[int, ...]:
    if shape is None or None in shape[1:]:
        raise UnknownCostError("an axis is unknown")
    return (1, *shape[1:]) if shape else ()  # type: ignore[arg-type]
