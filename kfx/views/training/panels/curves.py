"""Curves: a chart for each log, training and validation, by batch and by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kfx.draw.markup import DIM, html_text, svg_image
from kfx.text.untrusted import visible
from kfx.training.journal.journal import Journal
from kfx.views.training.curves import Chart, abandoned, broke_at, charts, rate_changes, reach, unit_of, value_word
from kfx.views.training.curves_svg import WIDTH, chart_svg
from kfx.views.training.panels.base import Now, RunPanel


class CurvesPanel(RunPanel):
    """The charts and, of a finished run, the changes made by hand."""

    kind = "curves"

    def data(self, journal: Journal, now: Now) -> dict[str, Any]:
        return chart_data(journal, charts(journal))

    def html(self, journal: Journal) -> str:
        unit = unit_of(journal)
        images = [
            svg_image(svg, f"{chart.title} by {unit}", width=WIDTH)
            for chart, svg in zip(charts(journal), chart_svgs(journal), strict=True)
        ]
        parts = [f"<div>{''.join(images)}</div>"] if journal.steps else []
        notes = [event.text for event in journal.events if event.kind in ("rate", "rewind", "note", "error") and event.text]
        if notes:
            parts.append(f'<div style="{DIM};font-size:11px">{html_text("; ".join(notes[-8:]))}</div>')
        return "\n".join(parts)


def chart_svgs(journal: Journal) -> list[str]:
    """Return a drawing for each chart, with everything that happened marked."""
    marks, ends, unit = rate_changes(journal), reach(journal), unit_of(journal)
    given_up, broke = abandoned(journal), broke_at(journal)
    return [chart_svg(chart, ends, marks, unit=unit, given_up=given_up, broke=broke) for chart in charts(journal)]


def chart_data(journal: Journal, shown: Sequence[Chart], *, names: tuple[str, str] = ("train", "val")) -> dict[str, Any]:
    """Return charts as the script draws them: how the bytes are cut into lines, and the bytes.

    Args:
        journal: The run.
        shown: The charts.
        names: Words behind the values at the ends of the lines.

    Returns:
        ``unit``, ``reach`` and ``marks`` of the axis, stretches ``abandoned`` by rewinds, where values ``broke``;
        ``charts``, each with its words and the lengths of its lines; ``lines``, float32 bytes: x, y, low, high of the batches,
        then x, y of each epoch's training, then x, y of the validation, chart by chart.
    """
    parts: list[np.ndarray] = []
    described = []
    for chart in shown:
        end = chart.train if len(chart.train) else chart.batches
        described.append(
            {
                "name": visible(chart.name)[:80],
                "title": visible(chart.title)[:80],
                "sizes": [len(chart.batches), len(chart.train), len(chart.val)],
                "names": list(names),
                "best": -1 if chart.best is None else chart.best,
                "train": value_word(float(end.y[-1])) if len(end) else "",
                "val": value_word(float(chart.val.y[-1])) if len(chart.val) else "",
            }
        )
        parts += [chart.batches.x, chart.batches.y, chart.batches.low, chart.batches.high]
        parts += [chart.train.x, chart.train.y, chart.val.x, chart.val.y]
    broke = broke_at(journal)
    return {
        "unit": unit_of(journal),
        "reach": list(reach(journal)),
        "marks": [[x, word] for x, word in rate_changes(journal)[-20:]],
        "abandoned": [[part.low, part.high] for part in abandoned(journal)[-20:]],
        "broke": broke and list(broke),
        "charts": described,
        "lines": b"".join(part.astype("<f4").tobytes() for part in parts),
    }
