"""Examples for the browser: facts as plain values, pictures as bytes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kfx.draw.values.input_picture import small_file
from kfx.text.untrusted import visible
from kfx.views.cards.facts import SIDE, ShownExample


def cards_data(examples: Iterable[ShownExample]) -> tuple[list[dict[str, Any]], list[bytes]]:
    """Return what ``cards.js`` draws, and the files of the pictures; ``at`` is a picture's place among them."""
    facts: list[dict[str, Any]] = []
    buffers: list[bytes] = []
    for one in examples:
        pictures = []
        for name, rgb in one.pictures:
            media, content = small_file(rgb, SIDE)
            pictures.append({"name": visible(name), "media": media, "at": len(buffers)})
            buffers.append(content)
        title = [[visible(part), wrong] for part, wrong in one.title]
        facts.append({"number": one.number, "title": title, "detail": one.detail, "text": one.text, "pictures": pictures})
    return facts, buffers
