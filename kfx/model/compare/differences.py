"""Compare two `LayerGraph`s: find layers that were added, removed, renamed, changed, rewired, frozen or thawed.

Calls are paired by `kfx.model.compare.pairing`; a pair with different names is a rename. Consequences of another difference do
not count: a layer with a larger input has a larger output, and only the first such layer is reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kfx.model.compare.pairing import Side, align, renumbered, sides
from kfx.model.compare.stored import may_be_same, shut_pairs
from kfx.model.facts import LayerCall, LayerGraph, Tensor
from kfx.model.walk import by_key, children, is_layer

KINDS = ("added", "removed", "renamed", "changed", "rewired", "frozen", "thawed")
_TRAINABLE = {"yes": "True", "no": "False", "partly": "partly"}
_LABELS = ("shape", "batch_shape")  # arguments of an Input that its output shape repeats


@dataclass(frozen=True)
class Change:
    """One difference at one layer.

    Attributes:
        kind: One of `KINDS`.
        before: Key in the first graph, or None for an added layer.
        after: Key in the second graph, or None for a removed one. Both are None for a difference of the whole model.
        what: The part that differs: an argument's name, ``"output"``, ``"input"``, ``"name"``, ``"type"``, ``"dtype"``,
            ``"weights"`` (shared or not), ``"trainable"``, ``"model inputs"``,
            ``"model outputs"`` or ``""``.
        a: Its value in the first graph, as text.
        b: Its value in the second graph.
    """

    kind: str
    before: str | None
    after: str | None
    what: str = ""
    a: str = ""
    b: str = ""


@dataclass(frozen=True)
class GraphDiff:
    """Two graphs, their pairs of calls, and every difference.

    Attributes:
        a: The first graph.
        b: The second graph.
        pairs: ``(key in a, key in b)`` of every call in both graphs.
        changes: In the order of the second graph, with removed layers at their old positions.
    """

    a: LayerGraph
    b: LayerGraph
    pairs: tuple[tuple[str, str], ...]
    changes: tuple[Change, ...] = field(default=())

    @property
    def equal(self) -> bool:
        """True if the structure is the same; weights are compared elsewhere."""
        return not self.changes

    def count(self, kind: str) -> int:
        """Return the number of layers with a change of this kind."""
        return len({(change.before, change.after) for change in self.changes if change.kind == kind})

    @property
    def same(self) -> int:
        """The number of calls of layers and operations without any difference; a nested model counts by its layers."""
        touched = {change.after for change in self.changes}
        counted = {call.key for call in self.b.calls if call.kind == "op" or is_layer(call)}
        return sum(after not in touched and after in counted for _, after in self.pairs)

    def __repr__(self) -> str:
        found = [f"{self.count(kind)} {kind}" for kind in KINDS if self.count(kind)]
        return f"<GraphDiff {self.a.name!r} → {self.b.name!r}: {', '.join(found) or 'equal'}>"


@dataclass(frozen=True)
class WeightChange:
    """The change of one layer's weights.

    Attributes:
        before: Key of the call in the first graph.
        after: Key in the second.
        relative: ``max |b − a| / max |a|`` over all of the layer's numbers that are finite in both; ``inf`` if all were zero
            before. None if it is unknown: shapes differ and the rest is equal, or only fingerprints were kept.
        weight: Name of the variable with the largest difference, or ``""``.
        note: Differences without a number: shapes, NaN or infinite values; usually ``""``.
        unrelated: True if the numbers have no more in common than those of two models that were initialised separately.
    """

    before: str
    after: str
    relative: float | None
    weight: str = ""
    note: str = ""
    unrelated: bool = False


def compare(a: LayerGraph, b: LayerGraph) -> GraphDiff:
    """Return every structural difference between two graphs.

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
            elif self._counts(call.parent, self.pairs):  # the inside of a removed model goes with it
                found.append((place + 0.5, Change("removed", call.key, None, a=_facts(call))))
        for n, call in enumerate(self.b.calls):
            if call.key in self.back:
                found += [(n, change) for change in self._pair(self.calls_a[self.back[call.key]], call)]
            elif self._counts(call.parent, self.back):
                found.append((n, Change("added", None, call.key, b=_facts(call))))
        found += [(len(order), change) for change in self._ends()]
        return [change for _, change in sorted(found, key=lambda item: item[0])]

    def _counts(self, parent: str | None, pairs: Mapping[str, str]) -> bool:
        """Return whether a call in one graph only is a difference of its own, by the call around it."""
        return parent is None or (parent in pairs and parent not in self.shut)

    def _pair(self, before: LayerCall, after: LayerCall) -> Iterator[Change]:
        def change(kind: str, what: str, a: str, b: str) -> Iterator[Change]:
            if a != b:
                yield Change(kind, before.key, after.key, what, a, b)

        if (before.call == 1 or after.call == 1) and not renumbered(before, after):
            # further calls of a renamed layer are not further renames, and the numbers that Keras counts have no meaning
            yield from change("renamed", "name", before.name, after.name)
        own = [*change("changed", "type", before.type, after.type), *self._arguments(before, after)]
        yield from own
        if (own or _shapes(before.inputs) == _shapes(after.inputs)) and not _repeats_argument(own, after):
            known = all(t.shape is not None for t in (*before.outputs, *after.outputs))
            if known and before.outputs and after.outputs and after.kind != "model":
                yield from change("changed", "output", _shapes(before.outputs), _shapes(after.outputs))
        if before.dtype and after.dtype and after.kind not in ("model", "opaque"):
            yield from change("changed", "dtype", before.dtype, after.dtype)
        yield from self._sharing(before, after)
        if before.own_params and after.own_params and self._frozen_itself(before, after):
            kind = "thawed" if before.frozen or after.trains == "yes" else "frozen"
            yield from change(kind, "trainable", _TRAINABLE[before.trains], _TRAINABLE[after.trains])
        yield from self._wiring(before, after)

    def _arguments(self, before: LayerCall, after: LayerCall) -> Iterator[Change]:
        if not (_declared(before) and _declared(after)):
            return
        ours, theirs = dict(before.config), dict(after.config)
        if before.type != after.type:  # only arguments of both types
            ours = {name: text for name, text in ours.items() if name in theirs}
        names = [n for n in theirs if before.type == after.type or n in ours] + [n for n in ours if n not in theirs]
        for name in names:
            a, b = ours.get(name, ""), theirs.get(name, "")
            if a != b and name not in ("name", "trainable") and not (self.one_stored and may_be_same(a, b)):
                yield Change("changed", before.key, after.key, name, a, b)

    def _sharing(self, before: LayerCall, after: LayerCall) -> Iterator[Change]:
        """Compare whether a call uses the weights of an earlier one."""
        home_a, home_b = self.home_a.get(before.key), self.home_b.get(after.key)
        if (None if home_a is None else self.pairs.get(home_a, "")) == home_b or not (before.own_params or after.own_params):
            return
        owners = [
            "its own" if home is None else f"shared with {calls[home].label}"
            for home, calls in ((home_a, self.calls_a), (home_b, self.calls_b))
        ]
        if owners[0] != owners[1]:
            yield Change("changed", before.key, after.key, "weights", *owners)

    def _frozen_itself(self, before: LayerCall, after: LayerCall) -> bool:
        """Return whether a call was frozen or thawed as a whole, or weights of its own were; the calls inside tell theirs."""
        if "partly" in (before.trains, after.trains) and any(call.kind in ("model", "opaque") for call in (before, after)):
            return False
        if self.one_stored and ("partly" in (before.trains, after.trains) or before.module != "keras.layers"):
            return False  # a file holds the flags of layers, not those of single weights
        return before.trains != after.trains and not self._frozen_around(before, after)

    def _frozen_around(self, before: LayerCall, after: LayerCall) -> bool:
        """Return whether a model around both calls was frozen or thawed as a whole."""
        if before.parent is None or after.parent is None:
            return False
        outer_a, outer_b = self.calls_a[before.parent], self.calls_b[after.parent]
        outer = (outer_a.trains, outer_b.trains)
        return (outer == (before.trains, after.trains) and "partly" not in outer) or self._frozen_around(outer_a, outer_b)

    def _wiring(self, before: LayerCall, after: LayerCall) -> Iterator[Change]:
        if "opaque" in (before.kind, after.kind):
            return
        if not self._inside_opaque(before, after):
            yield from self._feeds(before, after)
        yield from self._walls(before, after)

    def _feeds(self, before: LayerCall, after: LayerCall) -> Iterator[Change]:
        """Compare what feeds two calls."""
        fed = [(self.pairs.get(key), output, where) for key, output, where in self.side_a.sources.get(before.key, ())]
        if fed != list(self.side_b.sources.get(after.key, ())):
            a = _sources(self.side_a.sources.get(before.key, ()), self.calls_a)
            b = _sources(self.side_b.sources.get(after.key, ()), self.calls_b)
            yield Change("rewired", before.key, after.key, "input", a, b)

    def _inside_opaque(self, before: LayerCall, after: LayerCall) -> bool:
        """Return whether the wiring around one of two paired calls is unknown."""
        kind_a = self.a.kind if before.parent is None else self.calls_a[before.parent].kind
        kind_b = self.b.kind if after.parent is None else self.calls_b[after.parent].kind
        return "opaque" in (kind_a, kind_b)

    def _walls(self, before: LayerCall, after: LayerCall) -> Iterator[Change]:
        """Compare the layers of a nested model that take its inputs and make its outputs."""
        if before.key in self.shut:
            return
        yield from self._input_order(before.key, after.key, before.inner_inputs, after.inner_inputs)
        ends = [(self.pairs.get(key), output) for key, output in before.inner_outputs]
        if ends != list(after.inner_outputs):
            a = _labels([key for key, _ in before.inner_outputs], self.calls_a)
            b = _labels([key for key, _ in after.inner_outputs], self.calls_b)
            yield Change("rewired", before.key, after.key, "model outputs", a, b)

    def _input_order(
        self, before: str | None, after: str | None, inputs_a: Sequence[str], inputs_b: Sequence[str]
    ) -> Iterator[Change]:
        ours = [self.pairs.get(key) for key in inputs_a]
        if None not in ours and ours != list(inputs_b) and sorted(map(str, ours)) == sorted(inputs_b):
            a, b = _labels(inputs_a, self.calls_a), _labels(inputs_b, self.calls_b)
            yield Change("rewired", before, after, "model inputs", a, b)

    def _ends(self) -> Iterator[Change]:
        """Compare the order of the model's inputs, and its outputs."""
        yield from self._input_order(None, None, self.a.inputs, self.b.inputs)
        ends = [(self.pairs.get(key), output, name) for key, output, name in self.a.outputs]
        if ends != list(self.b.outputs) and self.a.outputs and self.b.outputs:
            a, b = _named_ends(self.a, self.calls_a), _named_ends(self.b, self.calls_b)
            yield Change("rewired", None, None, "model outputs", a, b)


