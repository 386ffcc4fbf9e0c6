"""A refused call as rows of words: the same for text, HTML and script; and as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kfx.model.mistakes.facts import Given, Mistake
from kfx.text.table import width
from kfx.text.untrusted import visible

_PARTS = {
    "merge": "Where they part",
    "size": "The arithmetic",
    "reshape": "The numbers",
    "disconnected": "Where the path breaks",
}


@dataclass(frozen=True)
class Cell:
    """One size in the table of inputs; ``clash`` where it is wrong."""

    text: str
    clash: bool


@dataclass(frozen=True)
class MistakeWords:
    """The explanation of a refused call in words.

    Attributes:
        title: The red line, e.g. ``"add refused its inputs"``.
        sentence: What is wrong.
        expects: What was expected, or ``""``.
        heads: Heads of the size columns: the names of the axes, or ``("shape",)`` where the inputs differ in their axes.
        inputs: ``(source, the user's name for it or "", dtype or "", sizes)`` of each input.
        part: Head of the arithmetic.
        arithmetic: ``(layer, arithmetic, reason)``.
        repairs: ``(title, code before the change, the change, code after it, what it gives)``.
        error: Keras's own message.
    """

    title: str
    sentence: str
    expects: str
    heads: tuple[str, ...]
    inputs: tuple[tuple[str, str, str, tuple[Cell, ...]], ...]
    part: str
    arithmetic: tuple[tuple[str, str, str], ...]
    repairs: tuple[tuple[str, str, str, str, str], ...]
    error: str


def mistake_words(mistake: Mistake) -> MistakeWords:
    """Put a mistake into words; control characters in a user's names become visible."""
    alike = len({given.axes for given in mistake.given}) == 1 and all(g.shape is not None for g in mistake.given)
    heads = mistake.given[0].axes if alike and mistake.given else ("shape",) if mistake.given else ()
    plain = all(given.dtype in ("float32", "") for given in mistake.given)
    return MistakeWords(
        title=_title(mistake),
        sentence=visible(mistake.sentence),
        expects=visible(mistake.expects),
        heads=tuple(map(visible, heads)),
        inputs=tuple(
            (
                visible(g.source),
                "" if g.variable == g.source else visible(g.variable),
                "" if plain else visible(g.dtype),
                _sizes(g) if alike else _shape(g),
            )
            for g in mistake.given
        ),
        part=_PARTS.get(mistake.kind, "The arithmetic"),
        arithmetic=tuple(tuple(map(visible, line)) for line in mistake.arithmetic),  # type: ignore[misc]
        repairs=tuple(_repair(r.title, r.code, r.changed, r.gives) for r in mistake.repairs),
        error="\n".join(map(visible, mistake.error.splitlines())),
    )


def _title(mistake: Mistake) -> str:
    name = visible(mistake.name)
    if mistake.kind == "foreign":
        return f"{name} cannot take a symbolic tensor"
    if mistake.kind == "class":
        return f"{name} is a class, not a layer yet"
    if mistake.name == "Model":
        return "Keras could not make this model"
    return f"{name} refused its input{'s' if len(mistake.given) != 1 else ''}"


def _sizes(given: Given) -> tuple[Cell, ...]:
    return tuple(Cell("?" if n is None else str(n), i in given.clash) for i, n in enumerate(given.shape or ()))


def _shape(given: Given) -> tuple[Cell, ...]:
    text = "unknown" if given.shape is None else "×".join("?" if n is None else str(n) for n in given.shape) or "one number"
    return (Cell(text, True),)


def _repair(title: str, code: str, changed: str, gives: str) -> tuple[str, str, str, str, str]:
    code, changed = visible(code), visible(changed)
    before, found, after = code.partition(changed) if changed else (code, "", "")
    return (visible(title), before, found, after, visible(gives))


def mistake_data(words: MistakeWords) -> dict[str, Any]:
    """Return the words as the JSON-ready values that the script shows."""
    return {
        "title": words.title,
        "sentence": words.sentence,
        "expects": words.expects,
        "heads": list(words.heads),
        "inputs": [
            {
                "source": source,
                "variable": variable,
                "dtype": dtype,
                "sizes": [{"text": c.text, "clash": c.clash} for c in cells],
            }
            for source, variable, dtype, cells in words.inputs
        ],
        "part": words.part,
        "arithmetic": [list(line) for line in words.arithmetic],
        "repairs": [
            {"title": title, "code": before + changed + after, "parts": [before, changed, after], "gives": gives}
            for title, before, changed, after, gives in words.repairs
        ],
        "error": words.error,
    }


def mistake_text(words: MistakeWords) -> str:
    """Return the explanation as text; sizes that clash are in ``[ ]``."""
    blocks = [f"{words.title}\n{words.sentence}"]
    if words.inputs:
        dtype = any(row[2] for row in words.inputs)
        rows = [["input", "from", *(["dtype"] if dtype else []), *words.heads]]
        rows += [
            [
                str(n),
                f"{source} = {variable}" if variable else source,
                *([kind] if dtype else []),
                *(f"[{c.text}]" if c.clash else c.text for c in cells),
            ]
            for n, (source, variable, kind, cells) in enumerate(words.inputs)
        ]
        blocks.append(_table(rows))
    if words.arithmetic:
        blocks.append(f"{words.part}\n{_table([list(line) for line in words.arithmetic])}")
    if words.repairs:
        lines = ["Likely repairs, each tried on shapes"]
        for n, (title, before, changed, after, gives) in enumerate(words.repairs, 1):
            lines += [f"{n}. {title}", f"   {before}{changed}{after}", f"   {gives}"]
        blocks.append("\n".join(line for line in lines if line.strip()))
    if words.error:
        blocks.append("Keras's own error\n" + "\n".join(f"  {line}" for line in words.error.splitlines()))
    return "\n\n".join(blocks)


def _table(rows: list[list[str]]) -> str:
    columns = max(map(len, rows))
    rows = [[*row, *[""] * (columns - len(row))] for row in rows]
    wide = [max(width(row[i]) for row in rows) for i in range(columns)]
    return "\n".join(
        "  " + "  ".join(cell + " " * (w - width(cell)) for cell, w in zip(row, wide, strict=True)).rstrip() for row in rows
    )
