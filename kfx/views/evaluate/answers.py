"""Answer the questions of the live evaluation view: the examples of a list or of a cell of the matrix, with their pictures."""

from __future__ import annotations

import logging
from typing import Any

from kfx.draw.evaluation.confusion_map import shares, steps
from kfx.text.untrusted import visible
from kfx.views.cards.data import cards_data
from kfx.views.evaluate.facts import EvaluationFacts, OutputFacts, percent_text
from kfx.views.evaluate.html import drawings
from kfx.views.evaluate.report import Report

_log = logging.getLogger("kfx")
Question = dict[str, Any]
Reply = tuple[dict[str, Any], list[bytes]]
ROWS = 200  # of the table of classes


def about_evaluation(facts: EvaluationFacts) -> dict[str, Any]:
    """Return what the live view knows from the start."""
    return {
        "name": visible(facts.name),
        "head": facts.head,
        "notes": [visible(note) for note in facts.notes],
        "outputs": [_output(one) for one in facts.outputs],
    }


def _output(output: OutputFacts) -> dict[str, Any]:
    matrix: dict[str, Any] = {}
    if output.counts is not None and output.true is not None and output.true.sum():
        right = [
            percent_text(count / true) if true else "none"
            for count, true in zip(output.counts.diagonal().tolist(), output.true.tolist(), strict=True)
        ]
        matrix = {
            "classes": list(output.classes),
            "numbers": list(output.numbers),
            "counts": output.counts.tolist(),
            "shares": shares(output.counts, output.true).round(4).tolist(),
            "steps": steps(output.counts, output.true).tolist(),
            "right": right,
        }
    overlap = any(row.overlap is not None for row in output.rows)
    return {
        "name": visible(output.name),
        "kind": output.kind,
        "what": output.what,
        "line": output.line,
        "notes": list(output.notes),
        "heading": output.heading,
        "matrix": matrix,
        "overlap": overlap,
        "rows": [
            [
                row.name,
                f"{row.count:,}",
                *("" if x is None else percent_text(x) for x in (row.right, row.precision)),
                *([("" if row.overlap is None else f"{row.overlap:.3f}")] if overlap else []),
                row.confused,
            ]
            for row in output.rows[:ROWS]
        ],
        "left": max(0, len(output.rows) - ROWS),
        "charts": [name for name in drawings(output) if name != "confusion"],
        "worstWords": output.worst_words,
        "worst": len(output.worst),
        "sure": len(output.sure),
    }


class EvaluationAnswers:
    """Answers the browser's questions: ``answers({"what": "list", ...})`` returns facts and buffers. It never raises."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._answers = {"list": self._list, "chart": self._chart}

    def __call__(self, ask: Question) -> Reply:
        try:
            return self._answers[ask["what"]](ask)
        except Exception as error:
            _log.debug("The evaluation view could not answer %r:", ask, exc_info=True)
            first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
            return {"error": visible(first_line)[:600]}, []

    def _list(self, ask: Question) -> Reply:
        """Return the examples of a list, ``"worst"`` or ``"sure"``, or of a cell ``[true, predicted]``."""
        name = ask["list"]
        output = list(self._report.parts)[int(ask["output"])]
        found = self._report.listed(output, tuple(map(int, name)) if isinstance(name, list) else str(name))
        shown, buffers = cards_data(found)
        return {"examples": shown}, buffers

    def _chart(self, ask: Question) -> Reply:
        """Return a drawing as SVG."""
        output = self._report.facts.outputs[int(ask["output"])]
        return {}, [drawings(output)[str(ask["chart"])].encode()]
