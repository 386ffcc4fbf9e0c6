"""A comparison as text and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from kfx.text.csv_markdown import markdown_table, markdown_text
from kfx.text.table import GAP, PROSE, share, table, width, wrap
from kfx.views.diff.rows import Tables

HEADS = ("", "Layer", "What", "A", "B")
WEIGHT_HEADS = ("Layer", "Weight", "Largest relative change")
_LEAST = (1, 8, 6, 4, 4)


def diff_text(tables: Tables, most: int) -> str:
    """Return lines of at most ``most`` cells; nothing is cut off."""
    lines = [part for line in tables.head for part in wrap(line, most, PROSE)]
    if tables.rows:
        lines += ["", *_table([HEADS, *tables.cells], _LEAST, most)]
    if tables.weights:
        moved = [(row.layer, row.weight, row.text) for row in tables.weights]
        lines += ["", "Weights that differ", *_table([WEIGHT_HEADS, *moved], (8, 6, 8), most)]
    if tables.notes:
        lines += ["", *(part for note in tables.notes for part in wrap(note, most, PROSE))]
    return "\n".join(lines)


def _table(cells: Sequence[Sequence[str]], least: Sequence[int], most: int) -> list[str]:
    columns = list(zip(*cells, strict=True))
    naturals = [max(map(width, column)) for column in columns]
    least = [min(n, m) for n, m in zip(naturals, least, strict=True)]
    widths = share(naturals, least, most - len(GAP) * (len(columns) - 1)) or least
    rows = table(columns, [""] * len(cells), widths, [False] * len(columns))
    return [line for row in rows for line in row]


def diff_markdown(tables: Tables) -> str:
    """Return tables as GitHub and JupyterLab read them; names cannot become markup."""
    title, facts = map(markdown_text, tables.head)
    lines = [f"**{title}**", "", facts]
    for heads, cells in (
        (HEADS, tables.cells),
        (WEIGHT_HEADS, [(row.layer, row.weight, row.text) for row in tables.weights]),
    ):
        if cells:
            lines += ["", *markdown_table(heads, [map(markdown_text, row) for row in cells])]
    return "\n".join([*lines, *(part for note in tables.notes for part in ("", markdown_text(note))), ""])
