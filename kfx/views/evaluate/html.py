"""An evaluation as HTML without script or style sheet."""

from __future__ import annotations

from html import escape

import numpy as np

from kfx.draw.evaluation.charts import bars_chart, calibration_chart, pairs_chart
from kfx.draw.evaluation.confusion_map import confusion_map
from kfx.draw.markup import DIM, html_text, svg_image
from kfx.text.untrusted import cut, visible
from kfx.views.cards.html import cards_html
from kfx.views.evaluate.facts import EvaluationFacts, OutputFacts, percent_text

ROWS = 100  # of a table
_LABEL = f'style="{DIM};font-size:11px;padding:2px 0"'


def evaluation_html(facts: EvaluationFacts, *, examples: int = 12) -> str:
    """Return the head with Keras's metrics, and for each output its matrix, its charts and its worst examples."""
    name = html_text(cut(visible(facts.name), 120))
    head = f'<div style="padding:4px 0"><b style="font-size:14px">{name}</b> &nbsp; evaluate · {escape(facts.head)}</div>'
    notes = "".join(f"<div {_LABEL}>{escape(visible(note))}</div>" for note in facts.notes)
    return f'<div style="font-size:13px">{head}{notes}{"".join(_output(one, examples) for one in facts.outputs)}</div>'


def _output(output: OutputFacts, examples: int) -> str:
    name = f"<b>{html_text(cut(visible(output.name), 80))}</b> &nbsp; " if output.name else ""
    notes = "".join(f"<div {_LABEL}>{escape(visible(note))}</div>" for note in output.notes)
    left = "".join(output_pictures(output).values())
    return (
        f'<div style="padding:4px 0">{name}{escape(output.line)}</div>{notes}'
        '<div style="display:flex;flex-wrap:wrap;gap:8px 24px;align-items:flex-start">'
        f'<div style="max-width:100%">{left}</div>'
        f'<div style="flex:1 1 300px;min-width:0;max-width:100%">{_worst(output, examples)}{_table(output)}</div></div>'
    )


def output_pictures(output: OutputFacts) -> dict[str, str]:
    """Return the drawings of an output as images, by name."""
    return {name: svg_image(svg, name, style="max-width:100%;vertical-align:top") for name, svg in drawings(output).items()}


def drawings(output: OutputFacts) -> dict[str, str]:
    """Return the drawings of an output as SVG, the first one first."""
    found = {}
    if output.counts is not None and output.true is not None and output.true.sum():
        found["confusion"] = confusion_map(output.counts, output.true, output.classes, output.heading)
    if output.calibration is not None:
        found["calibration"] = calibration_chart(*output.calibration)
    if output.points is not None and len(output.points):
        found["predicted against true"] = pairs_chart(output.points, "Predicted against true")
        residuals = output.points[:, 1] - output.points[:, 0]
        counts, edges = np.histogram(residuals.astype("float64"), bins=24)
        found["residuals"] = bars_chart(counts, edges, "Residuals, predicted − true")
    return found


def _worst(output: OutputFacts, most: int) -> str:
    if not output.worst:
        return ""
    head = f"<div><b>Worst</b> <span {_LABEL}>{escape(output.worst_words)}</span></div>"
    return head + cards_html(output.worst[:most])


def _table(output: OutputFacts) -> str:
    if not output.rows:
        return ""
    if output.kind == "values":
        rows = "".join(f"<tr><td>{html_text(r.name)}<td>{escape(r.confused)}" for r in output.rows[:ROWS])
        return _details("Each number", "<tr><th>number<th>error", rows, len(output.rows))
    overlap = any(row.overlap is not None for row in output.rows)
    heads = ["label" if output.kind == "labels" else "class", "count", "recall", "precision"]
    heads += ["overlap"] if overlap else []
    heads += ["wrong" if output.kind == "labels" else "most often read as"]
    rows = ""
    for row in output.rows[:ROWS]:
        figures = [row.right, row.precision]
        cells = [f"{row.count:,}", *("" if x is None else percent_text(x) for x in figures)]
        cells += ["" if row.overlap is None else f"{row.overlap:.3f}"] if overlap else []
        rows += f"<tr><th scope=row style=text-align:left>{html_text(row.name)}"
        rows += "".join(f"<td>{cell}" for cell in cells) + f"<td style=text-align:left>{html_text(row.confused)}"
    head = "<tr>" + "".join(f"<th scope=col>{one}" for one in heads)
    return _details("Each label" if output.kind == "labels" else "Each class", head, rows, len(output.rows))


def _details(summary: str, head: str, rows: str, count: int) -> str:
    more = f"<tr><td colspan=6>and {count - ROWS:,} more" if count > ROWS else ""
    return (
        f'<details><summary>{summary}</summary><table cellpadding=3 style="font-size:12px;border-collapse:collapse;'
        f'text-align:right"><thead>{head}</thead><tbody>{rows}{more}</tbody></table></details>'
    )
