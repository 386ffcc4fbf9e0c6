"""Decide what an output is: classes, next tokens at each position, a picture, a mask, a series; and describe it so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from kfx.draw.values.layer_values import as_numbers
from kfx.draw.values.numbers import number_text, whole_text
from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.views.inspector.facts import InputShown, shown_shape
from kfx.views.inspector.prediction import ClassShare, Labels, Position, Prediction, PredictionRow, prediction
from kfx.views.inspector.shown.pictures import Pictures, channels_axis, class_colours, pictures_of, planes_of
from kfx.views.inspector.shown.series import MOST_LINES, Series, series_of
from kfx.views.inspector.shown.words import Word

TOP = 3  # next tokens at a position
MOST_POSITIONS = 256  # from the last one back
MOST_CLASSES = 64  # channels that may be the classes of a mask where nothing else tells
_NO_COPY = re.compile(r"mask|segment|label|depth|heat", re.IGNORECASE)  # of the names of outputs that are no reconstruction
_SOME = 12  # integers that are written


@dataclass(frozen=True, eq=False)
class About:
    """What is known about an output besides its values.

    Attributes:
        names: A name for each class.
        axis: The axis of the channels, where known.
        role: ``"attention"``, or ``""``.
        inputs: The example's inputs, as the model gets them.
        shown: The same, described.
        scores: The values are scores of classes, made by the last layer of a classifier, not states inside a model.
        word: Words by number, of a vocabulary that may have as many as there are units.
        step: The word for a place on a further axis.
        key: The address of the call that makes it.
    """

    names: Sequence[str] | None = None
    axis: int | None = None
    role: str = ""
    inputs: Mapping[str, np.ndarray] = field(default_factory=dict)
    shown: tuple[InputShown, ...] = ()
    scores: bool = False
    word: Word | None = None
    step: str = "place"
    key: str = ""

    def of_kind(self, kind: str) -> list[InputShown]:
        """Return the inputs of a kind."""
        return [one for one in self.shown if one.kind == kind]


def units_of(shape: Sequence[int], axis: int | None = None) -> int:
    """Return how many classes an output has: all its values if they lie on one line, else the length of its channels' axis."""
    size = int(np.prod(shape)) if len(shape) else 1
    return size if not len(shape) or size == max(shape) else int(shape[-1 if axis is None else axis])


def described(name: str, value: np.ndarray, about: About) -> Prediction:
    """Return an output of one example as what it is; what is none of these is summed up in a sentence beside a picture."""
    value = np.asarray(value)
    plain, unclear = as_numbers(value)
    if not plain.size or (unclear and value.dtype.kind != "c"):
        return prediction(name, value, about.names)
    named = about.names is not None and units_of(value.shape, about.axis) == len(about.names)
    if value.ndim == 2 and value.shape[1] == 1 < value.shape[0] and not named:
        return _as_series(name, plain, about, unclear) or prediction(name, value)
    if value.ndim < 2 or value.size == max(value.shape):
        return _as_numbers(name, value, about) if value.dtype.kind in "ui" and value.size > 1 else _line(name, value, about)
    how = {2: _plane, 3: _stack, 4: _stack}.get(value.ndim)
    found = how(name, value if value.dtype.kind in "buif" else plain, about) if how else None
    if found is None:
        return prediction(name, value, about.names)
    return replace(found, note=" · ".join(filter(None, [found.note, unclear])))


def _line(name: str, value: np.ndarray, about: About) -> Prediction:
    """Return the rows of classes; a language model's classes at its last position are tokens."""
    names: Labels | None = about.names
    if names is None and about.word is not None and value.size > 2 and about.of_kind("tokens"):
        names = _Names(about.word)
    return prediction(name, value, names)


class _Names:
    """Looks words up as if they were in a list."""

    def __init__(self, word: Word) -> None:
        self._word = word

    def __getitem__(self, unit: int) -> str:
        return self._word(unit)


def _as_numbers(name: str, value: np.ndarray, about: About) -> Prediction:
    """Return integers as they are: chosen tokens, or labels."""
    flat = value.ravel().tolist()
    tokens = about.word is not None and value.dtype.kind in "ui" and bool(about.of_kind("tokens"))
    write = about.word if tokens and about.word is not None else lambda number: whole_text(number)
    some = (" " if tokens else ", ").join(visible(write(x)) for x in flat[:_SOME])
    return Prediction(name, (), len(flat), f"{some}{', …' if len(flat) > _SOME else ''}", kind="note")


