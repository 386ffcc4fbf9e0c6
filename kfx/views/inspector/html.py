"""The inspector as HTML without script or style sheet: the input, the prediction, a contact sheet, a table of figures."""

from __future__ import annotations

from html import escape

from kfx.draw.markup import DIM, image
from kfx.draw.values.bars_and_strips import bars, strips
from kfx.draw.values.contact_sheet import CELL, contact_sheet
from kfx.draw.values.input_picture import small_file
from kfx.draw.values.numbers import number_text
from kfx.draw.values.scale import levels, smaller
from kfx.text import numbers
from kfx.text.untrusted import cut, visible
from kfx.views.inspector.facts import CHANNELS, InputShown, Inspected, channel_rows, channels_line, noun, shown_shape
from kfx.views.inspector.prediction import Prediction, PredictionRow

UNITS = 16  # of a sequence
_ROWS = 8  # of the table of figures
_LABEL = f'style="{DIM};font-size:11px;padding:4px 0"'


def inspect_html(shown: Inspected, *, channels: int = CHANNELS) -> str:
    """Left what went in and came out, right the layer; one below the other where there is no room or no style."""
    values = shown.values
    facts = f"{shown_shape(values.shape)} · {escape(visible(values.type))} · example {shown.example + 1} of {shown.count:,}"
    head = f'<div style="padding:4px 0"><b style="font-size:14px">{_cut(values.label)}</b> &nbsp; {facts}</div>'
    left = "".join(map(_input, shown.inputs)) + "".join(map(_prediction, shown.predictions))
    right = f"{_picture(shown, channels)}<div {_LABEL}>{escape(channels_line(values))}</div>{_figures(shown)}"
    notes = "".join(f"<div {_LABEL}>{escape(note)}</div>" for note in shown.notes)
    return (
        f'<div style="font-size:13px">{head}<div style="display:flex;flex-wrap:wrap;gap:8px 24px;align-items:flex-start">'
        f'<div style="width:200px;max-width:100%">{left}</div>'
        f'<div style="flex:1 1 376px;min-width:0;max-width:100%;overflow-x:auto">{right}</div></div>{notes}</div>'
    )


def _cut(text: str) -> str:
    return escape(cut(visible(text), 120))


def _input(one: InputShown) -> str:
    title = f"<div {_LABEL}><b>Input {_cut(one.name)}</b></div>"
    if one.rgb is None:
        return f'{title}<div style="overflow-wrap:anywhere">{escape(one.text)}</div>'
    media, content = small_file(one.rgb)
    note = f"<div {_LABEL}>{escape(one.text)}</div>"
    alt = f"input {visible(one.name)[:60]}: {one.text}"
    return f"{title}{image(media, content, alt, style='image-rendering:auto', width=160)}{note}"


def _prediction(one: Prediction) -> str:
    title = f"<div {_LABEL}><b>{f'Prediction {_cut(one.name)}'.rstrip()}</b></div>"
    if not one.rows:
        return f"{title}<div>{escape(one.note)}</div>"
    rows = "".join(
        f"<tr><td style=text-align:left>{_cut(row.name)}<td style=text-align:right>{escape(row.text)}"
        f"<td style=white-space:nowrap>{_bar(row, one)}"
        for row in one.rows
    )
    return f'{title}<table cellpadding=3 style="font-size:12px;border-collapse:collapse">{rows}</table>'


def _bar(row: PredictionRow, one: Prediction) -> str:
    """A meter beside the figure; where some are negative, two with zero between them, of which one is empty."""
    if not one.signed:
        return f'<meter style="width:44px" value={row.share:.3f}></meter>'
    below, above = max(0.0, -row.share), max(0.0, row.share)
    return (
        f'<meter dir=rtl style="width:32px" value={below:.3f} title="below zero"></meter>'
        f'<meter style="width:32px" value={above:.3f} title="above zero"></meter>'
    )


def _picture(shown: Inspected, most: int) -> str:
    values = shown.values
    kind, name = values.plan.kind, _cut(values.label)
    if kind == "nothing":
        return ""
    if kind == "vector":
        said_ = f"Bars of {values.plan.channels:,} units of {visible(values.label)[:60]}"
        return image("image/svg+xml", bars(values.stack.ravel(), shown.unit_names, said_).encode(), said_, turns=True)
    title = f"<div {_LABEL}>{_legend(shown, min(most, values.plan.channels))}</div>"
    if kind == "strips":
        units = [int(c) for c in values.rank.order[: min(most, UNITS)]]
        rows, side = smaller(values.stack[units], 480)
        tokens = shown.tokens if side == 1 else None
        alt = f"Heat strips of {numbers.count(len(units), 'unit')} of {name} over {numbers.count(values.plan.columns, 'step')}"
        svg = strips(levels(rows[:, 0], values.scale), units, tokens, signed=values.scale.signed, title=alt)
        return title + image("image/svg+xml", svg.encode(), alt, turns=values.scale.signed)
    picked = [int(c) for c in values.rank.order[:most]]
    maps, _ = smaller(values.stack[picked], CELL if max(values.plan.rows, values.plan.columns) <= 2 * CELL else 2 * CELL)
    sheet = contact_sheet(levels(maps, values.scale), list(map(str, picked)), signed=values.scale.signed)
    listed = ", ".join(map(str, picked))
    alt = f"Contact sheet of {numbers.count(len(picked), 'channel')} of {name}, the strongest first: {listed}"
    return title + image("image/png", sheet, alt)


def _legend(shown: Inspected, count: int) -> str:
    values = shown.values
    count = min(count, UNITS) if values.plan.kind == "strips" else count
    end = f"{'≥ ' if values.scale.clipped else ''}{number_text(values.scale.high)}"
    low = f"{'≤ ' if values.scale.clipped else ''}{number_text(values.scale.low)}" if values.scale.signed else "0"
    what = "orange below zero, blue above" if values.scale.signed else "dark to bright"
    if values.plan.channels == 1:
        return f"one {noun(values)} · {what}: {low} to {end}"
    return f"{count} of {values.plan.channels:,} {noun(values)}s, strongest first · {what}: {low} to {end}"


def _figures(shown: Inspected) -> str:
    values = shown.values
    if values.plan.kind == "nothing":
        return ""
    if values.plan.kind == "vector":
        flat = values.stack.ravel()
        picked = [int(c) for c in values.rank.order[:_ROWS]]
        names = [visible(shown.unit_names[c]) if shown.unit_names else str(c) for c in picked]
        cells = [(names[i], number_text(float(flat[c]))) for i, c in enumerate(picked)]
        return _table(("unit", "value"), cells)
    rows = [
        (
            str(c),
            number_text(f.mean),
            number_text(f.std),
            number_text(f.smallest),
            number_text(f.largest),
            "–" if f.zeros != f.zeros else f"{f.zeros * 100:.0f} %",
        )
        for c, f in channel_rows(values, _ROWS)
    ]
    return _table((noun(values), "mean", "std", "smallest", "largest", "zeros"), rows)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    heads = "".join(f"<th scope=col>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell[:60])}" for cell in row) for row in rows)
    return (
        f"<details><summary>Figures of the {len(rows)} strongest</summary>"
        '<table cellpadding=3 style="font-size:12px;border-collapse:collapse;text-align:right">'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></details>"
    )
