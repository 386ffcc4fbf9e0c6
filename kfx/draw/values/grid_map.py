"""Draw a map of rows × columns as SVG with its own colours: a label at each row, a word at each column, words in cells."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from kfx.draw.markup import data_uri, svg_text
from kfx.draw.palette import FONTS, LIGHT, ON_BRIGHT, WIDE_FONTS
from kfx.draw.text_width import fit, text_width
from kfx.draw.values.colormap import NOT_FINITE, STEPS, ramp
from kfx.draw.values.input_picture import png_of
from kfx.draw.values.scale import Limits, levels

MOST_WORDS = 64  # written along an axis; of more, every k-th
_CELL, _LEAST = 28, 6  # px of a cell without words
_WORDS = (58, 22)  # px of a cell with words
_WORD, _LABEL = 96, 168  # px of a word and of a row's label at most
_PAD = 8
_TURN = 52  # degrees


def grid_map(
    values: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    scale: Limits,
    *,
    facts: str = "",
    ends: tuple[str, str] = ("", ""),
    cells: Sequence[Sequence[str]] | None = None,
) -> str:
    """Return an SVG on white of values ``(row, column)`` with their scale.

    Args:
        values: Of each cell; what is not finite is grey.
        rows: A label for each row.
        columns: A word for each column.
        title: What is shown.
        scale: The ends of the colours.
        facts: A second line beneath the title.
        ends: The numbers at the ends of the scale.
        cells: A word in each cell.
    """
    count, across = values.shape
    wide, tall = _WORDS if cells is not None else (max(_LEAST, min(_CELL, 960 / max(across, 1))), _CELL * 0.75)
    pixels = ramp(scale.signed)[levels(values, scale)]
    left = _PAD + 6 + max((min(_LABEL, text_width(row, 11)) for row in rows), default=0)
    turned = [min(_WORD, text_width(word, 11)) for word in _some(columns).values()]
    flat = max(turned, default=0) <= wide - 4
    rise = 18 if flat else max(turned, default=0) * np.sin(np.radians(_TURN)) + 10
    beyond = 0 if flat else max(turned, default=0) * np.cos(np.radians(_TURN))
    top = 44 + rise
    picture = data_uri("image/png", _enlarged(pixels))
    width = max(left + across * wide + beyond + _PAD, _PAD * 2 + text_width(title, 13, bold=True), 340)
    width = max(width, _PAD * 2 + text_width(facts, 11) + 24 + 100 + sum(text_width(end, 11) + 4 for end in ends))
    height = top + count * tall + _PAD
    parts = [
        f'<text x="{_PAD}" y="18" style="font-size:13px;font-weight:600;fill:{LIGHT["ink"]}">{svg_text(title)}</text>',
        f'<text x="{_PAD}" y="34">{svg_text(facts)}</text>',
        _legend(width - _PAD, scale, ends),
        f'<image x="{left:.1f}" y="{top:.1f}" width="{across * wide:.1f}" height="{count * tall:.1f}" '
        f'preserveAspectRatio="none" style="image-rendering:pixelated" href="{picture}"/>',
    ]
    for i, row in enumerate(rows):
        y = top + (i + 0.5) * tall + 4
        parts.append(
            f'<text x="{left - 6:.1f}" y="{y:.1f}" text-anchor="end">{svg_text(fit(row, 11, _LABEL, middle=True))}</text>'
        )
    for i, word in _some(columns).items():
        parts.append(_column(svg_text(fit(word, 11, _WORD)), left + (i + 0.5) * wide, top - 6, flat=flat))
    if cells is not None:
        parts += _texts(cells, pixels, left, top)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img"><title>{svg_text(title)}, {count} × {across}</title>'
        f"<style>text{{font-family:{FONTS[: FONTS.rindex(',')]},{escape(WIDE_FONTS)};font-size:11px;"
        f"fill:{LIGHT['ink2']}}}</style>"
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>'
    )


def _some(words: Sequence[str]) -> dict[int, str]:
    """Return the words that find room, by their numbers."""
    every = -(-len(words) // MOST_WORDS) or 1
    return {i: word for i, word in enumerate(words) if i % every == 0}


def _column(word: str, x: float, y: float, *, flat: bool) -> str:
    if flat:
        return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{word}</text>'
    return f'<text transform="translate({x + 3:.1f} {y:.1f}) rotate(-{_TURN})">{word}</text>'


def is_dark(colour: np.ndarray) -> bool:
    """Return whether white has more contrast on a colour than black: by its relative luminance, as WCAG defines it."""
    return float((colour / 255.0) ** 2.2 @ np.array([0.2126, 0.7152, 0.0722])) < 0.179


def _texts(cells: Sequence[Sequence[str]], pixels: np.ndarray, left: float, top: float) -> list[str]:
    """Return the words in cells, white on dark ones."""
    wide, tall = _WORDS
    parts = []
    for i, line in enumerate(cells):
        for j, word in enumerate(line):
            dark = is_dark(pixels[i, j])
            x, y = left + (j + 0.5) * wide, top + (i + 0.5) * tall + 4
            parts.append(
                f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" style="fill:{"#fff" if dark else ON_BRIGHT}">'
                f"{svg_text(fit(word, 11, wide - 6))}</text>"
            )
    return parts


def _enlarged(pixels: np.ndarray) -> bytes:
    """Return a PNG in which each cell is some pixels wide, so that renderers that smooth do not blur it."""
    times = max(1, min(12, 512 // max(pixels.shape[:2])))
    return png_of(np.repeat(np.repeat(pixels, times, axis=0), times, axis=1))


def _legend(right: float, scale: Limits, ends: tuple[str, str]) -> str:
    line = np.repeat(ramp(scale.signed)[None, :STEPS], 2, axis=0)
    assert line.shape[1] == NOT_FINITE
    uri = data_uri("image/png", png_of(line))
    end = right - text_width(ends[1], 11)
    x = end - 104
    return (
        f'<text x="{x - 4:.1f}" y="34" text-anchor="end">{svg_text(ends[0])}</text><image x="{x:.1f}" y="27" width="100" '
        f'height="8" preserveAspectRatio="none" href="{uri}"/><text x="{end:.1f}" y="34">{svg_text(ends[1])}</text>'
    )
