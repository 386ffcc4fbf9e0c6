"""A summary as text: a table that fits the width it is given and never cuts a name or a shape."""

from __future__ import annotations

from collections.abc import Sequence

from kfx.draw import columns, words
from kfx.draw.rows import Row
from kfx.draw.totals import foot_facts, head_facts, reading_notes
from kfx.graph.facts import LayerGraph

LEAST_WIDTH = 32
_GAP = "  "
_NUMBERS = ("Parameters", "FLOPs", "Memory")
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
    table, missing = _table(shown, most, show_trainable)
    title = f"{words.visible(graph.name)} · {words.visible(graph.type)}"
    lines = [*columns.wrap(title, most), *columns.wrap(_joined(head_facts(graph, rows)), most, columns.PROSE), rule]
    lines += [*table[:1], rule, *table[1:]] if len(table[0:1]) else []
    lines += [rule, *columns.wrap(_joined(foot_facts(graph)), most, columns.PROSE)]
    for note in _notes(graph, rows, shown, missing):
        lines += columns.wrap(note, most, columns.PROSE)
    return "\n".join(lines)


def _joined(facts: Sequence[object]) -> str:
    return " · ".join(map(str, facts))


def _notes(graph: LayerGraph, rows: Sequence[Row], shown: Sequence[Row], missing: list[str]) -> list[str]:
    notes = reading_notes(graph, rows)
    top = sum(row.level == 0 for row in rows)
    here = [row for row in shown if row.level == 0]
    if len(here) < top:
        notes.insert(0, f"Rows of {len(here):,} of {top:,} layers; the totals are the whole model's.")
    folded = [row for row in shown if row.inside and not any(other.call.parent == row.address for other in shown)]
    if folded:
        are = "model is" if len(folded) == 1 else "models are"
        notes.append(f"{len(folded)} nested {are} folded; expand_nested=True shows what is inside.")
    if missing:
        notes.append(f"Too narrow for {', '.join(missing)}: a larger line_length shows them.")
    return notes


def _table(shown: Sequence[Row], most: int, show_trainable: bool) -> tuple[list[str], list[str]]:
    """The header (its lines joined by line ends) and the rows, and the columns that found no room."""
    heads = ["Layer", "Type", "Output", "Parameters", "FLOPs", "Memory", "Connected to"]
    if show_trainable:
        heads.append("Trainable")
    trunks = _trunks(shown)
    cells = {
        "Layer": [first + words.visible(row.layer) for row, (first, _) in zip(shown, trunks, strict=True)],
        "Type": [row.type for row in shown],
        "Output": [row.output for row in shown],
        "Parameters": [words.exact(row.parameters) for row in shown],
        "FLOPs": [row.flops_text for row in shown],
        "Memory": [row.bytes_text for row in shown],
        "Connected to": [", ".join(map(words.visible, row.connected_to)) or "–" for row in shown],
        "Trainable": [row.can_train or "–" for row in shown],
    }
    missing: list[str] = []
    while True:
        natural = [max([columns.width(head), *map(columns.width, cells[head])]) for head in heads]
        least = [n if head in (*_NUMBERS, "Trainable") else min(n, 10) for head, n in zip(heads, natural, strict=True)]
        widths = columns.share(natural, least, most - len(_GAP) * (len(heads) - 1))
        given_up = next((head for head in _GIVEN_UP if head in heads), None)
        if widths is not None or given_up is None:
            break
        heads.remove(given_up)
        missing.append(given_up)
    if widths is None:  # numbers longer than the line itself: they wrap too
        widths = columns.share(natural, [1] * len(heads), most - len(_GAP) * (len(heads) - 1)) or [1] * len(heads)
    right = [head in _NUMBERS or head == "Output" for head in heads]
    none = [""] * (len(heads) - 1)
    out = ["\n".join(columns.lines(heads, [""] * len(heads), widths, right))]
    for i, (_, rest) in enumerate(trunks):
        out += columns.lines([cells[head][i] for head in heads], [rest, *none], widths, right)
    return out, missing


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
        found.append((branch + twist, trunk + ("  " if inside and level else "") + "  " * 0))
    return found[::-1]
