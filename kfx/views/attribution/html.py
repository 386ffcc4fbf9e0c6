"""Attribution as HTML without script or style sheet: the photograph with its maps, coloured words, signed bars, lines."""

from __future__ import annotations

from html import escape

import numpy as np

from kfx.draw.markup import BLUE, DIM, GREEN, ORANGE, html_text, image, svg_image
from kfx.draw.values.input_picture import png_of, small_file
from kfx.draw.values.lines import lines
from kfx.draw.values.overlay import chip_colours, kept_small, map_scale, overlaid
from kfx.text.untrusted import cut, visible
from kfx.views.attribution.facts import ShownExample, ShownMap, Sum, plain, signed
from kfx.views.attribution.parts import Part
from kfx.views.attribution.text import picture_words, table_rows

SIDE = 208  # px of a picture
ROWS, WORDS, CLASSES, LINES = 8, 200, 5, 6  # shown at most
_BAR = 150  # px of half a bar
_WORD = "display:inline-block;text-align:center;margin:0 4px 6px 0"
_CHIP = "display:block;padding:2px 8px;border-radius:3px"
_LABEL = f'style="{DIM};font-size:11px"'


def attribution_html(shown: ShownExample, *, small: bool = False) -> str:
    """Return the static face; ``small`` leaves out all but the first map of each part."""
    of = f" · example {shown.example + 1} of {shown.count:,}" if shown.count > 1 else ""
    head = (
        f'<div style="padding:4px 0"><b style="font-size:14px">Why {_name(shown.target)}?</b> &nbsp; {escape(shown.head)} '
        f"<span {_LABEL}>{_name(shown.model)}{of}</span></div>"
    )
    body = _classes(shown)
    for part, maps in zip(shown.parts, shown.maps, strict=True):
        body += _part(part, maps[:1] if small else maps, single=len(shown.parts) == 1)
    total = _sum(shown.sum, shown.kind, shown.baseline) if shown.sum is not None else ""
    notes = "".join(f"<div {_LABEL}>{escape(note)}</div>" for note in shown.notes)
    return f'<div style="font-size:13px">{head}{body}{total}{notes}</div>'


def _name(text: str) -> str:
    return html_text(cut(visible(text), 120, middle=True))


def _classes(shown: ShownExample) -> str:
    if len(shown.choices) < 2:
        return ""
    some = [
        f"<b>{_name(one.name)} {one.text}</b>" if one.unit in shown.units else f"{_name(one.name)} {one.text}"
        for one in shown.choices[:CLASSES]
    ]
    return f'<div style="font-size:12px;padding-bottom:4px">{" · ".join(some)}</div>'


def _part(part: Part, maps: tuple[ShownMap, ...], *, single: bool) -> str:
    draw = {"picture": _pictures, "tokens": _tokens, "table": _tables, "series": _series}[part.form]
    name = "" if single or part.form == "table" else f'<div style="font-weight:600;padding-top:6px">{_name(part.name)}</div>'
    return name + draw(part, maps)


def _cell(title: str, body: str, note: str) -> str:
    return (
        f'<td style="vertical-align:top;text-align:left;padding:4px 12px 4px 0;max-width:{SIDE + 24}px">'
        f"<b>{escape(title)}</b><br>"
        f"{body}<div {_LABEL}>{note}</div>"
    )


def _pictures(part: Part, maps: tuple[ShownMap, ...]) -> str:
    cells = []
    if part.picture is not None:
        kind, file = small_file(part.picture, 2 * SIDE)
        cells.append(_cell("Input", image(kind, file, f"input {visible(part.name)[:60]}", width=SIDE, style=_pixels(SIDE)), ""))
    for one in maps:
        values = kept_small(one.values)
        scale = map_scale(one.values, signed=one.signed)
        ends = f"{escape(_ends(scale.high, one.signed, scale.clipped))}<br>" if one.signed or part.picture is None else ""
        rgb = overlaid(None if part.picture is None else _at_most(part.picture), values, signed=one.signed)
        alt = f"{one.title}: {picture_words(one.values, one.signed)}"
        cells.append(
            _cell(one.title, image("image/png", png_of(rgb), alt, width=SIDE, style=_pixels(SIDE)), ends + escape(one.note))
        )
    rows = [cells[i : i + 4] for i in range(0, len(cells), 4)]
    body = "".join("<tr>" + "".join(row) for row in rows)
    return f'<table style="border-collapse:collapse">{body}</table>'


def _pixels(side: int) -> str:
    return f"width:{side}px;max-width:100%;image-rendering:pixelated"


