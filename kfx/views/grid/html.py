"""A map as HTML without script or style sheet, and as a drawing."""

from __future__ import annotations

from html import escape

import numpy as np

from kfx.draw.markup import DIM, html_text, image
from kfx.draw.values.grid_map import grid_map
from kfx.text.untrusted import cut, visible
from kfx.views.grid.facts import GridFacts, Measure, Sheet, number_words

ROWS, COLUMNS, IN_NOTEBOOK = 96, 48, 16  # of cells with words that a drawing holds, and columns of one in a notebook
_WIDE = 480  # columns of a drawing without words
_CELLS = 12  # in the list


def grid_picture(facts: GridFacts, number: int) -> str:
    """Return a map as an SVG on white."""
    sheet = facts.sheet(number)
    of = f" · {facts.pages[number]}" if len(facts.pages) > 1 else ""
    return _drawn(facts, sheet, COLUMNS, f"{facts.kind} · {cut(visible(facts.name), 60, middle=True)}{of}")


def grid_html(facts: GridFacts, number: int, *, small: bool = False) -> str:
    """Return the map as a picture, with its notes and a list of its cells."""
    sheet = facts.sheet(number)
    of = f" · {escape(facts.pages[number])}" if len(facts.pages) > 1 else ""
    name = html_text(cut(visible(facts.name), 120))
    head = f'<b style="font-size:14px">{facts.kind} · {name}</b> &nbsp; {html_text(facts.line)}{of}'
    svg = _drawn(facts, sheet, IN_NOTEBOOK, sheet.measures[0].label)
    alt = f"{sheet.measures[0].label}: {len(sheet.rows)} rows by {len(sheet.columns)} columns"
    picture = "" if small else image("image/svg+xml", svg.encode(), alt)
    notes = "".join(f'<div style="{DIM};font-size:11px;padding:2px 0">{html_text(note)}</div>' for note in sheet.notes)
    return f'<div style="font-size:13px">{head}<div style="overflow-x:auto">{picture}</div>{notes}{_list(facts, sheet)}</div>'


def _drawn(facts: GridFacts, sheet: Sheet, most: int, title: str) -> str:
    """Return the drawing; of a large map, as many cells as a drawing holds, and it says so.

    Args:
        facts: What the view shows.
        sheet: The map.
        most: Columns with words that find room.
        title: The title.
    """
    measure = sheet.measures[0]
    rows, columns = min(len(sheet.rows), ROWS), len(sheet.columns)
    values, words = measure.values[:rows], list(sheet.columns)
    cells = None
    note = ""
    if sheet.ids is not None:
        first = max(0, columns - most)  # the last ones: there a language model answers
        values, words = values[:, first:], words[first:]
        cells = [[sheet.guess(row, column) for column in range(first, columns)] for row in range(rows)]
        note = f" · {facts.column_word}s {first} to {columns - 1}" if first else ""
    elif columns > _WIDE:
        side = -(-columns // _WIDE)
        values, words = _means(values, side), words[::side]
        note = f" · each cell the mean of {side} {facts.column_word}s"
    rest = len(sheet.rows) - rows
    note += f" · the first {rows} of {len(sheet.rows)} rows" if rest else ""
    scale = measure.scale
    line = f"rows {facts.row_word}s, columns {facts.column_word}s{note}"
    if title != measure.label:
        line = f"{measure.label} · {line}"
    ends = (number_words(scale.low, measure.form), number_words(scale.high, measure.form))
    return grid_map(values, sheet.rows[:rows], words, title, scale, facts=line, ends=ends, cells=cells)


def _means(values: np.ndarray, side: int) -> np.ndarray:
    """Return the means of so many columns beside each other."""
    starts = np.arange(0, values.shape[1], side)
    return np.add.reduceat(values, starts, axis=1) / np.diff([*starts, values.shape[1]])


def _list(facts: GridFacts, sheet: Sheet) -> str:
    """Return a folded table of the cells of largest size."""
    head = "".join(f"<th scope=col>{escape(one.label)}</th>" for one in sheet.measures)
    guess = "<th scope=col>words</th>" if sheet.ids is not None else ""
    body = ""
    for row, column in largest_cells(sheet.measures[0], _CELLS):
        numbers = "".join(f"<td>{number_words(float(one.values[row, column]), one.form)}" for one in sheet.measures)
        words = f"<td>{html_text(top_words(sheet, row, column))}" if sheet.ids is not None else ""
        where = f"<td>{html_text(cut(sheet.titles[row], 60, middle=True))}<td>{html_text(sheet.column(column))}"
        body += f"<tr>{where}{words}{numbers}"
    return (
        f"<details><summary>The {min(_CELLS, sheet.measures[0].values.size)} cells of largest size</summary>"
        '<table cellpadding=3 style="font-size:12px;border-collapse:collapse;text-align:left"><thead><tr>'
        f"<th scope=col>{facts.row_word}</th><th scope=col>{facts.column_word}</th>{guess}{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></details>"
    )


def largest_cells(measure: Measure, most: int) -> list[tuple[int, int]]:
    """Return the rows and columns of the cells of largest size, the largest first; equal ones as they stand."""
    sizes = np.where(np.isfinite(measure.values), np.round(np.abs(measure.values), 6), -1.0)
    order = np.argsort(-sizes, axis=None, kind="stable")[:most]
    return [(int(row), int(column)) for row, column in zip(*np.unravel_index(order, sizes.shape), strict=True)]


def top_words(sheet: Sheet, row: int, column: int, most: int = 3) -> str:
    """Return the words of a cell with their shares: ``dog 83 %, cat 9 %``."""
    assert sheet.ids is not None
    assert sheet.shares is not None
    picked = range(min(most, sheet.ids.shape[2]))
    shares = sheet.shares[row, column]
    return ", ".join(f"{sheet.guess(row, column, n)} {number_words(float(shares[n]), 'share')}" for n in picked)
