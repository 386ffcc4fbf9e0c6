"""Answer the questions of the live map: the examples with some numbers, the colours of all."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np

from kfx.draw.embedding.scatter import in_frame, label_colours
from kfx.draw.values.colormap import ramp
from kfx.draw.values.numbers import number_text
from kfx.text.untrusted import visible
from kfx.views.cards.data import cards_data
from kfx.views.cards.facts import ShownExample
from kfx.views.embed.facts import Colouring, EmbeddingFacts
from kfx.views.embed.html import ramp_levels

MOST_CARDS = 48  # examples that are sent at once

_log = logging.getLogger("kfx")
Question = dict[str, Any]
Reply = tuple[dict[str, Any], list[bytes]]


def about_embedding(facts: EmbeddingFacts) -> dict[str, Any]:
    """Return what the live view knows from the start."""
    return {
        "name": visible(facts.name),
        "head": facts.head,
        "notes": [visible(note) for note in facts.notes],
        "count": len(facts.points),
        "most": MOST_CARDS,
        "colourings": [_legend(one) for one in facts.colourings],
    }


def _legend(colouring: Colouring) -> dict[str, Any]:
    found: dict[str, Any] = {"name": colouring.name, "names": [visible(name) for name in colouring.names]}
    if colouring.groups is not None:
        both = (label_colours(len(colouring.names), dark=dark) for dark in (False, True))
        return {**found, "counts": list(colouring.counts), "colours": list(map(list, both))}
    ends = [] if colouring.values is None else [number_text(end) for end in colouring.ends]
    return {**found, "ends": ends}


def wire_points(facts: EmbeddingFacts) -> bytes:
    """Return the places as float32 in a square from 0 to 1, x and y by turns, the y axis downwards."""
    return in_frame(facts.points).astype("<f4").tobytes()


class EmbeddingAnswers:
    """Answers the browser's questions: ``answers({"what": "cards", "numbers": [...]})``. It never raises.

    Args:
        facts: What is shown.
        shown: Returns the description of an example.
    """

    def __init__(self, facts: EmbeddingFacts, shown: Callable[[int], ShownExample]) -> None:
        self._facts, self._shown = facts, shown
        self._answers = {"cards": self._cards, "colours": self._colours}

    def __call__(self, ask: Question) -> Reply:
        try:
            return self._answers[ask["what"]](ask)
        except Exception as error:
            _log.debug("The map of examples could not answer %r:", ask, exc_info=True)
            first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
            return {"error": visible(first_line)[:600]}, []

    def _cards(self, ask: Question) -> Reply:
        count = len(self._facts.points)
        wanted = [int(number) for number in ask["numbers"][:MOST_CARDS] if 0 <= int(number) < count]
        shown, buffers = cards_data(map(self._shown, wanted))
        return {"examples": shown}, buffers

    def _colours(self, ask: Question) -> Reply:
        """Return the group of each example as int16, or its step on a ramp as uint8 and the ramp."""
        colouring = self._facts.colourings[int(ask["colouring"])]
        if colouring.groups is not None:
            return {"kind": "groups"}, [colouring.groups.astype("<i2").tobytes()]
        if colouring.values is None:
            return {"kind": "groups"}, [np.full(len(self._facts.points), -1, "<i2").tobytes()]
        both = (ramp(False).tobytes(), ramp(False, "dark").tobytes())
        return {"kind": "ramp"}, [ramp_levels(colouring).tobytes(), *both]
