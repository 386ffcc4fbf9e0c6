"""The words of the places that attention looks from and at: tokens of a text, patches of a picture, numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from kfx.draw.values.attention import patch_grid
from kfx.text.untrusted import visible
from kfx.views.inspector.inputs import NO_TOKENS, InputWords

LONGEST = 40  # characters of a word
Inputs = Callable[[int], Mapping[str, np.ndarray]]


class Words:
    """Look up the words of queries and keys.

    Args:
        inputs: Returns an example's inputs by name, without the batch axis.
        count: The number of examples.
        tokens: A vocabulary (words by number, a dict or a function), a tokenizer with ``id_to_token``, a list of words for
            each example, or a dict of these by input.
    """

    def __init__(self, inputs: Inputs, count: int, tokens: object = None) -> None:
        self._inputs = inputs
        if isinstance(tokens, Mapping):
            tokens = {name: _vocabulary(one) for name, one in tokens.items()}
        self._words = InputWords(list(inputs(0)), count, tokens=_vocabulary(tokens))

    def both(self, address: str, queries: int, keys: int, example: int, *, itself: bool) -> tuple[list[str], list[str]]:
        """Return the words of a layer's queries and keys: the tokens' numbers without a vocabulary, else the places'.

        In a model with several sequences, attention of a decoder takes the input of the decoder, and its keys those of the
        encoder where it looks at another sequence, by the inputs' names.
        """
        found = self._sequences(example)
        decodes = "decoder" in address.lower()
        first = _picked(found, queries, "decoder" if decodes or not itself else "encoder")
        if itself and queries == keys:
            return first, first
        return first, _picked(found, keys, "encoder")

    def _sequences(self, example: int) -> dict[str, list[str]]:
        """Return the words of each input that is a sequence or a picture."""
        found = {}
        for name, value in self._inputs(example).items():
            array = np.asarray(value)
            words = self._words.tokens(name, array, example)
            if words is not None:
                found[name] = [visible(word)[:LONGEST] for word in words]
            elif array.ndim == 1 and array.dtype.kind in "ui" and not NO_TOKENS.search(name):
                found[name] = [str(number) for number in array]  # no vocabulary: the tokens' numbers
            elif array.ndim == 3 and min(array.shape[:2]) > 1:
                found[name] = _Patches(array.shape[0], array.shape[1])
        return found


class _Patches(list[str]):
    """A picture, whose words depend on the number of its patches."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.size = (height, width)

    def words(self, places: int) -> list[str] | None:
        grid = patch_grid(places, *self.size)
        if grid is None:
            return None
        rows, columns, extra = grid
        before = ["class"] if extra == 1 else [f"extra {n}" for n in range(extra)]
        return [*before, *(f"{row},{column}" for row in range(rows) for column in range(columns))]


def _picked(found: Mapping[str, list[str]], places: int, word: str) -> list[str]:
    """Return the words of the input that has as many places, one with a word in its name first."""
    for _, words in sorted(found.items(), key=lambda one: word not in one[0].lower()):
        known = words.words(places) if isinstance(words, _Patches) else words
        if known is not None and len(known) == places:
            return [one or str(n) for n, one in enumerate(known)]
    return [str(n) for n in range(places)]


def _vocabulary(tokens: object) -> object:
    """Return a function from number to word for a tokenizer, anything else unchanged."""
    look = getattr(tokens, "id_to_token", None)
    return look if callable(look) else tokens
