"""Write HTML that needs no style sheet: quiet text, escaped text, images inside the page, signs on a coloured ground.

No one colour of letters is legible in a light and in a dark notebook alike: with 4.5 : 1 against white it has at most 4.2 : 1
against JupyterLab's dark ground. So a sign brings its ground along.
"""

from __future__ import annotations

import base64
import re
from html import escape

from kfx.draw.palette import LIGHT
from kfx.text.untrusted import printable, visible

GREEN, ORANGE, BLUE, GREY = "#1A7F37", LIGHT["a"], LIGHT["b"], LIGHT["norm"]
DIM = "color:var(--jp-ui-font-color2,inherit)"  # quiet text, in the notebook's own grey
_PADDING = "padding:2px 6px"
_CELL = re.compile(r"<(td|th)\b([^>]*)>")
_STYLE = re.compile(r' style=(?:"([^"]*)"|([^\s">]+))')


def badge(sign: str, ground: str) -> str:
    """Return white bold letters on a coloured ground; bold letters alone where no style survives."""
    return f'<b style="color:#fff;background-color:{ground};border-radius:3px;padding:0 4px">{escape(sign)}</b>'


def html_text(text: str, *, longest: int = 0) -> str:
    """Return anybody's text between tags; with ``longest``, a word may break over lines after so many characters."""
    seen = visible(text)
    if not longest or len(seen) <= longest:
        return escape(seen, quote=False)
    return "<wbr>".join(escape(seen[i : i + longest], quote=False) for i in range(0, len(seen), longest))


def with_room(html: str) -> str:
    """Return a static face whose tables keep their columns apart where a host strips style sheets, or all markup.

    Every cell brings its padding along, and there is a space between two cells.
    """
    return _CELL.sub(_padded, html)


def _padded(cell: re.Match[str]) -> str:
    tag, attributes = cell.groups()
    if "padding" in attributes:
        return f" <{tag}{attributes}>"
    styled, count = _STYLE.subn(lambda found: f' style="{_PADDING};{found[1] or found[2]}"', attributes, count=1)
    return f" <{tag}{styled}>" if count else f' <{tag}{attributes} style="{_PADDING}">'


def svg_text(text: str) -> str:
    """Return text between the tags of an SVG, which may hold no control characters, also not as escapes."""
    return printable(escape(text))


def data_uri(media: str, content: bytes) -> str:
    """Return the content as an address that an ``img`` can show, e.g. ``data:image/png;base64,...``."""
    return f"data:{media};base64,{base64.b64encode(content).decode()}"


def image(media: str, content: bytes, alt: str, *, style: str = "max-width:100%", width: int = 0, turns: bool = False) -> str:
    """Return an ``img`` with its content inside.

    Args:
        media: ``"image/png"`` or ``"image/svg+xml"``.
        content: The file.
        alt: What the image shows, in one sentence.
        style: Its own style.
        width: px, 0 for the image's own.
        turns: The picture is on white, and as legible where a dark notebook inverts it; a ramp from dark to bright is not.
    """
    turned = ' class="kfx-pic"' if turns else ""
    wide = f' width="{width}"' if width else ""
    return f'<img{turned} alt="{escape(visible(alt))}"{wide} style="{style}" src="{data_uri(media, content)}">'


def svg_image(svg: str, alt: str, *, style: str = "max-width:100%", width: int = 0) -> str:
    """Return a drawing on white as an ``img``, see `image`."""
    return image("image/svg+xml", svg.encode(), alt, style=style, width=width, turns=True)
