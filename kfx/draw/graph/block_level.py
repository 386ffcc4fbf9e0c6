"""One level of a graph in the search for blocks: its calls in order, and when two parts of it are equal."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from kfx.draw.graph.order import cut_widths, sources_first
from kfx.model.facts import Edge, LayerCall, LayerGraph
from kfx.model.walk import by_key, children

TOKEN = re.compile(r"[^\W\d_]+|\d+")


@dataclass(frozen=True, slots=True)
class Block:
    """Layers, or smaller blocks, that belong together.

    Attributes:
        label: Its name in a picture.
        members: Its parts, sources first.
        repeats: How many equal members follow each other when it is a run of them, else 1.
        named: True when its layers' names say that they belong together.
        stage: In a model drawn as a U its level, 1 at the top; both ends of a level have the same. 0 elsewhere.
    """

    label: str
    members: tuple[Block | str, ...]
    repeats: int = 1
    named: bool = False
    stage: int = 0


Item = Block | str


class Facts:
    """What all levels of a graph look up; made once for them."""

    def __init__(self, graph: LayerGraph):
        self.calls = by_key(graph)
        self.inner = children(graph)
        self.edges: dict[str | None, list[Edge]] = defaultdict(list)  # by the container that they are in
        for edge in graph.edges:
            self.edges[self.calls[edge.target].parent].append(edge)
        self.made = {key for key, *_ in graph.outputs} | {key for call in graph.calls for key, _ in call.inner_outputs}
        self._alike: dict[str, int] = {}
        self._numbers: dict[tuple[object, ...], int] = {}
        self._words: dict[str, tuple[str, ...]] = {}

    def alike(self, key: str) -> int:
        """Return a number that equal calls share: type, settings except rates, sizes, parameters, and what is inside."""
        if key not in self._alike:
            call = self.calls[key]
            inner = tuple(self.alike(held.key) for held in self.inner.get(key, ()))
            settings = tuple(s for s in call.settings if not s.startswith("rate "))
            sizes = tuple(t.shape and t.shape[1:] for t in call.outputs)
            own_name = re.sub(r"\d+", "", call.name) if call.type in ("Functional", "Sequential") else ""  # a user's word
            facts = (call.type, call.module, own_name, settings, sizes, call.own_params, call.trains, inner)
            self._alike[key] = self._numbers.setdefault(facts, len(self._numbers))
        return self._alike[key]

    def words(self, key: str) -> tuple[str, ...]:
        """Return the words and numbers of a call's name; see `words_of`."""
        if key not in self._words:
            self._words[key] = words_of(self.calls[key])
        return self._words[key]


class Level:
    """The calls of one level in order, with what the search for blocks needs."""

    def __init__(self, facts: Facts, keys: Sequence[str]):
        self.facts, self.calls, self.made = facts, facts.calls, facts.made
        inside = set(keys)
        self.sources: dict[str, list[str]] = {key: [] for key in keys}
        self.targets: dict[str, set[str]] = {key: set() for key in keys}
        self._wired: dict[str, list[str]] = {key: [] for key in keys}  # sources that are not in this part too
        for edge in facts.edges[self.calls[keys[0]].parent] if keys else ():
            if edge.target in inside:
                self._wired[edge.target].append(edge.source)
            if edge.source in inside:
                self.targets[edge.source].add(edge.target)
                if edge.target in inside:
                    self.sources[edge.target].append(edge.source)
        self.order = sources_first(keys, self.sources)
        self.tokens = {key: facts.words(key) for key in keys}

    def part(self, keys: Collection[str]) -> Level:
        """Return the same level with some of its calls only."""
        chosen = set(keys)
        return Level(self.facts, [key for key in self.order if key in chosen])

    def pieces(self) -> list[tuple[str, ...]]:
        """Cut the order wherever one tensor crosses; cut a piece of a third of all where two cross, then three."""
        width = dict(zip(self.order, cut_widths(self.order, self.sources), strict=True))

        def split(part: list[str], most: int) -> list[tuple[str, ...]]:
            found, start = [], 0
            for i, key in enumerate(part):
                if width[key] <= most or i == len(part) - 1:
                    piece = part[start : i + 1]
                    start = i + 1
                    too_large = len(piece) > max(24, len(self.order) // 3) and most < 12
                    found += split(piece, most + 1) if too_large else [tuple(piece)]
            return found

        return split(self.order, 1)

    def form(self, item: Item, *, exact: bool = True) -> tuple[object, ...]:
        """Return what equal parts share: types and wiring; if exact, also settings except rates, sizes and parameters."""
        alike = self.facts.alike if exact else self._type
        if isinstance(item, str):
            return alike(item), len(self._wired[item])
        leaves = leaves_of(item)
        at = {key: i for i, key in enumerate(leaves)}
        return tuple((alike(key), tuple([at.get(source, -1) for source in self._wired[key]])) for key in leaves)

    def _type(self, key: str) -> str:
        return self.calls[key].type

    def grows(self) -> bool:
        """Return True if some call makes a picture larger, as no level does that is not a decoder."""
        return any(map(_grows, map(self.calls.__getitem__, self.order)))

    def follows(self, after: Item, before: Item) -> bool:
        """Return True if one part feeds the other and nothing else, and is no output of the model."""
        own, fed = set(leaves_of(before)), set(leaves_of(after))
        leaving = set().union(*(self.targets[key] for key in own)) - own
        return bool(leaving) and leaving <= fed and own.isdisjoint(self.made)


def leaves_of(item: Item) -> list[str]:
    """Return the keys of the calls in a block, or the one that the item is."""
    return [leaf for member in item.members for leaf in leaves_of(member)] if isinstance(item, Block) else [item]


def words_of(call: LayerCall) -> tuple[str, ...]:
    """The name's words and numbers; none for a name that Keras made from the class, which says nothing about a block."""
    plain = re.sub(r"_\d+$", "", call.name).replace("_", "")
    return () if plain.lower() == call.type.lower() else tuple(TOKEN.findall(call.name))


def _grows(call: LayerCall) -> bool:
    if not call.inputs or not call.outputs or call.type.startswith("ZeroPadding"):
        return False
    before, after = (tensor.shape for tensor in (call.inputs[0], call.outputs[0]))
    if before is None or after is None or len(before) != len(after) or len(after) < 3 or len(call.inputs) > 1:
        return False
    return any((a or 0) < (b or 0) for a, b in zip(before[1:-1], after[1:-1], strict=True))
