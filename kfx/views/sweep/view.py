"""``kfx.sweep``: patch one layer and position at a time from another run, as arrays by address and as a map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from kfx.values.lazy import LazyValues
from kfx.values.parts import runnable
from kfx.values.sweep.run import Swept, swept
from kfx.views.attention.words import Words
from kfx.views.grid.facts import GridFacts
from kfx.views.grid.view import GridView
from kfx.views.sweep.facts import position_words, sweep_facts
from kfx.views.sweep.text import sweep_text

if TYPE_CHECKING:
    import keras


def sweep(
    model: keras.Model,
    clean: object,
    corrupted: object,
    layers: object = "*",
    *,
    metric: object = None,
    heads: bool = False,
    tokens: object = None,
    example: int | None = None,
    batch_size: int | None = None,
    run_eagerly: bool | None = None,
) -> Sweep:
    """Find where a model keeps what decides its output: patch one layer and position at a time from another run.

    For each layer and position, the model runs on ``corrupted`` with the values that it had on ``clean`` there, as
    `kfx.patch` would do it; what is measured is how far the output returns to that of the clean run. The runs are the rows
    of a few batches of one compiled pass. The model is not changed.

    Args:
        model: A built Keras model of any kind.
        clean: The data of the run that values are taken from, as for `kfx.extract`.
        corrupted: The data of the run that they are put in: as many examples, of the same length.
        layers: As for `kfx.extract`: addresses of layers, or of operations inside them. Their values must have an axis of
            positions, ``(batch, position, ...)``; of attention scores, the positions are those of the queries. Of a pattern,
            layers without positions are left out, and the view says so.
        metric: What is measured. A unit of the output, or one for each example: its logit where a softmax or sigmoid makes
            the output, otherwise its value, at the last position of a sequence; None takes the largest unit of each clean
            example. Or a function of the output, as NumPy arrays for all examples, that returns one number for each.
        heads: Patch each head by itself: at an attention layer, its scores (where it looks); elsewhere the last axis but
            one, ``(batch, position, head, width)``.
        tokens: The words of the positions, as for `kfx.attention`.
        example: The number of the example to look at first; None shows the mean of all.
        batch_size: Runs in one pass; None takes 64.
        run_eagerly: As for `kfx.extract`.

    Returns:
        A mapping from addresses to the metric of the patched runs, float64 ``(example, position)``, with ``heads``
        ``(example, position, head)``; ``.clean`` and ``.corrupted`` hold that of the runs themselves, ``(example,)``. A
        notebook shows it as a map.

    Raises:
        ValueError: An address names nothing or has no positions, the two runs differ in size, or the metric returns no
            number for each example.
        TypeError: The metric is something else.
        KfxError: The metric of an unpatched run is not finite, or examples of a batch change each other.
        PatchError: The model does not call a layer for these inputs.
        UnbuiltModelError: The model has no weights yet.
        ExtractionError: The model fails while it runs.

    Example:
        >>> import keras, kfx, numpy as np
        >>> x = keras.Input((4, 3))
        >>> model = keras.Model(x, keras.layers.Dense(2)(keras.layers.Dense(5, name="hidden")(x)))
        >>> kfx.sweep(model, np.ones((1, 4, 3)), np.zeros((1, 4, 3)), "hidden", metric=0)["hidden"].shape
        (1, 4)
    """
    model = runnable(model, layers, clean)
    found = swept(
        model,
        clean,
        corrupted,
        layers,
        metric=metric,
        heads=heads,
        batch_size=batch_size,
        run_eagerly=run_eagerly,
    )
    return Sweep(model, clean, corrupted, found, tokens=tokens, example=example)


class Sweep(GridView, Mapping[str, np.ndarray]):
    """The metric of the patched runs by address, and the map of it.

    Attributes:
        clean: The metric of each example of the clean run.
        corrupted: The metric of each example of the corrupted run.
        measured: What is measured, in words.
        left_out: Why layers of a pattern are left out, by address.
    """

    def __init__(
        self,
        model: keras.Model,
        clean: object,
        corrupted: object,
        found: Swept,
        *,
        tokens: object = None,
        example: int | None = None,
    ) -> None:
        self._found = found
        self.clean, self.corrupted, self.measured, self.left_out = found.clean, found.corrupted, found.words, found.left_out
        count = len(found.clean)
        if example is not None and (isinstance(example, bool) or example not in range(count)):
            raise ValueError(
                f"`example` is {example!r}; there are {count:,} examples, 0 to {count - 1:,}, or None for the mean."
            )
        self._example, self._name = example, str(model.name)
        first = next(iter(found.values))
        positions = found.values[first].shape[1]
        sides = [_words(model, data, tokens, first, positions, count) for data in (clean, corrupted)]
        self._columns = [position_words(a, b) for a, b in zip(*sides, strict=True)]

    def __getitem__(self, address: str) -> np.ndarray:
        if address not in self._found.values:
            raise KeyError(f"No sweep of {address!r}; there are {', '.join(list(self._found.values)[:40])}")
        return self._found.values[address]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found.values)

    def __len__(self) -> int:
        return len(self._found.values)

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @cached_property
    def facts(self) -> GridFacts:
        """What the faces of the view show."""
        found = self._found
        return sweep_facts(
            self._name, found.values, found.clean, found.corrupted, found.words, self._columns, found.left_out, self._example
        )

    def _text(self) -> str:
        return sweep_text(self.facts)


def _words(model: keras.Model, data: object, tokens: object, address: str, positions: int, count: int) -> list[list[str]]:
    """Return a word for each position of each example."""
    values = LazyValues(model, data)
    words = Words(values.inputs, values.count, tokens)
    return [words.both(address, positions, positions, n, itself=True)[0] for n in range(count)]
