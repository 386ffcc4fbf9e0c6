"""An evaluation as text: Keras's metrics, the matrix, each class, the worst examples."""

from __future__ import annotations

from kfx.draw.evaluation.confusion_map import short_count
from kfx.text import numbers
from kfx.text.table import aligned
from kfx.text.untrusted import visible
from kfx.views.evaluate.facts import EvaluationFacts, OutputFacts, percent_text

ROWS, WORST, WIDE = 24, 5, 12  # rows and examples that are written, classes of a matrix


def evaluation_text(facts: EvaluationFacts) -> str:
    """Return the text; figures are rounded to digits that hold on every machine."""
    lines = [f"{visible(facts.name)}: {facts.head}"]
    lines += list(facts.notes)
    for output in facts.outputs:
        lines += ["", *_output(output)]
    return "\n".join(lines)


def _output(output: OutputFacts) -> list[str]:
    lines = [f"{visible(output.name)}: {output.line}" if output.name else output.line, *output.notes]
    if output.counts is not None and len(output.classes) <= WIDE:
        lines += ["", *_matrix(output)]
    elif output.rows and output.kind != "values":
        lines += ["", *_rows(output)]
    elif output.rows:
        lines += [f"{row.name}: {row.confused}" for row in output.rows[:ROWS]]
        lines += _more(len(output.rows))
    if output.counts is not None and len(output.classes) > WIDE and output.pairs:
        lines += ["", "Most frequent mistakes: " + "; ".join(output.pairs)]
    if output.worst:
        lines += ["", f"Worst, {output.worst_words}:"]
        rows = [(f"  example {one.number:,}", one.words, one.detail) for one in output.worst[:WORST]]
        lines += [line.rstrip() for line in aligned(rows)]
    return lines


def _matrix(output: OutputFacts) -> list[str]:
    assert output.counts is not None
    assert output.true is not None
    head = ("true \\ predicted", *output.classes, "right")
    rows = [head]
    for name, counts, true in zip(output.classes, output.counts.tolist(), output.true.tolist(), strict=True):
        here = output.classes.index(name)
        right = percent_text(counts[here] / true) if true else "none"
        rows.append((name, *(short_count(count) if count else "·" for count in counts), right))
    return [line.rstrip() for line in aligned(rows)]


def _rows(output: OutputFacts) -> list[str]:
    word = "label" if output.kind == "labels" else "class"
    rows = [(word, "count", "recall", "precision", "wrong" if output.kind == "labels" else "most often read as")]
    for row in output.rows[:ROWS]:
        recall, precision = ("" if x is None else percent_text(x) for x in (row.right, row.precision))
        rows.append((row.name, f"{row.count:,}", recall, precision, row.confused))
    return [*(line.rstrip() for line in aligned(rows)), *_more(len(output.rows))]


def _more(count: int) -> list[str]:
    return [f"and {numbers.count(count - ROWS, 'more row')}"] if count > ROWS else []
