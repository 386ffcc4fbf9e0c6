"""A summary as text: a table that fits the width it is given and never cuts a name or a shape."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from kfx.model.facts import LayerGraph
from kfx.text import table as columns
from kfx.text.untrusted import visible
from kfx.views.summary.rows import Row
from kfx.views.summary.totals import foot_facts, head_facts, reading_notes

LEAST_WIDTH = 32
_NUMBERS = ("Parameters", "FLOPs", "Memory")
_WHOLE = (*_NUMBERS, "Trainable")  # never cut over lines
_LEAST = {"Type": len("BatchNormalization")}  # the commonest long type stays whole where the line has the room
_GIVEN_UP = ("FLOPs", "Memory", "Connected to", "Trainable", "Type")  # in this order where the width is too small


def summary_text(
    graph: LayerGraph, rows: Sequence[Row], shown: Sequence[Row], *, most: int = 100, show_trainable: bool = False
) -> str:
    """Facts about the model, a table of ``shown`` rows, totals; every line at most ``most`` cells wide.

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
    lines = [*columns.wrap(title, most), *columns.wrap(_joined(head_facts(graph, rows)), most, columns.PROSE)]
    lines += [rule, *head, rule, *chain.from_iterable(body), rule]
    for sentence in (_joined(foot_facts(graph)), *_notes(graph, rows, shown, missing)):
        lines += columns.wrap(sentence, most, columns.PROSE)
    return "\n".join(lines)


def _joined(facts: Sequence[object]) -> str:
    return " · ".join(map(str, facts))


def _notes(graph: LayerGraph, rows: Sequence[Row], shown: Sequence[Row], missing: list[str]) -> list[str]:
    notes = reading_notes(graph, rows)
    top = sum(row.level == 0 for row in rows)
    here = [row for row in shown if row.level == 0]
    if len(here) < top:
        notes.insert(0, f"{len(here):,} of {top:,} rows; the totals are the whole model's.")
    folded = [row for row in shown if row.inside and not any(other.call.parent == row.address for other in shown)]
    if folded:
        are = "model is" if len(folded) == 1 else "models are"
        notes.append(f"{len(folded)} nested {are} folded; expand_nested=True shows what is inside.")
    if missing:
        notes.append(f"Too narrow for {', '.join(missing)}: a larger line_length shows them.")
    return notes


def _table(shown: Sequence[Row], most: int, show_trainable: bool) -> list[list[str]]:
    """The lines of the head, the lines of each row, and the names of the columns that found no room."""
    trunks = _trunks(shown)
    cells = {
        "Layer": [first + visible(row.layer) for row, (first, _) in zip(shown, trunks, strict=True)],
        "Type": [row.type for row in shown],
        "Output": [row.output for row in shown],
        "Parameters": [row.parameters_text for row in shown],
        "FLOPs": [row.flops_text for row in shown],
        "Memory": [row.bytes_text for row in shown],
        "Connected to": [", ".join(map(visible, row.connected_to)) or "–" for row in shown],
        "Trainable": [row.can_train or "–" for row in shown],
    }
    if not show_trainable:
        del cells["Trainable"]
    missing: list[str] = []
    while (widths := _widths(cells, most)) is None:
        missing.append(next((head for head in _GIVEN_UP if head in cells), ""))
        if not missing[-1]:  # numbers longer than the line itself: they are cut over lines too
            widths, _ = [most // len(cells) - len(columns.GAP)] * len(cells), missing.pop()
            break
        del cells[missing[-1]]
    right = [head in _NUMBERS or head == "Output" for head in cells]
    columns_ = [[head, *column] for head, column in cells.items()]
    return [*columns.table(columns_, ["", *(rest for _, rest in trunks)], widths, right), missing]


def _widths(cells: dict[str, list[str]], most: int) -> list[int] | None:
    natural = [columns.natural_width([head, *column]) for head, column in cells.items()]
    least = [n if head in _WHOLE else min(n, _LEAST.get(head, 10)) for head, n in zip(cells, natural, strict=True)]
    return columns.share(natural, least, most - len(columns.GAP) * (len(cells) - 1))


def _trunks(shown: Sequence[Row]) -> list[tuple[str, str]]:
    """What stands before each name: on its first line, and on the lines that it wraps to."""
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
