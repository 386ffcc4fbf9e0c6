"""Put the explanation of a failed call into rows of words for text, HTML and script; write it as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kfx.model.mistakes.facts import Given, Mistake, Repair, shape_words
from kfx.text.table import aligned
from kfx.text.untrusted import visible

_PARTS = {
    "merge": "Where they part",
    "size": "The arithmetic",
    "reshape": "The numbers",
    "disconnected": "Where the path breaks",
}


@dataclass(frozen=True)
class Size:
    """One size in the table of inputs; ``clash`` marks a wrong one."""

    text: str
    clash: bool


@dataclass(frozen=True)
class InputWords:
    """One input: its source, the user's variable for it or ``""``, its dtype or ``""``, its sizes."""

    source: str
    variable: str
    dtype: str
    sizes: tuple[Size, ...]


@dataclass(frozen=True)
class RepairWords:
    """One repair: its title, its code in ``parts`` before the change, the change and after it, and its result."""

    title: str
    parts: tuple[str, str, str]
    gives: str


@dataclass(frozen=True)
class MistakeWords:
    """The explanation of a failed call in words; the script gets the same fields.

    Attributes:
        title: The red line, e.g. ``"add refused its inputs"``.
        sentence: The mistake.
        expects: The expected inputs, or ``""``.
        heads: Heads of the size columns: the names of the axes, or ``("shape",)`` where the inputs differ in their axes.
        inputs: The inputs of the call.
        part: Head of the arithmetic.
        arithmetic: ``(layer, arithmetic, reason)``.
        repairs: Code to try.
        error: Keras's own message.
        tried: What the repairs were tried on.
    """

    title: str
    sentence: str
    expects: str
    heads: tuple[str, ...]
    inputs: tuple[InputWords, ...]
    part: str
    arithmetic: tuple[tuple[str, ...], ...]
    repairs: tuple[RepairWords, ...]
    error: str
    tried: str


def mistake_words(mistake: Mistake, *, error: bool = True) -> MistakeWords:
    """Put a mistake into words, with or without Keras's own message; control characters in a user's names become visible."""
    axes = {given.axes for given in mistake.given}
    alike = len(axes) == 1 and all(given.shape is not None for given in mistake.given)
    heads = axes.pop() if alike else ("shape",) if axes else ()
    plain = all(given.dtype in ("float32", "") for given in mistake.given)
    return MistakeWords(
        title=_title(mistake),
        sentence=visible(mistake.sentence),
        expects=visible(mistake.expects),
        heads=tuple(map(visible, heads)),
        inputs=tuple(
            InputWords(
                visible(given.source),
                "" if given.variable == given.source else visible(given.variable),
                "" if plain else visible(given.dtype),
                _sizes(given) if alike else (Size("unknown" if given.shape is None else shape_words(given.shape), True),),
            )
            for given in mistake.given
        ),
        part=_PARTS.get(mistake.kind, "The arithmetic"),
        arithmetic=tuple(tuple(map(visible, line)) for line in mistake.arithmetic),
        repairs=tuple(map(_repair, mistake.repairs)),
        error="\n".join(map(visible, mistake.error.splitlines())) if error else "",
        tried=mistake.tried,
    )


def _title(mistake: Mistake) -> str:
    name = visible(mistake.name)
    if mistake.title:
        return visible(mistake.title)
    if mistake.kind == "foreign":
        return f"{name} cannot take a symbolic tensor"
    if mistake.kind == "class":
        return f"{name} is a class, not a layer yet"
    if mistake.name == "Model":
        return "Keras could not make this model"
    return f"{name} refused its input{'s' if len(mistake.given) != 1 else ''}"


def _sizes(given: Given) -> tuple[Size, ...]:
    words = ["?" if n is None else "none" if n < 0 else f"{n}" for n in given.shape or ()]
    return tuple(Size(word, i in given.clash) for i, word in enumerate(words))


def _repair(repair: Repair) -> RepairWords:
    code, changed = "\n".join(map(visible, repair.code.splitlines())), visible(repair.changed)
    before, change, after = code.partition(changed) if changed else (code, "", "")
    return RepairWords(visible(repair.title), (before, change, after), visible(repair.gives))


def mistake_text(words: MistakeWords) -> str:
    """Return the explanation as text; sizes that clash are in ``[ ]``."""
    blocks = [f"{words.title}\n{words.sentence}"]
    if words.inputs:
        dtype = any(row.dtype for row in words.inputs)
        rows = [["input", "from", *(["dtype"] if dtype else []), *words.heads]]
        for n, row in enumerate(words.inputs):
            source = f"{row.source} = {row.variable}" if row.variable else row.source
            sizes = [f"[{size.text}]" if size.clash else size.text for size in row.sizes]
            rows.append([str(n), source, *([row.dtype] if dtype else []), *sizes])
        blocks.append(_indented(rows))
    if words.arithmetic:
        blocks.append(f"{words.part}\n{_indented(words.arithmetic)}")
    if words.repairs:
        lines = [f"Likely repairs, each tried on {words.tried}"]
        for n, repair in enumerate(words.repairs, 1):
            code = [f"   {line}" for line in "".join(repair.parts).splitlines()]
            lines += [f"{n}. {repair.title}", *code, f"   {repair.gives}"]
        blocks.append("\n".join(line for line in lines if line.strip()))
    if words.error:
        blocks.append("Keras's own error\n" + "\n".join(f"  {line}" for line in words.error.splitlines()))
    return "\n\n".join(blocks)


def _indented(rows: Sequence[Sequence[str]]) -> str:
    columns = max(map(len, rows))
    return "\n".join(f"  {line}".rstrip() for line in aligned([[*row, *[""] * (columns - len(row))] for row in rows]))
