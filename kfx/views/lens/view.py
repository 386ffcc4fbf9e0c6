"""``kfx.lens``: the residual stream read by the model's own head after each block, as arrays and as a map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.values.lazy import LazyValues
from kfx.values.parts import runnable
from kfx.values.sweep.lens import read_stream
from kfx.views.attention.words import Words
from kfx.views.grid.facts import GridFacts
from kfx.views.grid.view import GridView
from kfx.views.inspector.choices import names_by_output
from kfx.views.inspector.inputs import InputWords
from kfx.views.lens.facts import lens_facts
from kfx.views.lens.text import lens_text

if TYPE_CHECKING:
    import keras


def lens(
    model: keras.Model,
    data: object,
    layers: object = None,
    *,
    top: int = 5,
    answers: object = None,
    head: Callable[[Any], Any] | None = None,
    tokens: object = None,
    class_names: object = None,
    example: int = 0,
    run_eagerly: bool | None = None,
) -> Lens:
    """Read what a transformer would answer if it ended after each block (the logit lens).

    The values of each block's residual stream are put in the place of the last block's, and the model's own final
    normalisation and head read them: no copy of them is made, and the last row is the model's output. The model is not
    changed.

    Args:
        model: A built Keras model with a head that scores tokens or classes.
        data: As for `kfx.extract`.
        layers: As for `kfx.extract`: the values to read, all of one shape; what the model computes after the last of them is
            the head. None finds the residual stream: what the layers with attention inside return (or the sums beside
            attention layers), and what the first of them is called with.
        top: How many guesses to keep at each place.
        answers: The right units, ``(example,)`` or ``(example, position)``: their probability is shown. None takes what the
            model itself answers.
        head: A function of the model's output that returns scores, for a model that has none, e.g.
            ``lambda x: backbone.token_embedding(x, reverse=True)``.
        tokens: The words of the positions, and a vocabulary also for the guesses, as for `kfx.attention`.
        class_names: A name for each unit of the output.
        example: The number of the example to look at first.
        run_eagerly: As for `kfx.extract`.

    Returns:
        A view, with the guesses as arrays: ``.tokens`` and ``.probabilities`` ``(layer, example, position, top)``, the most
        probable first; ``.answer`` ``(example, position)``, its ``.answer_probability`` and ``.answer_rank`` (0 for the
        first) ``(layer, example, position)``. A model with one answer for each example has one position. Probabilities are
        the output itself where a softmax or sigmoid makes it, otherwise its softmax.

    Raises:
        KfxError: No residual stream is recognised, or the last row is not the model's output, e.g. because of NaN.
        ValueError: An address names nothing, values have another shape than the last ones, or the output holds no scores.
        UnbuiltModelError: The model has no weights yet.
        ExtractionError: The model fails while it runs.

    Example:
        >>> import keras, kfx, numpy as np
        >>> x = keras.Input((6, 8))
        >>> stream = keras.layers.Add(name="block")([x, keras.layers.MultiHeadAttention(2, 4)(x, x)])
        >>> model = keras.Model(x, keras.layers.Dense(5)(stream))
        >>> kfx.lens(model, np.ones((1, 6, 8)), top=3).tokens.shape
        (1, 1, 6, 3)
    """
    model = runnable(model, "*", data)
    read = read_stream(model, data, layers, top=top, answers=answers, head=head, run_eagerly=run_eagerly)
    count = read.answer.shape[0]
    if isinstance(example, bool) or example not in range(count):
        raise ValueError(f"`example` is {example!r}; there are {count:,} examples, 0 to {count - 1:,}.")
    values = LazyValues(model, data)
    words = Words(values.inputs, values.count, tokens)
    word = _word_of(values, tokens, class_names, read.units)
    places = read.answer.shape[1]

    def columns(number: int) -> Sequence[str]:
        if not read.sequence:
            return ("output",)
        return words.both(read.addresses[-1], places, places, number, itself=True)[0]

    return Lens(lens_facts(str(model.name), read, columns, word, example, given=answers is not None), read)


class Lens(GridView):
    """The guesses after each block, and the map of them.

    Attributes:
        layers: The addresses that are read, in order.
        tokens: ``(layer, example, position, top)`` numbers of the most probable units.
        probabilities: ``(layer, example, position, top)`` of each.
        answer: ``(example, position)`` the model's own answer, or the given one.
        answer_probability: ``(layer, example, position)`` its probability.
        answer_rank: ``(layer, example, position)`` its rank, 0 for the most probable.
    """

    def __init__(self, facts: GridFacts, read: Any) -> None:
        self._facts = facts
        self.layers: tuple[str, ...] = read.addresses
        self.tokens: np.ndarray = read.tokens
        self.probabilities: np.ndarray = read.probabilities
        self.answer: np.ndarray = read.answer
        self.answer_probability: np.ndarray = read.answer_probability
        self.answer_rank: np.ndarray = read.answer_rank

    @cached_property
    def facts(self) -> GridFacts:
        """What the faces of the view show."""
        return self._facts

    def _text(self) -> str:
        return lens_text(self.facts)


def _word_of(values: LazyValues, tokens: object, class_names: object, units: int) -> Callable[[int], str]:
    """Return a function from the number of a unit to its word."""
    names = names_by_output(class_names, {"": units}).get("")
    if names is not None:
        return lambda number: str(names[number])
    look = getattr(tokens, "id_to_token", None)
    vocabulary = InputWords(list(values.inputs(0)), values.count, tokens=look if callable(look) else tokens).word(units)
    return str if vocabulary is None else vocabulary
