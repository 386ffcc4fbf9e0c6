"""The curves of a run as figures of matplotlib, which is imported when one is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from kfx.draw.palette import LIGHT, TRAIN, VAL
from kfx.text.untrusted import visible
from kfx.training.journal.journal import Journal
from kfx.views.training.curves import Chart, abandoned, broke_at, charts, rate_changes, reach, smoothed, unit_of

_MISSING = "A figure needs matplotlib: pip install matplotlib. run.save('run.svg') draws the curves without it."
_COLUMNS = 3


def run_figure(journal: Journal) -> Any:
    """Return a ``matplotlib.figure.Figure`` with a chart for each log; pyplot and its settings are not touched.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
        ValueError: The run has no values yet.
    """
    shown = charts(journal)
    if not shown:
        raise ValueError("This run has no values to draw yet.")
    figure, columns = _new_figure(), min(_COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    figure.set_size_inches(4.2 * columns, 3.0 * rows)
    for place, chart in enumerate(shown, 1):
        _draw(figure.add_subplot(rows, columns, place), journal, chart)
    figure.set_layout_engine("tight")
    return figure


def plot_log(journal: Journal, name: str, ax: Any = None) -> Any:
    """Draw one log on axes of matplotlib, new ones where none are given, and return them.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
        ValueError: The run has no such log.
    """
    chart = next((one for one in charts(journal) if one.name == name), None)
    if chart is None:
        raise ValueError(f"This run has no log {name!r}. It has: {', '.join(journal.logs) or 'none yet'}.")
    axes = _new_figure().add_subplot() if ax is None else ax
    _draw(axes, journal, chart)
    return axes


def _new_figure() -> Any:
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(_MISSING) from missing
    return Figure()


def _draw(axes: Any, journal: Journal, chart: Chart) -> None:
    """Draw training by batch (pale, its mean on top), validation by epoch, and what happened."""
    raw = chart.batches if len(chart.batches) else chart.train
    many = len(chart.batches) > 20
    if many:
        axes.plot(raw.x, raw.y, color=TRAIN, alpha=0.25, linewidth=1)
    axes.plot(raw.x, smoothed(raw.y, 0.9 if many else 0.0), color=TRAIN, label="train")
    if len(chart.val):
        axes.plot(chart.val.x, chart.val.y, color=VAL, marker="o" if len(chart.val) <= 40 else None, label="validation")
    for x, word in rate_changes(journal):
        axes.axvline(x, color=LIGHT["line2"], linestyle=":", label=word)
    for part in abandoned(journal):
        axes.axvspan(part.low, part.high, color=LIGHT["new"], alpha=0.08, label="given up by a rewind")
    broke = broke_at(journal)
    if broke is not None:
        axes.axvline(broke[0], color=LIGHT["error"], label=broke[1])
    axes.set_title(visible(chart.title)[:80], loc="left", fontsize=10, parse_math=False)
    axes.set_xlabel(unit_of(journal))
    axes.set_xlim(*map(float, np.asarray(reach(journal))))
    axes.legend(fontsize=8)
