"""A drawing as PNG, by the renderer that comes with kfx: no system library, no browser."""

from __future__ import annotations

import re
import sys

_MOST_PX = 12_000  # of the longer side; larger pictures are scaled down instead of failing or being cut
_MOST_AREA = 60_000_000
_LAST = {"sans-serif": "'DejaVu Sans'", "monospace": "'DejaVu Sans Mono'"}
_KOREAN_TOO = {"darwin": "Apple SD Gothic Neo", "win32": "Malgun Gothic"}


def png(svg: str, dpi: float = 200) -> bytes:
    """Render an SVG.

    Args:
        svg: A drawing with its own colours; its sizes are px at 96 to the inch.
        dpi: Dots per inch: 96 gives one dot a px, 200 about two.

    Returns:
        The file's content. The longer side has at most 12,000 dots.
    """
    import resvg_py

    size = re.search(r'<svg[^>]* width="([\d.]+)" height="([\d.]+)"', svg)
    if size is None:
        raise ValueError("The SVG does not say its width and height in px.")
    w, h = map(float, size.groups())
    scale = min(dpi / 96, _MOST_PX / max(w, h), (_MOST_AREA / (w * h)) ** 0.5)
    for family, last in _LAST.items():  # the renderer falls back to one family only, and writes nothing where that is missing
        svg = svg.replace(f",{family}", f",{last},{family}")
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            width=max(1, round(w * scale)),
            background="#ffffff",
            sans_serif_family=_KOREAN_TOO.get(sys.platform, "Liberation Sans"),
        )
    )
