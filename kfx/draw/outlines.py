"""Models outlined on the one graph that they share: a line around exactly the boxes and lines that belong to each.

Each outline is the edge of one shape: its boxes and the lines between them, drawn thick. So nested models lie inside each
other, models that overlap cross, and parts that do not touch get a line each; the drawing is laid out as if there were none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from kfx.draw.boxes import Picture
from kfx.draw.layout import Layout, Point
from kfx.draw.palette import OUTLINES
from kfx.draw.textsize import cut, text_width
from kfx.draw.words import visible

_FIRST, _STEP, _PEN = 6.0, 4.5, 1.5  # px from a box to the innermost outline, between two outlines, and of the line itself
_NEAR = 60.0  # px between two boxes whose joint ground is outlined, not the line between them
NAME_PX = 11.5


@dataclass(frozen=True)
class Ring:
    """One outline on a picture: the places of its boxes, how far from them it runs, and which colour it has."""

    name: str
    boxes: tuple[int, ...]
    gap: float
    colour: int


def rings(models: Sequence[tuple[str, frozenset[int]]]) -> list[Ring]:
    """Outlines from the outermost to the innermost: one that holds another runs further out.

    Args:
        models: Name and places of the boxes of each model, in the order in which they were marked.
    """
    shown = [(n, name, members) for n, (name, members) in enumerate(models) if members]
    order = sorted(shown, key=lambda item: (len(item[2]), item[0]))
    depth: dict[int, int] = {}
    for place, (n, _, members) in enumerate(order):
        below = [depth[m] for m, _, others in order[:place] if others & members]
        depth[n] = max(below, default=-1) + 1
    return [
        Ring(cut(visible(name), NAME_PX, 160), tuple(sorted(members)), _FIRST + _STEP * depth[n], n % len(OUTLINES))
        for n, name, members in reversed(order)
    ]


def reach(ring: Ring) -> float:
    """px from a box to the outer edge of its outline."""
    return ring.gap + _PEN


def draw_rings(found: Sequence[Ring], picture: Picture, layout: Layout) -> str:
    """SVG for all outlines, their names at the right of their last boxes."""
    out: list[str] = []
    names: list[Point] = []
    for ring in found:
        body = _silhouette(ring, picture, layout)
        mark = f"kfx-{hashlib.sha1(f'{ring}{body}'.encode()).hexdigest()[:12]}"
        area = f'x="-60" y="-60" width="{layout.width + 120:g}" height="{layout.height + 120:g}"'
        wide, narrow = 2 * (ring.gap + _PEN), 2 * ring.gap
        ink = f'fill="{OUTLINES[ring.colour]}"'
        out.append(
            f'<mask id="{mark}" maskUnits="userSpaceOnUse" {area}>'
            f'<g fill="#fff" stroke="#fff" stroke-width="{wide:g}" stroke-linejoin="round">{body}</g>'
            f'<g fill="#000" stroke="#000" stroke-width="{narrow:g}" stroke-linejoin="round">{body}</g></mask>'
            f'<rect class="kr{ring.colour}" {area} {ink} mask="url(#{mark})"/>'
        )
        x, y = _name_place(ring, found, layout, names)
        out.append(f'<text class="ko kr{ring.colour}" {ink} x="{x:g}" y="{y:g}">{escape(ring.name)}</text>')
    return "".join(out)


def _silhouette(ring: Ring, picture: Picture, layout: Layout) -> str:
    """The boxes of a model and what joins them: the ground between two neighbours, or a line on its way."""
    inside = set(ring.boxes)
    shapes = [
        f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}"/>' for x, y, w, h in (layout.boxes[i] for i in ring.boxes)
    ]
    for line, points in zip(picture.lines, layout.lines, strict=True):
        if line.source in inside and line.target in inside and line.kind != "skip":  # a skip joins what is joined already
            x0, y0, w0, h0 = layout.boxes[line.source]
            x1, y1, w1, _ = layout.boxes[line.target]
            if 0 < y1 - y0 - h0 < _NEAR and abs(x0 + w0 / 2 - x1 - w1 / 2) < max(w0, w1) / 2:
                corners = ((x0, y0 + h0 / 2), (x0 + w0, y0 + h0 / 2), (x1 + w1, y1 + h0 / 2), (x1, y1 + h0 / 2))
                shapes.append('<path d="M' + "L".join(f"{x:g} {y:g}" for x, y in corners) + 'z"/>')
            else:
                (x, y), *rest = points
                shapes.append(f'<path fill="none" d="M{x:g} {y:g}C' + " ".join(f"{x:g} {y:g}" for x, y in rest) + '"/>')
    return "".join(shapes)


def name_right(ring: Ring, rings: Sequence[Ring], layout: Layout) -> float:
    """px of the right end of an outline's name."""
    x, _, w, _ = layout.boxes[_last(ring, layout)]
    return x + w + max(map(reach, rings)) + 8 + text_width(ring.name, NAME_PX)


def _last(ring: Ring, layout: Layout) -> int:
    return max(ring.boxes, key=lambda i: (layout.boxes[i][1] + layout.boxes[i][3], layout.boxes[i][0] + layout.boxes[i][2]))


def _name_place(ring: Ring, rings: Sequence[Ring], layout: Layout, taken: list[Point]) -> Point:
    """Right of the last box of the model; one step up where another name already stands."""
    x, y, w, h = layout.boxes[_last(ring, layout)]
    at = (round(x + w + max(map(reach, rings)) + 6, 1), round(y + h - 2, 1))
    while any(abs(at[1] - other[1]) < 13 and abs(at[0] - other[0]) < 80 for other in taken):
        at = (at[0], at[1] - 14)
    taken.append(at)
    return at
