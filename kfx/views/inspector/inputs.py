"""Describe an example's inputs: as pictures, words or numbers, from the data or from what the user gives in their place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeGuard, cast

import numpy as np

from kfx.draw.values.numbers import number_text, whole_text
from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.views.inspector.facts import InputShown, shown_shape
from kfx.views.inspector.reading import Reading
from kfx.views.inspector.shown.pictures import Pictures, channels_axis, pictures_of, planes_of
from kfx.views.inspector.shown.series import MOST_LINES, Series, series_of
from kfx.views.inspector.shown.words import Word, is_vocabulary, known_words, word_by_number

NO_TOKENS = re.compile(r"mask|segment|position|type_ids", re.IGNORECASE)  # numbers beside the tokens
_SOME = 12  # numbers of a vector that are written
_PICTURE_SIDE = 16  # rows and columns of a square that is a picture although its rows are read one after another
_WIDEST = 4  # times as wide as high, or as high as wide: anything narrower is no picture


class InputWords:
    """Describes the inputs of an example.

    Args:
        names: The model's inputs.
        count: How many examples there are.
        tokens: A vocabulary (see `kfx.views.inspector.shown.words`), a list of words for each example, or a dict of these by
            input.
        images: What to show in place of preprocessed inputs, one picture an example; or a dict of these by input.
        reading: Facts of the model's graph.
    """

    def __init__(
        self, names: Sequence[str], count: int, *, tokens: object = None, images: object = None, reading: Reading | None = None
    ) -> None:
        self._tokens = _by_input(tokens, names, "tokens")
        self._images = cast(Mapping[str, Sequence[np.ndarray] | None], _by_input(images, names, "images"))
        self._reading = reading or Reading()
        held = [("`images`", "pictures", name, len(given)) for name, given in self._images.items() if given is not None]
        held += [("`tokens`", "lists of words", name, len(given)) for name, given in self._tokens.items() if _is_lists(given)]
        for argument, what, name, length in held:
            if length != count:
                raise ValueError(f"{argument} holds {length} {what} for {count} examples; give one for each ({name!r}).")
        self._words: dict[str, Word] = {
            name: word_by_number(given) for name, given in self._tokens.items() if given is not None and not _is_lists(given)
        }

    def word(self, units: int) -> Word | None:
        """Return the function from numbers to words of a vocabulary that may have so many; None where there is none."""
        for name, found in self._words.items():
            size = known_words(self._tokens[name])
            if size is None or 0 <= units - size <= max(1, 0.02 * units):  # tables of weights are often rounded up
                return found
        return None

    def word_of_any(self, largest: int) -> Word | None:
        """Return the function from numbers to words of a vocabulary that may hold so large a number; None for no such."""
        for name, found in self._words.items():
            size = known_words(self._tokens[name])
            if size is None or largest < size:
                return found
        return None

    def shown(self, inputs: Mapping[str, np.ndarray], example: int) -> tuple[InputShown, ...]:
        """Return the description of every input of an example."""
        return tuple(self._one(name, np.asarray(value), example) for name, value in inputs.items())

    def _one(self, name: str, value: np.ndarray, example: int) -> InputShown:
        shape = shown_shape(value.shape)
        found = self._pictures(name, value, example)
        if found is not None:
            text = ", ".join(filter(None, [f"{shape} picture", _frames(found), found.note]))
            return InputShown(name, "picture", text, found)
        if value.dtype.kind in "OSU":
            text = " ".join(x.decode("utf-8", "replace") if isinstance(x, bytes) else str(x) for x in value.ravel()[:_SOME])
            return InputShown(name, "text", visible(text)[:2000])
        tokens = self.tokens(name, value, example)
        if tokens is not None:
            ids = tuple(map(whole_text, value.tolist())) if value.ndim == 1 and value.dtype.kind in "ui" else ()
            text = " ".join(visible(token) for token in tokens if token)
            return InputShown(name, "tokens", text[:2000] or "no words", words=tokens, ids=ids)
        series = self._series(name, value)
        if series is not None:
            planes = planes_of(series.values, "variable") if len(series.values) > MOST_LINES else None
            return InputShown(name, "picture" if planes else "series", f"series of {series.text}", planes, series)
        flat = value.ravel()
        write = whole_text if value.dtype.kind in "bui" else number_text
        some = ", ".join(write(float(x)) for x in flat[:_SOME]) if value.dtype.kind in "buif" else ""
        more = f", … ({shape})" if flat.size > _SOME else ""
        return InputShown(name, "numbers", f"{some}{more}" or shape)

    def _pictures(self, name: str, value: np.ndarray, example: int) -> Pictures | None:
        """Return the pictures of an input: those given in its place, or its own where it is one, a volume or a video."""
        images = self._images.get(name)
        if images is not None:
            found = pictures_of(images[example])
            if found is None:
                raise ValueError(
                    f"`images[{example}]` has shape {np.shape(images[example])}; expected a picture, (height, width, 3) or "
                    "(height, width)."
                )
            return found if value.ndim >= 2 else None
        if value.dtype.kind not in "uifb" or (value.ndim == 2 and not self._is_plane(name, value)):
            return None
        axis, word = self._reading.channels.get(name), self._reading.step
        found = pictures_of(value, axis if value.ndim > 2 else None, word)
        if found is None and value.ndim == 3 and min(value.shape) >= 1:
            stack = np.moveaxis(value, channels_axis(value.shape) if axis is None else axis, 0)
            return Pictures(stack[..., None], word="channel") if min(stack.shape[1:]) >= 4 else None
        return found

    def _is_plane(self, name: str, value: np.ndarray) -> bool:
        """Return whether an input of two axes is a picture and no series: by its form, its values and who reads it."""
        rows, columns = value.shape
        how = self._reading.inputs.get(name, "")
        if rows == columns >= _PICTURE_SIDE and value.size and value.min() >= 0 and value.max() <= 255:
            return True
        return how != "steps" and max(rows, columns) <= _WIDEST * min(rows, columns)

    def _series(self, name: str, value: np.ndarray) -> Series | None:
        if value.ndim != 2 or value.dtype.kind not in "buif":
            return None
        rows, columns = value.shape
        axis = self._reading.channels.get(name)
        stepped = axis is not None or self._reading.inputs.get(name) == "steps" or rows > _WIDEST * columns
        return series_of(value, axis) if stepped else None

    def tokens(self, name: str, value: np.ndarray, example: int) -> tuple[str, ...] | None:
        """Return the words of a sequence's steps; None where they are not known."""
        given = self._tokens.get(name)
        if given is None or value.ndim == 0:
            return None
        if _is_lists(given):
            found = [str(word) for word in given[example]]
            return tuple(found[: value.shape[0]] + [""] * (value.shape[0] - len(found)))
        word = self._words.get(name)
        if word is None or value.ndim != 1 or value.dtype.kind not in "uif" or NO_TOKENS.search(name):
            return None
        return tuple(word(int(number)) for number in value if np.isfinite(number))


