"""Attribution as one drawing on white: maps side by side, coloured words, signed bars, series with their band."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kfx.draw.markup import data_uri, svg_text
from kfx.draw.palette import FONTS, LIGHT
from kfx.draw.text_width import fit, text_width
from kfx.draw.values.input_picture import png_of
from kfx.draw.values.overlay import chip_colours, kept_small, overlaid
from kfx.text.untrusted import cut, visible
from kfx.views.attribution.facts import ShownExample, ShownMap, plain, signed
from kfx.views.attribution.html import ROWS, SIDE, lines_with_band
from kfx.views.attribution.parts import Part
from kfx.views.attribution.text import table_rows

WIDE, PAD, GAP = 900, 12, 20  # px
WORDS = 200  # drawn at most
_BAR = 150  # px of half a bar

Block = tuple[float, float, str]  # width, height, and what is drawn from 0, 0


def attribution_picture(shown: ShownExample) -> str:
    """Return the SVG of an example."""
    blocks: list[Block] = []
    for part, maps in zip(shown.parts, shown.maps, strict=True):
        if part.form == "picture":
            blocks.append(_side_by_side([*_input(part), *(_picture(part, one) for one in maps)]))
        else:
            draw = {"tokens": _tokens, "table": _table, "series": _series}[part.form]
            blocks += [draw(part, one) for one in maps]
    if shown.sum is not None:
        line = f"{shown.sum.steps} steps: sum {plain(shown.sum.total)} of {plain(shown.sum.difference)} · {shown.sum.words}"
        blocks.append((text_width(line, 11), 18, _text(0, 12, line)))
    title = f"Why {cut(visible(shown.target), 70, middle=True)}?"
    head = f"{shown.head} · {cut(visible(shown.model), 60)}"
    top, body = 52.0, ""
    for _, tall, drawn in blocks:
        body += f'<g transform="translate({PAD} {top:.1f})">{drawn}</g>'
        top += tall + 14
    widest = max([wide for wide, _, _ in blocks], default=0)
    width = max(widest, text_width(title, 14), text_width(head, 11), 240) + 2 * PAD
    name = svg_text(f"{title} {shown.head}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{top:.0f}" viewBox="0 0 {width:.0f} {top:.0f}" '
        f'role="img"><title>{name}</title><style>text{{font-family:{FONTS};font-size:11px;fill:{LIGHT["ink2"]}}}</style>'
        f'<rect width="{width:.0f}" height="{top:.0f}" fill="{LIGHT["bg"]}"/>{_text(PAD, 20, title, size=14, bold=True)}'
        f"{_text(PAD, 38, head)}{body}</svg>"
    )


def _text(x: float, y: float, words: str, *, size: int = 11, bold: bool = False, anchor: str = "", ink: str = "") -> str:
    weight = f";font-weight:600;fill:{LIGHT['ink']}" if bold else f";fill:{ink}" if ink else ""
    at = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{at} style="font-size:{size}px{weight}">{svg_text(words)}</text>'


def _side_by_side(blocks: Sequence[Block]) -> Block:
    """Return blocks in rows of four."""
    drawn, top, wide = "", 0.0, 0.0
    for start in range(0, len(blocks), 4):
        row = blocks[start : start + 4]
        left = 0.0
        for one_wide, _, one in row:
            drawn += f'<g transform="translate({left:.1f} {top:.1f})">{one}</g>'
            left += one_wide + GAP
        wide = max(wide, left - GAP)
        top += max(tall for _, tall, _ in row) + 10
    return wide, max(top - 10, 0), drawn


def _image(rgb: np.ndarray) -> tuple[float, str]:
    """Return the height of a picture of the usual width, and the picture."""
    tall = min(4 * SIDE, max(SIDE / 4, SIDE * rgb.shape[0] / rgb.shape[1]))
    times = max(1, round(2 * SIDE / rgb.shape[1]))  # small pixels enlarged, never smoothed
    large = np.repeat(np.repeat(rgb, times, axis=0), times, axis=1)
    return tall, (
        f'<image y="20" width="{SIDE}" height="{tall:.1f}" preserveAspectRatio="none" style="image-rendering:pixelated" '
        f'href="{data_uri("image/png", png_of(np.ascontiguousarray(large)))}"/>'
    )


def _input(part: Part) -> list[Block]:
    if part.picture is None:
        return []
    step = -(-max(part.picture.shape[:2]) // (2 * SIDE))
    tall, drawn = _image(part.picture[::step, ::step])
    return [(SIDE, 20 + tall, _text(0, 12, cut(visible(part.name), 30), size=12, bold=True) + drawn)]


def _picture(part: Part, one: ShownMap) -> Block:
    photo = part.picture
    if photo is not None:
        step = -(-max(photo.shape[:2]) // (2 * SIDE))
        photo = photo[::step, ::step]
    tall, drawn = _image(overlaid(photo, kept_small(one.values), signed=one.signed))
    notes = _lines_of(one.note, SIDE)
    words = "".join(_text(0, 34 + tall + 14 * n, line) for n, line in enumerate(notes))
    return SIDE, 24 + tall + 14 * len(notes), _text(0, 12, one.title, size=12, bold=True) + drawn + words


def _lines_of(words: str, room: float) -> list[str]:
    """Return a sentence in lines of at most so many px."""
    lines = [""]
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, 11) <= room:
            lines[-1] = longer
        else:
            lines.append(fit(word, 11, room))
    return [line for line in lines if line]


def _head(one: ShownMap) -> str:
    return _text(0, 12, one.title, size=12, bold=True) + _text(0, 28, one.note)


def _tokens(part: Part, one: ShownMap) -> Block:
    far = float(np.abs(one.values).max(initial=0))
    drawn, x, y = _head(one), 0.0, 36.0
    chips = chip_colours(one.values, signed=one.signed)
    for word, value, (ground, ink) in zip(part.words[:WORDS], one.values[:WORDS], chips, strict=False):
        share = signed(float(value), far)
        wide = max(text_width(word, 13) + 16, text_width(share, 11) + 4)
        if x and x + wide > WIDE:
            x, y = 0.0, y + 46
        drawn += f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="24" rx="3" fill="{ground}"/>'
        drawn += _text(x + wide / 2, y + 17, word, size=13, anchor="middle", ink=ink)
        drawn += _text(x + wide / 2, y + 38, share, anchor="middle")
        x += wide + 5
    return WIDE, y + 44, drawn


def _table(part: Part, one: ShownMap) -> Block:
    far, drawn = float(np.abs(one.values).max(initial=0)) or 1.0, _head(one)
    order = np.argsort(-np.abs(np.round(one.values.astype("float64"), 6)), kind="stable")
    rows = table_rows(part, one.values, ROWS)
    left = min(240, max(text_width(name, 12) for name, _, _ in rows) + 12)
    values = max(text_width(value, 11) for _, value, _ in rows) + 16
    middle = left + values + _BAR
    for n, (name, value, share) in enumerate(rows):
        y = 52 + 22 * n
        drawn += _text(0, y, fit(name, 12, left - 8), size=12, ink=LIGHT["ink"]) + _text(
            left + values - 12, y, value, anchor="end"
        )
        if n < min(ROWS, len(order)):
            size = float(one.values[order[n]]) / far * _BAR
            x, ink = (middle + size, LIGHT["a"]) if size < 0 else (middle, LIGHT["b"])
            drawn += f'<rect x="{x:.1f}" y="{y - 9}" width="{abs(size):.1f}" height="10" fill="{ink}"/>'
        drawn += _text(middle + _BAR + 70, y, share, anchor="end")
    drawn += f'<path d="M{middle:.1f} 40V{44 + 22 * len(rows)}" stroke="{LIGHT["line2"]}"/>'
    return middle + _BAR + 74, 48 + 22 * len(rows), drawn


def _series(part: Part, one: ShownMap) -> Block:
    values = np.asarray(part.values)[:6]
    drawn = lines_with_band(values, one.values, part.words[:6], signed_map=one.signed, title=one.title)
    size = drawn.split('width="', 1)[1]
    wide, tall = float(size.split('"', 1)[0]), float(size.split('height="', 1)[1].split('"', 1)[0])
    return max(wide, text_width(one.note, 11)), 36 + tall, _head(one) + drawn.replace("<svg ", '<svg x="0" y="34" ', 1)
