"""One layer's values as a picture for a slide: title, address, the input beside the maps, and the scale of their colours."""

from __future__ import annotations

import re

import numpy as np

from kfx.draw.markup import data_uri, svg_text
from kfx.draw.palette import FONTS, LIGHT
from kfx.draw.png import png
from kfx.draw.text_width import fit
from kfx.draw.values.bars_and_strips import bars, strips
from kfx.draw.values.colormap import ramp
from kfx.draw.values.input_picture import png_of, small_file
from kfx.draw.values.layer_values import LayerValues
from kfx.draw.values.scale import levels, smaller
from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.views.inspector.facts import CHANNELS, channels_line, noun, place_words, prediction_words, scale_ends, shown_shape
from kfx.views.inspector.source import InspectorSource

WIDE, TALL = 1280, 720  # px; the file has half as many dots again
_DPI = 144
_EDGE = 40  # px of white around
_TOP, _FOOT = 118, 56  # px above and below the values
_ASIDE = 240  # px for the input and the prediction
_LABEL = 18  # px below a map
_STRIPS = 24  # units of a sequence


def inspect_picture(source: InspectorSource, layer: str, example: int) -> bytes:
    """Return the strongest channels as a PNG of 1920 × 1080 dots: maps, bars, or strips, with what they are.

    Raises:
        ValueError: There is nothing to draw, e.g. of text.
    """
    values = source.at(layer, example)
    if values.plan.kind == "nothing":
        raise ValueError(f"There is nothing to draw. {values.note}")
    return png(_slide(source, values, example), _DPI)


def _slide(source: InspectorSource, values: LayerValues, example: int) -> str:
    aside = _aside(source, example)
    left = _EDGE + (_ASIDE if aside else 0)
    box = (left, _TOP, WIDE - _EDGE - left, TALL - _TOP - _FOOT)
    shown = {"maps": _maps, "strips": _strips, "vector": _bars}[values.plan.kind](source, values, example, box)
    what = f"{shown_shape(values.shape)} {values.type}"
    of = f"model {visible(source.name)} · example {example + 1} of {source.values.count:,}"
    said = " · ".join(filter(None, [_count(values), place_words(values), of]))
    head = _text(_EDGE, 58, f"{visible(values.label)}  ·  {what}", 30, WIDE - 2 * _EDGE, LIGHT["ink"], 600)
    foot = _text(_EDGE, TALL - 22, channels_line(values), 16, WIDE - 2 * _EDGE - 360)
    scale = _scale(values) if values.plan.kind != "vector" else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{TALL}" viewBox="0 0 {WIDE} {TALL}">'
        f'<rect width="{WIDE}" height="{TALL}" fill="{LIGHT["bg"]}"/><g font-family="{FONTS}">'
        f"{head}{_text(_EDGE, 90, said, 18, WIDE - 2 * _EDGE)}{aside}{shown}{foot}{scale}</g></svg>"
    )


def _count(values: LayerValues) -> str:
    plan = values.plan
    if plan.channels == 1 or plan.kind == "vector":
        return ""
    most = min(plan.channels, CHANNELS if plan.kind == "maps" else _STRIPS)
    return f"{most} of {numbers.count(plan.channels, noun(values))}, the strongest first"


def _text(
    x: float, y: float, text: str, size: int, room: float, ink: str = "", weight: int = 400, anchor: str = "start"
) -> str:
    shown = svg_text(fit(text, size, room, middle=weight > 400))
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{ink or LIGHT["ink2"]}">{shown}</text>'
    )


def _image(x: float, y: float, wide: float, tall: float, rgb: np.ndarray, *, smooth: bool = False) -> str:
    media, content = small_file(rgb, 640) if smooth else ("image/png", png_of(rgb))
    style = "" if smooth else ' style="image-rendering:pixelated"'
    return (
        f'<image x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}" preserveAspectRatio="none"{style} '
        f'href="{data_uri(media, content)}"/>'
    )