def _plane(name: str, value: np.ndarray, about: About) -> Prediction | None:
    """Return values of two axes: classes at each position, an attention map, a picture or a series."""
    plain = as_numbers(value)[0]
    if about.role:
        return _as_planes(name, plain, "head")
    classes = about.word is not None or (about.names is not None and len(about.names) == value.shape[1])
    lengths = {len(one.words) or about.inputs[one.name].size for one in about.shown if _is_tokens(one, about)}
    scores = about.scores and value.shape[0] in lengths
    if value.dtype.kind not in "bui" and value.shape[1] > 1 and (classes or scores or _sums_to_one(plain, 1)):
        return _positions(name, plain, about)
    planes = {one.pictures.size for one in about.of_kind("picture") if one.pictures is not None and one.series is None}
    if value.shape in planes or any(
        np.shape(x) == value.shape and one.kind == "picture" and one.series is None for one, x in _pairs(about)
    ):
        found = pictures_of(value)
        if found is not None:
            return _as_picture(name, found, value, about)
    if any(one.series is not None for one in about.shown):
        return _as_series(name, plain, about, "")
    return _as_planes(name, plain, "plane")


def _pairs(about: About) -> list[tuple[InputShown, np.ndarray]]:
    return [(one, np.asarray(about.inputs[one.name])) for one in about.shown]


def _is_tokens(one: InputShown, about: About) -> bool:
    value = about.inputs.get(one.name)
    return value is not None and np.ndim(value) == 1 and np.asarray(value).dtype.kind in "ui" and np.size(value) > 1


def _stack(name: str, value: np.ndarray, about: About) -> Prediction | None:
    """Return values of three or four axes: a picture, a mask, a volume, a video, or planes one after another."""
    if about.role:
        return _as_planes(name, as_numbers(value)[0], "head") if value.ndim == 3 else None
    axis = channels_axis(value.shape) if about.axis is None else about.axis
    channels = value.shape[axis]
    last = np.moveaxis(value, axis, -1)
    classes = about.names is not None and len(about.names) == channels
    if 1 < channels <= MOST_CLASSES and (classes or (value.dtype.kind == "f" and _sums_to_one(last, -1))):
        return _as_mask(name, last, about)
    found = pictures_of(value, axis, about.step)
    if found is not None:
        return _as_picture(name, found, value, about)
    if value.ndim == 3:
        return _as_planes(name, as_numbers(np.moveaxis(value, axis, 0))[0], "channel", shown_shape(value.shape))
    planes = np.moveaxis(last, -1, 1).reshape(-1, *last.shape[1:3])
    return _as_planes(name, as_numbers(planes)[0], f"{about.step} and channel", shown_shape(value.shape))


def _sums_to_one(value: np.ndarray, axis: int) -> bool:
    return bool(value.shape[axis] > 1 and value.min() >= 0 and np.allclose(value.sum(axis=axis, dtype="float64"), 1, atol=1e-2))


def _positions(name: str, value: np.ndarray, about: About) -> Prediction:
    """Return the likeliest classes at each position, by softmax where the values are scores."""
    first = max(0, len(value) - MOST_POSITIONS)
    finite = value[np.isfinite(value)]
    scores = bool(finite.size) and not (finite.min() >= 0 and finite.max() <= 1.001)
    words = _words_along(len(value), about)
    labels: Labels | None = about.names
    if labels is None and about.word is not None:
        labels = _Names(about.word)
    found = []
    for step in range(first, len(value)):
        shares = _softmax(value[step]) if scores else np.nan_to_num(value[step].astype("float64"))
        best = _largest(shares)
        names = [str(unit) if labels is None else visible(str(labels[unit]))[:40] for unit in best]
        texts = [_percent(shares[unit]) for unit in best]
        rows = tuple(PredictionRow(*row, float(shares[row[1]])) for row in zip(names, best, texts, strict=True))
        found.append(Position(step, visible(words[step])[:40] if words else "", rows))
    more = f"the last {MOST_POSITIONS} of {len(value):,} positions" if first else ""
    whole = f"{shown_shape(value.shape)}: {value.shape[1]:,} classes at each of {numbers.count(len(value), 'position')}"
    note = " · ".join(filter(None, [whole, "softmax of the scores" if scores else "", more]))
    return Prediction(name, (), int(value.size), note, 1.0, "positions", positions=tuple(found))


def _percent(share: float) -> str:
    """``48.1 %``; of the small shares of a large vocabulary three digits."""
    return f"{share * 100:.1f} %" if share >= 0.01 or share == 0 else f"{number_text(share * 100)} %"


def _words_along(length: int, about: About) -> Sequence[str]:
    """Return the words of the input that has so many tokens, or their exact numbers."""
    words = next((one.words for one in about.shown if len(one.words) == length), ())
    ids = (given for one, given in _pairs(about) if _is_tokens(one, about) and given.size == length)
    return words or [whole_text(float(number)) for number in next(ids, ())]


def _softmax(scores: np.ndarray) -> np.ndarray:
    scores = scores.astype("float64")
    top = scores[np.isfinite(scores)].max(initial=-np.inf)
    with np.errstate(invalid="ignore", over="ignore"):
        shares = np.nan_to_num(np.exp(scores - (top if np.isfinite(top) else 0)), posinf=0.0)
    return np.asarray(shares / (shares.sum() or 1.0))


def _largest(shares: np.ndarray) -> list[int]:
    """Return the numbers of the largest, equal ones by number."""
    some = np.argpartition(-shares, TOP)[: TOP + 1] if len(shares) > 4 * TOP else np.arange(len(shares))
    return sorted(some.tolist(), key=lambda unit: (-shares[unit], unit))[:TOP]


