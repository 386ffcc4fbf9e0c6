"""Models outlined on the one graph that they share: a line around exactly the boxes and lines that belong to each.

Each outline is the edge of one shape: its boxes and the lines between them, drawn thick. So nested models lie inside each
other, models that overlap cross, and parts that do not touch get a line each; the drawing is laid out as if there were none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil

from kfx.draw.graph.boxes import Picture
from kfx.draw.graphviz.places import Layout, Rect
from kfx.draw.palette import OUTLINES
from kfx.draw.text_width import fit, text_width
from kfx.text.untrusted import visible

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
    """Return outlines from the outermost to the innermost: one that holds another runs further out.

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
        Ring(fit(visible(name), NAME_PX, 160), tuple(sorted(members)), _FIRST + _STEP * depth[n], n % len(OUTLINES))
        for n, name, members in reversed(order)
    ]


def reach(ring: Ring) -> float:
    """Return the px from a box to the outer edge of its outline."""
    return ring.gap + _PEN


def draw_rings(found: Sequence[Ring], picture: Picture, layout: Layout) -> str:
    """Return SVG for all outlines; `draw_names` adds the models' names."""
    out: list[str] = []
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
    return "".join(out)


def draw_names(found: Sequence[Ring], layout: Layout) -> str:
    """Return SVG for the names of all outlines, to be drawn over the lines."""
    out: list[str] = []
    for ring, (x, y, _, h) in zip(found, name_places(found, layout), strict=True):
        ink = f'fill="{OUTLINES[ring.colour]}"'
        out.append(f'<text class="ko kr{ring.colour}" {ink} x="{x:g}" y="{y + h - 2:g}">{escape(ring.name)}</text>')
    return "".join(out)


def _silhouette(ring: Ring, picture: Picture, layout: Layout) -> str:
    """Return SVG for the boxes of a model and what joins them: the ground between two neighbours, or a line."""
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


def name_places(found: Sequence[Ring], layout: Layout) -> list[Rect]:
    """Place the outlines' names: at the side of their last box if there is room, or else of one before it."""
    taken: list[Rect] = list(layout.boxes)
    names = []
    for ring in found:
        width = float(ceil(text_width(ring.name, NAME_PX, bold=True)) + 2)
        spots = list(_spots(ring, max(map(reach, found)) + 6, width, layout))
        place = next((spot for spot in spots if not any(_overlap(spot, other) for other in taken)), spots[0])
        names.append(place)
        taken.append(place)
    return names


def _spots(ring: Ring, aside: float, width: float, layout: Layout) -> Iterator[Rect]:
    """Yield the places right and left of each box of the outline, the lowest first."""
    boxes = sorted((layout.boxes[i] for i in ring.boxes), key=lambda box: (-box[1] - box[3], -box[0]))
    for x, y, w, h in boxes:
        for up in (0, 14):
            yield (round(x + w + aside, 1), round(y + h - 14 - up, 1), width, 14.0)
            yield (round(x - aside - width, 1), round(y + h - 14 - up, 1), width, 14.0)


def _overlap(a: Rect, b: Rect) -> bool:
    return a[0] < b[0] + b[2] + 2 and b[0] < a[0] + a[2] + 2 and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
