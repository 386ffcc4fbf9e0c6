"""Unite both graphs of a comparison in one: calls in both graphs once, beside those that only one graph has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kfx.model.compare.differences import Change, GraphDiff
from kfx.model.facts import Edge, LayerCall, LayerGraph
from kfx.model.labels import free_label
from kfx.model.walk import Wire, wires

Tie = tuple[str, int, str]  # source, output, target


@dataclass(frozen=True)
class Union:
    """Two graphs in one.

    Attributes:
        graph: The calls of both; those in the second graph have their keys there.
        key_a: The key in ``graph`` of each call of the first graph.
        only_a: Keys in ``graph`` of the calls that only the first graph has.
        only_b: Keys of the calls that only the second graph has.
        wires_a: Wires of the first graph, through the walls of models and up to them, in keys of ``graph``.
        wires_b: Wires of the second graph.
    """

    graph: LayerGraph
    key_a: Mapping[str, str]
    only_a: frozenset[str]
    only_b: frozenset[str]
    wires_a: frozenset[Tie]
    wires_b: frozenset[Tie]

    def key_of(self, change: Change) -> str:
        """Return the key in ``graph`` of the call that differs, ``""`` for a difference of the whole model."""
        return change.after or ("" if change.before is None else self.key_a[change.before])


def union(diff: GraphDiff) -> Union:
    """Return one graph for a picture of both, without the edges of the first graph that would close a cycle."""
    a, b, pairs = diff.a, diff.b, dict(diff.pairs)
    taken = {call.key for call in b.calls}
    key_a: dict[str, str] = {}
    kept: list[LayerCall] = []
    paths = {call.key: call.path for call in b.calls}
    for call in a.calls:
        if call.key in pairs:
            key_a[call.key] = pairs[call.key]
            continue
        parent = None if call.parent is None else key_a[call.parent]
        around = () if parent is None else paths[parent]
        key = free_label(call.label if parent is None else f"{parent}/{call.label}", taken)
        taken.add(key)
        key_a[call.key] = key
        paths[key] = (*around, call.label)
        kept.append(replace(call, key=key, path=paths[key], parent=parent))
    kept = [_with_keys(call, key_a) for call in kept]
    known = {(edge.source, edge.output, edge.target) for edge in b.edges}
    gone = [edge for edge in _moved(a.edges, key_a) if (edge.source, edge.output, edge.target) not in known]
    ends = {(key, output) for key, output, _ in b.outputs}
    outputs = (*b.outputs, *((key_a[k], n, name) for k, n, name in a.outputs if (key_a[k], n) not in ends))
    calls, edges = _in_order([*b.calls, *kept], b.edges, gone)
    graph = replace(
        b,
        name=b.name or a.name,
        kind=b.kind if a.kind == b.kind else "traced" if "opaque" not in (a.kind, b.kind) else "opaque",
        calls=tuple(calls),
        edges=tuple(edges),
        inputs=(*b.inputs, *(key_a[key] for key in a.inputs if key_a[key] not in b.inputs)),
        outputs=outputs,
        notes=(),
    )
    return Union(
        graph=graph,
        key_a=key_a,
        only_a=frozenset(call.key for call in kept),
        only_b=frozenset(call.key for call in b.calls) - set(pairs.values()),
        wires_a=_ties(a, key_a),
        wires_b=_ties(b, {call.key: call.key for call in b.calls}),
    )


def _with_keys(call: LayerCall, key_of: Mapping[str, str], **changes: Any) -> LayerCall:
    """Return a call with the keys inside it replaced, and other changes."""
    inputs = tuple(key_of[key] for key in call.inner_inputs)
    outputs = tuple((key_of[key], output) for key, output in call.inner_outputs)
    return replace(call, inner_inputs=inputs, inner_outputs=outputs, **changes)


def _moved(edges: Iterable[Edge], key_of: Mapping[str, str]) -> tuple[Edge, ...]:
    return tuple(edge._replace(source=key_of[edge.source], target=key_of[edge.target]) for edge in edges)


def _ties(graph: LayerGraph, key_of: Mapping[str, str]) -> frozenset[Tie]:
    """Return the edges of a graph, and those through the walls of its nested models, in the keys of the union."""
    both: list[Wire | Edge] = [*wires(graph), *graph.edges]
    return frozenset((key_of[one.source], one.output, key_of[one.target]) for one in both)


def side(whole: Union, graph: LayerGraph, key_of: Mapping[str, str] | None = None) -> LayerGraph:
    """Return one of the two graphs in the keys of the union, to draw it alone with the folds of both.

    Args:
        whole: Both graphs.
        graph: The first or the second.
        key_of: `Union.key_a` for the first, None for the second.
    """
    if key_of is None:
        return graph
    paths = {call.key: call.path for call in whole.graph.calls}
    calls = tuple(
        _with_keys(
            call,
            key_of,
            key=key_of[call.key],
            path=(*paths[key_of[call.key]][:-1], call.path[-1]),
            parent=None if call.parent is None else key_of[call.parent],
        )
        for call in graph.calls
    )
    return replace(
        graph,
        calls=calls,
        edges=_moved(graph.edges, key_of),
        inputs=tuple(key_of[key] for key in graph.inputs),
        outputs=tuple((key_of[key], output, name) for key, output, name in graph.outputs),
    )


def _in_order(calls: list[LayerCall], firm: Sequence[Edge], loose: Sequence[Edge]) -> tuple[list[LayerCall], list[Edge]]:
    """Return each call after all that it needs, with the calls inside it right after it; leave out loose edges in a cycle.

    The ``firm`` edges form no cycle.
    """
    inside: dict[str | None, list[str]] = defaultdict(list)
    for call in calls:
        inside[call.parent].append(call.key)
    entering: dict[str, list[Edge]] = defaultdict(list)
    leaving: dict[str, list[Edge]] = defaultdict(list)
    for edge in (*firm, *loose):
        entering[edge.target].append(edge)
        leaving[edge.source].append(edge)
    known, can_drop = {call.key: call for call in calls}, set(map(id, loose))
    dropped: set[int] = set()
    rank = {call.key: n for n, call in enumerate(calls)}
    order: list[LayerCall] = []

    def level(keys: list[str]) -> list[str]:
        waiting = {key: len(entering[key]) for key in keys}
        ready = [key for key in keys if not waiting[key]]
        done: list[str] = []
        left = dict.fromkeys(keys)
        while left:
            if not ready:  # a cycle: some call waits for loose edges only
                stuck = {k: [e for e in entering[k] if e.source in left and id(e) not in dropped] for k in left}
                key = next(k for k, waits in stuck.items() if all(id(e) in can_drop for e in waits))
                dropped.update(map(id, stuck[key]))
                ready = [key]
            key = ready.pop(0)
            del left[key]
            done.append(key)
            for edge in leaving[key]:
                if id(edge) in dropped:
                    continue
                waiting[edge.target] -= 1
                if waiting[edge.target] == 0:
                    ready.append(edge.target)
        return done

    def place(parent: str | None) -> None:
        for key in level(sorted(inside[parent], key=rank.__getitem__)):
            order.append(known[key])
            if key in inside:
                place(key)

    place(None)
    return order, [edge for edge in (*firm, *loose) if id(edge) not in dropped]
