"""Find which calls of one level of a graph are which calls of another graph's level, with as few differences as possible.

Several pairings are made, by name, by place in the sequence with equal, similar or only equally typed layers, each completed by
what stands between the same neighbours; the cheapest is taken, and names win a tie.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.layers.arguments import is_automatic

_ALONE, _OTHER, _REWIRED = 1.0, 1.0, 0.5  # what a difference costs
_RENAMED, _RENUMBERED = 0.25, 0.03
_ACTIVATIONS = {"Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax"}
_CONTAINERS = ("model", "opaque")


@dataclass(frozen=True)
class Side:
    """What the search asks about one graph.

    Attributes:
        sources: What feeds each call: ``(key, output, argument)``, by argument.
        targets: Keys of what each call feeds.
        form: What a call is, apart from name and place: its kind, type, arguments, output shapes and all inside it, as a number
            that is equal for equal calls of both graphs.
        plan: The same without shapes.
    """

    sources: Mapping[str, Sequence[tuple[str, int, str]]]
    targets: Mapping[str, Sequence[str]]
    form: Mapping[str, int]
    plan: Mapping[str, int]

    def wired(self, call: LayerCall) -> bool:
        """Whether any tensor enters or leaves a call; none does where the wiring is unknown."""
        return call.key in self.sources or call.key in self.targets

    def before(self, key: str) -> list[str]:
        """What feeds a call, each once."""
        return list(dict.fromkeys(source for source, *_ in self.sources.get(key, ())))

    def after(self, key: str) -> list[str]:
        """What a call feeds, each once."""
        return list(dict.fromkeys(self.targets.get(key, ())))


def sides(a: LayerGraph, b: LayerGraph) -> tuple[Side, Side]:
    """Both graphs, with forms that can be compared."""
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
    for call in reversed(graph.calls):  # what is inside a call stands after it
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
    """Keys of the calls of one level that are the same in both graphs."""
    level = _Level(ours, theirs, side_a, side_b)
    best = level.completed(level.by_name())
    price = level.price(best)
    if price <= level.least():
        return best
    ways: list[Callable[[Side, LayerCall], Hashable]] = [
        lambda side, call: side.form[call.key],
        lambda side, call: side.plan[call.key],
        lambda side, call: (call.kind, call.type),
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
        """What no pairing can do without: calls that have no like on the other side."""
        a = Counter(self.a.plan[call.key] for call in self.ours)
        b = Counter(self.b.plan[call.key] for call in self.theirs)
        return max((a - b).total(), (b - a).total()) * min(_ALONE, _OTHER)

    # ------------------------------------------------------------------------------------------------ what is left over

    def completed(self, pairs: Pairs) -> Pairs:
        """The pairing with what is left over: by name, by the neighbours it stands between, without wires by type."""
        pairs = dict(pairs)
        taken = set(pairs.values())
        self._by_question(pairs, taken, lambda side, call: (side.plan[call.key], call.label))
        self._by_neighbours(pairs, taken, lambda x, y: self.a.plan[x.key] == self.b.plan[y.key], both=False)
        self._by_question(pairs, taken, lambda side, call: (call.label, call.kind))
        self._by_neighbours(pairs, taken, lambda x, y: (x.kind, x.type) == (y.kind, y.type), both=False)
        self._by_neighbours(pairs, taken, lambda x, y: _purpose(x) == _purpose(y) is not None, both=True)
        self._by_question(pairs, taken, lambda side, call: (call.key, id(side)) if side.wired(call) else (call.kind, call.type))
        return pairs

    def _by_question(self, pairs: Pairs, taken: set[str], question: Callable[[Side, LayerCall], Hashable]) -> None:
        waiting: dict[Hashable, list[LayerCall]] = defaultdict(list)
        for y in self.theirs:
            if y.key not in taken:
                waiting[question(self.b, y)].append(y)
        for x in self.ours:
            if x.key not in pairs and waiting.get(question(self.a, x)):
                y = waiting[question(self.a, x)].pop(0)
                pairs[x.key] = y.key
                taken.add(y.key)

    def _by_neighbours(
        self, pairs: Pairs, taken: set[str], like: Callable[[LayerCall, LayerCall], bool], *, both: bool
    ) -> None:
        """Pair calls that are alike and hang on the same pair of calls, until nothing more is found."""
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
        """Fed by the same calls and feeding the same calls."""
        fed = [pairs.get(key) for key in self.a.before(x)] == self.b.before(y)
        return fed and {pairs.get(key) for key in self.a.after(x)} == set(self.b.after(y))


def renumbered(x: LayerCall, y: LayerCall) -> bool:
    """Whether Keras chose both names, by the class and a number that counts on."""
    return is_automatic(x.name, x.type) and is_automatic(y.name, y.type)


def _purpose(call: LayerCall) -> tuple[str, str] | None:
    """What a layer is there for, finer than its family; None where one type cannot stand for another."""
    if call.kind != "layer":
        return None
    if call.family in ("conv", "dense", "seq", "merge"):
        return call.family, ""
    words = ("Normalization", "Dropout", "Noise", "Pool", "Padding", "Cropping", "UpSampling")
    word = "activation" if call.type in _ACTIVATIONS else next((word for word in words if word in call.type), None)
    return None if word is None else (call.family, word)


def _may_pair(x: LayerCall, y: LayerCall) -> bool:
    return x.kind == y.kind or x.type == y.type or (x.kind in _CONTAINERS and y.kind in _CONTAINERS)
