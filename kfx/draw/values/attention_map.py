"""Draw one head of attention as SVG with its own colours: queries down, keys across, a word at each."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from kfx.draw.markup import data_uri, svg_text
from kfx.draw.palette import FONTS, LIGHT, WIDE_FONTS
from kfx.draw.text_width import fit, text_width
from kfx.draw.values.colormap import STEPS, ramp
from kfx.draw.values.input_picture import png_of
from kfx.draw.values.scale import Limits, levels

SCALE = Limits(0.0, 1.0, False, False)  # of all scores
MOST_WORDS = 40  # written along an axis; of more, every k-th
_SIDE, _CELL = 448, 28  # px of the map at most, and of a cell
_WORD = 96  # px of a word at most
_PAD = 8
_TURN = 52  # degrees


def score_pixels(scores: np.ndarray, *, causal: bool = False) -> np.ndarray:
    """Return colours ``(queries, keys, 3)`` of scores on the scale from 0 to 1; causal ones are white above the diagonal."""
    pixels = ramp(False)[levels(scores, SCALE)]
    if causal:
        pixels = np.where(np.triu(np.ones(scores.shape, "bool"), 1)[..., None], np.uint8(255), pixels)
    return pixels


def attention_map(
    scores: np.ndarray, queries: Sequence[str], keys: Sequence[str], title: str, *, facts: str = "", causal: bool = False
) -> str:
    """Return an SVG on white of the scores ``(queries, keys)`` of one head, with the scale from 0 to 1.

    Args:
        scores: From 0 to 1.
        queries: A word for each row.
        keys: A word for each column.
        title: The layer's address and the head.
        facts: A second line beneath it.
        causal: Leave the upper triangle white.
    """
    rows, columns = scores.shape
    cell = min(_CELL, _SIDE / max(rows, columns, 1))
    left = _PAD + 6 + max([min(_WORD, text_width(word, 11)) for word in _some(queries).values()], default=0)
    turned = [min(_WORD, text_width(word, 11)) for word in _some(keys).values()]
    rise = max(turned, default=0) * np.sin(np.radians(_TURN)) + 10
    top, right = 44 + rise, max(turned, default=0) * np.cos(np.radians(_TURN))
    wide, tall = columns * cell, rows * cell
    width = max(left + wide + right + _PAD, left + text_width(title, 13), left + text_width(facts, 11) + 140, 320)
    parts = [
        f'<text x="{_PAD}" y="18" style="font-size:13px;font-weight:600;fill:{LIGHT["ink"]}">{svg_text(title)}</text>',
        f'<text x="{_PAD}" y="34">{svg_text(facts)}</text>',
        _scale(width - _PAD),
        f'<image x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{tall:.1f}" preserveAspectRatio="none" '
        f'style="image-rendering:pixelated" href="{data_uri("image/png", _enlarged(score_pixels(scores, causal=causal)))}"/>',
    ]
    for i, word in _some(queries).items():
        parts.append(f'<text x="{left - 6:.1f}" y="{top + (i + 0.5) * cell + 4:.1f}" text-anchor="end">{_word(word)}</text>')
    for i, word in _some(keys).items():
        x, y = left + (i + 0.5) * cell + 3, top - 6
        parts.append(f'<text transform="translate({x:.1f} {y:.1f}) rotate(-{_TURN})">{_word(word)}</text>')
    head = f"{title}, {rows} queries × {columns} keys"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{top + tall + _PAD:.0f}" '
        f'viewBox="0 0 {width:.0f} {top + tall + _PAD:.0f}" role="img"><title>{svg_text(head)}</title>'
        f"<style>text{{font-family:{FONTS[: FONTS.rindex(',')]},{escape(WIDE_FONTS)};font-size:11px;"
        f"fill:{LIGHT['ink2']}}}</style>"
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>'
    )


def _some(words: Sequence[str]) -> dict[int, str]:
    """Return the words that find room, by their numbers."""
    every = -(-len(words) // MOST_WORDS) or 1
    return {i: word for i, word in enumerate(words) if i % every == 0}


def _word(word: str) -> str:
    return svg_text(fit(word, 11, _WORD))


def _enlarged(pixels: np.ndarray) -> bytes:
    """Return a PNG in which each cell is some pixels wide, so that renderers that smooth do not blur it."""
    times = max(1, min(16, 512 // max(pixels.shape[:2])))
    return png_of(np.repeat(np.repeat(pixels, times, axis=0), times, axis=1))


def _scale(right: float) -> str:
    line = np.repeat(ramp(False)[None, :STEPS], 2, axis=0)
    uri = data_uri("image/png", png_of(line))
    x = right - 112
    return (
        f'<text x="{x - 4:.1f}" y="34" text-anchor="end">0</text><image x="{x:.1f}" y="27" width="100" height="8" '
        f'preserveAspectRatio="none" href="{uri}"/><text x="{x + 104:.1f}" y="34">1</text>'
    )
