"""Draw one chart of curves as a self-contained SVG on white."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kfx.draw.markup import svg_text
from kfx.draw.palette import ACCENT_GROUND, FONTS, LIGHT, RUNS, TRAIN, VAL
from kfx.draw.text_width import BOLD, fit, text_width
from kfx.text.untrusted import visible
from kfx.views.training.curves import Abandoned, Chart, Line, smoothed, span, tick_words, ticks, value_word

WIDTH, HEIGHT = 340, 176
_PAD = 8  # px of white around everything
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 250, 34, 154
_NEAREST = 126  # px: the plot is not made narrower for the words at its right, which are cut instead
_GAP = 8  # px between a line's end and its word


def chart_svg(
    chart: Chart,
    reach: tuple[float, float],
    marks: list[tuple[float, str]],
    *,
    unit: str = "epoch",
    given_up: Sequence[Abandoned] = (),
    broke: tuple[float, str] | None = None,
) -> str:
    """Draw training and validation of one log.

    Args:
        chart: The lines.
        reach: Both ends of the horizontal axis.
        marks: Dotted verticals with a word, e.g. changes of the learning rate.
        unit: The unit of the horizontal axis.
        given_up: Stretches that rewinds gave up: their lines are pale, an arrow goes back to where training went on.
        broke: Where values stopped being finite, with words.
    """
    raw, many = chart.batches if len(chart.batches) else chart.train, len(chart.batches) > 20
    soft = Line(raw.x, smoothed(raw.y, 0.9 if many else 0.0), raw.low, raw.high)
    labels = []
    if len(soft):
        labels.append((soft, f"{_newest(chart.train if len(chart.train) else soft)} train", TRAIN))
    if len(chart.val):
        labels.append((chart.val, f"{_newest(chart.val)} val", VAL))
    plane = _Plane(reach, span(chart), labels)
    out = [plane.mark(x, word) for x, word in marks]
    if many:
        out.append(plane.path(raw, TRAIN, "stroke-width:1;opacity:.25"))
    out += [plane.path(soft, TRAIN), plane.path(chart.val, VAL)]
    if len(chart.val) <= 40:
        out += [plane.dot(chart.val, i, VAL, ring=i == chart.best) for i in range(len(chart.val))]
    elif chart.best is not None:
        out.append(plane.dot(chart.val, chart.best, VAL, ring=True))
    out += [plane.veil(part) for part in given_up]
    if broke is not None:
        out.append(plane.alarm(*broke))
    return plane.document(chart.title, unit, out)


def sheet_svg(drawings: Sequence[str], title: str) -> str:
    """Return several charts as one drawing, three in a row."""
    columns = min(3, max(len(drawings), 1))
    rows = max(-(-len(drawings) // columns), 1)
    parts = []
    for i, drawing in enumerate(drawings):
        inner = drawing[drawing.index("<rect") : drawing.rindex("</svg>")]
        parts.append(f'<g transform="translate({WIDTH * (i % columns)} {HEIGHT * (i // columns)})">{inner}</g>')
    wide, high = WIDTH * columns, HEIGHT * rows
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" role="img" '
        f'aria-label="{_text(title)}"><style>text{{font:10.5px {FONTS};fill:{LIGHT["ink2"]}}}</style>{"".join(parts)}</svg>'
    )


def overlay_svg(
    title: str,
    lines: list[tuple[str, Line]],
    reach: tuple[float, float],
    limits: tuple[float, float],
    *,
    unit: str = "epoch",
) -> str:
    """Draw several lines, e.g. the same log of several runs, each with its name (where it has one) and newest value."""
    labels = [
        (line, f"{name}: {_newest(line)}".removeprefix(": "), RUNS[i % len(RUNS)])
        for i, (name, line) in enumerate(lines)
        if len(line)
    ]
    plane, out = _Plane(reach, limits, labels), []
    for line, _, colour in labels:
        out.append(plane.path(line, colour))
        if len(line) <= 40:  # a run of one epoch is a point, which no path shows
            out += [plane.dot(line, k, colour, ring=False) for k in range(len(line)) if np.isfinite(line.y[k])]
    return plane.document(title, unit, out)


def _newest(line: Line) -> str:
    return value_word(float(line.y[-1]), 2)


class _Plane:
    """Places values in the picture.

    Args:
        reach: Both ends of the horizontal axis.
        limits: Both ends of the vertical one.
        labels: Lines with the words at their ends, right of the plot, which leaves them room, and their colours.
    """

    def __init__(self, reach: tuple[float, float], limits: tuple[float, float], labels: list[tuple[Line, str, str]]) -> None:
        self.x0, self.x1, self.labels = reach[0], max(reach[1], reach[0] + 1e-9), labels
        self.y0, self.y1 = limits
        room = max((BOLD * text_width(word, 11) for _, word, _ in labels), default=0)
        self.right = max(_NEAREST, min(_RIGHT, WIDTH - _PAD - room - _GAP))

    def x(self, value: float) -> float:
        return _LEFT + (self.right - _LEFT) * (float(value) - self.x0) / (self.x1 - self.x0)

    def y(self, value: float) -> float:
        share = (float(value) - self.y0) / (self.y1 - self.y0)
        return _BOTTOM - (_BOTTOM - _TOP) * min(max(share, -0.02), 1.02)

    def axes(self, title: str, unit: str) -> str:
        c, named = LIGHT, _text(fit(title, 12, (WIDTH - 2 * _PAD) / BOLD))
        parts = [f'<text x="{_PAD}" y="{_PAD + 11}" style="font-size:12px;font-weight:600;fill:{c["ink"]}">{named}</text>']
        heights = ticks(self.y0, self.y1)
        for value, word in zip(heights, tick_words(heights), strict=True):
            y = self.y(value)
            parts.append(f'<path d="M{_LEFT} {y:.1f}H{self.right:.1f}" style="stroke:{c["line"]};stroke-width:.6"/>')
            parts.append(f'<text x="{_LEFT - 6}" y="{y + 3.5:.1f}" text-anchor="end">{word}</text>')
        whole = sorted({round(value) for value in ticks(self.x0, self.x1, 5)})
        parts += [f'<text x="{self.x(n):.1f}" y="{HEIGHT - _PAD}" text-anchor="middle">{n:,}</text>' for n in whole]
        if unit != "epoch":
            parts.append(f'<text x="{WIDTH - _PAD}" y="{HEIGHT - _PAD}" text-anchor="end">{_text(unit)}s</text>')
        return "".join(parts)

    def mark(self, x: float, word: str) -> str:
        at = self.x(x)
        return (
            f'<path d="M{at:.1f} {_TOP}V{_BOTTOM}" style="stroke:{LIGHT["line2"]};stroke-dasharray:2 3"/>'
            f'<text x="{at + 4:.1f}" y="{_TOP + 9}">{_text(word)}</text>'
        )

    def veil(self, part: Abandoned) -> str:
        low, high, c = self.x(part.low), self.x(part.high), LIGHT
        return (
            f'<rect x="{low:.1f}" y="{_TOP}" width="{max(high - low, 0.5):.1f}" height="{_BOTTOM - _TOP}" '
            f'style="fill:{ACCENT_GROUND};opacity:.6"/>'
            f'<path d="M{high:.1f} {_BOTTOM}V{_TOP + 2}H{low + 1:.1f}m5 -3l-5 3l5 3" '
            f'style="fill:none;stroke:{c["new"]};stroke-width:1.2"/>'
            f'<text x="{high + 4:.1f}" y="{_TOP + 9}" style="fill:{c["new"]}">rewound</text>'
        )

    def alarm(self, x: float, word: str) -> str:
        at, red = self.x(x), LIGHT["error"]
        anchor, to = ("end", at - 4) if at > (_LEFT + self.right) / 2 else ("start", at + 4)
        return (
            f'<path d="M{at:.1f} {_TOP}V{_BOTTOM}" style="stroke:{red};stroke-width:1.4"/>'
            f'<text x="{to:.1f}" y="{_TOP + 22}" text-anchor="{anchor}" style="fill:{red};font-weight:600">{_text(word)}</text>'
        )

    def path(self, line: Line, colour: str, style: str = "stroke-width:1.5") -> str:
        known = np.isfinite(line.y)
        if not known.any():
            return ""
        points = "L".join(f"{self.x(x):.1f} {self.y(y):.1f}" for x, y in zip(line.x[known], line.y[known], strict=True))
        return f'<path d="M{points}" style="fill:none;stroke:{colour};{style}"/>'

    def dot(self, line: Line, i: int, colour: str, *, ring: bool) -> str:
        fill, radius = ("#fff", 4) if ring else (colour, 3)
        at = f'cx="{self.x(line.x[i]):.1f}" cy="{self.y(line.y[i]):.1f}" r="{radius}"'
        return f'<circle {at} style="fill:{fill};stroke:{colour};stroke-width:{1.8 if ring else 0}"/>'

    def words(self) -> str:
        """Return the words at the ends of lines, right of all of them and one below the other, cut where room is missing."""
        x = max((self.x(line.x[-1]) for line, _, _ in self.labels), default=0) + _GAP
        room = (WIDTH - _PAD - _GAP - self.right) / BOLD + 0.01  # with slack for rounding errors
        ends = _apart([(self.y(line.y[-1]), fit(word, 11, room), colour) for line, word, colour in self.labels])
        return "".join(
            f'<text x="{x:.1f}" y="{y + 4:.1f}" style="font-size:11px;font-weight:600;fill:{colour}">{_text(word)}</text>'
            for y, word, colour in ends
        )

    def document(self, title: str, unit: str, parts: list[str]) -> str:
        """Return the whole picture: the axes, these parts and the words at the ends of lines."""
        alt = _text(f"{title} by {unit}: " + ", ".join(word for _, word, _ in self.labels))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'role="img" aria-label="{alt}"><style>text{{font:10.5px {FONTS};fill:{LIGHT["ink2"]}}}</style>'
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>{self.axes(title, unit)}{"".join(parts)}{self.words()}</svg>'
        )


def _apart(ends: list[tuple[float, str, str]]) -> list[tuple[float, str, str]]:
    """Push words at the ends of lines apart until none covers another."""
    placed: list[tuple[float, str, str]] = []
    for y, word, colour in sorted(ends, key=lambda end: end[0]):
        placed.append((max(y, placed[-1][0] + 14) if placed else y, word, colour))
    over = placed[-1][0] - _BOTTOM if placed else 0
    return [(y - over if over > 0 else y, word, colour) for y, word, colour in placed]


def _text(value: str) -> str:
    return svg_text(visible(value)[:60])
