"""A comparison as text and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from kfx.text.csv_markdown import markdown_table, markdown_text
from kfx.text.table import GAP, PROSE, share, table, width, wrap
from kfx.views.diff.rows import DiffRow, WeightRow

HEADS = ("", "Layer", "What", "A", "B")
WEIGHT_HEADS = ("Layer", "Weight", "Largest relative change")
_LEAST = (1, 8, 6, 4, 4)


def repeated_blank(rows: Sequence[DiffRow]) -> list[tuple[str, str, str, str, str]]:
    """Return the cells of each row; a layer's name and sign are in its first row only."""
    cells, last = [], None
    for row in rows:
        again = bool(row.key) and row.key == last
        cells.append(("" if again else row.sign, "" if again else row.layer, row.what, row.a, row.b))
        last = row.key
    return cells


def diff_text(
    head: Sequence[str], rows: Sequence[DiffRow], weights: Sequence[WeightRow], notes: Sequence[str], most: int
) -> str:
    """Return lines of at most ``most`` cells; nothing is cut off.

    Args:
        head: Lines at the top.
        rows: The differences.
        weights: The weights that moved.
        notes: Sentences at the end.
        most: Cells; a terminal narrower than 32 is taken as 32.
    """
    lines = [part for line in head for part in wrap(line, most, PROSE)]
    if rows:
        lines += ["", *_table([HEADS, *repeated_blank(rows)], _LEAST, most)]
    if weights:
        moved = [(row.layer, row.weight, row.text) for row in weights]
        lines += ["", "Weights that differ", *_table([WEIGHT_HEADS, *moved], (8, 6, 8), most)]
    if notes:
        lines += ["", *(part for note in notes for part in wrap(note, most, PROSE))]
    return "\n".join(lines)


def _table(cells: Sequence[Sequence[str]], least: Sequence[int], most: int) -> list[str]:
    columns = list(zip(*cells, strict=True))
    naturals = [max(map(width, column)) for column in columns]
    least = [min(n, m) for n, m in zip(naturals, least, strict=True)]
    widths = share(naturals, least, most - len(GAP) * (len(columns) - 1)) or least
    rows = table(columns, [""] * len(cells), widths, [False] * len(columns))
    return [line for row in rows for line in row]


def diff_markdown(head: Sequence[str], rows: Sequence[DiffRow], weights: Sequence[WeightRow], notes: Sequence[str]) -> str:
    """Return tables as GitHub and JupyterLab read them; names cannot become markup."""
    title, *facts = map(markdown_text, head)
    lines = [f"**{title}**", *(part for fact in facts for part in ("", fact))]
    for heads, cells in (
        (HEADS, repeated_blank(rows)),
        (WEIGHT_HEADS, [(row.layer, row.weight, row.text) for row in weights]),
    ):
        if cells:
            lines += ["", *markdown_table(heads, [map(markdown_text, row) for row in cells])]
    return "\n".join([*lines, *(part for note in notes for part in ("", markdown_text(note))), ""])
