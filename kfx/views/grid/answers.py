"""Answer the questions of the live map: a map's labels as plain facts, its numbers as bytes."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from kfx.text.untrusted import visible
from kfx.views.grid.facts import GridFacts

_log = logging.getLogger("kfx")
Question = dict[str, Any]
Reply = tuple[dict[str, Any], list[bytes]]


def about_grid(facts: GridFacts) -> dict[str, Any]:
    """Return what the live view knows from the start."""
    measures = facts.sheet(facts.start).measures
    return {
        "kind": facts.kind,
        "name": visible(facts.name)[:120],
        "head": facts.line,
        "pages": list(facts.pages),
        "rowWord": facts.row_word,
        "columnWord": facts.column_word,
        "before": facts.before,
        "measures": [{"name": one.name, "label": one.label, "form": one.form, "drawn": one.drawn} for one in measures],
    }


class GridAnswers:
    """Answers the browser's questions: ``answers({"page": 0})`` returns facts and buffers. It never raises.

    Args:
        facts: What is shown.
    """

    def __init__(self, facts: GridFacts) -> None:
        self._facts = facts

    def __call__(self, ask: Question) -> Reply:
        try:
            return self._page(int(ask["page"]))
        except Exception as error:
            _log.debug("The map could not answer %r:", ask, exc_info=True)
            first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
            return {"error": visible(first_line)[:600]}, []

    def _page(self, number: int) -> Reply:
        sheet = self._facts.sheet(number)
        scales = [one.scale for one in sheet.measures]
        facts: dict[str, Any] = {
            "rows": list(sheet.rows),
            "titles": list(sheet.titles),
            "columns": list(sheet.columns),
            "scales": [{"low": one.low, "high": one.high, "signed": one.signed, "clipped": one.clipped} for one in scales],
            "first": list(sheet.first),
            "notes": list(sheet.notes),
            "words": list(sheet.words),
            "top": 0 if sheet.ids is None else sheet.ids.shape[2],
        }
        buffers = [np.ascontiguousarray(one.values, "<f4").tobytes() for one in sheet.measures]
        if sheet.ids is not None and sheet.shares is not None:
            buffers += [np.ascontiguousarray(sheet.ids, "<i4").tobytes(), np.ascontiguousarray(sheet.shares, "<f4").tobytes()]
        return facts, buffers
