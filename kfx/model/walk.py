"""Find the calls inside a call of a `LayerGraph`, those that it feeds, and the wires that cross the walls of nested models."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.labels import without_call

_Node = TypeVar("_Node")


class Wire(NamedTuple):
    """A tensor between two calls, either of which may be inside a nested model."""

    source: str
    output: int
    target: str
    argument: str


def by_key(graph: LayerGraph) -> dict[str, LayerCall]:
    """Return every call by its key."""
    return {call.key: call for call in graph.calls}


def children(graph: LayerGraph) -> dict[str | None, list[LayerCall]]:
    """Return the calls inside each container by the container's key; None holds the top level."""
    inside: dict[str | None, list[LayerCall]] = defaultdict(list)
    for call in graph.calls:
        inside[call.parent].append(call)
    return dict(inside)


def ancestors(call: LayerCall, calls: dict[str, LayerCall]) -> list[str]:
    """Return the keys of the containers around a call, the innermost first."""
    found = []
    while call.parent is not None:
        found.append(call.parent)
        call = calls[call.parent]
    return found


class Held(NamedTuple):
    """The layers and operations of some calls: a shared layer counts once, a nested model by its contents.

    Attributes:
        layers: The number of layers, with the model's own inputs, which Keras counts as layers too.
        operations: The number of operations such as ``x + y``.
        inputs: The number of inputs if there is nothing else, otherwise 0.
    """

    layers: int
    operations: int
    inputs: int


def count_held(keys: Iterable[str], calls: dict[str, LayerCall]) -> Held:
    """Count the layers and operations of some calls, e.g. those inside a folded box."""

    def address(call: LayerCall) -> tuple[str, ...]:
        label = without_call(call.label) if call.calls > 1 else call.label
        return (*(address(calls[call.parent]) if call.parent is not None else ()), label)

    found = {address(call): call for call in map(calls.__getitem__, keys)}
    kinds = Counter(call.kind for call in found.values() if call.kind != "model")
    if set(kinds) == {"input"}:
        return Held(0, 0, kinds["input"])
    return Held(sum(map(is_layer, found.values())), kinds["op"], 0)


def is_layer(call: LayerCall) -> bool:
    """Return whether a call counts as a layer: not an operation, a nested model or the input of one."""
    return call.kind not in ("op", "model") and (call.kind != "input" or call.parent is None)


def wires(graph: LayerGraph, folded: Iterable[str] = ()) -> list[Wire]:
    """Return the edges between the boxes of a picture, through the walls of every model that is not folded.

    Args:
        graph: The facts.
        folded: Keys of containers that are drawn as one box; their walls are not crossed.

    Returns:
        One wire for each tensor that a drawn call hands to another drawn call, parallel ones kept.
    """
    calls, shut = by_key(graph), set(folded)
    hidden = {call.key for call in graph.calls if any(key in shut for key in ancestors(call, calls))}

    def is_open(key: str) -> bool:
        return calls[key].kind == "model" and key not in shut

    found = []
    entered: dict[str, dict[str, int]] = defaultdict(dict)  # several tensors may be joined on their way to one argument
    for edge in graph.edges:
        nth = entered[edge.target].setdefault(edge.argument, len(entered[edge.target]))
        if edge.source in hidden or edge.target in hidden:
            continue
        source, output, target, argument = edge.source, edge.output, edge.target, edge.argument
        while is_open(source) and output < len(calls[source].inner_outputs):
            source, output = calls[source].inner_outputs[output]
        while is_open(target) and nth < len(calls[target].inner_inputs):
            target, nth, argument = calls[target].inner_inputs[nth], 0, "0"
        found.append(Wire(source, output, target, argument))
    return found


def downstream(graph: LayerGraph, key: str) -> set[str]:
    """Return the keys of all calls that a call feeds, through every wall, without the call itself."""
    following = defaultdict(list)
    for wire in wires(graph):
        following[wire.source].append(wire.target)
    found: set[str] = set()
    todo = [key]
    while todo:
        for fed in following[todo.pop()]:
            if fed not in found:
                found.add(fed)
                todo.append(fed)
    return found - {key}


def depth_first(
    starts: Iterable[_Node], needed_by: Callable[[_Node], Sequence[_Node]], identity: Callable[[_Node], Hashable]
) -> list[_Node]:
    """Return nodes and all that they need, each after what it needs and in the order it is first needed; break circles."""
    order: list[_Node] = []
    seen: set[Hashable] = set()
    for start in starts:
        stack = [(start, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif identity(node) not in seen:
                seen.add(identity(node))
                stack.append((node, True))
                stack += [(other, False) for other in reversed(needed_by(node))]
    return order
