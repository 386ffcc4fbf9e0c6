"""Describe an example's inputs: as pictures, words or numbers, from the data or from what the user gives in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeGuard, cast

import numpy as np

from kfx.draw.values.input_picture import picture
from kfx.draw.values.numbers import number_text
from kfx.text.untrusted import visible
from kfx.views.inspector.facts import InputShown, shown_shape

Vocabulary = Sequence[object] | Mapping[int, object] | Callable[[int], object]

_SOME = 12  # numbers of a vector that are written


class InputWords:
    """Describes the inputs of an example.

    Args:
        names: The model's inputs.
        count: How many examples there are.
        tokens: A vocabulary (a sequence, a dict or a function from number to word), a list of words for each example, or a
            dict of these by input.
        images: What to show in place of preprocessed inputs, one picture an example; or a dict of these by input.
    """

    def __init__(self, names: Sequence[str], count: int, *, tokens: object = None, images: object = None) -> None:
        self._tokens = cast(Mapping[str, Vocabulary], _by_input(tokens, names, "tokens"))
        self._images = cast(Mapping[str, Sequence[np.ndarray] | None], _by_input(images, names, "images"))
        held = [("`images`", "pictures", name, len(given)) for name, given in self._images.items() if given is not None]
        held += [("`tokens`", "lists of words", name, len(given)) for name, given in self._tokens.items() if _is_lists(given)]
        for argument, what, name, length in held:
            if length != count:
                raise ValueError(f"{argument} holds {length} {what} for {count} examples; give one for each ({name!r}).")

    def shown(self, inputs: Mapping[str, np.ndarray], example: int) -> tuple[InputShown, ...]:
        """Return the description of every input of an example."""
        return tuple(self._one(name, np.asarray(value), example) for name, value in inputs.items())

    def _one(self, name: str, value: np.ndarray, example: int) -> InputShown:
        images = self._images.get(name)
        found = picture(np.asarray(value if images is None else images[example]))
        if images is not None and found is None:
            raise ValueError(
                f"`images[{example}]` has shape {np.shape(images[example])}; expected a picture, (height, width, 3) or "
                "(height, width)."
            )
        shape = shown_shape(value.shape)
        if found is not None and value.ndim >= 2:
            note = f", {found.note}" if found.note else ""
            return InputShown(name, "picture", f"{shape} picture{note}", found.rgb)
        if value.dtype.kind in "OSU":
            text = " ".join(x.decode("utf-8", "replace") if isinstance(x, bytes) else str(x) for x in value.ravel()[:_SOME])
            return InputShown(name, "text", visible(text)[:2000])
        tokens = self.tokens(name, value, example)
        if tokens is not None:
            text = " ".join(visible(token) for token in tokens if token)
            return InputShown(name, "tokens", text[:2000] or "no words")
        flat = value.ravel()
        some = ", ".join(number_text(float(x)) for x in flat[:_SOME]) if value.dtype.kind in "buif" else ""
        more = f", … ({shape})" if flat.size > _SOME else ""
        return InputShown(name, "numbers", f"{some}{more}" or shape)

    def tokens(self, name: str, value: np.ndarray, example: int) -> tuple[str, ...] | None:
        """Return the words of a sequence's steps; None where they are not known."""
        given = self._tokens.get(name)
        if given is None or value.ndim == 0:
            return None
        if _is_lists(given):
            found = [str(word) for word in given[example]]
            return tuple(found[: value.shape[0]] + [""] * (value.shape[0] - len(found)))
        if value.ndim != 1 or value.dtype.kind not in "uif":
            return None
        return tuple(_word(given, int(number)) for number in value if np.isfinite(number))


def _word(given: Vocabulary, number: int) -> str:
    if callable(given):
        return str(given(number))
    if isinstance(given, Mapping):
        return str(given.get(number, number))
    return str(given[number]) if 0 <= number < len(given) else str(number)


def _is_lists(given: object) -> TypeGuard[Sequence[Sequence[object]]]:
    return _is_list(given) and bool(given) and _is_list(given[0])


def _is_list(given: object) -> TypeGuard[Sequence[object]]:
    return isinstance(given, Sequence) and not isinstance(given, str)


def _by_input(given: object, names: Sequence[str], what: str) -> dict[str, object]:
    if given is None:
        return {}
    if isinstance(given, Mapping) and given and all(isinstance(key, str) for key in given):
        for key in given:
            if key not in names:
                raise ValueError(f"`{what}` names an input {key!r}; the model's inputs are {', '.join(map(repr, names))}.")
        return dict(given)
    if what == "images" and len(names) > 1:
        raise ValueError(f"`images` must say which input it shows: {{{names[0]!r}: images}}.")
    if what == "tokens" and not isinstance(given, Sequence | Mapping | np.ndarray | Callable):
        raise TypeError(f"`tokens` is a {type(given).__name__!r}; give a vocabulary: words by number, a dict or a function.")
    if what == "images" and not isinstance(given, Sequence | np.ndarray):
        raise TypeError(
            f"`images` is a {type(given).__name__!r}; give one picture for each example, or a dict of these by input."
        )
    return dict.fromkeys(names, given)
