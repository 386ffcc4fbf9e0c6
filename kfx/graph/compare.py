"""Compare two `LayerGraph`s: which layers were added, removed, renamed, changed, rewired, frozen or thawed.

Calls are paired by name first and by structure second; where pairing by structure alone leaves fewer differences (two models
built in one session carry other automatic names), that pairing is taken. A pair with different names is a rename.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from kfx.graph.facts import LayerCall, LayerGraph, Tensor
from kfx.graph.walk import by_key, children

KINDS = ("added", "removed", "renamed", "changed", "rewired", "frozen", "thawed")


@dataclass(frozen=True)
class Change:
    """One difference at one layer.

    Attributes:
        kind: One of `KINDS`.
        before: Key in the first graph, or None for an added layer.
        after: Key in the second graph, or None for a removed one.
        what: What differs: an argument's name, ``"output"``, ``"input"``, ``"name"``, ``"type"``, ``"trainable"`` or ``""``.
        a: Its value in the first graph, as text.
        b: Its value in the second.
    """

    kind: str
    before: str | None
    after: str | None
    what: str = ""
    a: str = ""
    b: str = ""


@dataclass(frozen=True)
class GraphDiff:
    """Two graphs, how their calls are paired, and every difference.

    Attributes:
        a: The first graph.
        b: The second graph.
        pairs: ``(key in a, key in b)`` of every call that stands in both.
        changes: In the order of the second graph; removed layers where they stood.
    """

    a: LayerGraph
    b: LayerGraph
    pairs: tuple[tuple[str, str], ...]
    changes: tuple[Change, ...] = field(default=())

    @property
    def equal(self) -> bool:
        """True when nothing differs in structure (weights are compared elsewhere)."""
        return not self.changes

    def count(self, kind: str) -> int:
        """How many layers have a change of this kind."""
        return len({(change.before, change.after) for change in self.changes if change.kind == kind})

    def __repr__(self) -> str:
        found = [f"{self.count(kind)} {kind}" for kind in KINDS if self.count(kind)]
        return f"<GraphDiff {self.a.name!r} → {self.b.name!r}: {', '.join(found) or 'equal'}>"


def compare(a: LayerGraph, b: LayerGraph) -> GraphDiff:
    """Every structural difference between two graphs.

    Example:
        >>> compare(read_graph(model), read_graph(keras.models.clone_model(model))).equal
        True
    """
    inside_a, inside_b = children(a), children(b)
    pairs: dict[str, str] = {}

    def descend(container_a: str | None, container_b: str | None) -> None:
        ours, theirs = inside_a.get(container_a, []), inside_b.get(container_b, [])
        for x, y in _align(ours, theirs):
            pairs[x.key] = y.key
            descend(x.key, y.key)

    descend(None, None)
    return GraphDiff(a, b, tuple(pairs.items()), tuple(_changes(a, b, pairs)))


def _signature(call: LayerCall) -> tuple:
    """What a call is, apart from its name and the place it stands in."""
    config = tuple((name, text) for name, text in call.config if name != "name")
    return (call.kind, call.type, call.module, config, tuple(t.shape for t in call.outputs))


def _align(ours: Sequence[LayerCall], theirs: Sequence[LayerCall]) -> list[tuple[LayerCall, LayerCall]]:
    by_name = _fill(ours, theirs, _pairs_by_name(ours, theirs))
    if len(by_name) == len(ours) == len(theirs) and all(_signature(x) == _signature(y) for x, y in by_name):
        return by_name
    by_structure = _fill(ours, theirs, _pairs_by_structure(ours, theirs))
    return min(by_name, by_structure, key=lambda pairs: _price(ours, theirs, pairs))


def _price(ours: Sequence[LayerCall], theirs: Sequence[LayerCall], pairs: Sequence[tuple[LayerCall, LayerCall]]) -> float:
    alone = len(ours) + len(theirs) - 2 * len(pairs)
    other = sum(_signature(x) != _signature(y) for x, y in pairs)
    renamed = sum(x.label != y.label for x, y in pairs)
    return alone + other + renamed / 4


def _pairs_by_name(ours: Sequence[LayerCall], theirs: Sequence[LayerCall]) -> list[tuple[LayerCall, LayerCall]]:
    named = {call.label: call for call in theirs}
    return [(call, named[call.label]) for call in ours if call.label in named and call.kind == named[call.label].kind]


def _pairs_by_structure(ours: Sequence[LayerCall], theirs: Sequence[LayerCall]) -> list[tuple[LayerCall, LayerCall]]:
    number: dict[tuple, int] = {}
    a = [number.setdefault(_signature(call), len(number)) for call in ours]
    b = [number.setdefault(_signature(call), len(number)) for call in theirs]
    blocks = SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    return [(ours[i + k], theirs[j + k]) for i, j, n in blocks for k in range(n)]


def _fill(
    ours: Sequence[LayerCall], theirs: Sequence[LayerCall], pairs: list[tuple[LayerCall, LayerCall]]
) -> list[tuple[LayerCall, LayerCall]]:
    """Pair what is left over: equal structure anywhere, then the same name, then the same type between the same neighbours."""
    taken_a, taken_b = {x.key for x, _ in pairs}, {y.key for _, y in pairs}

    def pair_by(question) -> None:
        waiting = defaultdict(list)
        for y in theirs:
            if y.key not in taken_b:
                waiting[question(y)].append(y)
        for x in ours:
            if x.key not in taken_a and waiting.get(question(x)):
                y = waiting[question(x)].pop(0)
                pairs.append((x, y))
                taken_a.add(x.key)
                taken_b.add(y.key)

    pair_by(_signature)
    pair_by(lambda call: (call.label, call.kind))
    gaps_a, gaps_b = _gaps(ours, {x.key: n for n, (x, _) in enumerate(pairs)}), {}
    place = {y.key: n for n, (_, y) in enumerate(pairs)}
    gaps_b = _gaps(theirs, place)
    pair_by(lambda call: (call.type, call.kind, gaps_a.get(call.key, gaps_b.get(call.key)) if call.kind != "input" else None))
    order = {call.key: n for n, call in enumerate(ours)}
    return sorted(pairs, key=lambda pair: order[pair[0].key])


def _gaps(calls: Sequence[LayerCall], paired: Mapping[str, int]) -> dict[str, int | None]:
    """For each unpaired call, the pair that stands last before it."""
    found, last = {}, None
    for call in calls:
        if call.key in paired:
            last = paired[call.key]
        else:
            found[call.key] = last
    return found


def _changes(a: LayerGraph, b: LayerGraph, pairs: dict[str, str]) -> list[Change]:
    calls_a, calls_b = by_key(a), by_key(b)
    back = {y: x for x, y in pairs.items()}
    sources_a, sources_b = _sources(a), _sources(b)
    order_b = {call.key: n for n, call in enumerate(b.calls)}
    found: list[tuple[tuple[float, int], Change]] = []
    place = -1.0
    for n, call in enumerate(a.calls):
        if call.key in pairs:
            place = order_b[pairs[call.key]]
        elif call.parent is None or call.parent in pairs:  # the inside of a removed model goes with it
            found.append(((place + 0.5, n), Change("removed", call.key, None, a=_facts(call))))
    for n, call in enumerate(b.calls):
        if call.key not in back:
            if call.parent is None or call.parent in back:
                found.append(((n, 0), Change("added", None, call.key, b=_facts(call))))
            continue
        before = calls_a[back[call.key]]
        fed = [(pairs.get(key), output, argument) for key, output, argument in sources_a[before.key]]
        for change in _pair_changes(before, call):
            found.append(((n, 0), change))
        if fed != sources_b[call.key] and not (before.kind == "opaque" or call.kind == "opaque"):
            words_a = _feeds(sources_a[before.key], calls_a)
            words_b = _feeds(sources_b[call.key], calls_b)
            found.append(((n, 1), Change("rewired", before.key, call.key, "input", words_a, words_b)))
    ends_a = [(pairs.get(key), output, name) for key, output, name in a.outputs]
    if ends_a != list(b.outputs):
        words_a, words_b = (
            ", ".join(calls[key].label for key, _, _ in graph.outputs) for graph, calls in ((a, calls_a), (b, calls_b))
        )
        found.append(((len(b.calls), 2), Change("rewired", None, None, "model outputs", words_a, words_b)))
    return [change for _, change in sorted(found, key=lambda item: item[0])]


def _pair_changes(before: LayerCall, after: LayerCall) -> list[Change]:
    found = []

    def add(kind: str, what: str, a: str, b: str) -> None:
        if a != b:
            found.append(Change(kind, before.key, after.key, what, a, b))

    add("renamed", "name", before.label, after.label)
    add("changed", "type", before.type, after.type)
    ours, theirs = dict(before.config), dict(after.config)
    for name in dict.fromkeys([*ours, *theirs]):
        if name not in ("name", "trainable"):
            add("changed", name, ours.get(name, ""), theirs.get(name, ""))
    add("changed", "output", _shapes(before.outputs), _shapes(after.outputs))
    if before.own_params and after.own_params and before.frozen != after.frozen:
        add("frozen" if after.frozen else "thawed", "trainable", str(not before.frozen), str(not after.frozen))
    return found


def _sources(graph: LayerGraph) -> dict[str, list[tuple[str, int, str]]]:
    found: dict[str, list[tuple[str, int, str]]] = defaultdict(list)
    for edge in graph.edges:
        found[edge.target].append((edge.source, edge.output, edge.argument))
    return found


def _feeds(sources: list[tuple[str, int, str]], calls: dict[str, LayerCall]) -> str:
    return ", ".join(calls[key].label + (f"[{output}]" if output else "") for key, output, _ in sources)


def _shapes(tensors: Sequence[Tensor]) -> str:
    return ", ".join("?" if t.shape is None else "×".join("?" if n is None else str(n) for n in t.shape[1:]) for t in tensors)


def _facts(call: LayerCall) -> str:
    return f"{call.own_params:,} params" if call.own_params else " · ".join(call.settings)
