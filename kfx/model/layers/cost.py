"""Floating-point operations and bytes of one call, by formula.

Counted for one example: ``flops = 2 × multiply-accumulates + 1 for every other elementary operation on one number``
(a comparison, an addition, an exponential). The multiply-accumulates of convolutions and matrix products equal TensorFlow's own
count; the rest are the operations of the layer's defining equation, at inference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import ceil, prod
from typing import TYPE_CHECKING, Any

from kfx.errors import UnknownCostError
from kfx.keras_access import internals
from kfx.model.facts import Cost, LayerCall, Shape, Tensor
from kfx.model.layers.arguments import Constants
from kfx.model.layers.dense import lora_cost
from kfx.model.layers.knowledge import Formula, LayerKnowledge, Shapes, Wraps
from kfx.model.layers.operations import TAKE_KERNELS
from kfx.model.layers.registry import known
from kfx.model.read.weights import bits

if TYPE_CHECKING:
    import keras

Times = int | Fraction | None  # examples of a call for one of the model's; None if unknown
Costs = Mapping[int, Cost]  # by the identity of a layer


def call_cost(
    op: keras.Operation,
    inputs: tuple[Tensor, ...],
    outputs: tuple[Tensor, ...],
    constants: Constants = (),
    inside: Costs | None = None,
) -> Cost:
    """Return the cost of one call for one example; never raise.

    Args:
        constants: Other arguments of an operation, ``(argument, value)``: it multiplies by the arrays among them too.
        inside: For a wrapper: the costs of the models that it wraps, as just read.

    Returns:
        Unknown (None) operations come with the reason in ``source``.
    """
    given = () if internals.is_layer(op) else constants
    return known_cost(known(type(op)), type(op).__name__, op, inputs, outputs, given, inside)


def known_cost(
    knowledge: LayerKnowledge,
    name: str,
    op: keras.Operation,
    inputs: tuple[Tensor, ...],
    outputs: tuple[Tensor, ...],
    constants: Constants = (),
    inside: Costs | None = None,
) -> Cost:
    """Return the cost of one call of a class named ``name``; ``op`` is any object that has its arguments as attributes."""
    if not outputs:
        return Cost(None, None, None, "what it is called with is unknown")
    memory = tensor_bytes(outputs)
    formula = knowledge.cost or (knowledge.wraps and _wrapper_formula(knowledge.wraps, inside or {}))
    if not formula:
        return Cost(None, None, memory, knowledge.source)
    try:
        ins, outs = _operands(name, inputs, constants), [one_example(t.shape) for t in outputs]
        macs, others = formula(op, ins, outs)
        source = knowledge.source
        if getattr(op, "lora_enabled", False):
            source += ", with the product of LoRA's factors"
            macs, others = (a + b for a, b in zip((macs, others), lora_cost(op, ins, outs), strict=True))
        if macs < 0 or others < 0:
            raise UnknownCostError(f"the formula for {name} gives a negative number")
        return Cost(int(2 * macs + others), int(macs), memory, source)
    except UnknownCostError as error:
        return Cost(None, None, memory, str(error))
    except Exception:
        unknown = any(t.shape is None or None in t.shape[1:] for t in (*inputs, *outputs))
        return Cost(None, None, memory, "an axis is unknown" if unknown else f"the formula for {name} does not fit this call")


def _wrapper_formula(wraps: Wraps, inside: Costs) -> Formula | None:
    """Count what the wrapped layers cost, each as often as the wrapper calls it: as just read, else by its formula."""
    inner_calls = wraps.calls
    if inner_calls is None:
        return None

    def formula(wrapper: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
        calls = inner_calls(wrapper, ins, outs)
        macs, others = 0.0, calls.others
        for layer in (getattr(wrapper, attribute) for attribute in wraps.attributes):
            if isinstance(layer, str):  # read from a file
                raise UnknownCostError(f"no formula for {layer} in a wrapper")
            cost = inside.get(id(layer)) or call_cost(layer, _tensors(calls.inputs), _tensors(calls.outputs))
            if cost.flops is None or cost.macs is None:
                raise UnknownCostError(cost.source)
            macs += calls.times * cost.macs
            others += calls.times * (cost.flops - 2 * cost.macs)
        return macs, others

    return formula


def _tensors(shapes: Shapes) -> tuple[Tensor, ...]:
    return tuple(Tensor(shape, "float32") for shape in shapes)


def _operands(name: str, inputs: tuple[Tensor, ...], constants: Constants) -> Shapes:
    """Return the shapes of all that an operation works on, in order; arrays and variables have no batch axis."""
    kernels = name in TAKE_KERNELS
    if not constants and not kernels:
        return [one_example(t.shape) for t in inputs]
    found: list[tuple[Shape | None, bool]] = [(t.shape, True) for t in inputs]
    for where, value in constants:
        shape = getattr(value, "shape", None)
        if where.isdigit() and shape is not None:
            found.insert(int(where), (tuple(shape), False))
    return [
        one_example(shape) if has_batch and not (kernels and place) else shape  # type: ignore[misc]  # sizes known
        for place, (shape, has_batch) in enumerate(found)
    ]


def one_example(shape: Shape | None) -> tuple[int, ...]:
    """Return a shape with 1 in place of the batch axis.

    Raises:
        UnknownCostError: When another axis is unknown.
    """
    if shape is None or None in shape[1:]:
        raise UnknownCostError("an axis is unknown")
    return (1, *shape[1:]) if shape else ()  # type: ignore[arg-type]  # no None among them


def scaled(cost: Cost, times: Times) -> Cost:
    """Return the cost of a call that is made with ``times`` examples for one of the model's; unknown if that number is."""
    if times == 1:
        return cost
    if times is not None and any((n or 0) * times % 1 for n in (cost.flops, cost.macs, cost.activation_bytes)):
        times = None  # a part of it is the same for any number of examples
    if times is None:
        return Cost(None, None, None, "the number of examples that it is called with is unknown", cost.at_least)
    flops, macs, memory = (None if n is None else int(n * times) for n in (cost.flops, cost.macs, cost.activation_bytes))
    return Cost(flops, macs, memory, cost.source, int(cost.at_least * times))


def tensor_bytes(tensors: Iterable[Tensor]) -> int | None:
    """Return the bytes of tensors for one example, None when an axis is unknown or they hold text."""
    total = 0
    for t in tensors:
        each = bits(t.dtype)
        if t.shape is None or None in t.shape[1:] or each is None:
            return None
        sizes: tuple[Any, ...] = t.shape[1:]
        total += ceil(prod(sizes) * each / 8)
    return total


def total_cost(calls: Iterable[LayerCall], *, known: bool = True, outputs: tuple[Tensor, ...] = ()) -> Cost:
    """Return the cost of a container: the sum of the calls directly inside it.

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
        if not call.calls:  # listed only
            continue
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
