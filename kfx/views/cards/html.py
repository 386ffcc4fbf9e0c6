"""Examples as HTML without script or style sheet."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from kfx.draw.markup import DIM, html_text, image
from kfx.draw.values.input_picture import small_file
from kfx.text.untrusted import cut
from kfx.views.cards.facts import ShownExample

_RED = "color:var(--jp-error-color1,#C1121F)"
_PICTURE = "width:{side}px;height:{side}px;object-fit:contain;image-rendering:pixelated;margin:0 4px 0 0"


def cards_html(examples: Iterable[ShownExample], *, side: int = 56) -> str:
    """Return examples in rows that wrap."""
    return f'<div style="display:flex;flex-wrap:wrap;gap:8px 12px">{"".join(_card(one, side) for one in examples)}</div>'


def _card(one: ShownExample, side: int) -> str:
    title = "".join(f'<b style="{_RED}">{html_text(part)}</b>' if wrong else html_text(part) for part, wrong in one.title)
    images = ""
    for name, rgb in one.pictures:
        media, content = small_file(rgb, 96)
        alt = name if one.number is None else f"example {one.number}, {name}"
        images += image(media, content, alt, style=_PICTURE.format(side=side))
    text = f'<div style="font-size:11px;max-width:300px">{html_text(cut(one.text, 160), longest=24)}</div>' if one.text else ""
    wide = "" if one.text or len(one.pictures) > 1 else f"max-width:{max(96, side)}px;"
    number = "" if one.number is None else f"example {one.number:,}"
    detail = " · ".join(filter(None, [one.detail, number]))
    return (
        f'<div style="{wide}font-size:12px">{images}{text}<div>{title}</div>'
        f'<div style="{DIM};font-size:11px;padding:2px 0">{escape(detail)}</div></div>'
    )
