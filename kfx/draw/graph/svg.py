"""Draw a laid-out picture as SVG: for a page, a file, and as the drawing that the live view moves about in."""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import pairwise

from kfx.draw.graph.boxes import HEIGHT, TEXT_AT, Box, Frame, Picture
from kfx.draw.graphviz.places import Layout, Point, Rect
from kfx.draw.markup import svg_text as _text
from kfx.draw.palette import GLYPHS, style
from kfx.draw.text_width import has_wide, text_width

MARGIN = 8  # px around the drawing
STACK = 3.5  # px that the second sheet of a folded box shows
_SECOND = 32.5  # px down to the second line: a font with Korean letters has lines of 17 px
_HEAD = 7.0  # px that an arrow's head is long


def draw(picture: Picture, layout: Layout, *, alone: bool = True, title: str = "", under: str = "", over: str = "") -> str:
    """Write the SVG.

    Args:
        picture: What to draw.
        layout: Where.
        alone: With its own colours and ground (a file, an image); without, the page's style sheet gives them.
        title: What a screen reader calls it.
        under: SVG behind lines and boxes.
        over: SVG in front of the lines.

    Returns:
        An SVG document. Its numbers in ``data-*`` count boxes, frames and lines as the picture does.
    """
    w, h = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w:g}" height="{h:g}" viewBox="{-MARGIN} {-MARGIN} {w:g} {h:g}"'
        f' class="kfx-graph" role="img" aria-label="{_text(title or picture.name)}">'
    ]
    if alone:
        out.append(f'<style>{style()}</style><rect x="{-MARGIN}" y="{-MARGIN}" width="{w:g}" height="{h:g}" fill="#fff"/>')
    out += [_frame(i, frame, box) for i, (frame, box) in enumerate(zip(picture.frames, layout.frames, strict=True))]
    out.append(under)
    out += _lines(picture, layout)
    out += [_frame_title(i, frame, box) for i, (frame, box) in enumerate(zip(picture.frames, layout.frames, strict=True))]
    out.append(over)
    out += [_box(i, box, layout) for i, box in enumerate(picture.boxes)]
    out.append("</svg>")
    return "".join(out)


def _output(size: str, w: float, h: float, side: str) -> str:
    """A short arrow out of a box with the size of what the model returns there."""
    across = side in ("right", "left")
    x, y = {"down": (w / 2, h), "up": (w / 2, 0), "right": (w, h / 2), "left": (0, h / 2)}[side]
    sign = 1 if side in ("down", "right") else -1
    line = f"M{x:g} {y:g}" + (f"h{sign * 9}" if across else f"v{sign * 9}")
    tip = f"M{x + sign * 15:g} {y:g}l{-sign * 7} -3.4v6.8z" if across else f"M{x:g} {y + sign * 15:g}l-3.4 {-sign * 7}h6.8z"
    tx, ty = (x + sign * 20, y + 4) if across else (x + 9, y + (16 if sign > 0 else -7))
    anchor = ' text-anchor="end"' if side == "left" else ""
    words = f'<text class="ks" x="{tx:g}" y="{ty:g}"{anchor}>{_text(size)}<tspan class="kw"> output</tspan></text>'
    return f'<path class="ke" d="{line}"/><path class="kh" d="{tip}"/>{words}'


def _frame(i: int, frame: Frame, place: Rect) -> str:
    x, y, w, h = place
    return (
        f'<g class="kf" data-f="{i}"><title>{_text(frame.title)}</title>'
        f'<rect class="kg" x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="6"/></g>'
    )


def _frame_title(i: int, frame: Frame, place: Rect) -> str:
    """Draw a frame's title, which is in front of the lines that enter the frame."""
    x, y, w, _ = place
    right = f'<text class="kgs" x="{x + w - 12:g}" y="{y + 20:g}">{_text(frame.right)}</text>' if frame.right else ""
    return (
        f'<g class="kf{" wide" if has_wide(frame.name) else ""}" data-t="{i}">'
        f'<path class="tw" d="M{x + 12:g} {y + 13:g}h8l-4 6z"/>'
        f'<text class="kgt" x="{x + 25:g}" y="{y + 20:g}">{_text(frame.name)}</text>{right}</g>'
    )


