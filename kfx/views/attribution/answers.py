"""Answer the questions of the live attribution view: an example for a class, more steps, and checks of the maps."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from kfx.draw.values.colormap import STEPS
from kfx.draw.values.overlay import kept_small, map_scale
from kfx.draw.values.scale import Limits, levels
from kfx.text.untrusted import visible
from kfx.values.attribution.settings import MOST_STEPS
from kfx.views.attribution.checks import check_deletion, check_sanity, deletion_words, sanity_words
from kfx.views.attribution.examples import Examples
from kfx.views.attribution.facts import ShownExample, ShownMap, Sum, plain, signed
from kfx.views.attribution.parts import Part
from kfx.views.attribution.text import picture_words, table_rows

WORDS, ROWS, LINES, CHOICES = 2000, 8, 6, 12

_log = logging.getLogger("kfx")
Question = dict[str, Any]
Reply = tuple[dict[str, Any], list[bytes]]


class AttributionAnswers:
    """Answers the browser's questions: ``answers({"what": "example", ...})`` returns facts and buffers. It never raises.

    Args:
        examples: What is shown of each example.
    """

    def __init__(self, examples: Examples) -> None:
        self._examples = examples
        self._answers = {"example": self._example, "check": self._check}

    def __call__(self, ask: Question) -> Reply:
        try:
            return self._answers[ask["what"]](ask)
        except Exception as error:
            _log.debug("The attribution view could not answer %r:", ask, exc_info=True)
            first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
            return {"error": visible(first_line)[:600]}, []

    def _units(self, ask: Question) -> tuple[int, ...] | None:
        given = ask.get("units") or None
        if given is None:
            return None
        fact = self._examples.known.facts[self._examples.known.goal.output]
        units = tuple(int(unit) for unit in given[:2])
        if any(not 0 <= unit < max(fact.units, int(np.prod(fact.shape))) for unit in units):
            raise ValueError(f"There is no unit {max(units)}; the output has {fact.units}.")
        return units

    def _example(self, ask: Question) -> Reply:
        steps = min(int(ask["steps"]), MOST_STEPS) if ask.get("steps") else None
        shown = self._examples.shown(int(ask["example"]), self._units(ask), steps)
        buffers: list[bytes] = []
        parts = [self._part(part, maps, buffers) for part, maps in zip(shown.parts, shown.maps, strict=True)]
        return {**about_example(shown), "parts": parts}, buffers

    def _part(self, part: Part, maps: tuple[ShownMap, ...], buffers: list[bytes]) -> dict[str, Any]:
        found: dict[str, Any] = {"name": visible(part.name), "form": part.form, "picture": None}
        if part.form == "picture" and part.picture is not None:
            found["picture"] = {"rows": part.picture.shape[0], "columns": part.picture.shape[1]}
            buffers.append(np.ascontiguousarray(part.picture).tobytes())
        if part.form == "series":
            series = np.asarray(part.values, "<f4")[:LINES]
            found |= {"steps": series.shape[1], "lines": list(part.words[:LINES]), "all": len(part.words)}
            buffers.append(np.ascontiguousarray(series).tobytes())
        found["maps"] = [self._map(part, one, buffers) for one in maps]
        return found

    def _map(self, part: Part, one: ShownMap, buffers: list[bytes]) -> dict[str, Any]:
        facts = {"method": one.method, "title": one.title, "signed": one.signed, "note": one.note}
        far = float(np.abs(one.values).max(initial=0))
        if part.form == "picture":
            small = kept_small(one.values)
            scale = map_scale(one.values, signed=one.signed)
            buffers.append(levels(small, scale).tobytes())
            ends = [signed(scale.low, far), signed(scale.high, far)] if one.signed else ["0", plain(scale.high)]
            where = picture_words(one.values, one.signed)
            return {
                **facts,
                "rows": small.shape[0],
                "columns": small.shape[1],
                "ends": ends,
                "clipped": scale.clipped,
                "where": where,
            }
        if part.form == "series":
            some = one.values[:LINES] if len(one.values) == len(part.words) else one.values[:1]
            buffers.append(levels(some if one.signed else np.abs(some), Limits(-(far or 1), far or 1, True, False)).tobytes())
            ends = [signed(-far, far), signed(far, far)] if one.signed else ["0", plain(far)]
            return {**facts, "rows": len(some), "columns": some.shape[1], "ends": ends, "half": True}
        if part.form == "table":
            rows = table_rows(part, one.values, ROWS)
            order = np.argsort(-np.abs(np.round(one.values.astype("float64"), 6)), kind="stable")[:ROWS]
            shares = [float(one.values[n]) / (far or 1) for n in order] + [0.0] * (len(rows) - len(order))
            return {**facts, "entries": [[*row, share] for row, share in zip(rows, shares, strict=True)]}
        values = one.values[:WORDS]
        level = (
            np.round((values / (far or 1) + 1) * (STEPS - 1) / 2) if one.signed else 127 + np.round(127 * values / (far or 1))
        )
        words = [[word, signed(float(x), far), int(n)] for word, x, n in zip(part.words, values, level, strict=False)]
        return {
            **facts,
            "words": words,
            "more": max(0, len(one.values) - WORDS),
            **({} if one.signed else {"ends": ["0", plain(far)], "half": True}),
        }

    def _check(self, ask: Question) -> Reply:
        """Return both checks of one method for an example and class."""
        example, method = int(ask["example"]), str(ask["method"])
        units = self._units(ask) or tuple(int(unit) for unit in self._examples.explained.units[example])
        if method not in self._examples.known.methods:
            raise ValueError(f"There is no map by {visible(method)[:60]!r}.")
        curve = check_deletion(self._examples, method, example, units)
        facts: dict[str, Any] = {
            "curve": curve.score[0].tolist(),
            "random": curve.random[0].tolist(),
            "deletion": deletion_words(curve),
        }
        try:
            sane = check_sanity(self._examples, method, example, units)
        except ValueError as error:  # a model without trainable weights
            return {**facts, "sanity": str(error), "stages": []}, []
        stages = [
            [visible(layer), f"{value:.2f}".replace("-", "−")]
            for layer, value in zip(sane.layers, sane.correlation, strict=True)
        ]
        return {**facts, "sanity": sanity_words(sane), "stages": stages}, []


def about_example(shown: ShownExample) -> dict[str, Any]:
    """Return the facts of an example without its maps."""
    far = max((abs(one.value) for one in shown.choices), default=0) or 1
    choices = [one for n, one in enumerate(shown.choices) if n < CHOICES or one.unit in shown.units]
    return {
        "target": visible(shown.target),
        "head": shown.head,
        "kind": shown.kind,
        "units": list(shown.units),
        "choices": [
            {"unit": one.unit, "name": one.name, "text": one.text, "share": abs(one.value) / (1 if one.is_share else far)}
            for one in choices
        ],
        "sum": None if shown.sum is None else sum_facts(shown.sum, shown.kind, shown.baseline),
        "notes": list(shown.notes),
    }


def sum_facts(total: Sum, kind: str, baseline: str) -> dict[str, Any]:
    """Return whether the map adds up, as rows of words and numbers."""
    rows = [
        [f"{kind} of the example", plain(total.score)],
        [f"{kind} of the baseline ({baseline})", plain(total.baseline)],
        ["difference to explain", plain(total.difference)],
        [f"sum of the map, {total.steps} steps", plain(total.total)],
    ]
    more = min(2 * total.steps, MOST_STEPS)
    return {"rows": rows, "words": total.words, "close": total.is_close, "more": more if more > total.steps else 0}
