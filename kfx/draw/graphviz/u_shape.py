"""Lay out a U: the encoder goes down at the left, the decoder up at the right, and both ends of a level are side by side.

An engine lays out what is inside each unfolded part; where the parts are is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kfx.draw.graph.boxes import Picture, outermost
from kfx.draw.graphviz.paths import bent, curved
from kfx.draw.graphviz.places import Layout, Point, Rect

_ROW, _COLUMN = 27.0, 132.0  # px between rows and between the two columns
_ASIDE = 60.0  # px to the column of what is beside the U


@dataclass(slots=True)
class _Part:
    """A box or an unfolded frame at the top level, with its place on the trunk or None beside it."""

    key: str
    place: Rect
    boxes: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class UShape:
    """The parts of a U from the top: rows of the left and right column, the bottom, and what is beside them."""

    left: list[str]
    right: list[str]
    bottom: str
    pairs: dict[str, str]
    before: list[str]
    after: list[str]

    @property
    def upwards(self) -> frozenset[str]:
        """Parts of the decoder."""
        return frozenset(self.right)


def u_shape(picture: Picture) -> UShape | None:
    """Return the columns of a picture that is to be drawn as a U, or None if it is not."""
    outer = outermost(picture)
    ends = {(outer[line.source], outer[line.target]) for line in picture.lines if outer[line.source] != outer[line.target]}
    ports = {(outer[line.source], outer[line.target]) for line in picture.lines if line.kind == "port"}
    trunk = _longest(list(dict.fromkeys(outer)), ends - ports)
    place = {key: i for i, key in enumerate(trunk)}
    if len(picture.pairs) < 2 or not all(key in place for pair in picture.pairs for key in pair):
        return None
    starts, stops = [place[a] for a, _ in picture.pairs], [place[b] for _, b in picture.pairs]
    if starts != sorted(starts) or stops != sorted(stops, reverse=True) or starts[-1] + 1 >= stops[-1]:
        return None
    inner = trunk[starts[-1] + 1 : stops[-1]]
    weight = {key: sum(box.folded for box, top in zip(picture.boxes, outer, strict=True) if top == key) for key in inner}
    middle = starts[-1] + 1 + max(range(len(inner)), key=lambda i: (weight[inner[i]], -abs(i - len(inner) / 2)))
    feeding = _reaching(ends, set(trunk))
    others = [key for key in dict.fromkeys(outer) if key not in place]
    return UShape(
        trunk[:middle], trunk[: middle : -1], trunk[middle], dict(picture.pairs),
        [key for key in others if key in feeding], [key for key in others if key not in feeding],
    )  # fmt: skip


def lay_out_u(picture: Picture, inside: Layout, shape: UShape) -> Layout:
    """Place the parts of a U.

    Args:
        picture: What is drawn.
        inside: Its boxes and frames, and the lines inside each part.
        shape: From `u_shape`.
    """
    parts = _parts(picture, inside)
    rows = _rows(shape)
    wide = [max((parts[key].place[2] for key in column), default=0) for column in (shape.left, shape.right)]
    aside = max((parts[key].place[2] for key in shape.before), default=0)
    left = (aside + _ASIDE if aside else 0) + wide[0] / 2
    right = left + wide[0] / 2 + max(_COLUMN, parts[shape.bottom].place[2] - wide[0] / 2 - wide[1] / 2 + 40) + wide[1] / 2
    goals: dict[str, Point] = {}  # the middle of each part
    y = 0.0
    for row in rows:
        high = max(parts[key].place[3] for key in row if key)
        for key, x in zip(row, (left, right), strict=True):
            if key:
                goals[key] = (x, y + high / 2)
        y += high + _ROW
    goals[shape.bottom] = ((left + right) / 2, y + parts[shape.bottom].place[3] / 2)
    height = y + parts[shape.bottom].place[3]
    width = right + wide[1] / 2
    y = 0.0
    for key in shape.before:
        goals[key] = (aside / 2, y + parts[key].place[3] / 2)
        y += parts[key].place[3] + _ROW
    y = 0.0
    for key in shape.after:
        goals[key] = (width + _ASIDE + parts[key].place[2] / 2, y + parts[key].place[3] / 2)
        y += parts[key].place[3] + _ROW
        height = max(height, y)
    width = max([width, *(x + parts[key].place[2] / 2 for key, (x, _) in goals.items())])
    return _placed(picture, inside, shape, parts, goals, (width, height))


def _parts(picture: Picture, inside: Layout) -> dict[str, _Part]:
    outer = outermost(picture)
    frames = {frame.key: place for frame, place in zip(picture.frames, inside.frames, strict=True)}
    parts: dict[str, _Part] = {}
    for i, key in enumerate(outer):
        x, y, w, h = inside.boxes[i]
        beside = picture.boxes[i].beside
        part = parts.setdefault(key, _Part(key, frames.get(key, (x - beside, y, w + 2 * beside, h))))
        part.boxes.append(i)
    return parts


def _rows(shape: UShape) -> list[tuple[str, str]]:
    """The left and right part of each row, ``""`` for none; both ends of a level are in one row."""
    rows: list[tuple[str, str]] = []
    at = [0, 0]
    for a, b in [*shape.pairs.items(), ("", "")]:
        stop = [shape.left.index(a), shape.right.index(b)] if a else [len(shape.left), len(shape.right)]
        column = [shape.left[at[0] : stop[0]], shape.right[at[1] : stop[1]]]
        count = max(map(len, column))
        missing = [[""] * (count - len(keys)) for keys in column]
        if not rows:  # what is above the first level is next to it
            column = [missing[side] + column[side] for side in (0, 1)]
        else:
            column = [column[side] + missing[side] for side in (0, 1)]
        rows += list(zip(*column, strict=True))
        rows += [(a, b)] if a else []
        at = [stop[0] + 1, stop[1] + 1]
    return rows


def _placed(
    picture: Picture, inside: Layout, shape: UShape, parts: dict[str, _Part], goals: dict[str, Point], size: Point
) -> Layout:
    outer = outermost(picture)
    moves: dict[str, Point] = {}
    for key, part in parts.items():
        x, y, w, h = part.place
        moves[key] = (goals[key][0] - x - w / 2, goals[key][1] - y - h / 2)

    def point(key: str, at: Point) -> Point:
        _, y, _, h = parts[key].place
        turned = 2 * y + h - at[1] if key in shape.upwards else at[1]
        return round(at[0] + moves[key][0], 1), round(turned + moves[key][1], 1)

    def rect(key: str, place: Rect) -> Rect:
        x, y, w, h = place
        ox, oy = point(key, (x, y + h if key in shape.upwards else y))
        return ox, oy, w, h

    above = {frame.key: frame.frame for frame in picture.frames}

    def top(key: str) -> str:
        around = above[key]
        return key if around is None else top(around)

    boxes = tuple(rect(key, place) for key, place in zip(outer, inside.boxes, strict=True))
    frames = tuple(rect(top(frame.key), place) for frame, place in zip(picture.frames, inside.frames, strict=True))
    lines = []
    for line, points in zip(picture.lines, inside.lines, strict=True):
        a, b = outer[line.source], outer[line.target]
        if a == b:
            lines.append(tuple(point(a, at) for at in points))
        else:
            sheet = 4.0 * picture.boxes[line.target].folded  # px of the second sheet, in front of an arrow from below
            lines.append(() if line.kind == "port" else _route(shape, (a, b), boxes[line.source], boxes[line.target], sheet))
    return Layout(round(size[0], 1), round(size[1], 1), boxes, frames, tuple(lines), "up")


def _route(shape: UShape, ends: tuple[str, str], source: Rect, target: Rect, sheet: float) -> tuple[Point, ...]:
    """The line between two parts: down at the left, up at the right, round at the bottom, else straight across."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = source, target
    left, right = set(shape.left), set(shape.right)
    a, b = ends
    if b == shape.bottom and a in left:
        return bent([(ax + aw / 2, ay + ah), (ax + aw / 2, by + bh / 2), (bx, by + bh / 2)])
    if a == shape.bottom and b in right:
        return bent([(ax + aw, ay + ah / 2), (bx + bw / 2, ay + ah / 2), (bx + bw / 2, by + bh + sheet)])
    if a in left and b in left and ay + ah < by:
        return curved((ax + aw / 2, ay + ah), (bx + bw / 2, by))
    if a in right and b in right and by + bh < ay:
        return curved((ax + aw / 2, ay), (bx + bw / 2, by + bh + sheet))
    if ax + aw <= bx:
        return curved((ax + aw, ay + ah / 2), (bx, by + bh / 2), across=True)
    if bx + bw <= ax:
        return curved((ax, ay + ah / 2), (bx + bw, by + bh / 2), across=True)
    return curved((ax + aw / 2, ay + ah), (bx + bw / 2, by)) if ay < by else curved((ax + aw / 2, ay), (bx + bw / 2, by + bh))


def _longest(keys: Sequence[str], ends: set[tuple[str, str]]) -> list[str]:
    following: dict[str, list[str]] = {key: [] for key in keys}
    for a, b in sorted(ends):
        following[a].append(b)
    length: dict[str, int] = {}

    def left(key: str) -> int:
        if key not in length:
            length[key] = 0
            length[key] = max((left(after) + 1 for after in following[key]), default=0)
        return length[key]

    path = [max(keys, key=left)]
    while following[path[-1]]:
        path.append(max(following[path[-1]], key=left))
    return path


def _reaching(ends: set[tuple[str, str]], goals: set[str]) -> set[str]:
    """Keys of the parts that lead to some of the goals."""
    found = set(goals)
    while True:
        more = {a for a, b in ends if b in found} - found
        if not more:
            return found - goals
        found |= more
