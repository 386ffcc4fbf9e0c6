"""Series as lines: one small chart a variable, one below the other over the same steps, as SVG with its own colours."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from kfx.draw.markup import svg_text
from kfx.draw.palette import FONTS, LIGHT
from kfx.draw.text_width import text_width
from kfx.draw.values.numbers import number_text
from kfx.text.untrusted import visible

WIDE = 320  # px of the charts
TALL = 64  # px of the only one
ROW = 30  # px of one of several
POINTS = 320  # columns of a line; of more steps each column has the smallest and the largest of several
_INK, _BENEATH = LIGHT["b"], LIGHT["line"]
_PAD = 6


def lines(
    values: np.ndarray,
    beneath: np.ndarray | None = None,
    *,
    names: Sequence[str] | None = None,
    title: str = "",
    bands: Sequence[Sequence[str]] | None = None,
) -> str:
    """Return an SVG of ``(variable, step)``: a chart a variable with its ends, gaps where values are not finite.

    Args:
        values: The series.
        beneath: Another one of the same shape, drawn pale beneath, e.g. the input of a reconstruction.
        names: A name for each variable; numbers where there is none.
        title: What the drawing shows, for screen readers.
        bands: For each variable the ground of each step as ``#rrggbb``.
    """
    count, steps = values.shape
    tall = TALL if count == 1 else ROW
    labels = [visible(names[i])[:20] if names is not None else str(i) for i in range(count)] if count > 1 else [""]
    left = max(text_width(text, 11) for text in labels) + (6 if count > 1 else 0)
    parts, widest = [], 0.0
    for i in range(count):
        top = i * (tall + 6)
        both = values[i : i + 1] if beneath is None else np.stack([values[i], beneath[i]])
        low, high = line_ends(both)
        if bands is not None:
            parts.append(_band(bands[i], left, top, tall))
        if beneath is not None:
            parts.append(_path(beneath[i], low, high, left, top, tall, _BENEATH, 3))
        parts.append(_path(values[i], low, high, left, top, tall, _INK, 1.3))
        parts.append(f'<text x="{left - 6}" y="{top + tall / 2 + 4:.1f}" text-anchor="end">{svg_text(labels[i])}</text>')
        ends = (number_text(high), number_text(low))
        parts += [
            f'<text x="{left + WIDE + 6}" y="{top + y:.1f}">{end}</text>' for end, y in zip(ends, (9, tall - 1), strict=True)
        ]
        widest = max(widest, *(text_width(end, 11) for end in ends))
    foot = count * (tall + 6)
    parts += [
        f'<text x="{left}" y="{foot + 10}">0</text>',
        f'<text x="{left + WIDE}" y="{foot + 10}" text-anchor="end">step {steps - 1}</text>',
    ]
    wide, high_px = left + WIDE + 6 + widest + 2 * _PAD, foot + 14 + 2 * _PAD
    name = f' role="img" aria-label="{escape(title)}"' if title else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{high_px:.0f}" '
        f'viewBox="{-_PAD} {-_PAD} {wide:.0f} {high_px:.0f}"{name}>'
        f'<rect x="{-_PAD}" y="{-_PAD}" width="{wide:.0f}" height="{high_px:.0f}" fill="{LIGHT["bg"]}"/>'
        f'<g font-family="{FONTS}" font-size="11" fill="{LIGHT["ink2"]}">{"".join(parts)}</g></svg>'
    )


def _band(colours: Sequence[str], left: float, top: float, tall: float) -> str:
    """Return the ground of a chart, a strip for each step; steps of one colour are one strip."""
    found, start, wide = [], 0, WIDE / max(1, len(colours))
    for n in range(1, len(colours) + 1):
        if n == len(colours) or colours[n] != colours[start]:
            x = left + start * wide
            found.append(
                f'<rect x="{x:.1f}" y="{top}" width="{(n - start) * wide:.1f}" height="{tall}" fill="{colours[start]}"/>'
            )
            start = n
    return f'<g shape-rendering="crispEdges">{"".join(found)}</g>'


def line_ends(values: np.ndarray) -> tuple[float, float]:
    """Return the values at the foot and at the top of a chart; a constant one lies in the middle."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def _path(values: np.ndarray, low: float, high: float, left: float, top: float, tall: float, ink: str, thick: float) -> str:
    steps = len(values)
    group = max(1, -(-steps // POINTS))
    points: list[str] = []
    pen = "M"
    for start in range(0, steps, group):
        part = values[start : start + group]
        finite = part[np.isfinite(part)]
        if not finite.size:
            pen = "M"
            continue
        x = left + WIDE * (start + (len(part) - 1) / 2) / max(1, steps - 1)
        for value in dict.fromkeys([float(finite[0])] if group == 1 else [float(finite.min()), float(finite.max())]):
            y = top + tall * (1 - (value - low) / (high - low))
            points.append(f"{pen}{x:.1f} {y:.1f}")
            pen = "L"
    round_ = 'stroke-linejoin="round" stroke-linecap="round"'
    return f'<path d="{"".join(points)}" fill="none" stroke="{ink}" stroke-width="{thick}" {round_}/>'
