"""A run as HTML that needs no script, no style sheet and no kernel: its curves as images, its layers as a table."""

from __future__ import annotations

from html import escape

from kfx.draw.markup import DIM, svg_image
from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.training.journal.journal import Journal
from kfx.views.training.curves import charts, rate_word, reach, span
from kfx.views.training.curves_svg import WIDTH, overlay_svg
from kfx.views.training.panels.registry import finished_panels
from kfx.views.training.text import run_line


def run_html(journal: Journal, *, layers: bool = True) -> str:
    """Return the static face of a run: the faces of its panels, without the table of layers where that would be too large."""
    parts = [panel.html(journal) for panel in finished_panels(journal) if layers or panel.kind != "layers"]
    return f'<div style="font-size:13px">{chr(10).join(filter(None, parts))}</div>'


def begun_html(name: str, epochs: int) -> str:
    """Return the sentence that is shown while a run is in progress and its live view is not there.

    An attribute holds the sentence and the style sheet of the frame shows it: where styles are stripped nothing could hide it
    above a finished run, so it is not shown there at all.
    """
    planned = f"{numbers.count(epochs, 'epoch')} planned" if epochs else "running"
    return f'<div class="kfx-begun" style="{DIM};font-size:12px" title="Training {escape(visible(name))}: {planned}."></div>'


def runs_html(journals: list[Journal]) -> str:
    """Return several runs over each other: a picture a log, then a table."""
    names = dict.fromkeys(chart.name for journal in journals for chart in charts(journal))
    pictures = [_overlay(journals, name) for name in list(names)[:12]]
    heads = ("Run", "Model", "Ended", "Epochs", "Optimizer", "Rate", "Result")
    rows = "".join(_run_row(i, journal) for i, journal in enumerate(journals))
    head = "".join(f'<th style="text-align:left">{h}</th>' for h in heads)
    table = f'<table style="font-size:12px"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div style="font-size:13px"><div>{"".join(pictures)}</div>{table}</div>' if journals else "<p>No runs yet.</p>"


def _overlay(journals: list[Journal], name: str) -> str:
    """Return one log of several runs in one chart."""
    found = [(i, journal, chart) for i, journal in enumerate(journals) for chart in charts(journal) if chart.name == name]
    lines = [(f"run {i}", chart.val if len(chart.val) else chart.train) for i, _, chart in found]
    lows, highs = zip(*(span(chart) for _, _, chart in found), strict=True)
    end = max([1.0, *(reach(journal)[1] for _, journal, _ in found)])
    of_validation = [len(chart.val) > 0 for _, _, chart in found]
    title = name.replace("_", " ")
    if any(of_validation):
        title += ", validation" if all(of_validation) else ", validation where there is one"
    return svg_image(overlay_svg(title, lines, (0.0, end), (min(lows), max(highs))), title, width=WIDTH)


def _run_row(i: int, journal: Journal) -> str:
    rates = journal.rates.read().mean
    rate = rate_word(float(rates[0, 0])) if len(rates) else "?"
    result = run_line(journal).split(", ", 2)
    cells = (
        str(i),
        visible(journal.name),
        journal.state,
        str(journal.epochs_done),
        journal.plan.optimizer,
        journal.plan.schedule or rate,
        result[2] if len(result) > 2 else "",
    )
    shown = [*map(escape, cells)]
    shown[-1] = shown[-1].replace("_", "_<wbr>")  # long names of logs break where there is little room
    return "<tr>" + "".join(f'<td style="text-align:left">{cell}</td>' for cell in shown) + "</tr>"