def _aside(source: InspectorSource, example: int) -> str:
    """Return the first input that is a picture, with the predictions below; nothing for other inputs."""
    found = next((one for one in source.inputs(example) if one.pictures is not None and one.series is None), None)
    if found is None or found.pictures is None:
        return ""
    rows, columns = found.pictures.size
    side = _ASIDE - 40
    scale = min(side / columns, 300 / rows)
    wide, tall = columns * scale, rows * scale
    rgb = found.pictures.rgb()
    parts = [_image(_EDGE, _TOP, wide, tall, rgb, smooth=max(rgb.shape[:2]) > 200)]
    parts.append(_text(_EDGE, _TOP + tall + 20, f"input {visible(found.name)}", 14, side))
    y = _TOP + tall + 52
    for one in source.predictions(example)[:2]:
        lines = [f"{row.name}  {row.text}" for row in one.rows[:5]] or re.split(r", | · ", prediction_words(one))[:4]
        for line in lines:
            if y < TALL - _FOOT - 12:
                parts.append(_text(_EDGE, y, line, 15, side, LIGHT["ink"]))
                y += 22
    return "".join(parts)


def _maps(source: InspectorSource, values: LayerValues, example: int, box: tuple[float, float, float, float]) -> str:
    left, top, wide, tall = box
    picked = values.rank.order[:CHANNELS].tolist()
    names = source.unit_names(values, example)
    columns, cell_wide, cell_tall = _cells(len(picked), values.plan.rows, values.plan.columns, wide, tall)
    maps, _ = smaller(values.stack[picked], 480)
    colours = ramp(values.scale.signed)
    parts = []
    for i, channel in enumerate(picked):
        x, y = left + i % columns * (cell_wide + 12), top + i // columns * (cell_tall + _LABEL + 8)
        parts.append(_image(x, y, cell_wide, cell_tall, colours[levels(maps[i], values.scale)]))
        label = visible(names[channel]) if names else f"{noun(values)} {channel}" if cell_wide > 90 else str(channel)
        if values.plan.channels > 1:
            parts.append(_text(x, y + cell_tall + 14, label, 13, cell_wide))
    return "".join(parts)


def _cells(count: int, rows: int, columns: int, wide: float, tall: float) -> tuple[int, float, float]:
    """Return how many maps stand in a row, and the width and height of each: as large as there is room for."""
    shape = min(4.0, max(0.25, columns / rows))
    best = (1, 0.0, 0.0)
    for across in range(1, count + 1):
        down = -(-count // across)
        room_wide, room_tall = (wide - 12 * (across - 1)) / across, tall / down - _LABEL - 8
        size = min(room_wide, room_tall * shape)
        if size > best[1]:
            best = (across, size, size / shape)
    return best


def _strips(source: InspectorSource, values: LayerValues, example: int, box: tuple[float, float, float, float]) -> str:
    picked = values.rank.order[:_STRIPS].tolist()
    rows, side = smaller(values.stack[picked], 480)
    words = source.tokens(values, example) if side == 1 else None
    return _inner(strips(levels(rows[:, 0], values.scale), picked, words, signed=values.scale.signed), box)


def _bars(source: InspectorSource, values: LayerValues, example: int, box: tuple[float, float, float, float]) -> str:
    return _inner(bars(values.stack.ravel(), source.unit_names(values, example), write=values.text), box)


def _inner(svg: str, box: tuple[float, float, float, float]) -> str:
    """Return another drawing inside a box, as large as there is room for."""
    left, top, wide, tall = box
    place = f'x="{left:.0f}" y="{top:.0f}" width="{wide:.0f}" height="{tall:.0f}" preserveAspectRatio="xMinYMin meet"'
    return re.sub(r'^<svg xmlns="[^"]*" width="\d+" height="\d+"', f"<svg {place}", svg, count=1)


def _scale(values: LayerValues) -> str:
    """Return the ramp of the colours with its ends, at the lower right."""
    high, low = scale_ends(values)
    x, y = WIDE - _EDGE - 240, TALL - 36
    swatch = _image(x, y, 160, 16, ramp(values.scale.signed)[None, :255], smooth=False)
    return f"{_text(x - 8, y + 13, low, 15, 90, anchor='end')}{swatch}{_text(x + 168, y + 13, high, 15, 90)}"
