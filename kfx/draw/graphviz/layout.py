"""Positions of everything in a picture: an engine's answer in px, y downwards from the top left corner."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kfx.draw.graph.boxes import Picture
from kfx.draw.graphviz.dot import INSET, to_dot
from kfx.draw.graphviz.engine import ask_engines

Point = tuple[float, float]
Rect = tuple[float, float, float, float]  # left, top, width, height


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions in the order of the picture's boxes, frames and lines.

    Attributes:
        width: Of the whole.
        height: Of the whole.
        boxes: One rectangle a box.
        frames: One rectangle an unfolded container.
        lines: Points of one cubic Bézier spline a line, ``1 + 3 k`` of them from source to target.
    """

    width: float
    height: float
    boxes: tuple[Rect, ...]
    frames: tuple[Rect, ...]
    lines: tuple[tuple[Point, ...], ...]


def lay_out(picture: Picture, rankdir: str = "TB", splines: str = "spline", *, quick: bool = False) -> Layout:
    """Ask an engine for positions; ``quick`` prefers the server, which need not be started.

    Raises:
        NoEngineError: No engine can lay the picture out.
    """
    return ask_engines(to_dot(picture, rankdir, splines), lambda answer: read_layout(answer, picture), quick=quick)


def read_layout(answer: bytes, picture: Picture) -> Layout:
    """Read what an engine wrote as ``json0``.

    Raises:
        ValueError: The answer is not a layout of this picture.
    """
    try:
        return _read(json.loads(answer.decode(errors="replace")), picture)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise ValueError(f"something that is not a layout of the graph ({type(error).__name__})") from error


def _read(graph: dict[str, Any], picture: Picture) -> Layout:
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
    lines = tuple(_spline(drawn[f"e{i}"], point) for i in range(len(picture.lines)))
    return Layout(round(right - left, 1), round(top - bottom, 1), tuple(boxes), tuple(frames), lines)


def _spline(text: str, point: Callable[[str], Point]) -> tuple[Point, ...]:
    """``e,x,y p0 p1 p2 ...``: the tip first, then the curve up to where the arrow's head begins."""
    parts = text.split(";")[0].split()
    tip = [part for part in parts if part.startswith("e,")]
    points = [point(part) for part in parts if part[0] not in "es"]
    if tip:  # carry on straight to the tip
        end, goal = points[-1], point(tip[0])
        points += [end, goal, goal]
    return tuple(points)
