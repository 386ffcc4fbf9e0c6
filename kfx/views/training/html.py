"""A run as HTML that needs no script, no style sheet and no kernel: its curves as images, its layers as a table."""

from __future__ import annotations

import base64
import math
from html import escape

import numpy as np

from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.training.journal.facts import STATISTICS
from kfx.training.journal.journal import Journal
from kfx.training.monitor.diagnose import verdict
from kfx.views.training.curves import Line, by_steps, panels, rate_changes, rate_word, reach, span, value_word
from kfx.views.training.curves_svg import WIDTH, overlay_svg, panel_svg
from kfx.views.training.text import run_text

_DIM = "color:var(--jp-ui-font-color2,inherit)"
_LAYERS = 40  # rows that are shown at once; the others fold


def run_html(journal: Journal, *, layers: bool = True) -> str:
    """The static face of one run: the line of text, a picture a log, what was changed by hand, a table of the layers."""
    line, *more = run_text(journal).splitlines()
    unit = "step" if by_steps(journal) else "epoch"
    marks, ends = rate_changes(journal), reach(journal)
    pictures = [
        _picture(panel_svg(panel, ends, marks, unit=unit), f"{visible(panel.title)} by {unit}") for panel in panels(journal)
    ]
    parts = [f"<div><b>{_text(line)}</b></div>"]
    parts += [f'<div style="color:var(--jp-error-color1,#C1121F)">{_text(sentence)}</div>' for sentence in more]
    if journal.steps:
        parts.append(f"<div>{''.join(pictures)}</div>")
    told = [event.text for event in journal.events if event.kind in ("rate", "rewind", "note", "error") and event.text]
    if told:
        parts.append(f'<div style="{_DIM};font-size:11px">{_text("; ".join(told[-8:]))}</div>')
    if layers and journal.statistics is not None:
        parts.append(_layer_table(journal))
    return f'<div style="font-size:13px">{chr(10).join(parts)}</div>'


def begun_html(name: str, epochs: int) -> str:
    """What stands in the notebook while a run is in course and its live view is not there.

    An attribute holds the sentence and the style sheet around it shows it: where styles are stripped nobody can hide it from
    above a finished run, so it is not shown there in the first place.
    """
    planned = f"{numbers.count(epochs, 'epoch')} planned" if epochs else "running"
    return f'<div class="kfx-begun" style="{_DIM};font-size:12px" title="Training {_quoted(name)}: {planned}."></div>'


def runs_html(journals: list[Journal]) -> str:
    """Several runs over each other: a picture a log, then a table."""
    names: dict[str, None] = {}
    for journal in journals:
        names |= dict.fromkeys(panel.name for panel in panels(journal))
    pictures = [_picture(*_overlay(journals, name)) for name in list(names)[:12]]
    heads = ("Run", "Model", "Ended", "Epochs", "Optimizer", "Rate", "Result")
    rows = "".join(_run_row(i, journal) for i, journal in enumerate(journals))
    head = "".join(f'<th style="text-align:left">{h}</th>' for h in heads)
    table = f'<table style="font-size:12px"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div style="font-size:13px"><div>{"".join(pictures)}</div>{table}</div>' if journals else "<p>No runs yet.</p>"


def _overlay(journals: list[Journal], name: str) -> tuple[str, str]:
    lines: list[tuple[str, Line]] = []
    of_validation: list[bool] = []
    limits, ends = [math.inf, -math.inf], [0.0, 1.0]
    for i, journal in enumerate(journals):
        for panel in panels(journal):
            if panel.name != name:
                continue
            line = panel.val if len(panel.val) else panel.train
            lines.append((f"run {i}", line))
            of_validation.append(len(panel.val) > 0)
            low, high = span(panel)
            limits = [min(limits[0], low), max(limits[1], high)]
            ends[1] = max(ends[1], reach(journal)[1])
    title = name.replace("_", " ")
    if any(of_validation):
        title += ", validation" if all(of_validation) else ", validation where there is one"
    return overlay_svg(title, lines, (ends[0], ends[1]), (limits[0], limits[1])), visible(title)


def _run_row(i: int, journal: Journal) -> str:
    rates = journal.rates.read().mean
    rate = rate_word(float(rates[0, 0])) if len(rates) else "?"
    result = run_text(journal).splitlines()[0].split(", ", 2)
    cells = (
        str(i),
        visible(journal.name),
        journal.state,
        str(journal.epochs_done),
        journal.plan.optimizer,
        journal.plan.schedule or rate,
        result[2] if len(result) > 2 else "",
    )
    said = [*map(escape, cells)]
    said[-1] = said[-1].replace("_", "_<wbr>")  # long names of logs break where there is little room
    return "<tr>" + "".join(f'<td style="text-align:left">{cell}</td>' for cell in said) + "</tr>"


def _layer_table(journal: Journal) -> str:
    values = np.stack([journal.settled(name) for name in STATISTICS], axis=1)
    rows = [_layer_row(layer, row) for layer, row in zip(journal.layers, values.tolist(), strict=True) if layer.weights]
    if not rows:
        return ""
    heads = "".join(
        f'<th scope=col style="text-align:{"left" if head in ("Layer", "Remark") else "right"}">{head}</th>'
        for head in ("Layer", "Gradient norm", "Update ÷ weight", "Dead units", "Remark")
    )

    def table(body: list[str]) -> str:
        return f'<table style="font-size:12px"><thead><tr>{heads}</tr></thead><tbody>{"".join(body)}</tbody></table>'

    rest = rows[_LAYERS:]
    more = f"<details><summary>{numbers.count(len(rest), 'more layer')}</summary>{table(rest)}</details>" if rest else ""
    when = f"at step {journal.fixed_step:,}" if 0 < journal.fixed_step < journal.steps else "at the end"
    said = f"{numbers.count(len(rows), 'layer')} with weights, as they were {when}"
    return f"<details><summary>{said}</summary>{table(rows[:_LAYERS])}{more}</details>"


def _layer_row(layer: object, values: list[float]) -> str:
    one = dict(zip(STATISTICS, values, strict=True))
    dead = "" if math.isnan(one["dead"]) else numbers.percent(one["dead"])
    remark = verdict(values, weights=layer.weights)
    cells = [_power(one["gradient"]), _power(one["update"]), dead]
    figures = "".join(f'<td style="text-align:right">{cell}</td>' for cell in cells)
    left = '<td style="text-align:left">'
    return f"<tr>{left}{_text(layer.key)}</td>{figures}{left}{escape(remark)}</td></tr>"


def _power(value: float) -> str:
    """The order of magnitude and one digit: what holds on another machine."""
    return "" if math.isnan(value) else "∞" if math.isinf(value) else value_word(value, 1)


def _picture(svg: str, alt: str) -> str:
    data = base64.b64encode(svg.encode()).decode()
    size = f'width="{WIDTH}" style="max-width:100%"'
    return f'<img class="kfx-pic" alt="{escape(alt)}" {size} src="data:image/svg+xml;base64,{data}">'


def _quoted(value: str) -> str:
    return escape(visible(value))


def _text(value: str) -> str:
    return escape(visible(value), quote=False)
