"""Compare two `LayerGraph`s: which layers were added, removed, renamed, changed, rewired, frozen or thawed.

Calls are paired by `kfx.model.compare.pairing`; a pair with different names is a rename. What follows from another difference
is none: a layer whose input grew makes a larger output, and that is told only where it begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kfx.model.compare.pairing import Side, align, renumbered, sides
from kfx.model.compare.told_by_file import may_be_same, shut_pairs
from kfx.model.facts import LayerCall, LayerGraph, Tensor
from kfx.model.walk import by_key, children, is_layer

KINDS = ("added", "removed", "renamed", "changed", "rewired", "frozen", "thawed")
_LABELS = ("shape", "batch_shape")  # arguments of an Input that its output repeats


@dataclass(frozen=True)
class Change:
    """One difference at one layer.

    Attributes:
        kind: One of `KINDS`.
        before: Key in the first graph, or None for an added layer.
        after: Key in the second graph, or None for a removed one. Both are None for a difference of the whole model.
        what: What differs: an argument's name, ``"output"``, ``"input"``, ``"name"`` (``"automatic name"``
            where Keras chose both), ``"type"``, ``"dtype"``, ``"weights"``
            (shared or not), ``"trainable"``, ``"model inputs"``, ``"model outputs"`` or ``""``.
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

    @property
    def same(self) -> int:
        """How many calls of layers and operations stand in both without any difference; a nested model counts by its layers."""
        touched = {change.after for change in self.changes}
        counted = {call.key for call in self.b.calls if call.kind == "op" or is_layer(call)}
        return sum(after not in touched and after in counted for _, after in self.pairs)

    def __repr__(self) -> str:
        found = [f"{self.count(kind)} {kind}" for kind in KINDS if self.count(kind)]
        return f"<GraphDiff {self.a.name!r} → {self.b.name!r}: {', '.join(found) or 'equal'}>"


@dataclass(frozen=True)
class WeightChange:
    """What happened to one layer's weights.

    Attributes:
        before: Key of the call in the first graph.
        after: Key in the second.
        relative: ``max |b − a| / max |a|`` over all of the layer's numbers that are finite in both; ``inf`` where all were zero
            before. None where it is unknown: shapes differ and the rest is equal, or only fingerprints were kept.
        weight: Name of the variable that holds the largest difference, or ``""``.
        note: What cannot be said with a number: shapes that differ, NaN or infinite values; usually ``""``.
    """

    before: str
    after: str
    relative: float | None
    weight: str = ""
    note: str = ""


def compare(a: LayerGraph, b: LayerGraph) -> GraphDiff:
    """Every structural difference between two graphs.

    Example:
        >>> import keras, kfx
        >>> def tiny(units):
        ...     return keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, name="scores")], name="tiny")
        >>> compare(kfx.read_graph(tiny(2)), kfx.read_graph(tiny(3))).equal
        False
    """
    side_a, side_b = sides(a, b)
    inside_a, inside_b = children(a), children(b)
    pairs: dict[str, str] = {}
    levels: list[tuple[str | None, str | None]] = [(None, None)]
    while levels:
        container_a, container_b = levels.pop()
        ours, theirs = inside_a.get(container_a, []), inside_b.get(container_b, [])
        if ours and theirs:
            found = align(ours, theirs, side_a, side_b)
            pairs |= found
            levels += found.items()
    order = {call.key: n for n, call in enumerate(a.calls)}
    pairs = dict(sorted(pairs.items(), key=lambda pair: order[pair[0]]))
    return GraphDiff(a, b, tuple(pairs.items()), tuple(_Differences(a, b, pairs, side_a, side_b).all()))


