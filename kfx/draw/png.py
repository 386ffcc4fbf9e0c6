"""A drawing as PNG, by the renderer and the font that come with kfx: no system library, no browser."""

from __future__ import annotations

import re

from kfx.draw.fonts.glyphs import render, warn_of_missing

_MOST_PX = 12_000  # of the longer side; larger pictures are scaled down instead of failing or being cut
_MOST_AREA = 60_000_000
_WORDS = re.compile(r"<text[^>]*>([^<]*)")


def png(svg: str, dpi: float = 200) -> bytes:
    """Render an SVG. Where no font of the machine has a letter, one sentence says so.

    Args:
        svg: A drawing with its own colours; its sizes are px at 96 to the inch.
        dpi: Dots per inch: 96 gives one dot a px, 200 about two.

    Returns:
        The file's content. The longer side has at most 12,000 dots.
    """
    size = re.search(r'<svg[^>]* width="([\d.]+)" height="([\d.]+)"', svg)
    if size is None:
        raise ValueError("The SVG does not say its width and height in px.")
    w, h = map(float, size.groups())
    scale = min(dpi / 96, _MOST_PX / max(w, h), (_MOST_AREA / (w * h)) ** 0.5)
    warn_of_missing(_WORDS.findall(svg))
    return render(svg, max(1, round(w * scale)))
