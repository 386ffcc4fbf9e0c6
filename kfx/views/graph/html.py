"""The static face of a graph: the drawing as one image, and its layers as text for readers without images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from kfx.draw.markup import DIM, svg_image
from kfx.errors import NoEngineError

_MOST_PX = 1200  # height of the image; a taller drawing is shown smaller
_NOTE = f"font-size:11px;{DIM}"


def plot_html(svg: str, alt: str, title: str, text: str, notes: Sequence[str] = ()) -> str:
    """Return HTML that survives a sanitizer.

    Args:
        svg: A drawing with its own colours.
        alt: What the image shows, in one sentence.
        title: The line above it.
        text: The layers, one a line.
        notes: Sentences that a reader should know.
    """
    lines = "".join(f'<div style="{_NOTE}">{escape(note)}</div>' for note in notes)
    return f'<div style="font-size:13px;padding:4px 0">{title}</div>{_image(svg, alt)}{lines}{text_html(text)}'


def image_html(draw: Callable[[], str], alt: str) -> str:
    """Return the drawing alone as an image, or the sentence why there is none."""
    try:
        return _image(draw(), alt)
    except NoEngineError as error:
        return f"<p>{escape(str(error))}</p>"


def _image(svg: str, alt: str) -> str:
    return svg_image(svg, alt, style=f"max-width:100%;max-height:{_MOST_PX}px")


def text_html(text: str, *, opened: bool = False) -> str:
    """Return the layer list alone, folded unless ``opened``."""
    return (
        f'<details{" open" if opened else ""}><summary style="font-size:12px;cursor:pointer">Layers as text</summary>'
        f'<pre style="font-size:12px;line-height:1.4;overflow-x:auto">{escape(text)}</pre></details>'
    )
