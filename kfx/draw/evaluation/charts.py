"""Draw a calibration curve, and predicted against true values, as SVG on white."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from kfx.draw.markup import svg_text
from kfx.draw.palette import BAR, FONTS, LIGHT, TRAIN, VAL, WIDE_FONTS
from kfx.draw.values.numbers import number_text

WIDTH, HEIGHT = 312, 226
_LEFT, _RIGHT, _TOP, _BOTTOM, _PAD = 64, 284, 30, 186, 8


def document(width: float, height: float, alt: str, parts: Sequence[str]) -> str:
    """Return an SVG on white in the usual letters."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img"><title>{svg_text(alt)}</title>'
        f"<style>text{{font-family:{FONTS[: FONTS.rindex(',')]},{WIDE_FONTS};font-size:11px;fill:{LIGHT['ink2']}}}</style>"
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>'
    )


def calibration_chart(sure: np.ndarray, right: np.ndarray, counts: np.ndarray, error: float) -> str:
    """Return a chart of how often predictions are right by how sure they are; dots are as large as their counts.

    Args:
        sure: The mean probability of each bin, NaN for an empty one.
        right: The share that is right.
        counts: Predictions in each bin.
        error: The expected calibration error.
    """
    parts = _frame("Calibration", (0.0, 1.0), (0.0, 1.0), "sure", "right", [0, 0.25, 0.5, 0.75, 1], percent=True)
    parts.append(_line([(0.0, 0.0), (1.0, 1.0)], f"stroke:{LIGHT['line2']};stroke-dasharray:3 3", (0, 1), (0, 1)))
    known = [(float(s), float(r), int(c)) for s, r, c in zip(sure, right, counts, strict=True) if c]
    parts.append(_line([(s, r) for s, r, _ in known], f"stroke:{TRAIN};stroke-width:1.5", (0, 1), (0, 1)))
    most = max((c for _, _, c in known), default=1)
    for s, r, c in known:
        radius = 2 + 4 * math.sqrt(c / most)
        at = f'cx="{_x(s, (0, 1)):.1f}" cy="{_y(r, (0, 1)):.1f}" r="{radius:.1f}"'
        parts.append(f'<circle {at} style="fill:{TRAIN}"><title>{c:,} predictions</title></circle>')
    parts.append(f'<text x="{_RIGHT}" y="18" text-anchor="end">error {error:.3f}</text>')
    return document(WIDTH, HEIGHT, f"Calibration: expected error {error:.3f}", parts)


def pairs_chart(points: np.ndarray, title: str, *, most: int = 1000) -> str:
    """Return a chart of true values across and predicted ones up, with the line on which both are equal.

    Args:
        points: Pairs ``(true, predicted)``.
        title: A heading.
        most: Points that are drawn; of more, evenly many.
    """
    shown = points[:: -(-len(points) // most) or 1]
    low, high = (float(points.min()), float(points.max())) if len(points) else (0.0, 1.0)
    high = high if high > low else low + 1
    ends, ticks = (low, high), nice_ticks(low, high)
    parts = _frame(title, ends, ends, "true", "predicted", ticks)
    parts.append(_line([(low, low), (high, high)], f"stroke:{LIGHT['line2']};stroke-dasharray:3 3", ends, ends))
    opacity = 0.75 if len(shown) < 200 else 0.4
    for true, predicted in shown.tolist():
        parts.append(f'<circle cx="{_x(true, ends):.1f}" cy="{_y(predicted, ends):.1f}" r="2"/>')
    style = f"<style>circle{{fill:{TRAIN};fill-opacity:{opacity}}}</style>"
    return document(WIDTH, HEIGHT, f"{title}: {len(shown):,} pairs", [style, *parts])


def bars_chart(counts: np.ndarray, edges: np.ndarray, title: str) -> str:
    """Return a histogram with a line at zero."""
    ends = (float(edges[0]), float(edges[-1]))
    most = float(max(counts.max(initial=0), 1))
    parts = _frame(title, ends, (0.0, most), "", "count", nice_ticks(0.0, most), across=nice_ticks(*ends))
    for count, low, high in zip(counts.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        x, y = _x(low, ends), _y(count, (0, most))
        wide = max(0.5, _x(high, ends) - x - 1)
        parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{_BOTTOM - y:.1f}" fill="{BAR}"/>')
    if ends[0] < 0 < ends[1]:
        parts.append(f'<path d="M{_x(0, ends):.1f} {_TOP}V{_BOTTOM}" style="stroke:{VAL}"/>')
    return document(WIDTH, HEIGHT, title, parts)


def nice_ticks(low: float, high: float) -> list[float]:
    """Return three to six round numbers between two values."""
    rough = (high - low) / 4
    power = 10 ** math.floor(math.log10(rough)) if rough > 0 and math.isfinite(rough) else 1.0
    step = next((f * power for f in (1, 2, 2.5, 5, 10) if f * power >= rough * 0.999), 10 * power)
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, first + 12) if n * step <= high + 1e-9 * step]


def _x(value: float, ends: tuple[float, float]) -> float:
    return _LEFT + (_RIGHT - _LEFT) * (value - ends[0]) / (ends[1] - ends[0])


def _y(value: float, ends: tuple[float, float]) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * (value - ends[0]) / (ends[1] - ends[0])


def _line(points: Sequence[tuple[float, float]], style: str, x: tuple[float, float], y: tuple[float, float]) -> str:
    if not points:
        return ""
    path = "L".join(f"{_x(a, x):.1f} {_y(b, y):.1f}" for a, b in points)
    return f'<path d="M{path}" style="fill:none;{style}"/>'


def _frame(
    title: str,
    x: tuple[float, float],
    y: tuple[float, float],
    across_word: str,
    up_word: str,
    ticks: Sequence[float],
    *,
    across: Sequence[float] | None = None,
    percent: bool = False,
) -> list[str]:
    ink = LIGHT["ink"]
    parts = [f'<text x="{_PAD}" y="18" style="font-size:12px;font-weight:600;fill:{ink}">{svg_text(title)}</text>']

    def word(value: float) -> str:
        return f"{value * 100:.0f} %" if percent else number_text(value)

    for value in ticks:
        at = _y(value, y)
        parts.append(f'<path d="M{_LEFT} {at:.1f}H{_RIGHT}" style="stroke:{LIGHT["line"]};stroke-width:.6"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{at + 3.5:.1f}" text-anchor="end">{word(value)}</text>')
    shown = list(ticks if across is None else across)
    for value in shown:
        parts.append(f'<text x="{_x(value, x):.1f}" y="{_BOTTOM + 15}" text-anchor="middle">{word(value)}</text>')
    if across_word:
        parts.append(f'<text x="{(_LEFT + _RIGHT) / 2}" y="{_BOTTOM + 32}" text-anchor="middle">{across_word}</text>')
    middle = f"translate({_PAD + 2} {(_TOP + _BOTTOM) / 2}) rotate(-90)"
    parts.append(f'<text transform="{middle}" text-anchor="middle" style="dominant-baseline:middle">{up_word}</text>')
    return parts
