"""A lens as text: the guesses after each block at the last positions, and the model's answer at the last one."""

from __future__ import annotations

from kfx.text.table import aligned
from kfx.text.untrusted import cut, visible
from kfx.views.grid.facts import GridFacts, number_words
from kfx.views.grid.html import top_words

ROWS, COLUMNS, LETTERS = 48, 8, 12  # written at most


def lens_text(facts: GridFacts) -> str:
    """Return the text; probabilities are whole percents, which are the same on every machine."""
    sheet = facts.sheet(facts.start)
    _, answer, rank = sheet.measures
    lines = [
        f"{visible(facts.name)}: lens · {facts.line}",
        f"{facts.pages[facts.start]} · {sheet.notes[0]}",
        *sheet.notes[1:],
        "",
    ]
    first = max(0, len(sheet.columns) - COLUMNS)
    rows: list[tuple[str, ...]] = [("first guess", *(sheet.column(n) for n in range(first, len(sheet.columns))))]
    shown = range(min(len(sheet.rows), ROWS))
    for row in shown:
        guesses = [cut(sheet.guess(row, n), LETTERS) for n in range(first, len(sheet.columns))]
        rows.append((f"after {visible(sheet.titles[row])}", *guesses))
    lines += [line.rstrip() for line in aligned(rows)]
    if first:
        lines.append(f"positions 0 to {first - 1} are not written")
    last = len(sheet.columns) - 1
    lines += ["", f"at {sheet.column(last)}"]
    table: list[tuple[str, ...]] = [("", answer.label, "rank", "first guesses")]
    for row in shown:
        figures = [number_words(float(one.values[row, last]), one.form) for one in (answer, rank)]
        table.append((f"after {visible(sheet.titles[row])}", *figures, top_words(sheet, row, last)))
    lines += [line.rstrip() for line in aligned(table)]
    if len(sheet.rows) > ROWS:
        lines.append(f"and {len(sheet.rows) - ROWS} more layers")
    return "\n".join(lines)
