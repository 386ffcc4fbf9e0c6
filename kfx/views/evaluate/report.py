"""Make the facts of an evaluation's view from what was counted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kfx.draw.evaluation.confusion_map import MOST
from kfx.draw.values.numbers import number_text
from kfx.text import numbers
from kfx.values.evaluation.classes import ClassesEvaluation
from kfx.values.evaluation.kept import KeptExample
from kfx.values.evaluation.labels import LabelsEvaluation
from kfx.values.evaluation.numbers import ValuesEvaluation
from kfx.values.evaluation.run import Evaluation, OutputEvaluation
from kfx.views.cards.facts import ShownExample
from kfx.views.evaluate.facts import (
    ClassRow,
    EvaluationFacts,
    OutputFacts,
    class_names,
    left_out_notes,
    percent_text,
)
from kfx.views.evaluate.shown import ExampleWords, input_words
from kfx.views.inspector.choices import names_by_output

_PAIRS = 8  # mistakes that are listed


class Report:
    """Looks up what the faces show.

    Args:
        name: The model's name.
        metrics: Keras's.
        found: What was counted.
        names: Names of classes, as for `kfx.inspect`.
        tokens: Words of the inputs, as for `kfx.inspect`.
        images: Pictures to show in place of the inputs, as for `kfx.inspect`.
    """

    def __init__(
        self,
        name: str,
        metrics: Mapping[str, float],
        found: Evaluation,
        *,
        names: object = None,
        tokens: object = None,
        images: object = None,
    ) -> None:
        self.parts = found.outputs
        units = {key: part.task.units for key, part in self.parts.items() if part.task.kind != "values"}
        known = names_by_output(names, units) if names is not None and units else {}
        kept = {key: list(part.kept.rows.values()) for key, part in self.parts.items()}
        words = input_words(kept, found.count, tokens, images)
        self._words = {
            key: ExampleWords(words, class_names(known.get(key), part.task.units if part.task.kind != "values" else 0))
            for key, part in self.parts.items()
        }
        self._names = {key: class_names(known.get(key), units[key]) for key in units}
        outputs = tuple(self._output(key, part) for key, part in self.parts.items())
        self.facts = EvaluationFacts(name, found.count, dict(metrics), outputs, tuple(found.notes))

    def listed(self, output: str, name: object) -> list[ShownExample]:
        """Return the examples of a list of an output: ``"worst"``, ``"sure"`` or a cell ``(true, predicted)``."""
        part = self.parts[output]
        return [self._words[output].shown(one, part.task) for one in part.kept.listed(name)]

    def kept(self, output: str, name: object) -> list[KeptExample]:
        """Return the same as they were kept."""
        return self.parts[output].kept.listed(name)

    def _output(self, key: str, part: OutputEvaluation) -> OutputFacts:
        worst, sure = (tuple(self.listed(key, name)) for name in ("worst", "sure"))
        if isinstance(part, ClassesEvaluation):
            return _classes(key, part, self._names[key], worst, sure)
        if isinstance(part, LabelsEvaluation):
            return _labels(key, part, self._names[key], worst)
        return _values(key, part, worst)


def _classes(
    key: str,
    part: ClassesEvaluation,
    names: list[str],
    worst: tuple[ShownExample, ...],
    sure: tuple[ShownExample, ...],
) -> OutputFacts:
    confusion, what = part.confusion, ("example", "step", "place", "place")[min(part.task.places, 3)]
    drawn = confusion.most_confused(MOST)
    total, right = confusion.total, int(confusion.right.sum())
    overlap = confusion.overlap()
    pictures = part.task.places > 1
    whole = what == "example" and total == part.count  # which the head says
    figures = [] if whole else [numbers.count(total, what)]
    figures.append(f"{percent_text(right / total)} right" if total else "nothing to count")
    known = overlap[np.isfinite(overlap)]
    if pictures and known.size:
        figures.append(f"mean overlap {known.mean():.3f}")
    if total:
        figures.append(f"calibration error {part.calibration.error:.3f}")
    pairs = confusion.pairs()
    first: dict[int, tuple[int, int]] = {}
    for true, predicted, count in pairs:
        first.setdefault(true, (predicted, count))
    rows = tuple(_class_row(part, names, one, first.get(one)) for one in range(confusion.classes))
    notes = list(left_out_notes(part.left_out, what, total + sum(part.left_out.values())))
    if confusion.left_out:
        notes.append(f"{confusion.left_out:,} mistakes of rare pairs are in the totals only.")
    if total and int((confusion.true > 0).sum()) == 1:
        notes.append(f"Only one class occurs: {names[int(np.argmax(confusion.true))]}.")
    if not pairs and total:
        notes.append("Nothing is wrong.")
    calibration = part.calibration
    return OutputFacts(
        key,
        "classes",
        what,
        " · ".join(figures),
        tuple(notes),
        tuple(names[one] for one in drawn),
        tuple(drawn.tolist()),
        confusion.matrix(drawn),
        confusion.true[drawn],
        rows,
        tuple(f"{names[t]} read as {names[p]}: {c:,}" for t, p, c in pairs[:_PAIRS]),
        (calibration.sure, calibration.right, calibration.counts, calibration.error) if total else None,
        worst=worst,
        sure=sure,
        worst_words="smallest overlap first" if pictures else "largest loss first",
    )


def _class_row(part: ClassesEvaluation, names: list[str], one: int, first: tuple[int, int] | None) -> ClassRow:
    confusion = part.confusion
    true, predicted, right = (int(x[one]) for x in (confusion.true, confusion.predicted, confusion.right))
    union = true + predicted - right
    return ClassRow(
        names[one],
        true,
        right / true if true else None,
        right / predicted if predicted else None,
        right / union if part.task.places > 1 and union else None,
        f"{names[first[0]]} ({first[1]:,})" if first else "",
    )


def _labels(key: str, part: LabelsEvaluation, names: list[str], worst: tuple[ShownExample, ...]) -> OutputFacts:
    hit, claimed, missed, absent = part.counts.sum(axis=0).tolist()
    total = hit + claimed + missed + absent
    line = [f"{len(names)} labels each"]
    if total:
        line += [f"{percent_text((hit + absent) / total)} right", f"calibration error {part.calibration.error:.3f}"]
    rows = []
    for name, (h, c, m, _) in zip(names, part.counts.tolist(), strict=True):
        wrong = ", ".join([*([f"{m:,} missed"] if m else []), *([f"{c:,} claimed falsely"] if c else [])])
        rows.append(ClassRow(name, h + m, h / (h + m) if h + m else None, h / (h + c) if h + c else None, None, wrong))
    calibration = part.calibration
    return OutputFacts(
        key,
        "labels",
        "label",
        " · ".join(line),
        left_out_notes(part.left_out, "value", part.count),
        rows=tuple(rows),
        calibration=(calibration.sure, calibration.right, calibration.counts, calibration.error) if total else None,
        worst=worst,
    )


def _values(key: str, part: ValuesEvaluation, worst: tuple[ShownExample, ...]) -> OutputFacts:
    figures = part.figures
    line = []
    if len(figures) == 1:
        one = figures[0]
        names = (("mae", "mean absolute error"), ("rmse", "RMSE"), ("bias", "mean error"), ("r2", "R²"))
        line += [f"{word} {number_text(one[name])}" for name, word in names if np.isfinite(one[name])]
    elif figures:
        line.append(f"{len(figures)} numbers each")
    else:
        line.append("nothing to count")
    rows = tuple(
        ClassRow(
            f"number {unit}",
            part.count,
            None,
            None,
            None,
            f"mean absolute error {number_text(one['mae'])}, RMSE {number_text(one['rmse'])}, R² {number_text(one['r2'])}",
        )
        for unit, one in enumerate(figures if len(figures) > 1 else [])
    )
    notes = list(left_out_notes(part.left_out, "example", part.count))
    return OutputFacts(
        key,
        "values",
        "example",
        " · ".join(line),
        tuple(notes),
        rows=rows,
        points=part.points,
        worst=worst,
        worst_words="largest error first",
    )
