"""A sweep as text: both runs, the place of each layer that changes most, and the largest changes of all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kfx.text.table import aligned
from kfx.text.untrusted import visible
from kfx.views.grid.facts import GridFacts, Measure, number_words
from kfx.views.grid.html import largest_cells

ROWS, CELLS = 48, 8  # written at most


def sweep_text(facts: GridFacts) -> str:
    """Return the text; figures are rounded to two digits after the point, which are the same on every machine."""
    sheet = facts.sheet(facts.start)
    change = sheet.measures[0]
    lines = [f"{visible(facts.name)}: sweep · {facts.line}"]
    lines += [f"{facts.pages[facts.start]} · {sheet.notes[0]}", *sheet.notes[1:], ""]
    rows: list[tuple[str, ...]] = [(facts.row_word, facts.column_word, "change", "restored")]
    for row in range(min(len(sheet.rows), ROWS)):
        sizes = np.where(np.isfinite(change.values[row]), np.round(np.abs(change.values[row]), 6), -1.0)
        column = int(np.argmax(sizes))
        rows.append((sheet.titles[row], sheet.column(column), *_figures(sheet.measures, row, column)))
    lines += [line.rstrip() for line in aligned(rows)]
    if len(sheet.rows) > ROWS:
        lines.append(f"and {len(sheet.rows) - ROWS} more rows")
    lines += ["", "largest changes"]
    cells = [
        (f"  {sheet.titles[row]}", sheet.column(column), *_figures(sheet.measures, row, column))
        for row, column in largest_cells(change, CELLS)
    ]
    return "\n".join([*lines, *(line.rstrip() for line in aligned(cells))])


def _figures(measures: Sequence[Measure], row: int, column: int) -> list[str]:
    """Return the change and the share restored of a cell."""
    return [number_words(float(one.values[row, column]), one.form) for one in measures[:2]]
