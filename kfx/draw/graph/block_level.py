"""One level of a graph in the search for blocks: its calls in order, and when two parts of it are equal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kfx.draw.graph.order import cut_widths, sources_first
from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.walk import by_key

TOKEN = re.compile(r"[^\W\d_]+|\d+")


@dataclass(frozen=True, slots=True)
class Block:
    """Layers, or smaller blocks, that belong together.

    Attributes:
        label: Its name in a picture.
        members: Its parts, sources first.
        repeats: How many equal members follow each other when it is a run of them, else 1.
        named: True when its layers' names say that they belong together.
    """

    label: str
    members: tuple[Block | str, ...]
    repeats: int = 1
    named: bool = False


Item = Block | str


class Level:
    """The calls of one level in order, with what the search for blocks needs."""

    def __init__(self, graph: LayerGraph, keys: Sequence[str]):
        self.calls = by_key(graph)
        inside = set(keys)
        self.sources: dict[str, list[str]] = {key: [] for key in keys}
        for edge in graph.edges:
            if edge.target in inside and edge.source in inside:
                self.sources[edge.target].append(edge.source)
        self.order = sources_first(keys, self.sources)
        self.tokens = {key: words_of(self.calls[key]) for key in keys}

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
        """Return what equal parts share: types, wiring and, if exact, settings except rates, output axes except channels."""
        leaves = leaves_of(item)
        at = {key: i for i, key in enumerate(leaves)}
        return tuple(
            (
                self.calls[key].type,
                tuple(s for s in self.calls[key].settings if not s.startswith("rate ")) if exact else (),
                tuple(t.shape[1 : max(len(t.shape) - 1, 2)] for t in self.calls[key].outputs if t.shape) if exact else (),
                tuple(at.get(source, -1) for source in self.sources[key]),
            )
            for key in leaves
        )


def leaves_of(item: Item) -> list[str]:
    """Return the keys of the calls in a block, or the one that the item is."""
    return [leaf for member in item.members for leaf in leaves_of(member)] if isinstance(item, Block) else [item]


def words_of(call: LayerCall) -> tuple[str, ...]:
    """The name's words and numbers; none for a name that Keras made from the class, which says nothing about a block."""
    plain = re.sub(r"_\d+$", "", call.name).replace("_", "")
    return () if plain.lower() == call.type.lower() else tuple(TOKEN.findall(call.name))
