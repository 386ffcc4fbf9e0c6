"""Inputs and predictions as HTML without script or style sheet."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from kfx.draw.markup import DIM, image, svg_image
from kfx.draw.values.input_picture import small_file
from kfx.draw.values.lines import lines
from kfx.text.untrusted import cut, visible
from kfx.views.inspector.facts import InputShown
from kfx.views.inspector.prediction import Position, Prediction, PredictionRow
from kfx.views.inspector.shown.pictures import Pictures
from kfx.views.inspector.shown.series import Series

POSITIONS = 12  # of a sequence, from the last one back
FACETS = 6  # slices or frames, evenly spread
_LABEL = f'style="{DIM};font-size:11px;padding:4px 0"'
_TABLE = '<table cellpadding=3 style="font-size:12px;border-collapse:collapse;text-align:left">'


def is_wide(inputs: Sequence[InputShown], predictions: Sequence[Prediction]) -> bool:
    """Return whether inputs and predictions need more than a narrow column."""
    some = any(one.series is not None or (one.pictures is not None and one.pictures.count > 1) for one in inputs)
    return some or any(one.kind not in ("classes", "note") for one in predictions)


def shown_input(one: InputShown, facets: int = FACETS, *, word: str = "Input") -> str:
    """Return one input, or what has become of it at a layer, with its name."""
    title = f"<div {_LABEL}><b>{word} {_cut(one.name)}</b></div>"
    if one.kind == "series" and one.series is not None:
        return f"{title}{_series(one.series, one.text)}<div {_LABEL}>{escape(one.text)}</div>"
    if one.pictures is not None:
        shown = _pictures(one.pictures, f"input {visible(one.name)[:60]}: {one.text}", facets)
        return f"{title}{shown}<div {_LABEL}>{escape(one.text)}</div>"
    ids = f"<div {_LABEL}>ids {escape(cut(', '.join(one.ids), 400))}</div>" if one.ids else ""
    return f'{title}<div style="overflow-wrap:anywhere;max-width:420px">{escape(one.text)}</div>{ids}'


def shown_prediction(one: Prediction, facets: int = FACETS) -> list[str]:
    """Return one output with its name; of a reconstruction also the difference from the input.

    Args:
        one: The output.
        facets: Slices or frames at most.
    """
    title = f"<div {_LABEL}><b>{f'Prediction {_cut(one.name)}'.rstrip()}</b></div>"
    note = f"<div {_LABEL}>{escape(one.note)}</div>" if one.note else ""
    if one.kind == "positions":
        return [f"{title}{_positions(one.positions)}{note}"]
    if one.kind == "series" and one.series is not None:
        return [f"{title}{_series(one.series, one.note)}{note}"]
    if one.pictures is not None:
        legend = _legend(one) if one.legend else ""
        if one.pictures.how == "ramp":
            legend = f"<div {_LABEL}>{escape(one.pictures.note)}</div>"
        shown = f"{title}{_pictures(one.pictures, f'output {visible(one.name)[:60]}: {one.note}', facets)}{legend}{note}"
        return [shown, *([_difference(one, one.difference, facets)] if one.difference is not None else [])]
    if not one.rows:
        return [f"{title}<div>{escape(one.note)}</div>"]
    rows = "".join(
        f"<tr><td style=text-align:left>{_cut(row.name)}<td style=text-align:right>{escape(row.text)}"
        f"<td style=white-space:nowrap>{_bar(row, one)}"
        for row in one.rows
    )
    return [f'{title}<table cellpadding=3 style="font-size:12px;border-collapse:collapse">{rows}</table>{note}']


def _cut(text: str) -> str:
    return escape(cut(visible(text), 120))


def _bar(row: PredictionRow, one: Prediction) -> str:
    """Return a meter for the value; where some are negative, two with zero between them, one of which is empty."""
    if not one.signed:
        return f'<meter style="width:44px" value={row.share:.3f}></meter>'
    below, above = max(0.0, -row.share), max(0.0, row.share)
    return (
        f'<meter dir=rtl style="width:32px" value={below:.3f} title="below zero"></meter>'
        f'<meter style="width:32px" value={above:.3f} title="above zero"></meter>'
    )


def _pictures(found: Pictures, alt: str, facets: int) -> str:
    """Return a picture, or some evenly spread ones of several with their numbers."""
    if found.count == 1:
        media, content = small_file(found.rgb())
        return image(media, content, alt, style=_pixels(found), width=160)
    shown = np.unique(np.linspace(0, found.count - 1, min(facets, found.count)).round().astype(int)).tolist()
    parts = []
    for at in shown:
        media, content = small_file(found.rgb(at), 96)
        picture = image(media, content, f"{alt}; {found.which(at)}", style=_pixels(found), width=72)
        parts.append(f'<div style="width:76px">{picture}<div {_LABEL}>{escape(found.which(at))}</div></div>')
    return f'<div style="display:flex;flex-wrap:wrap;gap:2px 6px;max-width:250px">{"".join(parts)}</div>'


def _pixels(found: Pictures) -> str:
    return f"max-width:100%;image-rendering:{'pixelated' if max(found.size) < 100 else 'auto'}"


def _difference(one: Prediction, found: Pictures, facets: int) -> str:
    title = f"<div {_LABEL}><b>Difference</b> output − {_cut(one.beside)}</div>"
    alt = f"Difference of the output {visible(one.name)[:60]} from the input {visible(one.beside)[:60]}: {found.note}"
    return f"{title}{_pictures(found, alt, facets)}<div {_LABEL}>{escape(found.note)}</div>"


def _legend(one: Prediction) -> str:
    rows = "".join(
        f'<tr><td><span style="display:inline-block;width:10px;height:10px;background-color:{share.colour}"></span> '
        f"{_cut(share.name)}<td style=text-align:right>{escape(share.text)}"
        for share in one.legend
    )
    return f"{_TABLE}{rows}</table>"


def _series(series: Series, text: str) -> str:
    alt = f"Lines: {text}"
    return svg_image(lines(series.values, series.beneath, title=alt), alt)


def _positions(positions: tuple[Position, ...]) -> str:
    some = positions[-POSITIONS:]
    before = f"<div {_LABEL}>… {len(positions) - len(some)} positions before</div>" if len(positions) > len(some) else ""
    most = max((len(one.rows) for one in some), default=0)
    heads = "".join(f"<th scope=col style=text-align:left>{f'next {i + 1}'}" for i in range(most))
    rows = "".join(
        f"<tr><td>{one.step}<td>{_cut(one.word)}"
        + "".join(f'<td>{_cut(row.name)} <span style="{DIM}">{escape(row.text)}</span>' for row in one.rows)
        for one in some
    )
    return f"{before}{_TABLE}<tr><th scope=col>at<th scope=col style=text-align:left>word{heads}{rows}</table>"
