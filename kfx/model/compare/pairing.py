"""Pair the calls of one level of a graph with those of a level of another graph, with as few differences as possible.

Several pairings are made: by name, and by position in the sequence of equal, similar or equally typed layers. Each is completed
by calls between the same neighbours. The cheapest pairing is used; at equal cost, the one by name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.layers.arguments import is_automatic

_ALONE, _OTHER, _REWIRED = 1.0, 1.0, 0.5  # the costs of differences
_RENAMED, _RENUMBERED = 0.25, 0.03
_ACTIVATIONS = {"Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax"}
_CONTAINERS = ("model", "opaque")


@dataclass(frozen=True)
class Side:
    """One graph, prepared for the search.

    Attributes:
        sources: The inputs of each call, ``(key, output, argument)``, sorted by argument.
        targets: Keys of the calls that take each call's outputs.
        form: A number for each call's kind, type, arguments, output shapes and contents; equal for equal calls of both graphs.
        plan: The same without shapes.
    """

    sources: Mapping[str, Sequence[tuple[str, int, str]]]
    targets: Mapping[str, Sequence[str]]
    form: Mapping[str, int]
    plan: Mapping[str, int]

    def wired(self, call: LayerCall) -> bool:
        """Return whether a call has edges; it has none where the wiring is unknown."""
        return call.key in self.sources or call.key in self.targets

    def before(self, key: str) -> list[str]:
        """Return the calls that make a call's inputs, each once."""
        return list(dict.fromkeys(source for source, *_ in self.sources.get(key, ())))

    def after(self, key: str) -> list[str]:
        """Return the calls that take a call's outputs, each once."""
        return list(dict.fromkeys(self.targets.get(key, ())))


def sides(a: LayerGraph, b: LayerGraph) -> tuple[Side, Side]:
    """Return both graphs prepared, with comparable forms."""
    number: dict[Hashable, int] = {}
    return _side(a, number), _side(b, number)


def _side(graph: LayerGraph, number: dict[Hashable, int]) -> Side:
    sources: dict[str, list[tuple[str, int, str]]] = defaultdict(list)
    targets: dict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        sources[edge.target].append((edge.source, edge.output, edge.argument))
        targets[edge.source].append(edge.target)
    for feeds in sources.values():
        feeds.sort(key=lambda feed: feed[2])
    inside: dict[str | None, list[LayerCall]] = defaultdict(list)
    form: dict[str, int] = {}
    plan: dict[str, int] = {}
    for call in reversed(graph.calls):  # the calls inside a call follow it
        config = tuple(pair for pair in call.config if pair[0] != "name")
        inner = inside.pop(call.key, ())
        own = (call.kind, call.type, call.module, config)
        plan[call.key] = number.setdefault((*own, tuple(plan[c.key] for c in inner)), len(number))
        shapes = tuple(t.shape for t in call.outputs)
        form[call.key] = number.setdefault((*own, shapes, tuple(form[c.key] for c in inner)), len(number))
        inside[call.parent].append(call)
    return Side(sources, targets, form, plan)


Pairs = dict[str, str]


def align(ours: Sequence[LayerCall], theirs: Sequence[LayerCall], side_a: Side, side_b: Side) -> Pairs:
    """Return the keys of corresponding calls of one level."""
    level = _Level(ours, theirs, side_a, side_b)
    best = level.completed(level.by_name())
    price = level.price(best)
    if price <= level.least():
        return best
    ways: list[Callable[[Side, LayerCall], Hashable]] = [
        lambda side, call: side.form[call.key],
        lambda side, call: side.plan[call.key],
        lambda side, call: _sort(call),
    ]
    for way in ways:
        pairs = level.completed(level.in_sequence(way))
        if (found := level.price(pairs)) < price:
            best, price = pairs, found
    return best


