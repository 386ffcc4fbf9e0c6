"""Letters that the travelling font lacks: the system's fonts draw them; find those that none of them has."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from html import escape
from io import BytesIO

from kfx.draw.fonts.travelling import FAMILY, font_files
from kfx.draw.fonts.truetype import read_truetype
from kfx.draw.palette import CODE_FONTS, RENDERED_CODE_FONTS, RENDERED_WIDE_FONTS, WIDE_FONTS
from kfx.text.untrusted import printable

_CELL, _TALL = 32, 24  # px of a letter that is tried
_MOST = 2000  # letters that are tried
_UNASSIGNED = "\U0010fffd"  # the last one for private use, which no font has
_log = logging.getLogger("kfx")


def foreign(text: str) -> str:
    """Return the letters of a text, each once, that the travelling font lacks."""
    known = read_truetype(font_files()[0])
    return "".join(char for char in dict.fromkeys(text) if not known.has(char) and not char.isspace() and char.isprintable())


def render(svg: str, width: int | None = None, background: str | None = "#ffffff") -> bytes:
    """Return a PNG of an SVG, with the travelling font for Latin letters and the system's fonts for others."""
    import resvg_py

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg.replace(WIDE_FONTS, RENDERED_WIDE_FONTS).replace(CODE_FONTS, RENDERED_CODE_FONTS),
            width=width,
            background=background,
            font_files=font_files(),
            sans_serif_family=FAMILY,
        )
    )


def missing(text: str) -> str:
    """Return the letters of a text that no font of this machine has: they look like one that does not exist."""
    import numpy as np
    from PIL import Image

    tried = foreign(text)[:_MOST]
    if not tried:
        return ""
    cells = (f'<text x="2" y="{_TALL * i + 17}">{escape(char)}</text>' for i, char in enumerate([_UNASSIGNED, *tried]))
    tall = _TALL * (len(tried) + 1)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_CELL}" height="{tall}">'
    svg += f"<style>text{{font:16px '{FAMILY}',sans-serif}}</style>{''.join(cells)}</svg>"
    pixels = np.asarray(Image.open(BytesIO(render(printable(svg)))).convert("RGB")).reshape(-1, _TALL, _CELL, 3)
    return "".join(char for char, cell in zip(tried, pixels[1:], strict=True) if (cell == pixels[0]).all() or cell.min() == 255)


def warn_of_missing(texts: Sequence[str]) -> None:
    """Log one sentence where a picture holds letters that no font of this machine can draw."""
    letters = missing("".join(texts))
    if letters:
        some = ", ".join(letters[:5]) + (", …" if len(letters) > 5 else "")
        count = "1 letter" if len(letters) == 1 else f"{len(letters)} letters"
        _log.warning("No font of this machine has %s of the picture (%s): install one, e.g. Noto Sans CJK.", count, some)
