"""The rows of a summary: one for each call, with plain values for every face of the table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from operator import attrgetter

from kfx.model.facts import FastInit, LayerCall, LayerGraph
from kfx.model.walk import by_key, children, is_layer
from kfx.text import numbers


@dataclass(frozen=True)
class Row(FastInit):
    """One call of one layer as a summary shows it.

    Attributes:
        address: Unique in the model, e.g. ``"encoder/conv2d_1"``, ``"shared_embedding@2"``.
        level: 0 at the top, 1 inside a nested model, and so on.
        layer: The layer's name, with ``@call`` where it is called more than once.
        type: The class's name, ``"Input"`` for Keras's InputLayer.
        settings: The arguments that matter, e.g. ``"3×3 · same · relu"``.
        shapes: Shape of each output, batch axis first as None.
        output: The same, ready to print, batch axis left out: ``"28×28×32"``.
        dtype: The layer's compute dtype.
        parameters: Scalars in its weights; 0 where they were counted before, so that rows of one level add up.
        trainable: Those of them that training changes.
        can_train: ``"yes"``, ``"no"`` (frozen), ``"partly"`` (some of its weights are frozen) or ``""`` (no weights).
        share: ``parameters`` over the model's, between 0 and 1.
        flops: Floating-point operations for one example, those inside a nested model added up; None where unknown.
        flops_known: The part of them that is known.
        activation_bytes: Bytes of the outputs for one example, inside a nested model added up; None where unknown.
        bytes_known: The part of them that is known.
        connected_to: What feeds the call, in the order of its arguments: names of its neighbours, whole addresses of
            calls outside its model, with ``[index]`` where a call has several outputs.
        inside: What a nested model holds, e.g. ``"6 layers · 9 operations"``; its inputs are not counted.
        call: The facts behind the row.
    """

    call: LayerCall
    share: float
    can_train: str
    flops: int | None
    flops_known: int
    activation_bytes: int | None
    bytes_known: int
    connected_to: tuple[str, ...]
    inside: str

    address = property(attrgetter("call.key"))
    level = property(attrgetter("call.depth"))
    layer = property(attrgetter("call.label"))
    type = property(lambda self: numbers.kind_of(self.call))
    settings = property(lambda self: numbers.settings(self.call, self.inside))
    shapes = property(lambda self: tuple([t.shape for t in self.call.outputs]))
    output = property(lambda self: numbers.shapes(self.call.outputs))
    dtype = property(attrgetter("call.dtype"))
    parameters = property(attrgetter("call.params"))
    trainable = property(attrgetter("call.trainable"))

    @property
    def parameters_text(self) -> str:
        """``36,928``; ``?`` for a layer that is not built yet."""
        return numbers.exact(self.parameters if self.call.counted else None)

    @property
    def flops_text(self) -> str:
        """``6.0 M``, ``≥ 6.0 M`` where a part is unknown, ``?``."""
        return numbers.at_least(numbers.short(self.flops_known), self.flops_known, whole=self.flops is not None)

    @property
    def bytes_text(self) -> str:
        """``20.7 kB``, ``≥ 20.7 kB`` where a part is unknown, ``?``."""
        return numbers.at_least(numbers.size(self.bytes_known), self.bytes_known, whole=self.activation_bytes is not None)


def summary_rows(graph: LayerGraph) -> tuple[Row, ...]:
    """Return every call of the graph as a row; the rows inside a nested model follow it."""
    inside = children(graph)
    made = _Maker(graph, inside)
    return tuple(made.row(call) for call in _in_tree_order(inside))


def shown_rows(
    rows: tuple[Row, ...], *, expand_nested: bool = False, between: tuple[str, str] | None = None
) -> tuple[Row, ...]:
    """Return the rows that a table shows.

    Args:
        rows: All rows, from `summary_rows`.
        expand_nested: With those inside nested models.
        between: Two regular expressions as Keras's ``layer_range`` takes them: the first row at the top whose name
            matches the first one, to the last row that matches the second.

    Raises:
        ValueError: ``between`` is not two regular expressions, or one matches no layer.
    """
    top = [row for row in rows if row.level == 0]
    if between is not None:
        first, last = _bounds(top, between)
        top = top[first : last + 1]
    if not expand_nested:
        return tuple(top)
    kept = {row.layer for row in top}
    return tuple(row for row in rows if row.call.path[0] in kept)


def _bounds(top: list[Row], between: tuple[str, str]) -> tuple[int, int]:
    if not isinstance(between, list | tuple) or len(between) != 2 or not all(isinstance(part, str) for part in between):
        raise ValueError(
            f"`layer_range` is {between!r}; expected two names or regular expressions, the first layer's and the last's."
        )
    found = []
    for pattern in between:
        try:
            matches = [i for i, row in enumerate(top) if re.match(pattern, row.call.name) or re.match(pattern, row.layer)]
        except re.error as error:
            raise ValueError(f"`layer_range` holds {pattern!r}, which is not a regular expression ({error}).") from None
        if not matches:
            names = [row.layer for row in top]
            near = get_close_matches(pattern, names, n=3) or names[:8]
            raise ValueError(f"`layer_range` holds {pattern!r}, which matches no layer. Near it: {', '.join(near)}.")
        found.append(matches)
    first, last = min(found[0]), max(found[1])
    return (first, last) if first <= last else (min(found[1]), max(found[0]))


def _in_tree_order(inside: dict[str | None, list[LayerCall]], parent: str | None = None) -> Iterator[LayerCall]:
    for call in inside.get(parent, ()):
        yield call
        yield from _in_tree_order(inside, call.key)


class _Maker:
    def __init__(self, graph: LayerGraph, inside: dict[str | None, list[LayerCall]]):
        self.total = graph.params
        self.inside = inside
        self.calls = by_key(graph)
        self.sums: dict[str, tuple[int, bool, int, bool]] = {}
        self.feeds: dict[str, list[tuple[str, int]]] = {}
        self.edges = graph.edges
        for edge in graph.edges:
            self.feeds.setdefault(edge.target, []).append((edge.source, edge.output))

    @cached_property
    def doors(self) -> dict[str, dict[str, list[tuple[str, int]]]]:
        """What feeds each call, by the argument that it feeds."""
        found: dict[str, dict[str, list[tuple[str, int]]]] = {}
        for edge in self.edges:
            found.setdefault(edge.target, {}).setdefault(edge.argument, []).append((edge.source, edge.output))
        return found

    def row(self, call: LayerCall) -> Row:
        flops, flops_whole, memory, memory_whole = self.cost(call)
        return Row.of(
            call=call,
            can_train=self.can_train(call),
            share=call.params / self.total if self.total else 0.0,
            flops=flops if flops_whole else None,
            flops_known=flops,
            activation_bytes=memory if memory_whole else None,
            bytes_known=memory,
            connected_to=tuple([self.source(call, *feed) for feed in self.fed_by(call)]),
            inside=numbers.held(*self.held(call)) if call.key in self.inside else "",
        )

    def cost(self, call: LayerCall) -> tuple[int, bool, int, bool]:
        """Return the known FLOPs, whether they are all, the known bytes, and whether those are all; a nested model has sums."""
        if call.key not in self.sums:
            within = self.inside.get(call.key, ())
            if call.kind == "model" and within:
                parts = [self.cost(inner) for inner in within]
                found = (sum(p[0] for p in parts), all(p[1] for p in parts), sum(p[2] for p in parts), all(p[3] for p in parts))
            elif call.kind == "input":  # an inner input is the tensor that the outer model already holds
                memory = 0 if call.parent is not None else call.cost.activation_bytes
                found = (0, True, memory or 0, memory is not None)
            else:
                flops, memory = call.cost.flops, call.cost.activation_bytes
                known = call.cost.at_least if flops is None else flops
                found = (known, flops is not None, memory or 0, memory is not None)
            self.sums[call.key] = found
        return self.sums[call.key]

    def held(self, call: LayerCall) -> tuple[int, int]:
        """Return how many layers and operations are inside a call: as `kfx.model.walk.count_held`, in one pass."""
        layers = operations = 0
        for inner in self.inside.get(call.key, ()):
            if inner.call == 1:
                deeper = self.held(inner)
                layers += deeper[0] + is_layer(inner)
                operations += deeper[1] + (inner.kind == "op")
        return layers, operations

    def can_train(self, call: LayerCall) -> str:
        within = self.inside.get(call.key, ()) if call.trains == "yes" else ()
        return "partly" if any(inner.frozen or self.can_train(inner) == "partly" for inner in within) else call.trains

    def fed_by(self, call: LayerCall) -> list[tuple[str, int]]:
        """Return the calls that feed a call; the input of a nested model is fed by what feeds the model."""
        if call.key in self.feeds or call.kind != "input" or call.parent is None:
            return self.feeds.get(call.key, [])
        parent = self.calls[call.parent]
        outside = (
            list(self.doors[parent.key].values()) if parent.key in self.doors else [[feed] for feed in self.fed_by(parent)]
        )
        at = parent.inner_inputs.index(call.key) if call.key in parent.inner_inputs else len(outside)
        return outside[at] if at < len(outside) else []

    def source(self, call: LayerCall, key: str, output: int) -> str:
        source = self.calls[key]
        name = source.label if source.parent == call.parent else key
        return f"{name}[{output}]" if len(source.outputs) > 1 else name