def _at_most(rgb: np.ndarray) -> np.ndarray:
    step = -(-max(rgb.shape[:2]) // (2 * SIDE))
    return rgb[::step, ::step]


def _ends(high: float, is_signed: bool, clipped: bool) -> str:
    cut_at = "; ends cut at 99.5 %" if clipped else ""
    return (
        f"orange {signed(-high, high)} against, blue {signed(high, high)} for{cut_at}"
        if is_signed
        else f"dark 0, bright {plain(high)}"
    )


def _legend(one: ShownMap) -> str:
    return "orange against, blue for" if one.signed else "the darker, the more"


def _tokens(part: Part, maps: tuple[ShownMap, ...]) -> str:
    found = ""
    for one in maps:
        far = float(np.abs(one.values).max(initial=0))
        chips = chip_colours(one.values, signed=one.signed)
        words = " ".join(
            f'<span style="{_WORD}"><span style="{_CHIP};background-color:{ground};color:{ink}">{html_text(word)}</span>'
            f'<span style="font-size:11px">{signed(float(value), far)}</span></span>'
            for word, value, (ground, ink) in zip(part.words[:WORDS], one.values[:WORDS], chips[:WORDS], strict=True)
        )
        rest = f" <span {_LABEL}>and {len(part.words) - WORDS:,} more words</span>" if len(part.words) > WORDS else ""
        legend = _legend(one)
        found += f'<div style="padding:4px 0"><b>{one.title}</b> <span {_LABEL}>{escape(one.note)} · {legend}</span></div>'
        found += f"<div>{words}{rest}</div>"
    return found


def _tables(part: Part, maps: tuple[ShownMap, ...]) -> str:
    found = ""
    for one in maps:
        far = float(np.abs(one.values).max(initial=0)) or 1.0
        rows = ""
        for (name, value, text), share in zip(table_rows(part, one.values, ROWS), _bars(one.values, far), strict=True):
            rows += (
                f'<tr><td style="text-align:left">{html_text(name)}<td style="text-align:right;{DIM}">{html_text(value)}'
                f"<td>{_bar(share)}<td style='text-align:right'>{text}"
            )
        head = f'<tr><th style="text-align:left">Column<th>Value<th style="text-align:left">{escape(one.title)}<th>'
        found += (
            f'<table style="border-collapse:collapse;font-size:12px;margin-top:4px"><thead>{head}</thead><tbody>{rows}</tbody>'
            f"</table><div {_LABEL}>{escape(one.note)} · orange against, blue for</div>"
        )
    return found


def _bars(values: np.ndarray, far: float) -> list[float]:
    order = np.argsort(-np.abs(np.round(values.astype("float64"), 6)), kind="stable")
    found = [float(values[n]) / far for n in order[:ROWS]]
    return [*found, 0.0] if len(order) > ROWS else found


def _bar(share: float) -> str:
    """Return a bar to the right or left of the middle; bars are empty cells with a ground, which need no style sheet."""
    wide = round(abs(share) * _BAR)
    left, right = (wide, 0) if share < 0 else (0, wide)
    pad = f"display:inline-block;height:10px;vertical-align:middle;width:{_BAR - left}px"
    return (
        f'<span style="white-space:nowrap"><span style="{pad}"></span>'
        f'<span style="display:inline-block;height:10px;vertical-align:middle;width:{left}px;background-color:{ORANGE}"></span>'
        f'<span style="display:inline-block;height:14px;vertical-align:middle;width:1px;background-color:#8D96A1"></span>'
        f'<span style="display:inline-block;height:10px;vertical-align:middle;width:{right}px;background-color:{BLUE}"></span>'
        f'<span style="display:inline-block;width:{_BAR - right}px"></span></span>'
    )


def _series(part: Part, maps: tuple[ShownMap, ...]) -> str:
    found, values = "", np.asarray(part.values)
    for one in maps:
        drawn = lines_with_band(values[:LINES], one.values, part.words[:LINES], signed_map=one.signed, title=one.title)
        rest = f" · the first {LINES} of {len(values)} variables" if len(values) > LINES else ""
        legend = _legend(one)
        found += (
            f'<div style="padding:4px 0"><b>{one.title}</b> <span {_LABEL}>{escape(one.note)} · {legend}{rest}</span></div>'
        )
        found += svg_image(drawn, f"{one.title} over {values.shape[1]} steps")
    return found


def lines_with_band(series: np.ndarray, values: np.ndarray, names: tuple[str, ...], *, signed_map: bool, title: str) -> str:
    """Return a series as lines, each over a band in the colours of its map."""
    some = values[: len(series)] if len(values) >= len(series) else np.repeat(values[:1], len(series), axis=0)
    far = float(np.abs(some).max(initial=0)) or 1.0
    bands = [chip_colours(np.append(row, far), signed=signed_map)[:-1] for row in some]
    return lines(series, names=names if len(series) > 1 else None, title=title, bands=[[g for g, _ in row] for row in bands])


def _sum(total: Sum, kind: str, baseline: str) -> str:
    rows = [
        (f"{kind} of the example", plain(total.score)),
        (f"{kind} of the baseline ({baseline})", plain(total.baseline)),
        ("difference to explain", plain(total.difference)),
        (f"sum of the map, {total.steps} steps", plain(total.total)),
    ]
    cells = "".join(f'<tr><td style="text-align:left;{DIM}">{escape(a)}<td style="text-align:right">{b}' for a, b in rows)
    ground = GREEN if total.is_close else "#8A5A00"
    sign = "✓ " if total.is_close else ""
    mark = f'<b style="color:#fff;background-color:{ground};border-radius:3px;padding:0 4px">{sign}{total.words}</b>'
    return (
        '<div style="padding-top:6px"><b>Does the map add up?</b> ' + mark + "</div>"
        f'<table style="border-collapse:collapse;font-size:12px"><tbody>{cells}</tbody></table>'
    )
