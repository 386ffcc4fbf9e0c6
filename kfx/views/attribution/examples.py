"""Build what is shown of an example: its classes, its parts in their forms, and the maps over them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.text import numbers
from kfx.text.untrusted import cut, visible
from kfx.values.attribution.baseline import baseline_words
from kfx.values.attribution.explained import Explained, row_of
from kfx.values.attribution.explainer import Explainer, Known
from kfx.values.attribution.goal import names_of
from kfx.values.attribution.settings import CAMS
from kfx.values.lazy import LazyValues
from kfx.values.tap.program import cached
from kfx.views.attribution.facts import Choice, ShownExample, ShownMap, Sum
from kfx.views.attribution.parts import LONGEST, Part, column_names, form_of, reduced
from kfx.views.inspector.inputs import InputWords
from kfx.views.inspector.reading import reading_of

if TYPE_CHECKING:
    import keras

MOST_CHOICES = 200  # classes that may be chosen from


class Examples:
    """What is shown of each example, and what is computed when another class is chosen.

    Args:
        model: The model.
        values: The examples.
        explainer: Attributes an example anew.
        explained: The attribution of all examples.
        class_names, tokens, columns, images: As for `kfx.attribute`.
    """

    def __init__(
        self,
        model: keras.Model,
        values: LazyValues,
        explainer: Explainer,
        explained: Explained,
        *,
        class_names: object = None,
        tokens: object = None,
        columns: object = None,
        images: object = None,
    ) -> None:
        self.name, self.values, self.explainer, self.explained = str(model.name), values, explainer, explained
        self._class_names, self._columns = class_names, columns
        reading = cached(model, (reading_of,), lambda: reading_of(model))
        self._words = InputWords(list(values.inputs(0)), values.count, tokens=tokens, images=images, reading=reading)
        self.count = len(explained.score)
        self._forms: dict[str, str] = {}  # by input
        self.again = lru_cache(16)(self._again)
        self._parts(self.row(0), 0)  # names that do not fit are refused now

    @property
    def known(self) -> Known:
        """Return what was found out of the model."""
        assert self.explainer.known is not None
        return self.explainer.known

    def row(self, example: int) -> Explained:
        """Return the attribution of one example, with an axis of one example."""
        return row_of(self.explained, example, self.count)

    def _again(self, example: int, units: tuple[int, ...], steps: int | None = None) -> Explained:
        """Attribute an example to other units, or with other steps."""
        batch = self.values.example(example)
        explainer = self.explainer if steps is None else self.explainer.apart(steps=steps)
        found = explainer(batch, np.tile(np.array(units, "int32"), (batch.size, 1)))
        return row_of(found, 0, batch.size)

    def shown(self, example: int, units: tuple[int, ...] | None = None, steps: int | None = None) -> ShownExample:
        """Return what is shown of an example, for its own units or others, with other steps or those of before."""
        found = self.row(example)
        own = tuple(int(unit) for unit in found.units[0])
        if steps is not None or (units is not None and units != own):
            own = units or own
            found = self.again(example, own, steps)
        parts, maps, padding = self._parts(found, example)
        fit = found.completeness
        total = None
        if fit is not None:
            total = Sum(float(fit.score[0]), float(fit.baseline[0]), float(fit.total[0]), int(fit.steps[0]))
        inputs = self.values.inputs(example)
        words = dict.fromkeys(
            baseline_words(self.explainer.settings.baseline, name, np.asarray(x)[None]) for name, x in inputs.items()
        )
        return ShownExample(
            self.name, example, self.count, self.target_words(own), float(found.score[0]), self._kind(),
            self._choices(found), own, parts, maps, total, ", ".join(words), (*self.known.left_out, *padding),
        )  # fmt: skip

    def shown_form(self, name: str, arrays: np.ndarray, method: str) -> np.ndarray:
        """Return maps of an input without an axis of channels, ``(batch, ...)``."""
        return np.stack([reduced(one, self._form(name), method) for one in arrays])

    def over_space(self, name: str, arrays: np.ndarray, method: str) -> np.ndarray:
        """Return maps of an input over its axes of space in their own order, ``(batch, *space)``."""
        form = self._form(name)
        if form == "series":
            return arrays if arrays.ndim < 3 else arrays.sum(axis=-1)
        if form == "picture" and arrays.ndim > 4:
            return arrays.sum(axis=-1)
        return self.shown_form(name, arrays, method)

    def _form(self, name: str) -> str:
        return self._forms.get(name, "table")

    def _kind(self) -> str:
        goal = self.known.goal
        fact = self.known.facts[goal.output]
        kind = "logit" if goal.logits and fact.is_logit else "value"
        return f"{kind} difference" if goal.kind == "contrast" else kind

    def unit_name(self, unit: int) -> str:
        """Return the name of a unit of the output that is attributed."""
        fact = self.known.facts[self.known.goal.output]
        names = names_of(self._class_names, fact)
        if fact.listed and names:
            return cut(visible(names[unit]), 60)
        return f"unit {unit}" if fact.units > 1 else fact.name or "the output"

    def target_words(self, units: tuple[int, ...]) -> str:
        """Return what is attributed, in words."""
        goal = self.known.goal
        if goal.kind == "address":
            return f"the values at {cut(visible(goal.address), 60, middle=True)!r}"
        if goal.kind == "function":
            return "the target function"
        fact = self.known.facts[goal.output]
        names = [self.unit_name(unit) for unit in units]
        words = " rather than ".join(names)
        return f"{visible(fact.name)[:60]}: {words}" if fact.name and fact.name != words else words

    def _choices(self, found: Explained) -> tuple[Choice, ...]:
        goal = self.known.goal
        fact = self.known.facts[goal.output]
        if goal.kind in ("address", "function") or not fact.listed:
            return ()
        values = list(found.outputs.values())[goal.output][0].reshape(-1).astype("float64")
        share = fact.is_logit and bool(((values >= 0) & (values <= 1)).all())
        order = np.argsort(-np.round(values, 9), kind="stable")[:MOST_CHOICES]
        return tuple(Choice(int(unit), self.unit_name(int(unit)), float(values[unit]), share) for unit in order)

    def _parts(self, found: Explained, example: int) -> tuple[tuple[Part, ...], tuple[tuple[ShownMap, ...], ...], list[str]]:
        """Return the parts of an example, their maps, and sentences on padding."""
        inputs, notes = self.values.inputs(example), []
        tables: list[tuple[Part, tuple[ShownMap, ...]]] = []
        rest: list[tuple[Part, tuple[ShownMap, ...]]] = []
        shown = {one.name: one for one in self._words.shown(inputs, example)}
        names = dict(zip(self.known.names, inputs, strict=False)) if len(inputs) == len(self.known.names) else {}
        order = {name: names.get(name, name) for name in self.known.names}
        for name in self.known.names:
            own = order[name]
            arrays = {m: by[name][0] for m, by in found.maps.items() if name in by}
            if own not in inputs or not arrays:
                continue
            value = np.asarray(inputs[own])
            form = self._forms[name] = form_of(shown[own], value, list(arrays.values()))
            made = {method: reduced(array, form, method) for method, array in arrays.items()}
            part = self._part(own, form, value, shown[own], next(iter(made.values())), example)
            if form == "tokens" and value.dtype.kind in "iu":
                part, made, left = without_padding(part, made, value)
                notes += [f"left out: {numbers.count(left, 'place')} of padding in {cut(visible(own), 60)!r}"] if left else []
            maps = tuple(ShownMap(method, one, self._note(method, form, name, found)) for method, one in made.items())
            (tables if form == "table" else rest).append((part, maps))
        both = [*rest, *([_one_table(tables)] if tables else [])]
        return tuple(part for part, _ in both), tuple(maps for _, maps in both), notes

    def _part(self, name: str, form: str, value: np.ndarray, shown: Any, values: np.ndarray, example: int) -> Part:
        single = len(self.known.names) == 1
        if form == "picture":
            rgb = shown.rgb if shown.rgb is not None and shown.pictures is not None else None
            return Part(name, form, picture=rgb)
        if form == "series":
            series = np.asarray(value, "float32")
            series = series[None] if series.ndim == 1 else series.T
            names = column_names(self._columns, name, len(series), single)
            return Part(name, form, names, series)
        if form == "table":
            flat = value.reshape(-1)
            return Part(name, form, column_names(self._columns, name, len(flat), single), tuple(map(_number, flat.tolist())))
        words = shown.words or _words(value, len(values))
        words = words if len(words) == len(values) else tuple(map(str, range(len(values))))
        return Part(name, form, tuple(cut(visible(word), LONGEST) or "·" for word in words))

    def _note(self, method: str, form: str, name: str, found: Explained) -> str:
        kind = {"value": "value", "logit": "logit"}.get(self._kind(), "difference")
        one = {"picture": "pixel", "tokens": "word", "table": "column", "series": "step"}[form]
        settings = self.explainer.settings
        if method in CAMS:
            key = self.known.cams[name][0]
            size = "×".join(map(str, found.coarse[method][name].shape[1:]))
            return f"where {cut(visible(key), 60, middle=True)}, {size}, raises the {kind}; positive part only"
        if method == "integrated":
            return f"each {one}’s share of the {kind}"
        if method == "gradient_x_input":
            return f"each {one}’s share of the {kind} if the model were linear: gradient times input"
        if method == "smoothgrad":
            return (
                f"how strongly each {one} moves the {kind}, the mean of {settings.samples} noisy copies "
                f"({settings.noise:.0%} of the range); without sign".replace("%", " %")
            )
        return f"what the {kind} loses when a part is covered; {found.tries:,} tries"


def without_padding(part: Part, maps: dict[str, np.ndarray], ids: np.ndarray) -> tuple[Part, dict[str, np.ndarray], int]:
    """Return the part without places of word 0 to which no map gives anything, and how many these are."""
    if ids.ndim != 1 or any(len(one) != len(ids) for one in maps.values()):
        return part, maps, 0
    empty = (ids == 0) & np.all([np.abs(one) < 1e-9 for one in maps.values()], axis=0)
    if empty.all() or not empty.any():
        return part, maps, 0
    kept = np.flatnonzero(~empty)
    words = tuple(part.words[n] for n in kept)
    return Part(part.name, part.form, words), {method: one[kept] for method, one in maps.items()}, int(empty.sum())


def _one_table(tables: list[tuple[Part, tuple[ShownMap, ...]]]) -> tuple[Part, tuple[ShownMap, ...]]:
    """Return the columns of several inputs as one table."""
    if len(tables) == 1:
        return tables[0]
    words = tuple(word for part, _ in tables for word in part.words)
    values: tuple[str, ...] = tuple(value for part, _ in tables for value in part.values)  # type: ignore[attr-defined]
    part = Part(f"{len(words)} columns", "table", words, values)
    methods = [one.method for one in tables[0][1]]
    maps = []
    for method in methods:
        found = [next(one for one in maps_ if one.method == method) for _, maps_ in tables]
        maps.append(ShownMap(method, np.concatenate([one.values for one in found]), found[0].note))
    return part, tuple(maps)


def _words(value: np.ndarray, count: int) -> tuple[str, ...]:
    """Return words of a text's places without a vocabulary: those of the text itself, else the numbers."""
    if value.dtype.kind in "OSU":
        texts = [x.decode("utf-8", "replace") if isinstance(x, bytes) else str(x) for x in value.reshape(-1)]
        words = [word for text in texts for word in text.split()] if len(texts) != count else texts
        return tuple([*words, *[""] * count][:count])
    return tuple(str(int(x)) if float(x).is_integer() else str(x) for x in value.reshape(-1).tolist())


def _number(x: float) -> str:
    return f"{x:g}".replace("-", "−")