class _Differences:
    def __init__(self, a: LayerGraph, b: LayerGraph, pairs: dict[str, str], side_a: Side, side_b: Side):
        self.a, self.b, self.pairs, self.side_a, self.side_b = a, b, pairs, side_a, side_b
        self.back = {y: x for x, y in pairs.items()}
        self.calls_a, self.calls_b = by_key(a), by_key(b)
        self.home_a, self.home_b = _homes(a), _homes(b)
        self.one_stored = a.stored != b.stored
        self.shut = {key for pair in shut_pairs(a, b, pairs.items()) for key in pair}

    def all(self) -> list[Change]:
        order = {call.key: n for n, call in enumerate(self.b.calls)}
        found: list[tuple[float, Change]] = []
        place = -1.0
        for call in self.a.calls:
            if call.key in self.pairs:
                place = order[self.pairs[call.key]]
            elif self._told(call.parent, self.pairs):  # the inside of a removed model goes with it
                found.append((place + 0.5, Change("removed", call.key, None, a=_facts(call))))
        for n, call in enumerate(self.b.calls):
            if call.key in self.back:
                found += [(n, change) for change in self._pair(self.calls_a[self.back[call.key]], call)]
            elif self._told(call.parent, self.back):
                found.append((n, Change("added", None, call.key, b=_facts(call))))
        found += [(len(order), change) for change in self._ends()]
        return [change for _, change in sorted(found, key=lambda item: item[0])]

    def _told(self, parent: str | None, pairs: Mapping[str, str]) -> bool:
        """Whether a call that stands in one graph only is a difference of its own."""
        return parent is None or (parent in pairs and parent not in self.shut)

    def _pair(self, before: LayerCall, after: LayerCall) -> Iterator[Change]:
        def change(kind: str, what: str, a: str, b: str) -> Iterator[Change]:
            if a != b:
                yield Change(kind, before.key, after.key, what, a, b)

        automatic = renumbered(before, after)
        if (before.call == 1 or after.call == 1) and not (automatic and after.kind == "op"):
            # further calls of a renamed layer are no further renames, and nobody knows an operation by its number
            yield from change("renamed", "automatic name" if automatic else "name", before.name, after.name)
        own = [*change("changed", "type", before.type, after.type), *self._arguments(before, after)]
        yield from own
        if (own or _shapes(before.inputs) == _shapes(after.inputs)) and not _repeats_argument(own, after):
            known = all(t.shape is not None for t in (*before.outputs, *after.outputs))
            if known and before.outputs and after.outputs and after.kind != "model":
                yield from change("changed", "output", _shapes(before.outputs), _shapes(after.outputs))
        if before.dtype and after.dtype and after.kind not in ("model", "opaque"):
            yield from change("changed", "dtype", before.dtype, after.dtype)
        yield from self._sharing(before, after)
        if before.own_params and after.own_params and before.frozen != after.frozen and not self._frozen_around(before, after):
            kind = "frozen" if after.frozen else "thawed"
            yield from change(kind, "trainable", str(not before.frozen), str(not after.frozen))
        yield from self._wiring(before, after)

    def _arguments(self, before: LayerCall, after: LayerCall) -> Iterator[Change]:
        if not (_declared(before) and _declared(after)):
            return
        ours, theirs = dict(before.config), dict(after.config)
        if before.type != after.type:  # of two types only what both have
            ours = {name: text for name, text in ours.items() if name in theirs}
        names = [n for n in theirs if before.type == after.type or n in ours] + [n for n in ours if n not in theirs]
        for name in names:
            a, b = ours.get(name, ""), theirs.get(name, "")
            if a != b and name not in ("name", "trainable") and not (self.one_stored and may_be_same(a, b)):
                yield Change("changed", before.key, after.key, name, a, b)

    def _sharing(self, before: LayerCall, after: LayerCall) -> Iterator[Change]:
        """Whether a call uses the weights of an earlier one."""
        home_a, home_b = self.home_a.get(before.key), self.home_b.get(after.key)
        if (None if home_a is None else self.pairs.get(home_a, "")) == home_b or not (before.own_params or after.own_params):
            return
        said = [
            "its own" if home is None else f"shared with {calls[home].label}"
            for home, calls in ((home_a, self.calls_a), (home_b, self.calls_b))
        ]
        if said[0] != said[1]:
            yield Change("changed", before.key, after.key, "weights", *said)

    def _frozen_around(self, before: LayerCall, after: LayerCall) -> bool:
        """Whether the model around was frozen or thawed as a whole."""
        if before.parent is None or after.parent is None:
            return False
        outer_a, outer_b = self.calls_a[before.parent], self.calls_b[after.parent]
        same = (outer_a.frozen, outer_b.frozen) == (before.frozen, after.frozen) and outer_a.own_params and outer_b.own_params
        return bool(same) or self._frozen_around(outer_a, outer_b)

    def _wiring(self, before: LayerCall, after: LayerCall) -> Iterator[Change]:
        if "opaque" in (self.a.kind, self.b.kind, before.kind, after.kind) or self._inside_opaque(before):
            return
        fed = [(self.pairs.get(key), output, where) for key, output, where in self.side_a.sources.get(before.key, ())]
        if fed != list(self.side_b.sources.get(after.key, ())):
            a = _feeds(self.side_a.sources.get(before.key, ()), self.calls_a)
            b = _feeds(self.side_b.sources.get(after.key, ()), self.calls_b)
            yield Change("rewired", before.key, after.key, "input", a, b)
        yield from self._walls(before, after)

    def _inside_opaque(self, call: LayerCall) -> bool:
        return call.parent is not None and self.calls_a[call.parent].kind == "opaque"

    def _walls(self, before: LayerCall, after: LayerCall) -> Iterator[Change]:
        """Which of a nested model's layers take its inputs and make its outputs."""
        if before.key in self.shut:
            return
        ours, theirs = [self.pairs.get(key) for key in before.inner_inputs], list(after.inner_inputs)
        if ours != theirs and sorted(map(str, ours)) == sorted(theirs):
            a, b = (_labels(keys, calls) for keys, calls in self._both(before.inner_inputs, after.inner_inputs))
            yield Change("rewired", before.key, after.key, "model inputs", a, b)
        ends = [(self.pairs.get(key), output) for key, output in before.inner_outputs]
        if ends != list(after.inner_outputs):
            made = (tuple(key for key, _ in before.inner_outputs), tuple(key for key, _ in after.inner_outputs))
            a, b = (_labels(keys, calls) for keys, calls in self._both(*made))
            yield Change("rewired", before.key, after.key, "model outputs", a, b)

    def _both(self, a: Sequence[str], b: Sequence[str]) -> tuple[tuple[Sequence[str], Mapping[str, LayerCall]], ...]:
        return (a, self.calls_a), (b, self.calls_b)

    def _ends(self) -> Iterator[Change]:
        """The order of the model's inputs, and its outputs."""
        ours = [self.pairs.get(key) for key in self.a.inputs]
        if None not in ours and ours != list(self.b.inputs) and sorted(map(str, ours)) == sorted(self.b.inputs):
            a, b = (_labels(keys, calls) for keys, calls in self._both(self.a.inputs, self.b.inputs))
            yield Change("rewired", None, None, "model inputs", a, b)
        ends = [(self.pairs.get(key), output, name) for key, output, name in self.a.outputs]
        if ends != list(self.b.outputs) and self.a.outputs and self.b.outputs:
            a, b = (_named_ends(graph, calls) for graph, calls in ((self.a, self.calls_a), (self.b, self.calls_b)))
            yield Change("rewired", None, None, "model outputs", a, b)


