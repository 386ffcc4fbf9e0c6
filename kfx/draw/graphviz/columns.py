"""Cut a long layout into columns that stand side by side, each read downwards, with a line from one to the next."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from kfx.draw.graph.boxes import Picture
from kfx.draw.graphviz.paths import bent
from kfx.draw.graphviz.places import Layout, Point, Rect
from kfx.draw.text_width import text_width

_MOST = 16  # columns
_CROSSING = 2  # lines that lead from one column to the next
_GAP, _OVER, _BESIDE = 46.0, 24.0, 7.0  # px between columns, over and under them for lines, and between two such lines


def in_columns(picture: Picture, layout: Layout, wide: float, high: float, *, turned: bool = False) -> Layout:
    """Return a layout that flows down in as many columns as it takes to be ``high`` px high or as many as ``wide`` px hold.

    With ``turned`` x and y are exchanged, so that the columns are rows and labels need no room between them.
    It is cut only where at most two lines lead on and no unfolded frame is cut; a layout that is low enough stays as it is.
    """
    cuts = _cuts(picture, layout)
    best = layout
    if layout.height <= high * 1.15:
        return layout
    for count in range(2, _MOST + 1 if cuts else 0):
        goals = [layout.height * part / count for part in range(1, count)]
        found = _in(picture, layout, turned, sorted({_nearest(cuts, goal) for goal in goals}))
        if found.width > wide:
            break
        if found.height < best.height:
            best = found
        if best.height <= high:
            break
    return best


def _nearest(cuts: Sequence[float], goal: float) -> float:
    return min(cuts, key=lambda y: abs(y - goal))


def _cuts(picture: Picture, layout: Layout) -> list[float]:
    """The heights between two rows of boxes at which few lines cross."""
    spans = sorted((y, y + h) for _, y, _, h in (*layout.boxes, *layout.frames))
    found, end = [], spans[0][1] if spans else 0.0
    for top, bottom in spans:
        if top > end:
            y = (top + end) / 2
            crossing = {
                i
                for i, line in enumerate(picture.lines)
                if _above(layout, line.source, y) and not _above(layout, line.target, y) and layout.lines[i]
            }
            back = any(_above(layout, line.target, y) and not _above(layout, line.source, y) for line in picture.lines)
            if crossing and len(crossing) <= _CROSSING and not back:
                found.append(y)
        end = max(end, bottom)
    return found


def _above(layout: Layout, box: int, y: float) -> bool:
    return layout.boxes[box][1] < y


def _in(picture: Picture, layout: Layout, turned: bool, cuts: Sequence[float]) -> Layout:
    bounds = [0.0, *cuts, layout.height]
    column = [bisect_right(cuts, y) for _, y, _, _ in layout.boxes]
    columns = [_extent(picture, layout, column, n, turned) for n in range(len(bounds) - 1)]
    lefts, x = [], 0.0
    for left, right in columns:
        lefts.append(x - left)
        x += right - left + _GAP
    columns_of = [*column, *(bisect_right(cuts, y) for _, y, _, _ in layout.frames)]

    def ends(places: Sequence[Rect]) -> list[tuple[float, float]]:
        """The upper and lower end of each column."""
        held = [[place for place, own in zip(places, columns_of, strict=True) if own == n] for n in range(len(columns))]
        return [(min(y for _, y, _, _ in some), max(y + h for _, y, _, h in some)) for some in held]

    tops = [_OVER - top for top, _ in ends((*layout.boxes, *layout.frames))]

    def rect(place: Rect) -> Rect:
        n = bisect_right(cuts, place[1])
        return round(place[0] + lefts[n], 1), round(place[1] + tops[n], 1), place[2], place[3]

    boxes, frames = tuple(map(rect, layout.boxes)), tuple(map(rect, layout.frames))
    bottoms = [bottom for _, bottom in ends((*boxes, *frames))]
    lines: list[tuple[Point, ...]] = []
    crossing = 0
    for line, points in zip(picture.lines, layout.lines, strict=True):
        a, b = column[line.source], column[line.target]
        if a == b or not points:
            lines.append(tuple((round(x + lefts[a], 1), round(y + tops[a], 1)) for x, y in points))
            continue
        (sx, sy, sw, sh), (tx, ty, tw, _) = boxes[line.source], boxes[line.target]
        aside = _BESIDE * (crossing % _CROSSING)
        crossing += line.kind != "trunk" or crossing > 0
        gutter = columns[a][1] + lefts[a] + _GAP / 2 + aside
        low, top = max(bottoms[a], sy + sh) + _OVER - aside, _OVER / 2 - 2 - aside / 2
        start, end = (sx + sw / 2 + aside, sy + sh), (tx + tw / 2 + aside, ty)
        lines.append(bent([start, (start[0], low), (gutter, low), (gutter, top), (end[0], top), end]))
    height = max(bottoms) + (_OVER + _BESIDE if any(a != b for a, b in pairwise(column)) else 0)
    return Layout(round(x - _GAP, 1), round(height, 1), boxes, frames, tuple(lines), layout.out)


def _extent(picture: Picture, layout: Layout, column: Sequence[int], number: int, turned: bool) -> tuple[float, float]:
    """The left and right end of a column with its lines, their labels and the tags beside its boxes."""
    left, right = float("inf"), float("-inf")
    for box, (x, _, w, _), n in zip(picture.boxes, layout.boxes, column, strict=True):
        if n == number:
            left, right = min(left, x), max(right, x + w + box.beside)
    for line, points in zip(picture.lines, layout.lines, strict=True):
        if points and column[line.source] == number:
            right = max(right, points[0][0] + 12 + (0 if turned else text_width(line.label, 11)))
            if column[line.target] == number:
                left, right = min(left, *(x for x, _ in points)), max(right, *(x for x, _ in points))
    for x, y, w, _ in layout.frames:
        if any(n == number and x <= bx <= x + w and by >= y for (bx, by, _, _), n in zip(layout.boxes, column, strict=True)):
            left, right = min(left, x), max(right, x + w)
    return left, right