def _declared(call: LayerCall) -> bool:
    """Return whether the arguments of a call are known; those of an input or operation found by a trace are not."""
    return call.module != "tensorflow" and not (call.kind == "input" and not call.config)


def _homes(graph: LayerGraph) -> dict[str, str]:
    """Return the first call of each shared layer by the keys of its further calls."""
    layers = [((call.parent, call.name, call.type), call) for call in graph.calls if call.calls > 1]
    first = {layer: call.key for layer, call in reversed(layers) if call.call == 1}
    return {call.key: first[layer] for layer, call in layers if call.call > 1 and layer in first}


def _repeats_argument(own: Sequence[Change], after: LayerCall) -> bool:
    """Return whether a changed argument already shows an Input's new shape."""
    return after.kind == "input" and any(change.what in _LABELS for change in own)


def _sources(sources: Sequence[tuple[str, int, str]], calls: Mapping[str, LayerCall]) -> str:
    return ", ".join(_output_label(calls[key], output) for key, output, _ in sources) or "nothing"


def _labels(keys: Sequence[str], calls: Mapping[str, LayerCall]) -> str:
    return ", ".join(calls[key].label for key in keys)


def _named_ends(graph: LayerGraph, calls: Mapping[str, LayerCall]) -> str:
    return ", ".join((f"{name}: " if name else "") + _output_label(calls[key], output) for key, output, name in graph.outputs)


def _output_label(call: LayerCall, output: int) -> str:
    return f"{call.label}[{output}]" if output else call.label


def _shapes(tensors: Sequence[Tensor]) -> str:
    return ", ".join("?" if t.shape is None else "×".join("?" if n is None else str(n) for n in t.shape[1:]) for t in tensors)


def _facts(call: LayerCall) -> str:
    return f"{call.own_params:,} params" if call.own_params else " · ".join(call.settings)
