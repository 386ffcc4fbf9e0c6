"""Lines that are routed here and not by an engine, as cubic Bézier splines."""

from __future__ import annotations

from collections.abc import Sequence

Point = tuple[float, float]
_ROUND = 9.0  # px of a rounded corner


def bent(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return a line of straight pieces with rounded corners."""
    spline = [points[0]]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        start, end = _towards(corner, before), _towards(corner, after)
        spline += [spline[-1], start, start, corner, corner, end]
    return _rounded([*spline, spline[-1], points[-1], points[-1]])


def curved(start: Point, end: Point, *, across: bool = False) -> tuple[Point, ...]:
    """Return a line that leaves and arrives straight down or up, or with ``across`` to the side."""
    (x0, y0), (x1, y1) = start, end
    if across:
        middle = (x0 + x1) / 2
        return _rounded([start, (middle, y0), (middle, y1), end])
    middle = (y0 + y1) / 2
    return _rounded([start, (x0, middle), (x1, middle), end])


def _towards(corner: Point, other: Point) -> Point:
    """The point at which a rounded corner begins."""
    (x, y), (ox, oy) = corner, other
    far = abs(ox - x) + abs(oy - y)
    share = min(_ROUND, far / 2) / far if far else 0.0
    return x + share * (ox - x), y + share * (oy - y)


def _rounded(points: Sequence[Point]) -> tuple[Point, ...]:
    return tuple((round(x, 1), round(y, 1)) for x, y in points)
