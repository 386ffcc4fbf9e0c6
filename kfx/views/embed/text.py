"""A map of examples as text: how it was made, and where the examples of each label lie."""

from __future__ import annotations

import numpy as np

from kfx.draw.values.numbers import number_text
from kfx.text.table import aligned
from kfx.text.untrusted import visible
from kfx.views.embed.facts import Colouring, EmbeddingFacts

GROUPS = 20


def embedding_text(facts: EmbeddingFacts) -> str:
    """Return the text; places are rounded to two digits."""
    lines = [f"{visible(facts.name)}: {facts.head}".removeprefix(": "), *facts.notes]
    for colouring in facts.colourings:
        if colouring.name == "none":
            continue
        lines += ["", *(_groups(facts, colouring) if colouring.groups is not None else [_ramp(colouring)])]
    return "\n".join(lines)


def _groups(facts: EmbeddingFacts, colouring: Colouring) -> list[str]:
    rows = [(colouring.name, "examples", "middle")]
    for number, (name, count) in enumerate(zip(colouring.names[:GROUPS], colouring.counts, strict=False)):
        own = facts.points[colouring.groups == number]
        own = own[np.isfinite(own).all(axis=1)]
        middle = ", ".join(_place(x) for x in own.mean(axis=0)) if len(own) else ""
        rows.append((visible(name), f"{count:,}", middle))
    rest = len(colouring.names) - GROUPS
    return [*(line.rstrip() for line in aligned(rows)), *([f"and {rest:,} more"] if rest > 0 else [])]


def _place(x: float) -> str:
    text = f"{x:.2g}"
    return number_text(float(text)) if float(text) else "0"


def _ramp(colouring: Colouring) -> str:
    low, high = colouring.ends
    return f"{colouring.name}: {number_text(low)} to {number_text(high)}"