def _lines(picture: Picture, layout: Layout) -> list[str]:
    rightmost: dict[tuple[int, int], tuple[Point, ...]] = {}  # of the lines between two boxes; their label is next to it
    for line, points in zip(picture.lines, layout.lines, strict=True):
        ends = line.source, line.target
        rightmost[ends] = max(points, rightmost.get(ends, points))
    rows = sorted((y, x, w, h) for x, y, w, h in layout.boxes)
    across: list[str] = []  # those that cross others come first: the labels of the others are then in front of them
    down: list[str] = []
    for i, (line, points) in enumerate(zip(picture.lines, layout.lines, strict=True)):
        if not points:  # a tag at its ends says it
            continue
        body, head = _arrow(points)
        kind = f"kc{' skip' if line.kind == 'skip' else ''}{' inner' if picture.boxes[line.source].frame is not None else ''}"
        kind += "".join(f" {mark}" for mark in line.marks)
        stack = STACK if picture.boxes[line.source].folded else 0
        label = _label(line.label, rightmost[line.source, line.target], layout.frames, rows, stack, aside=line.kind == "skip")
        drawn = f'<g class="{kind}" data-e="{i}"><path class="ke" d="{body}"/><path class="kh" d="{head}"/>{label}</g>'
        (across if _runs_across(points) else down).append(drawn)
    return across + down


def _runs_across(points: tuple[Point, ...]) -> bool:
    x, y = _leaving(points)
    return abs(x - points[0][0]) > 2 * abs(y - points[0][1])


def _leaving(points: tuple[Point, ...]) -> Point:
    """The first point after the start at which a line is elsewhere."""
    return next((point for point in points if point != points[0]), points[-1])


def _arrow(points: tuple[Point, ...]) -> tuple[str, str]:
    """The line up to its head, and the head as a triangle that points as the line arrives."""
    (tx, ty), before = points[-1], next((p for p in reversed(points) if math.dist(p, points[-1]) > 0.5), points[0])
    length = math.dist(before, points[-1]) or 1.0
    ux, uy = (tx - before[0]) / length, (ty - before[1]) / length
    bx, by = tx - ux * _HEAD, ty - uy * _HEAD
    start, rest = points[0], [*points[1:-1], (bx + ux, by + uy)]
    body = f"M{start[0]:g} {start[1]:g}C" + " ".join(f"{round(x, 1):g} {round(y, 1):g}" for x, y in rest)
    corners = [(tx, ty), (bx - uy * 3.4, by + ux * 3.4), (bx + uy * 3.4, by - ux * 3.4)]
    return body, "M" + "L".join(f"{round(x, 1):g} {round(y, 1):g}" for x, y in corners) + "z"


def _label(
    text: str, points: tuple[Point, ...], frames: tuple[Rect, ...], rows: list[Rect], stack: float, *, aside: bool = False
) -> str:
    """The shape, right of a line that runs down, above or below one that runs across, clear of boxes and of the frames' edges.

    With ``aside``, next to the middle of the line: other lines begin where it begins.
    """
    if not text:
        return ""
    (x0, y0), (x1, y1) = points[0], points[-1]
    if aside and not (_runs_across(points) and abs(y1 - y0) < 2):
        x, y = _halfway(points)
        return f'<text class="kl" x="{_beside(x, y + 4, text, rows):.1f}" y="{y + 4:.1f}">{_text(text)}</text>'
    if _runs_across(points):
        mx, my = ((x0 + x1) / 2, (y0 + y1) / 2) if len(points) <= 7 else _longest_way(points)
        wide = text_width(text, 11)
        x = mx - wide / 2
        free = [y for y in (my - 6, my + 14) if not _covered(x, y, wide, rows)]
        return f'<text class="kl" x="{x:.1f}" y="{free[0]:g}">{_text(text)}</text>' if free else ""
    down = 1 if _leaving(points)[1] > y0 else -1
    y = y0 + (13 + stack * 0.6 if down > 0 else -5)
    for fx, top, w, h in frames:
        if fx < x0 < fx + w:
            y = top - 4 if y - 10 < top < y + 3 else top + h + 13 if y - 10 < top + h < y + 3 else y
    return f'<text class="kl" x="{_beside(x0, y, text, rows):g}" y="{y:.1f}">{_text(text)}</text>'


