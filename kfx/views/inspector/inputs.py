"""What an example's inputs look like and what its words are: pictures, tokens and names that the user gives, or our own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kfx.draw.values.input_picture import picture
from kfx.draw.values.numbers import number_text
from kfx.text.untrusted import visible
from kfx.views.inspector.facts import InputShown, shown_shape

_SOME = 12  # numbers of a vector that are written


class InputWords:
    """How inputs are shown.

    Args:
        names: The model's inputs.
        count: How many examples there are.
        tokens: A vocabulary (a sequence, a dict or a function from number to word), a list of words for each example, or a
            dict of these by input.
        images: What to show in place of preprocessed inputs, one picture an example; or a dict of these by input.
    """

    def __init__(self, names: Sequence[str], count: int, *, tokens: Any = None, images: Any = None) -> None:
        self._tokens = _by_input(tokens, names, "tokens")
        self._images = _by_input(images, names, "images")
        for name, given in self._images.items():
            if given is not None and len(given) != count:
                raise ValueError(f"`images` holds {len(given)} pictures for {count} examples; give one for each ({name!r}).")
        for name, given in self._tokens.items():
            if _is_lists(given) and len(given) != count:
                raise ValueError(
                    f"`tokens` holds {len(given)} lists of words for {count} examples; give one for each ({name!r})."
                )

    def shown(self, inputs: Mapping[str, np.ndarray], example: int) -> tuple[InputShown, ...]:
        """Every input of an example."""
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
            said_ = f"{shape} picture" + (f", {found.note}" if found.note else "")
            return InputShown(name, "picture", rgb=found.rgb, text=said_)
        if value.dtype.kind in "OSU":
            text = " ".join(x.decode("utf-8", "replace") if isinstance(x, bytes) else str(x) for x in value.ravel()[:_SOME])
            return InputShown(name, "text", text=visible(text)[:2000])
        tokens = self.tokens(name, value, example)
        if tokens is not None:
            spoken = [token for token in tokens if token]
            return InputShown(name, "tokens", tokens=tokens, text=" ".join(map(visible, spoken))[:2000] or "no words")
        flat = value.ravel()
        some = ", ".join(number_text(float(x)) for x in flat[:_SOME]) if value.dtype.kind in "buif" else ""
        more = f", … ({shape})" if flat.size > _SOME else ""
        return InputShown(name, "numbers", text=f"{some}{more}" or shape)

    def tokens(self, name: str, value: np.ndarray, example: int) -> tuple[str, ...] | None:
        """The words of a sequence's steps, where they are known."""
        given = self._tokens.get(name)
        if given is None or value.ndim == 0:
            return None
        if _is_lists(given):
            found = [str(word) for word in given[example]]
            return tuple(found[: value.shape[0]] + [""] * (value.shape[0] - len(found)))
        if value.ndim != 1 or value.dtype.kind not in "uif":
            return None
        return tuple(_word(given, int(number)) for number in value if np.isfinite(number))


def _word(given: Any, number: int) -> str:
    if callable(given):
        return str(given(number))
    if isinstance(given, Mapping):
        return str(given.get(number, number))
    return str(given[number]) if 0 <= number < len(given) else str(number)


def _is_lists(given: Any) -> bool:
    return (
        isinstance(given, Sequence)
        and not isinstance(given, str)
        and bool(given)
        and isinstance(given[0], Sequence)
        and not isinstance(given[0], str)
    )


def _by_input(given: Any, names: Sequence[str], what: str) -> dict[str, Any]:
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
    return dict.fromkeys(names, given)