def _as_picture(name: str, found: Pictures, value: np.ndarray, about: About) -> Prediction:
    """Return a picture, with its difference from the input that has the same shape."""
    labels = value.dtype.kind in "biu" and found.values.shape[-1] == 1 and int(found.values.max(initial=0)) < MOST_CLASSES
    if labels and int(found.values.min(initial=0)) >= 0 and (value.dtype.kind == "b" or _is_labels(found.values)):
        return _mask(name, found.values[..., 0].astype("int64"), about, f"{shown_shape(value.shape)}: a class at each place")
    difference, beside, more = None, "", ""
    for one, given in () if _NO_COPY.search(f"{name} {about.key}") else _pairs(about):
        if given.shape == value.shape and given.dtype.kind in "uifb" and value.dtype.kind == "f" and one.kind == "picture":
            apart = value.astype("float64") - given.astype("float64")
            shaped = pictures_of(apart, about.axis if apart.ndim > 2 else None, about.step)
            if shaped is not None:
                difference = Pictures(shaped.values.mean(axis=-1, keepdims=True), "signed", found.word)
                beside, more = one.name, _mean_distance(apart)
            break
    parts = [f"{shown_shape(value.shape)} picture", f"{found.count} {found.word}s" if found.count > 1 else "", found.note, more]
    return Prediction(name, (), int(value.size), ", ".join(filter(None, parts)), kind="picture", pictures=found,
                      difference=difference, beside=beside)  # fmt: skip


def _mean_distance(apart: np.ndarray) -> str:
    finite = np.abs(apart[np.isfinite(apart)])
    return f"mean distance from the input {number_text(float(finite.mean()))}" if finite.size else ""


def _is_labels(values: np.ndarray) -> bool:
    return len(np.unique(values)) <= MOST_CLASSES // 2


def _as_mask(name: str, last: np.ndarray, about: About) -> Prediction:
    """Return the likeliest class at each place."""
    sound = np.where(np.isfinite(last), last, -np.inf) if last.dtype.kind == "f" else last
    note = f"{shown_shape(last.shape)}: the likeliest class at each place"
    return _mask(name, np.argmax(sound, axis=-1), about, note)


def _mask(name: str, classes: np.ndarray, about: About, note: str) -> Prediction:
    if classes.ndim == 2:
        classes = classes[None]
    present, counts = np.unique(classes, return_counts=True)
    colours = class_colours(int(classes.max(initial=0)) + 1)
    order = np.argsort(-counts, kind="stable")
    legend = []
    for i in order[:8].tolist():
        unit = int(present[i])
        label = about.names[unit] if about.names is not None and unit < len(about.names) else f"class {unit}"
        legend.append(
            ClassShare(visible(label)[:40], "#" + bytes(colours[unit]).hex(), f"{counts[i] / classes.size * 100:.1f} %")
        )
    more = f", {len(order) - 8} classes more" if len(order) > 8 else ""
    word = about.step if classes.shape[0] > 1 else "place"
    found = Pictures(classes[..., None], "labels", word)
    count = f", {found.count} {word}s" if found.count > 1 else ""
    return Prediction(name, (), int(classes.size), f"{note}{count}{more}", kind="mask", pictures=found, legend=tuple(legend))


def _as_planes(name: str, stack: np.ndarray, word: str, shape: str = "") -> Prediction:
    """Return values as planes on a ramp, with a sentence."""
    found = planes_of(stack, word)
    shape = shape or shown_shape(stack.shape)
    what = f"attention of {shape} (head, query, key)" if word == "head" and stack.ndim == 3 else f"{shape} values"
    what = f"attention of {shape} (query, key)" if word == "head" and stack.ndim == 2 else what
    finite = stack[np.isfinite(stack)]
    span = f"{number_text(float(finite.min()))} to {number_text(float(finite.max()))}" if finite.size else ""
    bad = f"{stack.size - finite.size:,} not finite" if finite.size < stack.size else ""
    note = ", ".join(filter(None, [what, span, bad]))
    return Prediction(name, (), int(stack.size), note, kind="picture", pictures=found)


def _as_series(name: str, value: np.ndarray, about: About, note: str) -> Prediction | None:
    """Return a series, above the input that has the same shape."""
    found = series_of(value, about.axis)
    if found is None:
        return None
    beneath = next((one.series.values for one in about.shown if one.series is not None
                    and one.series.values.shape == found.values.shape), None)  # fmt: skip
    text = f"series of {found.text}"
    if beneath is not None:
        text = ", ".join(filter(None, [text, _mean_distance(found.values - beneath)]))
    text = " · ".join(filter(None, [text, note]))
    if len(found.values) > MOST_LINES:
        planes = planes_of(found.values, "variable")
        return Prediction(name, (), int(value.size), text, kind="picture", pictures=planes, series=found)
    return Prediction(name, (), int(value.size), text, kind="series", series=Series(found.values, beneath))
