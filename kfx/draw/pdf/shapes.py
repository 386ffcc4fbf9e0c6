"""Write the shapes of an SVG as the path operators of a PDF, which has no circles and no arcs: Bézier curves are as close."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

_TOKEN = re.compile(r"[A-Za-z]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_TAKES = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "A": 7, "Z": 0}


def shape_path(element: Element) -> str:
    """Return the path operators of a shape; ``""`` for an element that is none."""
    tag = element.tag.rpartition("}")[2]
    number = {name: float(value) for name, value in element.attrib.items() if re.fullmatch(r"-?[\d.]+(e-?\d+)?", value)}
    if tag == "path":
        return " ".join(_path(element.get("d", "")))
    if tag == "rect":
        return _rectangle(*(number.get(name, 0.0) for name in ("x", "y", "width", "height", "rx")))
    if tag in ("circle", "ellipse"):
        r = number.get("r", 0.0)
        return _ellipse(number.get("cx", 0.0), number.get("cy", 0.0), number.get("rx", r), number.get("ry", r))
    if tag == "line":
        return " ".join(_path("M{x1} {y1}L{x2} {y2}".format(**{n: number.get(n, 0.0) for n in ("x1", "y1", "x2", "y2")})))
    if tag in ("polyline", "polygon"):
        return " ".join(_path(f"M{element.get('points', '')}{'Z' if tag == 'polygon' else ''}"))
    return ""


def _write(*values: float | str) -> str:
    return " ".join(value if isinstance(value, str) else f"{value:.3f}".rstrip("0").rstrip(".") for value in values)


def _rectangle(x: float, y: float, w: float, h: float, r: float) -> str:
    if not r:
        return _write(x, y, w, h, "re")
    r = min(r, w / 2, h / 2)
    right, bottom, arc = x + w, y + h, f"A{r} {r} 0 0 1"
    top_side = f"M{x + r} {y}H{right - r}{arc} {right} {y + r}V{bottom - r}{arc} {right - r} {bottom}"
    return " ".join(_path(f"{top_side}H{x + r}{arc} {x} {bottom - r}V{y + r}{arc} {x + r} {y}Z"))


def _ellipse(x: float, y: float, rx: float, ry: float) -> str:
    return " ".join(_path(f"M{x - rx} {y}A{rx} {ry} 0 1 1 {x + rx} {y}A{rx} {ry} 0 1 1 {x - rx} {y}Z"))


def _path(data: str) -> Iterator[str]:
    tokens, command = _TOKEN.findall(data), "M"
    x = y = begin_x = begin_y = last_x = last_y = 0.0
    i = 0
    while i < len(tokens):
        if tokens[i].isalpha():
            command = tokens[i]
            i += 1
        kind = command.upper()
        values = [float(t) for t in tokens[i : i + _TAKES[kind]]]
        i += len(values)
        if command.islower() and kind != "Z":
            values = _absolute(kind, values, x, y)
        if kind == "Z":
            x, y = begin_x, begin_y
            yield "h"
            continue
        curves = _curves(kind, values, (x, y), (2 * x - last_x, 2 * y - last_y))
        if kind in "HV":
            values = [values[0], y] if kind == "H" else [x, values[0]]
        x, y = last_x, last_y = values[-2:]
        if kind == "M":
            begin_x, begin_y = x, y
            command = "l" if command == "m" else "L"
        for curve in curves:
            last_x, last_y = curve[2:4]
            yield _write(*curve, "c")
        if not curves:
            yield _write(x, y, "m" if kind == "M" else "l")


def _absolute(kind: str, values: list[float], x: float, y: float) -> list[float]:
    if kind == "H":
        return [values[0] + x]
    if kind == "V":
        return [values[0] + y]
    if kind == "A":
        return [*values[:5], values[5] + x, values[6] + y]
    return [value + (y if n % 2 else x) for n, value in enumerate(values)]


def _curves(kind: str, v: list[float], at: tuple[float, float], mirrored: tuple[float, float]) -> list[tuple[float, ...]]:
    """Return the cubic curves of one command; none for a straight one."""
    if kind == "C":
        return [tuple(v)]
    if kind == "S":
        return [(*mirrored, *v)]
    if kind == "Q":
        (x, y), (qx, qy, ex, ey) = at, v
        return [(x + 2 / 3 * (qx - x), y + 2 / 3 * (qy - y), ex + 2 / 3 * (qx - ex), ey + 2 / 3 * (qy - ey), ex, ey)]
    return _arc(at, v) if kind == "A" else []


def _arc(at: tuple[float, float], v: list[float]) -> list[tuple[float, ...]]:
    """An upright arc as quarters of an ellipse at most; see "Elliptical arc implementation notes" of SVG 1.1."""
    (x0, y0), (rx, ry, _, large, sweep, x1, y1) = at, v
    if not rx or not ry or (x0, y0) == (x1, y1):
        return []
    ax, ay = (x0 - x1) / 2 / rx, (y0 - y1) / 2 / ry  # on the unit circle
    half = math.hypot(ax, ay)
    grown = max(1.0, half)
    rx, ry, ax, ay = rx * grown, ry * grown, ax / grown, ay / grown
    off = math.sqrt(max(0.0, 1 - ax * ax - ay * ay)) / (math.hypot(ax, ay) or 1) * (-1 if bool(large) == bool(sweep) else 1)
    cx, cy = (x0 + x1) / 2 + rx * off * ay, (y0 + y1) / 2 - ry * off * ax
    first = math.atan2((y0 - cy) / ry, (x0 - cx) / rx)
    turn = math.atan2((y1 - cy) / ry, (x1 - cx) / rx) - first
    turn += 2 * math.pi * (bool(sweep) and turn <= 0) - 2 * math.pi * (not sweep and turn >= 0)
    pieces = math.ceil(abs(turn) / (math.pi / 2) - 1e-9)
    step = turn / pieces
    k = 4 / 3 * math.tan(step / 4)
    found = []
    for n in range(pieces):
        a, b = first + n * step, first + (n + 1) * step
        (ca, sa), (cb, sb) = (math.cos(a), math.sin(a)), (math.cos(b), math.sin(b))
        points = (ca - k * sa, sa + k * ca, cb + k * sb, sb - k * cb, cb, sb)
        found.append(tuple(c * r + m for c, r, m in zip(points, (rx, ry) * 3, (cx, cy) * 3, strict=True)))
    return found
