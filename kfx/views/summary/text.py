"""A summary as text: a table that fits the width it is given and never cuts a name or a shape."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from kfx.model.facts import LayerGraph
from kfx.text import table
from kfx.text.untrusted import visible
from kfx.views.summary.columns import Column, columns
from kfx.views.summary.rows import Row
from kfx.views.summary.totals import foot_facts, head_facts, reading_notes

LEAST_WIDTH = 32
_WHOLE = ("plain", "bar")  # never cut over lines


def summary_text(
    graph: LayerGraph, rows: Sequence[Row], shown: Sequence[Row], *, most: int = 100, show_trainable: bool = False
) -> str:
    """Return facts about the model, a table of ``shown`` rows and totals; every line is at most ``most`` cells wide.

    Args:
        graph: The facts.
        rows: All rows of the model.
        shown: Those in the table.
        most: Cells of a terminal, at least 32.
        show_trainable: With a column that says whether training changes the layer.
    """
    rule = "─" * most
    head, *body, missing = _table(shown, most, show_trainable)
    title = f"{visible(graph.name)} · {visible(graph.type)}"
    lines = [*table.wrap(title, most), *table.wrap(_joined(head_facts(graph, rows)), most, table.PROSE)]
    lines += [rule, *head, rule, *chain.from_iterable(body), rule]
    for sentence in (_joined(foot_facts(graph)), *_notes(graph, rows, shown, missing)):
        lines += table.wrap(sentence, most, table.PROSE)
    return "\n".join(lines)


def _joined(facts: Sequence[object]) -> str:
    return " · ".join(map(str, facts))


def _notes(graph: LayerGraph, rows: Sequence[Row], shown: Sequence[Row], missing: list[str]) -> list[str]:
    notes = reading_notes(graph, rows, shown)
    folded = [row for row in shown if row.inside and not any(other.call.parent == row.address for other in shown)]
    if folded:
        are = "model is" if len(folded) == 1 else "models are"
        notes.append(f"{len(folded)} nested {are} folded; expand_nested=True shows what is inside.")
    if missing:
        notes.append(f"Too narrow for {', '.join(missing)}: a larger line_length shows them.")
    return notes


def _table(shown: Sequence[Row], most: int, show_trainable: bool) -> list[list[str]]:
    """Return the lines of the head, the lines of each row, and the heads of the columns that found no room."""
    trunks = _trunks(shown)
    parts = columns("text", optional=show_trainable)
    cells = {parts[0]: [first + parts[0].text(row) for row, (first, _) in zip(shown, trunks, strict=True)]}
    cells |= {column: [text or "–" for text in map(column.text, shown)] for column in parts[1:]}
    missing: list[str] = []
    while (widths := _widths(cells, most)) is None:
        giving_way = [column for column in cells if column.gives_way]
        if not giving_way:  # numbers longer than the line itself: they are cut over lines too
            widths = [most // len(cells) - len(table.GAP)] * len(cells)
            break
        column = min(giving_way, key=lambda column: column.gives_way)
        missing.append(column.head)
        del cells[column]
    whole = [[column.head, *texts] for column, texts in cells.items()]
    right = [column.right for column in cells]
    return [*table.table(whole, ["", *(rest for _, rest in trunks)], widths, right), missing]


def _widths(cells: dict[Column, list[str]], most: int) -> list[int] | None:
    natural = [table.natural_width([column.head, *texts]) for column, texts in cells.items()]
    least = [n if column.cell in _WHOLE else min(n, column.least) for column, n in zip(cells, natural, strict=True)]
    return table.share(natural, least, most - len(table.GAP) * (len(cells) - 1))


def _trunks(shown: Sequence[Row]) -> list[tuple[str, str]]:
    """Return the tree lines before each name: on its first line, and on the lines that it wraps to."""
    if not any(row.inside for row in shown):
        return [("", "  ") for _ in shown]
    after: list[bool] = []  # for each level: does a later row of the same container follow?
    found = []
    for i in range(len(shown) - 1, -1, -1):
        level, inside = shown[i].level, shown[i].inside
        more = after[level] if level < len(after) else False
        after = [*after[:level], *[False] * (level - len(after)), True]
        open_ = i + 1 < len(shown) and shown[i + 1].level > level
        twist = ("▾ " if open_ else "▸ ") if inside else ""
        stem = "".join("│ " if ahead else "  " for ahead in after[1:level]) if level else ""
        branch = "  " + stem + ("├ " if more else "└ ") if level else "" if inside else "  "
        trunk = "  " + stem + ("│ " if more else "  ") if level else "  "
        found.append((branch + twist, trunk + ("  " if inside and level else "")))
    return found[::-1]
