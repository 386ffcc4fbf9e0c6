"""Positions of everything in a picture: an engine's answer in px, y downwards from the top left corner."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kfx.draw.graph.boxes import Picture
from kfx.draw.graphviz.columns import in_columns
from kfx.draw.graphviz.dot import INSET, to_dot
from kfx.draw.graphviz.engine import ask_engines
from kfx.draw.graphviz.places import Layout, Point, Rect
from kfx.draw.graphviz.u_shape import lay_out_u, u_shape
from kfx.draw.text_width import text_width

WIDE, HIGH = 960.0, 640.0  # px that a drawing has in a notebook's cell
_SIDES = {"TB": "down", "BT": "up", "LR": "right", "RL": "left"}
_SIZE_PX = 24  # px for the size of an output below or above its box


def lay_out(
    picture: Picture, rankdir: str = "TB", splines: str = "spline", *, quick: bool = False, wide: float = WIDE
) -> Layout:
    """Ask an engine for positions.

    Args:
        picture: What to lay out.
        rankdir: Where the data flows.
        splines: How lines run.
        quick: Prefer the server, which need not be started, and keep every box where it was in a picture that grows.
        wide: px that the drawing may be wide: a long trunk that flows down is then cut into columns, one that flows to the
            right into rows, and an encoder and a decoder are drawn as a U; 0 for one line as it comes.

    Raises:
        NoEngineError: No engine can lay the picture out.
    """
    shape = u_shape(picture) if wide and rankdir == "TB" and splines == "spline" and not quick else None
    if shape is not None:
        dot = to_dot(picture, apart=True, upwards=shape.upwards)
        return _with_sizes(picture, lay_out_u(picture, ask_engines(dot, lambda a: read_layout(a, picture, apart=True)), shape))
    found = ask_engines(to_dot(picture, rankdir, splines), lambda answer: read_layout(answer, picture), quick=quick)
    found = replace(found, out=_SIDES[rankdir])
    if wide and splines == "spline" and not quick:
        if rankdir == "TB":
            found = in_columns(picture, found, wide, HIGH)
        elif rankdir == "LR":
            found = in_columns(picture, found.turned(), 3 * HIGH, wide, turned=True).turned()
    return _with_sizes(picture, found)


def _with_sizes(picture: Picture, layout: Layout) -> Layout:
    """Make room for the sizes of the outputs and for the tags of ports."""
    x0 = y0 = 0.0
    x1, y1 = layout.width, layout.height
    for box, (x, y, w, h) in zip(picture.boxes, layout.boxes, strict=True):
        x0, x1 = min(x0, x - box.beside / 2), max(x1, x + w + box.beside)
        if box.size:
            side = text_width(box.size, 12) + 28 + text_width(" output", 11)
            y0, y1 = min(y0, y - _SIZE_PX * (layout.out == "up")), max(y1, y + h + _SIZE_PX * (layout.out == "down"))
            x0 = min(x0, x - side * (layout.out == "left"))
            x1 = max(x1, x + w + side if layout.out == "right" else x + w / 2 + side)
    return layout.moved(-x0, -y0, x1 - x0, y1 - y0) if (x0, y0, x1, y1) != (0, 0, layout.width, layout.height) else layout


def read_layout(answer: bytes, picture: Picture, *, apart: bool = False) -> Layout:
    """Read what an engine wrote as ``json0``; with ``apart`` without the lines that `to_dot` left out then.

    Raises:
        ValueError: The answer is not a layout of this picture.
    """
    try:
        return _read(json.loads(answer.decode(errors="replace")), picture, apart)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise ValueError(f"something that is not a layout of the graph ({type(error).__name__})") from error


def _read(graph: dict[str, Any], picture: Picture, apart: bool) -> Layout:
    left, bottom, right, top = map(float, graph["bb"].split(","))
    left -= picture.aside

    def point(text: str) -> Point:
        x, y = map(float, text.split(",")[-2:])
        return round(x - left, 1), round(top - y, 1)

    named = {thing["name"]: thing for thing in graph.get("objects", ())}
    boxes = []
    for i, box in enumerate(picture.boxes):
        x, y = point(named[f"n{i}"]["pos"])
        boxes.append((round(x - box.width / 2, 1), round(y - box.height / 2, 1), float(box.width), float(box.height)))
    frames = []
    for i in range(len(picture.frames)):
        x0, y0, x1, y1 = map(float, named[f"cluster{i}"]["bb"].split(","))
        frames.append((round(x0 - left, 1), round(top - y1 + INSET, 1), round(x1 - x0, 1), round(y1 - y0 - 2 * INSET, 1)))
    drawn = {edge["id"]: edge["pos"] for edge in graph.get("edges", ()) if "id" in edge}
    missing = {i for i, line in enumerate(picture.lines) if line.kind == "port" or apart} - {int(name[1:]) for name in drawn}
    lines = tuple(
        () if i in missing else _to_boxes(_spline(drawn[f"e{i}"], point), boxes[line.source], boxes[line.target])
        for i, line in enumerate(picture.lines)
    )
    return Layout(round(right - left, 1), round(top - bottom, 1), tuple(boxes), tuple(frames), lines)


def _to_boxes(points: tuple[Point, ...], source: Rect, target: Rect) -> tuple[Point, ...]:
    """Lead a line that begins or ends where a tag has its room on to the box itself."""
    start, end = _edge(points[0], source), _edge(points[-1], target)
    if start != points[0]:
        points = (start, start, points[0], *points)
    return points if end == points[-1] else (*points, points[-1], end, end)


def _edge(point: Point, box: Rect) -> Point:
    x, y, w, h = box
    if x - 2 <= point[0] <= x + w + 2:
        return point
    return (x if point[0] < x else x + w), min(max(point[1], y + 8), y + h - 8)


def _spline(text: str, point: Callable[[str], Point]) -> tuple[Point, ...]:
    """``e,x,y p0 p1 p2 ...``: the tip first, then the curve up to where the arrow's head begins."""
    parts = text.split(";")[0].split()
    tip = [part for part in parts if part.startswith("e,")]
    points = [point(part) for part in parts if part[0] not in "es"]
    if tip:  # carry on straight to the tip
        end, goal = points[-1], point(tip[0])
        points += [end, goal, goal]
    return tuple(points)
