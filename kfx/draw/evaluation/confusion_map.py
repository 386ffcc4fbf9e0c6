"""Draw a confusion matrix as SVG: the diagonal blue by share, mistakes orange by share, counts written, recall at the right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kfx.draw.evaluation.charts import document
from kfx.draw.markup import svg_text
from kfx.draw.palette import LIGHT, MISTAKES, NOTHING, SHADES
from kfx.draw.text_width import fit, text_width
from kfx.text import numbers
from kfx.text.untrusted import visible

MOST = 20  # classes that are drawn
_DARK = 4  # from this step on letters are white
_CELL, _GAP, _WORD, _PAD, _TURN = 24, 1, 110, 8, 52


def shares(counts: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Return each count as a share of its true class, 0 where the class does not occur."""
    return counts / np.maximum(true, 1)[:, None]


def steps(counts: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Return the step of the ramp of each cell, 0 to 6, -1 for an empty one.

    The diagonal goes from 0 to all of a class; mistakes go from none to the largest share of a class that is one mistake.
    """
    share = shares(counts, true)
    off = share.copy()
    np.fill_diagonal(off, 0)
    most = max(float(off.max(initial=0)), 0.02)
    on = np.eye(len(counts), dtype="bool")
    found = np.where(on, np.floor(share * 6.999), 1 + np.floor(off / most * 4.999)).astype("int64")
    return np.where(counts > 0, np.clip(found, 0, 6), -1)


def short_count(count: int) -> str:
    """Return a count that fits into a cell: ``84``, ``1.2k``, ``12k``, ``1.3M``."""
    if count < 1000:
        return str(count)
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            value = count / size
            return f"{value:.1f}{letter}" if value < 9.95 else f"{value:.0f}{letter}"
    raise AssertionError


def confusion_map(counts: np.ndarray, true: np.ndarray, names: Sequence[str], title: str, *, note: str = "") -> str:
    """Return an SVG on white of counts ``(true, predicted)``.

    Args:
        counts: Of the classes shown.
        true: How often each of them occurs, also where it was taken for a class that is not shown.
        names: Their names.
        title: A heading.
        note: A line beneath.
    """
    n = len(counts)
    words = [fit(visible(name), 11, _WORD) for name in names]
    wide_count = max((text_width(short_count(int(x)), 10.5) for x in counts.ravel()), default=0)
    cell = max(_CELL, round(wide_count) + 6)
    left = _PAD + 22 + max((text_width(word, 11) for word in words), default=0)
    turned = max((text_width(word, 11) for word in words), default=0) > cell - 2
    foot = (max((text_width(word, 11) for word in words), default=0) * 0.79 + 12) if turned else 16
    top, side = 32, cell + _GAP
    ink2, parts = LIGHT["ink2"], []
    ramp = steps(counts, true)
    for row in range(n):
        y = top + row * side
        parts.append(f'<text x="{left - 6:.1f}" y="{y + cell / 2 + 4:.1f}" text-anchor="end">{svg_text(words[row])}</text>')
        for column in range(n):
            step, x = int(ramp[row, column]), left + column * side
            fill = NOTHING if step < 0 else (SHADES if row == column else MISTAKES)[step]
            parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{cell}" height="{cell}" fill="{fill}"/>')
            if step >= 0:
                ink = "#fff" if step >= _DARK + (row != column) else LIGHT["ink"]
                at = f'x="{x + cell / 2:.1f}" y="{y + cell / 2 + 4:.1f}" text-anchor="middle"'
                parts.append(f'<text {at} style="font-size:10.5px;fill:{ink}">{short_count(int(counts[row, column]))}</text>')
        recall = numbers.percent(counts[row, row] / true[row]) if true[row] else "none"
        parts.append(f'<text x="{left + n * side + 5:.1f}" y="{y + cell / 2 + 4:.1f}">{recall}</text>')
    bottom = top + n * side
    for column, word in enumerate(words):
        x = left + column * side + cell / 2
        if turned:
            at = f'transform="translate({x + 3:.1f} {bottom + 10:.1f}) rotate(-{_TURN})" text-anchor="end"'
        else:
            at = f'x="{x:.1f}" y="{bottom + 13:.1f}" text-anchor="middle"'
        parts.append(f"<text {at}>{svg_text(word)}</text>")
    middle = f"{left + n * side / 2:.1f}"
    parts.append(f'<text x="{middle}" y="{bottom + foot + 14:.1f}" text-anchor="middle">predicted</text>')
    parts.append(f'<text x="{left + n * side + 5:.1f}" y="{bottom + 13:.1f}">right</text>')
    turn = f"translate({_PAD + 9} {top + n * side / 2:.1f}) rotate(-90)"
    parts.append(f'<text transform="{turn}" text-anchor="middle">true</text>')
    parts.append(f'<text x="{_PAD}" y="18" style="font-size:12px;font-weight:600;fill:{LIGHT["ink"]}">{svg_text(title)}</text>')
    if note:
        parts.append(f'<text x="{_PAD}" y="{bottom + foot + 32:.1f}" style="fill:{ink2}">{svg_text(note)}</text>')
    width = max(left + n * side + 56, _PAD * 2 + text_width(title, 12, bold=True), _PAD * 2 + text_width(note, 11))
    return document(width, bottom + foot + (40 if note else 22), f"{title}, {n} classes", parts)
