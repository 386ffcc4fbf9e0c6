"""A map of examples as HTML without script or style sheet."""

from __future__ import annotations

from html import escape

import numpy as np

from kfx.draw.embedding.scatter import WIDTH, in_frame, label_colours, scatter_png
from kfx.draw.markup import DIM, html_text, image
from kfx.draw.values.colormap import NOT_FINITE, STEPS, ramp
from kfx.draw.values.numbers import number_text
from kfx.text.untrusted import cut, visible
from kfx.views.embed.facts import Colouring, EmbeddingFacts

LEGEND = 20  # groups that are named
GREY = (0x9A, 0xA3, 0xAD)
_LABEL = f'style="{DIM};font-size:11px;padding:2px 0"'


def embedding_html(facts: EmbeddingFacts) -> str:
    """Return the map in its first colours, with a legend."""
    name = f'<b style="font-size:14px">{html_text(cut(visible(facts.name), 120))}</b> &nbsp; ' if facts.name else ""
    head = f'<div style="padding:4px 0">{name}{html_text(facts.head)}</div>'
    notes = "".join(f"<div {_LABEL}>{escape(visible(note))}</div>" for note in facts.notes)
    colouring = facts.colourings[0]
    alt = f"{len(facts.points)} examples in a plane, by {colouring.name}"
    picture = image("image/png", embedding_png(facts), alt, width=WIDTH, turns=True)
    return (
        f'<div style="font-size:13px">{head}{notes}<div style="display:flex;flex-wrap:wrap;gap:8px 24px">'
        f"{picture}<div>{legend_html(colouring)}</div></div></div>"
    )


def embedding_png(facts: EmbeddingFacts) -> bytes:
    """Return the map in its first colours as PNG on white."""
    return scatter_png(in_frame(facts.points), point_colours(facts.colourings[0], len(facts.points)))


def point_colours(colouring: Colouring, count: int) -> np.ndarray:
    """Return a colour for each example, ``(examples, 3)`` uint8."""
    if colouring.groups is not None:
        known = [[int(one[i : i + 2], 16) for i in (1, 3, 5)] for one in label_colours(len(colouring.names))]
        table = np.array([*known, GREY], "uint8")
        return table[np.where(colouring.groups < 0, len(known), colouring.groups)]
    if colouring.values is None:
        return np.tile(np.array([[0x1D, 0x66, 0xC9]], "uint8"), (count, 1))
    return ramp(False)[ramp_levels(colouring)]


def ramp_levels(colouring: Colouring) -> np.ndarray:
    """Return the step of the ramp of each example, 255 for one without a value."""
    assert colouring.values is not None
    low, high = colouring.ends
    finite = np.isfinite(colouring.values)
    share = np.where(finite, colouring.values - low, 0) / ((high - low) or 1)
    return np.where(finite, np.round(share * (STEPS - 1)), NOT_FINITE).astype("uint8")


def legend_html(colouring: Colouring) -> str:
    """Return the names of the colours with their counts."""
    if colouring.name == "none":
        return ""
    head = f"<div {_LABEL}>{escape(colouring.name)}</div>"
    if colouring.groups is None:
        low, high = colouring.ends
        return f"{head}<div>dark {number_text(low)}, bright {number_text(high)}</div>"
    rows = ""
    colours = label_colours(len(colouring.names))
    for name, count, colour in list(zip(colouring.names, colouring.counts, colours, strict=True))[:LEGEND]:
        spot = f'<b style="color:{colour}">●</b>'
        rows += f"<div>{spot} {html_text(cut(visible(name), 60))} <span {_LABEL}>{count:,}</span></div>"
    rest = len(colouring.names) - LEGEND
    return head + rows + (f"<div {_LABEL}>and {rest:,} more</div>" if rest > 0 else "")