def _frames(found: Pictures) -> str:
    return numbers.count(found.count, found.word) if found.count > 1 else ""


def _is_lists(given: object) -> TypeGuard[Sequence[Sequence[object]]]:
    return _is_list(given) and bool(given) and _is_list(given[0])


def _is_list(given: object) -> TypeGuard[Sequence[object]]:
    return isinstance(given, Sequence) and not isinstance(given, str | bytes)


def _is_index(given: Mapping[object, object]) -> bool:
    """Return whether a dict is words with their numbers, as `keras.datasets.imdb.get_word_index` returns it."""
    return all(isinstance(value, int | np.integer) and not isinstance(value, bool) for value in given.values())


def _by_input(given: object, names: Sequence[str], what: str) -> dict[str, object]:
    if given is None:
        return {}
    if isinstance(given, Mapping) and given and all(isinstance(key, str) for key in given) and not _is_index(given):
        for key in given:
            if key not in names:
                raise ValueError(f"`{what}` names an input {key!r}; the model's inputs are {', '.join(map(repr, names))}.")
        return dict(given)
    if what == "images" and len(names) > 1:
        raise ValueError(f"`images` must say which input it shows: {{{names[0]!r}: images}}.")
    if what == "tokens" and not is_vocabulary(given):
        raise TypeError(
            f"`tokens` is a {type(given).__name__!r}; give a vocabulary: words by number, a dict, a function or a tokenizer."
        )
    if what == "images" and not isinstance(given, Sequence | np.ndarray):
        raise TypeError(
            f"`images` is a {type(given).__name__!r}; give one picture for each example, or a dict of these by input."
        )
    return dict.fromkeys(names, given)
