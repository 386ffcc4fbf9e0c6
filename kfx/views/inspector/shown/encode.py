"""Encode inputs and predictions for the browser: facts as plain values; pictures as files and lines as bytes beside them."""

from __future__ import annotations

from typing import Any

import numpy as np

from kfx.draw.values.input_picture import small_file
from kfx.text.untrusted import visible
from kfx.views.inspector.facts import InputShown
from kfx.views.inspector.prediction import Prediction
from kfx.views.inspector.shown.pictures import Pictures
from kfx.views.inspector.shown.series import Series

SIDE = 320  # px of a picture at most
POINTS = 4096  # steps of a line at most

Facts = dict[str, Any]


def input_facts(one: InputShown, buffers: list[bytes]) -> Facts:
    """Return the facts of an input; what is not plain is added to the buffers."""
    facts: Facts = {"name": visible(one.name), "kind": one.kind, "text": one.text}
    if one.words:
        facts |= {"words": [visible(word)[:80] for word in one.words], "ids": list(one.ids)}
    if one.kind == "series" and one.series is not None:
        facts |= {"series": series_facts(one.series, buffers)}
    elif one.pictures is not None:
        facts |= picture_facts(one.pictures, 0, buffers)
    return facts


def prediction_facts(one: Prediction, buffers: list[bytes]) -> Facts:
    """Return the facts of a prediction with its rows, positions, pictures or lines."""
    facts: Facts = {"name": visible(one.name), "kind": one.kind, "note": one.note, "rows": [row._asdict() for row in one.rows]}
    if one.positions:
        facts["positions"] = [
            {"step": at.step, "word": at.word, "rows": [row._asdict() for row in at.rows]} for at in one.positions
        ]
    if one.legend:
        facts["legend"] = [share._asdict() for share in one.legend]
    if one.kind == "series" and one.series is not None:
        facts["series"] = series_facts(one.series, buffers)
    elif one.pictures is not None:
        facts["picture"] = picture_facts(one.pictures, 0, buffers)
        if one.difference is not None:
            facts |= {"difference": picture_facts(one.difference, 0, buffers), "beside": visible(one.beside)}
    return facts


def picture_facts(found: Pictures, at: int, buffers: list[bytes]) -> Facts:
    """Return one picture of several, and which it is."""
    at = min(max(0, at), found.count - 1)
    rgb = found.rgb(at)
    media, content = small_file(rgb, SIDE)
    buffers.append(content)
    height, width = rgb.shape[:2]
    facts = {"media": media, "height": height, "width": width, "buffer": len(buffers) - 1}
    return facts | {"at": at, "count": found.count, "word": found.word, "scale": found.note if found.how != "pixels" else ""}


def series_facts(series: Series, buffers: list[bytes]) -> Facts:
    """Return the facts of some lines, and their values; of very long ones each point is the mean of several steps."""
    group = -(-series.values.shape[1] // POINTS)
    both = [series.values] if series.beneath is None else [series.values, series.beneath]
    sent = [_means(x, group) for x in both]
    buffers.append(np.concatenate(sent).astype("<f4").tobytes())
    variables, steps = sent[0].shape
    facts = {"variables": variables, "points": steps, "steps": series.values.shape[1], "group": group}
    return facts | {"beneath": series.beneath is not None, "buffer": len(buffers) - 1}


def _means(values: np.ndarray, group: int) -> np.ndarray:
    if group <= 1:
        return values
    starts = np.arange(0, values.shape[1], group)
    counts = np.diff([*starts, values.shape[1]])
    return np.asarray(np.add.reduceat(values.astype("float64"), starts, axis=1) / counts)
