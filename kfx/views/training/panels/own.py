"""A panel of a user's own class: lines of text, a table, series, pictures and counts, drawn by one script for all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from kfx.draw.evaluation.confusion_map import confusion_map
from kfx.draw.markup import html_text, svg_image
from kfx.draw.values.input_picture import picture, small_file
from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.training.journal.journal import Journal
from kfx.training.journal.panel import Confused, PanelRecord
from kfx.views.cards.facts import ShownExample
from kfx.views.cards.html import cards_html
from kfx.views.training.curves import NO_LINE, Chart, line_of, reach, span, unit_of, value_word
from kfx.views.training.curves_svg import WIDTH, overlay_svg
from kfx.views.training.panels.base import Now, RunPanel
from kfx.views.training.panels.curves import chart_data


class OwnPanel(RunPanel):
    """Shows one record of `Journal.panels`."""

    kind = "own"
    every = 0.5

    def __init__(self, index: int) -> None:
        self._index = index

    @property
    def name(self) -> str:
        return f"own_{self._index}"

    def data(self, journal: Journal, now: Now) -> dict[str, Any]:
        record = journal.panels[self._index]
        return {
            "title": visible(record.title),
            "text": [visible(line) for line in record.lines],
            "heads": [visible(head) for head in record.heads],
            "rows": [[visible(cell) for cell in row] for row in record.rows],
            **_files(record),
            **chart_data(journal, list(_charts(journal, record)), names=("", "")),
        }

    def html(self, journal: Journal) -> str:
        record = journal.panels[self._index]
        parts = [f"<div><b>{html_text(record.title)}</b></div>"]
        parts += [f"<div>{html_text(line)}</div>" for line in record.lines]
        if record.rows:
            rows = _row("th", record.heads) + "".join(_row("td", row) for row in record.rows)
            parts.append(f'<table style="font-size:12px">{rows}</table>')
        parts += [svg_image(_confusion(record.confusion), record.confusion.heading)] if record.confusion is not None else []
        parts += [cards_html(_cards(record))] if record.pictures else []
        images = "".join(_image(journal, chart) for chart in _charts(journal, record))
        return "\n".join([*parts, f"<div>{images}</div>"] if images else parts)

    def text(self, journal: Journal) -> list[str]:
        record = journal.panels[self._index]
        lines = [*record.lines, *_columns(record)]
        if record.pictures:
            lines.append(numbers.count(len(record.pictures), "picture") + ": " + ", ".join(name for name, _ in record.pictures))
        lines += [f"{chart.name} {value_word(float(chart.train.y[-1]), 2)}" for chart in _charts(journal, record)]
        return [visible(record.title), *(f"  {visible(line)}" for line in lines)]


def _confusion(found: Confused) -> str:
    return confusion_map(found.counts, found.true, found.names, visible(found.heading))


def _cards(record: PanelRecord) -> Iterator[ShownExample]:
    """Yield the pictures with their names."""
    for name, values in record.pictures:
        found = picture(values)
        if found is not None:
            yield ShownExample(None, ((visible(name), False),), found.note, pictures=((visible(name), found.rgb),))


def _files(record: PanelRecord) -> dict[str, Any]:
    """Return the drawings as the script shows them: names, kinds and lengths, and the joined content of their files."""
    files: list[tuple[str, str, bytes]] = []
    if record.confusion is not None:
        files.append((record.confusion.heading, "image/svg+xml", _confusion(record.confusion).encode()))
    for name, values in record.pictures:
        found = picture(values)
        if found is not None:
            files.append((name, *small_file(found.rgb)))
    images = [{"name": visible(name), "media": media, "size": len(content)} for name, media, content in files]
    return {"images": images, "files": b"".join(content for _, _, content in files)}


def _charts(journal: Journal, record: PanelRecord) -> Iterator[Chart]:
    """Yield a chart for each series that has a value."""
    for name in record.series.columns:
        line = line_of(journal, record.series, name)
        if len(line):
            yield Chart(name, name, NO_LINE, line, NO_LINE, None)


def _image(journal: Journal, chart: Chart) -> str:
    unit = unit_of(journal)
    svg = overlay_svg(chart.title, [("", chart.train)], reach(journal), span(chart), unit=unit)
    return svg_image(svg, f"{chart.title} by {unit}", width=WIDTH)


def _row(tag: str, cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f'<{tag} style="text-align:left">{escape(visible(cell))}</{tag}>' for cell in cells) + "</tr>"


def _columns(record: PanelRecord) -> Iterator[str]:
    """Yield the lines of the table, its columns side by side."""
    table = [record.heads, *record.rows] if record.rows else []
    wide = [max(len(visible(row[i])) for row in table) for i in range(len(record.heads) if table else 0)]
    for row in table:
        yield "  ".join(visible(cell).ljust(n) for cell, n in zip(row, wide, strict=True)).rstrip()
