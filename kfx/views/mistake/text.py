"""A refused call as text: the sentence, what was given, where sizes part, what would repair it."""

from __future__ import annotations

from kfx.text.table import width
from kfx.views.mistake.data import MistakeWords


def mistake_text(said: MistakeWords) -> str:
    """Write it; clashing sizes stand in ``[ ]``."""
    blocks = [f"{said.title}\n{said.sentence}"]
    if said.inputs:
        dtype = any(row[2] for row in said.inputs)
        rows = [["input", "from", *(["dtype"] if dtype else []), *said.heads]]
        rows += [
            [
                str(n),
                f"{source} = {variable}" if variable else source,
                *([kind] if dtype else []),
                *(f"[{c.text}]" if c.clash else c.text for c in cells),
            ]
            for n, (source, variable, kind, cells) in enumerate(said.inputs)
        ]
        blocks.append(_table(rows))
    if said.arithmetic:
        blocks.append(f"{said.part}\n{_table([list(line) for line in said.arithmetic])}")
    if said.repairs:
        lines = ["Likely repairs, each tried on shapes"]
        for n, (title, before, changed, after, gives) in enumerate(said.repairs, 1):
            lines += [f"{n}. {title}", f"   {before}{changed}{after}", f"   {gives}"]
        blocks.append("\n".join(line for line in lines if line.strip()))
    if said.error:
        blocks.append("Keras's own error\n" + "\n".join(f"  {line}" for line in said.error.splitlines()))
    return "\n\n".join(blocks)


def _table(rows: list[list[str]]) -> str:
    columns = max(map(len, rows))
    rows = [[*row, *[""] * (columns - len(row))] for row in rows]
    wide = [max(width(row[i]) for row in rows) for i in range(columns)]
    return "\n".join(
        "  " + "  ".join(cell + " " * (w - width(cell)) for cell, w in zip(row, wide, strict=True)).rstrip() for row in rows
    )
