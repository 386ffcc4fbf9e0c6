"""kfx Sans, the font that travels with kfx: as files for a renderer, and inside a saved SVG."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path

FAMILY = "kfx Sans"
_FOLDER = Path(__file__).parent
_WEIGHTS = {"regular": 400, "bold": 700}


def font_files() -> list[str]:
    """Return the paths of the font's files, regular and bold."""
    return [str(_FOLDER / f"kfx-sans-{weight}.ttf") for weight in _WEIGHTS]


@cache
def font_face() -> str:
    """Return the style sheet that brings the font's commonest letters along inside a document, 34 kB."""
    rules = []
    for name, weight in _WEIGHTS.items():
        content = base64.b64encode((_FOLDER / f"kfx-sans-{name}.woff").read_bytes()).decode()
        source = f"url(data:font/woff;base64,{content}) format('woff')"
        rules.append(f"@font-face{{font-family:'{FAMILY}';font-weight:{weight};src:{source}}}")
    return "".join(rules)


def with_font(svg: str) -> str:
    """Return a drawing in a file of its own: the font is inside, so that it looks the same on every machine."""
    head, mark, rest = svg.partition("<style>")
    return f"{head}{mark}{font_face()}{rest}" if mark else svg