def _declared(call: LayerCall) -> bool:
    """Whether the arguments of a call are known: of what only a trace has seen, an input or an operation, they are not."""
    return call.module != "tensorflow" and not (call.kind == "input" and not call.config)


def _homes(graph: LayerGraph) -> dict[str, str]:
    """The first call of each shared layer, by the keys of its further calls."""
    first = {
        (call.parent, call.name, call.type): call.key for call in reversed(graph.calls) if call.calls > 1 and call.call == 1
    }
    found = {}
    for call in graph.calls:
        if call.call > 1 and (call.parent, call.name, call.type) in first:
            found[call.key] = first[call.parent, call.name, call.type]
    return found


def _repeats_argument(own: Sequence[Change], after: LayerCall) -> bool:
    """Whether an Input's new shape is told already."""
    return after.kind == "input" and any(change.what in _LABELS for change in own)


def _feeds(sources: Sequence[tuple[str, int, str]], calls: Mapping[str, LayerCall]) -> str:
    return ", ".join(calls[key].label + (f"[{output}]" if output else "") for key, output, _ in sources) or "nothing"


def _labels(keys: Sequence[str], calls: Mapping[str, LayerCall]) -> str:
    return ", ".join(calls[key].label for key in keys)


def _named_ends(graph: LayerGraph, calls: Mapping[str, LayerCall]) -> str:
    parts = [(name, calls[key].label + (f"[{output}]" if output else "")) for key, output, name in graph.outputs]
    return ", ".join(f"{name}: {label}" if name else label for name, label in parts)


def _shapes(tensors: Sequence[Tensor]) -> str:
    return ", ".join("?" if t.shape is None else "×".join("?" if n is None else str(n) for n in t.shape[1:]) for t in tensors)


def _facts(call: LayerCall) -> str:
    return f"{call.own_params:,} params" if call.own_params else " · ".join(call.settings)
