"""Answer the questions of the live attention view: plain facts, and scores as bytes; only what is shown is sent."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from kfx.draw.values.attention import MOST_HEADS
from kfx.draw.values.attention_map import SCALE
from kfx.draw.values.scale import levels, smaller
from kfx.text.untrusted import visible
from kfx.views.attention.effects import HeadEffects
from kfx.views.attention.facts import AttentionFacts, ShownLayer, figure_words, size_words
from kfx.views.payload import wire_key

SIDE = 168  # px of a small map at most: two dots for each of its 84 px
EXACT = 1 << 20  # scores of the large map that are sent as they are

_log = logging.getLogger("kfx")
Question = dict[str, Any]
Reply = tuple[dict[str, Any], list[bytes]]


def about_attention(facts: AttentionFacts) -> dict[str, Any]:
    """Return what the live view knows from the start: the layers and their heads."""
    return {
        "name": visible(facts.name),
        "head": facts.head_line,
        "count": facts.count,
        "most": MOST_HEADS,
        "layers": [
            {
                "key": wire_key(address),
                "address": visible(address),
                "label": facts.labels[address],
                "heads": facts.scores[address].shape[1],
            }
            for address in facts.addresses
        ],
    }


class AttentionAnswers:
    """Answers the browser's questions: ``answers({"what": "layer", ...})`` returns facts and buffers. It never raises.

    Args:
        facts: What is shown.
        effects: Computes what silencing does.
    """

    def __init__(self, facts: AttentionFacts, effects: HeadEffects) -> None:
        self._facts, self._effects = facts, effects
        self._by_wire = {wire_key(address): address for address in facts.addresses}
        self._answers = {
            "overview": self._overview,
            "layer": self._layer,
            "maps": self._maps,
            "head": self._head,
            "effects": self._of_layer,
            "silence": self._silence,
        }

    def __call__(self, ask: Question) -> Reply:
        try:
            return self._answers[ask["what"]](ask)
        except Exception as error:
            _log.debug("The attention view could not answer %r:", ask, exc_info=True)
            first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
            return {"error": visible(first_line)[:600]}, []

    def _shown(self, ask: Question) -> ShownLayer:
        return self._facts.at(self._by_wire[ask["layer"]], int(ask["example"]))

    def _overview(self, ask: Question) -> Reply:
        """Return the figures of every head of every layer."""
        found = []
        for address in self._facts.addresses:
            figures = self._facts.at(address, int(ask["example"])).figures
            distance = None if figures.distance is None else _rounded(figures.distance)
            found.append({"entropy": _rounded(figures.entropy), "distance": distance})
        return {"layers": found}, []

    def _layer(self, ask: Question) -> Reply:
        shown = self._shown(ask)
        picked = list(shown.order[:MOST_HEADS])
        facts, buffers = self._page(shown, picked)
        return {
            "page": facts,
            "order": list(shown.order),
            "size": size_words(shown),
            "leftOut": shown.left_out,
            "causal": shown.places.causal,
            "itself": shown.itself,
            "queries": list(shown.queries),
            "keys": list(shown.keys),
            "queryNumbers": shown.places.queries.tolist(),
            "keyNumbers": shown.places.keys.tolist(),
        }, buffers

    def _maps(self, ask: Question) -> Reply:
        shown = self._shown(ask)
        return self._page(shown, [head for head in ask["heads"] if 0 <= head < len(shown.scores)][:64])

    def _page(self, shown: ShownLayer, heads: list[int]) -> Reply:
        """Return the small maps of some heads as levels of the scale from 0 to 1."""
        maps, _ = smaller(shown.scores[heads], SIDE)
        facts = {
            "heads": heads,
            "rows": maps.shape[1],
            "columns": maps.shape[2],
            "figures": [figure_words(shown, head) for head in heads],
        }
        return facts, [levels(maps, SCALE).tobytes()]

    def _head(self, ask: Question) -> Reply:
        """Return one head exactly."""
        shown = self._shown(ask)
        head = int(ask["head"])
        if not 0 <= head < len(shown.scores):
            raise ValueError(f"There is no head {head}; there are {len(shown.scores)}, 0 to {len(shown.scores) - 1}.")
        whole = shown.scores[head]
        side = 1 if whole.size <= EXACT else -(-max(whole.shape) // 1024)
        sent = whole if side == 1 else smaller(whole[None], 1024)[0][0]
        facts = {"head": head, "rows": sent.shape[0], "columns": sent.shape[1], "side": side}
        return {**facts, "first": shown.first_query(head) // side}, [np.ascontiguousarray(sent, "<f4").tobytes()]

    def _of_layer(self, ask: Question) -> Reply:
        """Return the effects of silencing each head of one layer, and what they are measured by."""
        shown, example = self._shown(ask), int(ask["example"])
        last = int(shown.places.queries[-1])
        target = self._effects.target(example, last)
        found = self._effects.of(shown.address, example, list(range(len(shown.scores))), last)
        return {"kind": target.kind, "values": found}, []

    def _silence(self, ask: Question) -> Reply:
        shown = self._shown(ask)
        found = self._effects.before_after(shown.address, int(ask["example"]), int(ask["head"]), int(shown.places.queries[-1]))
        facts = {"kind": found.kind, "name": found.name, "before": found.before, "after": found.after}
        return {**facts, "change": found.change}, []


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 4) for value in values]