def _beside(x: float, y: float, text: str, rows: list[Rect]) -> float:
    """Return the left end of a label at the right of a point, or at its left where a box would cover it."""
    wide = text_width(text, 11)
    return next((x for x in (x + 7, x - 7 - wide) if not _covered(x, y, wide, rows)), x + 7)


def _longest_way(points: tuple[Point, ...]) -> Point:
    """The middle of the longest way across that a line has."""
    ways = [(abs(b[0] - a[0]), ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)) for a, b in pairwise(points[::3])]
    return max(ways, key=lambda way: way[0])[1]


def _covered(x: float, y: float, wide: float, rows: list[Rect]) -> bool:
    """Return True if a box, which is drawn over all lines, would cover a part of a label.

    ``rows`` are the boxes in order, as ``(y, x, w, h)``.
    """
    near = rows[bisect_left(rows, (y - 9 - HEIGHT,)) : bisect_left(rows, (y + 2,))]
    return any(bx < x + wide and x < bx + w and y - 9 < by + h for by, bx, w, h in near)


def _halfway(points: tuple[Point, ...]) -> Point:
    """The middle of a spline of cubic pieces."""
    piece = (len(points) - 1) // 3 // 2 * 3
    if (len(points) - 1) // 3 % 2 == 0:
        return points[piece]
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = points[piece : piece + 4]
    return (ax + 3 * bx + 3 * cx + dx) / 8, (ay + 3 * by + 3 * cy + dy) / 8


def _box(i: int, box: Box, layout: Layout) -> str:
    x, y, w, h = layout.boxes[i]
    facts = ("folded", box.folded), ("dead", box.dead), ("one", not box.detail), ("wide", has_wide(box.name + box.detail))
    kind = "".join(f" {name}" for name, on in facts if on)
    kind += "".join(f" {mark}" for mark in box.marks)
    out = [
        f'<g class="kn f-{box.family}{kind}" data-n="{i}" transform="translate({x:g},{y:g})"><title>{_text(box.title)}</title>'
    ]
    if box.folded:
        out.append(f'<rect class="b" x="{STACK}" y="{STACK}" width="{w:g}" height="{h:g}" rx="4"/>')
    base = 16 if box.detail else 17
    out.append(
        f'<rect class="b" width="{w:g}" height="{h:g}" rx="4"/><g transform="translate(8,{base - 10})">{GLYPHS[box.family]}</g>'
        f'<text class="nm" x="{TEXT_AT}" y="{base}">{_text(box.name)}</text>'
    )
    if box.badge:
        bw = text_width(box.badge, 10.5, bold=True) + 12
        out.append(
            f'<rect class="bg" x="{w - 7 - bw:.1f}" y="5" width="{bw:.1f}" height="15" rx="7.5"/>'
            f'<text class="kb" x="{w - 7 - bw / 2:.1f}" y="16">{_text(box.badge)}</text>'
        )
    if box.right:
        out.append(f'<text class="rt" x="{w - 8:g}" y="{_SECOND if box.badge else base}">{_text(box.right)}</text>')
    if box.folded:
        out.append(f'<path class="tw" d="M{TEXT_AT} 25v7l5.5 -3.5z"/>')
    if box.detail:
        out.append(f'<text class="sb" x="{TEXT_AT + 11 * box.folded}" y="{_SECOND}">{_text(box.detail)}</text>')
    if box.port:
        wide, middle = text_width(box.port, 10.5) + 12, h / 2
        out.append(f'<path class="kpl" d="M{w:g} {middle:g}h8"/>')
        out.append(f'<rect class="bg" x="{w + 8:g}" y="{middle - 8:g}" width="{wide:.1f}" height="16" rx="2"/>')
        out.append(f'<text class="kp" x="{w + 14:g}" y="{middle + 4:g}">{_text(box.port)}</text>')
    if box.size:
        out.append(_output(box.size, w, h, layout.out))
    if box.side:
        out.append(f'<path class="mb" d="M-5 1v{h - 2:g}"/><text class="ms" x="-10" y="{h / 2 + 5:g}">{_text(box.side)}</text>')
    if box.tag:
        out.append(f'<path class="kst" d="M{w / 2:g} {h + 1:g}v13"/>')
        out.append(f'<text class="kv" x="{w / 2 + 7:g}" y="{h + 13:g}">{_text(box.tag)}</text>')
    out.append("</g>")
    return "".join(out)
