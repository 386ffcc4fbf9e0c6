"""Lay out a growing graph: an engine places what is connected, the rest and all marks get room around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kfx.draw.graph.boxes import Picture
from kfx.draw.graphviz.layout import lay_out
from kfx.draw.graphviz.places import Layout, Rect
from kfx.draw.text_width import text_width
from kfx.views.sketch.outlines import Ring, name_places, reach

_TAG = 18  # px below a box for the names of variables
_APART_GAP, _BESIDE = 26, 16  # px from the graph to the layers that were never called, and between them
_ROW = 460  # px that such a row may be wide where the graph is narrower


def lay_out_sketch(picture: Picture, rings: Sequence[Ring] = ()) -> Layout:
    """Return the place of every box and line; layers that were never called are in rows below the graph.

    Raises:
        NoEngineError: No engine could lay it out.
    """
    joined = replace(picture, boxes=tuple(box for box in picture.boxes if not box.apart))
    first, *others = (replace(box, side="") for box in joined.boxes)
    # always with room for the word "new", so that nothing moves when it comes and goes
    spaced = replace(joined, boxes=(replace(first, side="new"), *others))
    layout = _with_room(lay_out(spaced, quick=True), joined, rings)
    return _with_apart(layout, picture) if len(joined.boxes) < len(picture.boxes) else layout


def _with_room(layout: Layout, picture: Picture, rings: Sequence[Ring]) -> Layout:
    left = right = bottom = top = 0.0
    for box, (x, y, w, h) in zip(picture.boxes, layout.boxes, strict=True):
        if box.tag:
            bottom = max(bottom, y + h + _TAG - layout.height)
            right = max(right, x + w / 2 + 7 + 7 * len(box.tag) - layout.width)
    for line, points in zip(picture.lines, layout.lines, strict=True):
        if line.label:
            most = max(x for x, _ in points)
            right = max(right, most + 12 + text_width(line.label, 11) - layout.width)
    for ring in rings:
        out = reach(ring)
        for i in ring.boxes:
            x, y, w, h = layout.boxes[i]
            left, top = max(left, out - x), max(top, out - y)
            right, bottom = max(right, x + w + out - layout.width), max(bottom, y + h + out - layout.height)
    for x, y, w, h in name_places(rings, layout) if rings else ():
        left, right, bottom = max(left, -x), max(right, x + w - layout.width), max(bottom, y + h - layout.height)
    return moved(layout, left, top, right, bottom)


def moved(layout: Layout, left: float, top: float, right: float, bottom: float) -> Layout:
    """Return the layout with px of room around it."""
    if not (left or top or right or bottom):
        return layout

    def shifted(rect: Rect) -> Rect:
        return (round(rect[0] + left, 1), round(rect[1] + top, 1), rect[2], rect[3])

    return Layout(
        round(layout.width + left + right, 1),
        round(layout.height + top + bottom, 1),
        tuple(map(shifted, layout.boxes)),
        tuple(map(shifted, layout.frames)),
        tuple(tuple((round(x + left, 1), round(y + top, 1)) for x, y in points) for points in layout.lines),
    )


def _with_apart(layout: Layout, picture: Picture) -> Layout:
    boxes, width = list(layout.boxes), layout.width
    x, y = 0.0, layout.height + _APART_GAP
    height = 0.0
    for box in picture.boxes[len(boxes) :]:
        if x and x + box.width > max(layout.width, _ROW):
            x, y = 0.0, y + height + _BESIDE
        boxes.append((x, y, float(box.width), float(box.height)))
        width, height = max(width, x + box.width), float(box.height)
        x += box.width + _BESIDE
    return replace(layout, width=width, height=round(y + height, 1), boxes=tuple(boxes))
