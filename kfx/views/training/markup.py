"""Bits of HTML of a run's static face: escaped text, dim text, a drawing as an image."""

from __future__ import annotations

import base64
from html import escape

from kfx.text.untrusted import visible

DIM = "color:var(--jp-ui-font-color2,inherit)"


def plain_text(value: str) -> str:
    """Return text that cannot become markup and hides nothing."""
    return escape(visible(value), quote=False)


def image(svg: str, alt: str, *, width: int) -> str:
    """Return a drawing as an image that contains it."""
    data = base64.b64encode(svg.encode()).decode()
    size = f'width="{width}" style="max-width:100%"'
    return f'<img class="kfx-pic" alt="{escape(visible(alt))}" {size} src="data:image/svg+xml;base64,{data}">'
