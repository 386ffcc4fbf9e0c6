"""The facts that all faces of the attention view show: one layer's heads for one example, without padding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kfx.draw.values.attention import (
    MOST_HEADS,
    AttentionPlaces,
    HeadFigures,
    attention_places,
    head_figures,
    heads_by_strength,
)
from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.views.attention.words import Words

TOP = 4  # keys that are listed of a query


@dataclass(frozen=True, eq=False)
class ShownLayer:
    """The heads of one layer for one example.

    Attributes:
        address: The layer's address.
        scores: ``(heads, queries, keys)`` of what is no padding.
        places: Their numbers among all.
        figures: Of each head.
        order: The heads as they are shown: by number, of more than 16 the most concentrated first.
        queries: A word for each query that is shown.
        keys: A word for each key that is shown.
        left_out: A sentence on padding, ``""`` where there is none.
    """

    address: str
    scores: np.ndarray
    places: AttentionPlaces
    figures: HeadFigures
    order: tuple[int, ...]
    queries: tuple[str, ...]
    keys: tuple[str, ...]
    left_out: str

    @property
    def itself(self) -> bool:
        """True where the queries and keys are the places of one sequence."""
        return self.figures.distance is not None

    def first_query(self, head: int) -> int:
        """Return the number, among those shown, of the query that looks most at one key, if it can at another than itself."""
        scores = np.round(self.scores[head].astype("float64"), 6)
        if self.itself and scores.shape[0] == scores.shape[1]:
            scores = np.where(np.eye(len(scores), dtype="bool"), 0, scores)
        return int(np.argmax(scores.max(axis=1, initial=0))) if len(scores) else 0

    def top(self, head: int, query: int) -> list[int]:
        """Return the keys that a query looks at most, among those shown, the largest score first."""
        row = np.round(self.scores[head, query].astype("float64"), 6)
        return np.argsort(-row, kind="stable")[:TOP].tolist()


class AttentionFacts:
    """Look up what the attention view shows.

    Args:
        name: The model's name.
        params: How many parameters it has.
        scores: ``(batch, heads, queries, keys)`` by address.
        masked: ``(batch, queries, keys)`` by address, True where a mask keeps a query from a key.
        words: The words of queries and keys.
        between: The addresses of attention between two sequences.
    """

    def __init__(
        self,
        name: str,
        params: int,
        scores: Mapping[str, np.ndarray],
        masked: Mapping[str, np.ndarray],
        words: Words,
        between: frozenset[str] = frozenset(),
    ) -> None:
        self.name, self.params, self.scores = name, params, scores
        self.words, self._masked, self._between = words, masked, between
        self.addresses = tuple(scores)
        self.labels = dict(zip(self.addresses, short_labels(self.addresses), strict=True))
        self.count = min(len(x) for x in scores.values())
        self._at = lru_cache(64)(self._look)

    def at(self, address: str, example: int) -> ShownLayer:
        """Return one layer's heads for one example."""
        return self._at(address, example)

    def _look(self, address: str, example: int) -> ShownLayer:
        scores = np.asarray(self.scores[address][example], "float32")
        itself = address not in self._between
        places = attention_places(self._masked[address][example], itself=itself)
        figures = head_figures(scores, places, itself=itself)
        heads = len(scores)
        order = tuple(range(heads)) if heads <= MOST_HEADS else tuple(heads_by_strength(figures))
        queries, keys = self.words.both(address, scores.shape[1], scores.shape[2], example, itself=itself)
        picked = scores[:, places.queries][:, :, places.keys]
        return ShownLayer(
            address,
            picked,
            places,
            figures,
            order,
            tuple(queries[i] for i in places.queries),
            tuple(keys[i] for i in places.keys),
            _left_out(scores.shape, places),
        )

    @property
    def head_line(self) -> str:
        """``4 layers × 6 heads · 115,777 parameters``."""
        heads = sorted({x.shape[1] for x in self.scores.values()})
        some = f"{heads[0]:,}" if len(heads) == 1 else f"{heads[0]:,} to {heads[-1]:,}"
        plural = "" if heads[-1] == 1 else "s"
        layers = numbers.count(len(self.addresses), "layer")
        return f"{layers} × {some} head{plural} · {numbers.count(self.params, 'parameter')}"


def _left_out(shape: tuple[int, ...], places: AttentionPlaces) -> str:
    keys, queries = shape[2] - len(places.keys), shape[1] - len(places.queries)
    if not keys and not queries:
        return ""
    if keys == queries and shape[1] == shape[2]:
        return f"{keys:,} of {numbers.count(shape[2], 'place')} {'is' if keys == 1 else 'are'} padding, left out"
    parts = [
        f"{n:,} of {numbers.count(of, noun)}" for n, of, noun in ((queries, shape[1], "query"), (keys, shape[2], "key")) if n
    ]
    return " and ".join(parts).replace("querys", "queries") + " masked, left out"


def size_words(shown: ShownLayer) -> str:
    """Return the number of places: ``12 tokens``, ``12 queries × 9 keys``."""
    queries, keys = len(shown.queries), len(shown.keys)
    if shown.itself and queries == keys:
        return numbers.count(queries, "place")
    return f"{numbers.count(queries, 'query').replace('querys', 'queries')} × {numbers.count(keys, 'key')}"


def figure_words(shown: ShownLayer, head: int) -> str:
    """Return the figures beneath a head: ``0.73 · 4.2``, entropy and mean distance."""
    entropy = f"{shown.figures.entropy[head]:.2f}"
    return entropy if shown.figures.distance is None else f"{entropy} · {shown.figures.distance[head]:.1f}"


def look_words(shown: ShownLayer, head: int, query: int) -> str:
    """Return what a query looks at: ``bad (11) looks at not (9) 0.60, was (8) 0.07``."""
    listed = ", ".join(
        f"{place_word(shown.keys[key], int(shown.places.keys[key]))} {shown.scores[head, query, key]:.2f}"
        for key in shown.top(head, query)
    )
    return f"{place_word(shown.queries[query], int(shown.places.queries[query]))} looks at {listed}"


def place_word(word: str, number: int) -> str:
    """``bad (11)``; the number alone where there is no word."""
    return str(number) if word in ("", str(number)) else f"{visible(word)} ({number})"


def short_labels(addresses: Sequence[str]) -> list[str]:
    """Return a short label for each address: the part in which they differ, ``layer 0`` where that is a number alone."""
    if len(addresses) == 1:
        return [visible(addresses[0])]
    start = _shared(addresses)
    start = start[: max(start.rfind("/"), start.rfind("_")) + 1]
    rest = [address[len(start) :] for address in addresses]
    end = _shared([text[::-1] for text in rest])[::-1]
    at = [end.find(mark) for mark in "/_" if mark in end]
    end = end[min(at) :] if at else ""
    found = [text[: len(text) - len(end)] for text in rest]
    if not all(found):
        return [visible(address) for address in addresses]
    return [f"layer {label}" if label.isdigit() else visible(label) for label in found]


def _shared(texts: Sequence[str]) -> str:
    """Return the letters that all texts begin with."""
    first, last = min(texts), max(texts)
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:same]
