"""Vectors as bars with the largest named, sequences as heat strips with their tokens: SVG with its own colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import numpy as np

from kfx.draw.markup import data_uri
from kfx.draw.palette import FONTS, LIGHT
from kfx.draw.text_width import BOLD, text_width
from kfx.draw.values.colormap import ramp
from kfx.draw.values.input_picture import png_of
from kfx.draw.values.numbers import number_text
from kfx.text.untrusted import visible

WIDE = 640  # px
TALL = 110  # px of the longest bar
NAMED = 3  # of the largest bars
MOST_BARS = 320  # more units than this and each bar is the largest of several
MOST_TOKENS = 48  # written along an axis; more are left to their numbers
_BAR, _BELOW = "#4F8FD0", "#C9691A"
_PAD = 8  # px of white around the drawing

_Ground = tuple[float, float, float, float]  # left, right, top and bottom of a bar or a label


def bars(
    values: np.ndarray, names: Sequence[str] | None = None, title: str = "", *, write: Callable[[float], str] = number_text
) -> str:
    """Return an SVG of one number a unit: bars from zero, the largest with their values, units that are zero in no colour.

    Args:
        values: One axis.
        names: A name for each unit, shown with the largest; numbers where there is none.
        title: What the drawing shows, for screen readers.
        write: Returns a value as text.
    """
    values = np.asarray(values, "float64").ravel()
    sound = np.where(np.isfinite(values), values, 0.0)
    group = max(1, -(-len(values) // MOST_BARS))
    tops = [i + int(np.abs(sound[i : i + group]).argmax()) for i in range(0, len(values), group)]
    high, low = max(0.0, sound.max(initial=0.0)), min(0.0, sound.min(initial=0.0))
    span = (high - low) or 1.0
    zero = 20 + TALL * high / span
    step = min(40.0, WIDE / max(1, len(tops)))
    thick = max(1.0, step - (4 if step > 12 else 1 if step > 3 else 0))
    wide = max(step * len(tops), 160)
    places = {unit: (i * step, TALL * abs(sound[unit]) / span) for i, unit in enumerate(tops)}
    parts, grounds = [], []
    for unit, (x, size) in places.items():
        y = zero - size if sound[unit] >= 0 else zero
        if not np.isfinite(values[unit]):
            parts.append(f'<text x="{x:.1f}" y="{zero - 4:.1f}">{number_text(float(values[unit]))}</text>')
        elif size:
            fill = _BAR if sound[unit] > 0 else _BELOW
            parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{thick:.1f}" height="{max(size, 0.5):.1f}" fill="{fill}"/>')
            grounds.append((x, x + thick, y, y + size))
    for unit in sorted(tops, key=lambda i: (-abs(sound[i]), i))[:NAMED]:
        name = visible(names[unit])[:24] if names is not None else str(unit)
        text = write(float(sound[unit]))
        label = text if step > 24 and names is None else f"{name}: {text}"
        x, size = places[unit]
        foot = zero - size - 4 if sound[unit] > 0 else zero + size + 12
        at = _free_place(x, x + thick, foot, BOLD * text_width(label, 11), wide, grounds) if size else None
        if at is not None:
            parts.append(f'<text x="{at:.1f}" y="{foot:.1f}" font-weight="600">{escape(label)}</text>')
    every = max(1, -(-len(tops) * 26 // int(max(step * len(tops), 1))))
    below = 20 + TALL + (28 if low < 0 else 14)
    parts += [f'<text x="{places[unit][0]:.1f}" y="{below}">{unit}</text>' for unit in tops[::every]]
    axis = f'<path d="M0 {zero:.1f}H{wide:.1f}" stroke="{LIGHT["line2"]}" stroke-width="1"/>'
    return _svg(wide, below + 6, title, axis + "".join(parts))


def _free_place(left: float, right: float, foot: float, room: float, wide: float, grounds: list[_Ground]) -> float | None:
    """Return the left end of a label of ``room`` px: its bar's left edge, or up to the right one; None if neither is free."""
    top, bottom = foot - 10, foot + 2
    for at in (left, right - room):
        at = max(0.0, min(at, wide - room))
        if not any(at < right and left < at + room and top < below and above < bottom for left, right, above, below in grounds):
            grounds.append((at, at + room, top, bottom))
            return at
    return None


def strips(
    levels: np.ndarray, units: Sequence[int], tokens: Sequence[str] | None = None, *, signed: bool = False, title: str = ""
) -> str:
    """Return an SVG of a sequence: a row for each unit, a column for each step, tokens or numbers of the steps beneath.

    Args:
        levels: ``(unit, step)`` uint8 as `kfx.draw.values.scale.levels` gives them.
        units: The units' numbers, written at the left.
        tokens: What each step is; numbers where there are none.
        signed: Use the ramp around zero.
        title: What the drawing shows, for screen readers.
    """
    rows, steps = levels.shape
    left, tall = 34, max(5, min(14, 200 // max(rows, 1)))
    step = max(1.0, min(60.0, (WIDE - left) / max(steps, 1)))
    image = data_uri("image/png", png_of(ramp(signed)[levels])) if levels.size else ""
    parts = [
        f'<image x="{left}" y="2" width="{step * steps:.1f}" height="{tall * rows}" preserveAspectRatio="none" '
        f'style="image-rendering:pixelated" href="{image}"/>'
    ]
    for i in range(0, rows, max(1, -(-12 // tall))):
        parts.append(f'<text x="{left - 6}" y="{2 + tall * i + tall / 2 + 4:.1f}" text-anchor="end">{units[i]}</text>')
    foot = 2 + tall * rows
    if tokens is not None and steps <= MOST_TOKENS:
        turned = max((len(t) for t in tokens[:steps]), default=0) * 6 > step - 4
        for i, token in enumerate(tokens[:steps]):
            x = left + step * (i + 0.5)
            upright = f'x="{x:.1f}" y="{foot + 14}" text-anchor="middle"'
            place = f'transform="translate({x + 3:.1f},{foot + 6}) rotate(60)"' if turned else upright
            parts.append(f"<text {place}>{escape(visible(str(token))[:16])}</text>")
        foot += 80 if turned else 18
    else:
        every = max(1, int(40 / step))
        parts.extend(f'<text x="{left + step * i:.1f}" y="{foot + 14}">{i}</text>' for i in range(0, steps, every))
        foot += 18
    return _svg(left + step * steps + 30, foot + 2, title, "".join(parts))


def _svg(wide: float, tall: float, title: str, body: str) -> str:
    name = f' role="img" aria-label="{escape(title)}"' if title else ""
    wide, tall = wide + 2 * _PAD, tall + 2 * _PAD
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{tall:.0f}" '
        f'viewBox="{-_PAD} {-_PAD} {wide:.0f} {tall:.0f}"{name}>'
        f'<rect x="{-_PAD}" y="{-_PAD}" width="{wide:.0f}" height="{tall:.0f}" fill="{LIGHT["bg"]}"/>'
        f'<g font-family="{FONTS}" font-size="11" fill="{LIGHT["ink2"]}">{body}</g></svg>'
    )
