"""Attribution as text: the target, each method in a few lines, and whether the map adds up."""

from __future__ import annotations

import numpy as np

from kfx.text.table import aligned
from kfx.text.untrusted import visible
from kfx.views.attribution.facts import ShownExample, ShownMap, Sum, plain, signed
from kfx.views.attribution.parts import Part

ROWS, WORDS, CLASSES = 8, 40, 5  # written at most
_DOWN, _ACROSS = ("top", "middle", "bottom"), ("left", "centre", "right")


def attribution_text(shown: ShownExample) -> str:
    """Return the text; shares are rounded, so that they are the same on every machine."""
    of = f" · example {shown.example + 1} of {shown.count:,}" if shown.count > 1 else ""
    lines = [f"{visible(shown.model)}: why {visible(shown.target)}?  {shown.head}{of}"]
    if len(shown.choices) > 1:
        some = shown.choices[:CLASSES]
        rest = f", and {len(shown.choices) - CLASSES:,} more" if len(shown.choices) > CLASSES else ""
        lines.append("  " + ", ".join(f"{visible(one.name)} {one.text}" for one in some) + rest)
    for part, maps in zip(shown.parts, shown.maps, strict=True):
        for one in maps:
            where = f" · {visible(part.name)}" if len(shown.parts) > 1 else ""
            lines += ["", f"{one.title}{where}: {one.note}", *(f"  {line}" for line in _map(part, one))]
    if shown.sum is not None:
        lines += ["", sum_line(shown.sum, shown.kind, shown.baseline)]
    return "\n".join([*lines, *shown.notes])


def sum_line(total: Sum, kind: str, baseline: str) -> str:
    """Return whether integrated gradients add up, in one line."""
    sign = "✓ " if total.is_close else ""
    more = "" if total.is_close else "; more steps come closer: steps=…"
    return (
        f"Does the map add up? {kind} {plain(total.score)} − baseline ({baseline}) {plain(total.baseline)} = "
        f"{plain(total.difference)}; sum of the map, {total.steps} steps: {plain(total.total)} · {sign}{total.words}{more}"
    )


def _map(part: Part, one: ShownMap) -> list[str]:
    values = one.values
    largest = float(np.abs(values).max(initial=0))
    if part.form == "tokens":
        return _tokens(part, values, largest)
    if part.form == "table":
        return [line.rstrip() for line in aligned(table_rows(part, values))]
    if part.form == "series":
        return _series(part, values, largest)
    return [picture_words(values, one.signed)]


def _tokens(part: Part, values: np.ndarray, largest: float) -> list[str]:
    kept = list(range(len(values)))
    if len(values) > WORDS:
        kept = sorted(np.argsort(-np.abs(np.round(values, 6)), kind="stable")[:WORDS].tolist())
    rows = [(part.words[n], signed(float(values[n]), largest)) for n in kept]
    rest = len(values) - len(rows)
    return [*(line.rstrip() for line in aligned(rows)), *([f"and {rest:,} weaker ones"] if rest else [])]


def table_rows(part: Part, values: np.ndarray, most: int = ROWS) -> list[tuple[str, str, str]]:
    """Return the strongest columns with their value and share, the strongest first, and the sum of the rest."""
    largest = float(np.abs(values).max(initial=0))
    order = np.argsort(-np.abs(np.round(values.astype("float64"), 6)), kind="stable")
    written = part.values if isinstance(part.values, tuple) else ()
    rows = [(part.words[n], written[n] if n < len(written) else "", signed(float(values[n]), largest)) for n in order[:most]]
    rest = order[most:]
    if len(rest):
        rows.append((f"{len(rest):,} more", "", signed(float(values[rest].sum()), largest)))
    return rows


def _series(part: Part, values: np.ndarray, largest: float) -> list[str]:
    rows = []
    for n, line in enumerate(values[:ROWS]):
        at = int(np.argmax(np.abs(np.round(line, 6)))) if line.size else 0
        name = part.words[n] if len(values) == len(part.words) else "all variables"
        rows.append(
            (name, f"sum {signed(float(line.sum()), largest)}", f"most at step {at}: {signed(float(line[at]), largest)}")
        )
    rest = len(values) - len(rows)
    return [*(line.rstrip() for line in aligned(rows)), *([f"and {rest:,} more variables"] if rest else [])]


def picture_words(values: np.ndarray, is_signed: bool) -> str:
    """Return which ninths of a picture hold most of a map: ``for: middle centre 31 %, top left 12 %``."""
    if not np.abs(values).sum():
        return "nothing anywhere"
    sides = [("for", np.clip(values, 0, None)), ("against", np.clip(-values, 0, None))] if is_signed else [("", values)]
    whole, found = float(np.abs(values).sum()), []
    for word, side in sides:
        cells = [
            (float(cell.sum()) / whole, f"{down} {across}")
            for rows, down in zip(np.array_split(side, 3, axis=0), _DOWN, strict=True)
            for cell, across in zip(np.array_split(rows, 3, axis=1), _ACROSS, strict=True)
        ]
        best = [one for one in sorted(cells, key=lambda one: -round(one[0], 2)) if round(one[0], 2) > 0][:2]
        if best:
            found.append(
                f"{word}: ".lstrip(": ") + ", ".join(f"{where} {share:.0%}".replace("%", " %") for share, where in best)
            )
    return "; ".join(found) or "nothing anywhere"