class _Level:
    def __init__(self, ours: Sequence[LayerCall], theirs: Sequence[LayerCall], a: Side, b: Side):
        self.ours, self.theirs, self.a, self.b = ours, theirs, a, b
        self.calls_a, self.calls_b = {c.key: c for c in ours}, {c.key: c for c in theirs}

    def by_name(self) -> Pairs:
        named = {call.label: call for call in self.theirs}
        return {x.key: named[x.label].key for x in self.ours if x.label in named and _may_pair(x, named[x.label])}

    def in_sequence(self, way: Callable[[Side, LayerCall], Hashable]) -> Pairs:
        number: dict[Hashable, int] = {}
        a = [number.setdefault(way(self.a, call), len(number)) for call in self.ours]
        b = [number.setdefault(way(self.b, call), len(number)) for call in self.theirs]
        start = 0
        while start < min(len(a), len(b)) and a[start] == b[start]:
            start += 1
        end = 0
        while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
            end += 1
        pairs = [(i, i) for i in range(start)]
        middle_a, middle_b = a[start : len(a) - end], b[start : len(b) - end]
        for i, j, n in SequenceMatcher(None, middle_a, middle_b, autojunk=False).get_matching_blocks():
            pairs += [(start + i + k, start + j + k) for k in range(n)]
        pairs += [(len(a) - 1 - k, len(b) - 1 - k) for k in range(end)]
        return {self.ours[i].key: self.theirs[j].key for i, j in pairs}

    def price(self, pairs: Pairs) -> float:
        total = _ALONE * (len(self.ours) + len(self.theirs) - 2 * len(pairs))
        for x, y in pairs.items():
            total += _OTHER * (self.a.plan[x] != self.b.plan[y])
            if self.calls_a[x].name != self.calls_b[y].name:
                total += _RENUMBERED if renumbered(self.calls_a[x], self.calls_b[y]) else _RENAMED
            fed = [(pairs.get(key), output, where) for key, output, where in self.a.sources.get(x, ())]
            total += _REWIRED * (fed != list(self.b.sources.get(y, ())))
        return total

    def least(self) -> float:
        """Return the lowest possible price: that of calls without an equal on the other side."""
        a = Counter(self.a.plan[call.key] for call in self.ours)
        b = Counter(self.b.plan[call.key] for call in self.theirs)
        return max((a - b).total(), (b - a).total()) * min(_ALONE, _OTHER)

    def completed(self, pairs: Pairs) -> Pairs:
        """Pair the remaining calls: by name, by their neighbours, and those without edges by type."""
        pairs = dict(pairs)
        taken = set(pairs.values())
        self._by_label(pairs, taken, lambda side, call: (side.plan[call.key], call.label))
        self._by_neighbours(pairs, taken, lambda x, y: self.a.plan[x.key] == self.b.plan[y.key], both=False)
        self._by_label(pairs, taken, lambda side, call: (call.label, call.kind))
        self._by_neighbours(pairs, taken, lambda x, y: _sort(x) == _sort(y), both=False)
        self._by_neighbours(pairs, taken, lambda x, y: _purpose(x) == _purpose(y) is not None, both=True)
        self._by_label(pairs, taken, lambda side, call: (call.key, id(side)) if side.wired(call) else _sort(call))
        return pairs

    def _by_label(self, pairs: Pairs, taken: set[str], label: Callable[[Side, LayerCall], Hashable]) -> None:
        waiting: dict[Hashable, list[LayerCall]] = defaultdict(list)
        for y in self.theirs:
            if y.key not in taken:
                waiting[label(self.b, y)].append(y)
        for x in self.ours:
            if x.key not in pairs and waiting.get(label(self.a, x)):
                y = waiting[label(self.a, x)].pop(0)
                pairs[x.key] = y.key
                taken.add(y.key)

    def _by_neighbours(
        self, pairs: Pairs, taken: set[str], like: Callable[[LayerCall, LayerCall], bool], *, both: bool
    ) -> None:
        """Pair calls that are alike and are connected to the same pair of calls, until there are no more."""
        todo = list(pairs.items())
        while todo:
            x, y = todo.pop(0)
            for near_a, near_b in ((self.a.after(x), self.b.after(y)), (self.a.before(x), self.b.before(y))):
                free = [key for key in near_b if key not in taken and key in self.calls_b]
                for key in near_a:
                    if key in pairs or key not in self.calls_a:
                        continue
                    call = self.calls_a[key]
                    match = next(
                        (k for k in free if like(call, self.calls_b[k]) and (not both or self._same_place(key, k, pairs))), None
                    )
                    if match is not None:
                        pairs[key] = match
                        taken.add(match)
                        free.remove(match)
                        todo.append((key, match))

    def _same_place(self, x: str, y: str, pairs: Pairs) -> bool:
        """Return whether two calls have the same sources and the same targets."""
        fed = [pairs.get(key) for key in self.a.before(x)] == self.b.before(y)
        return fed and {pairs.get(key) for key in self.a.after(x)} == set(self.b.after(y))


def renumbered(x: LayerCall, y: LayerCall) -> bool:
    """Return whether Keras chose both names, by the class and a number."""
    return is_automatic(x.name, x.type) and is_automatic(y.name, y.type)


def _sort(call: LayerCall) -> tuple[bool, str]:
    """Return what calls have in common that may be one: a file holds a block without its inside, as a layer."""
    return call.kind == "op", call.type


def _purpose(call: LayerCall) -> tuple[str, str] | None:
    """Return a layer's purpose, finer than its family; None where no type can replace another."""
    if call.kind != "layer":
        return None
    if call.family in ("conv", "dense", "seq", "merge"):
        return call.family, ""
    words = ("Normalization", "Dropout", "Noise", "Pool", "Padding", "Cropping", "UpSampling")
    word = "activation" if call.type in _ACTIVATIONS else next((word for word in words if word in call.type), None)
    return None if word is None else (call.family, word)


def _may_pair(x: LayerCall, y: LayerCall) -> bool:
    return x.kind == y.kind or x.type == y.type or (x.kind in _CONTAINERS and y.kind in _CONTAINERS)
