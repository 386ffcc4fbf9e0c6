"""The queries of the inspector: a layer's values, inputs, predictions and words, for any example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from kfx.draw.values.layer_values import LayerValues, layer_values
from kfx.model.facts import LayerCall
from kfx.text import numbers
from kfx.values.lazy import LazyValues
from kfx.views.inspector.choices import names_by_output
from kfx.views.inspector.facts import InputShown
from kfx.views.inspector.inputs import InputWords
from kfx.views.inspector.prediction import Prediction, prediction

_HEADS_FIRST = {"MultiHeadAttention", "GroupedQueryAttention", "Attention", "AdditiveAttention"}


class InspectorSource:
    """Look up what an inspector shows, for its text, its static face and its answers to the browser.

    Args:
        values: The model's values.
        words: How the inputs are shown.
        class_names: As given to `kfx.inspect`.
        example: The example whose outputs determine how many classes each output has.
    """

    def __init__(self, values: LazyValues, words: InputWords, class_names: object = None, example: int = 0) -> None:
        self.values, self._words = values, words
        self._calls = {call.key: call for call in values.calls}
        sizes = {} if class_names is None else {name: int(np.size(x)) for name, x in values.outputs(example).items()}
        self._class_names = names_by_output(class_names, sizes)

    @property
    def name(self) -> str:
        """The model's name."""
        return str(self.values.model.name)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about the data."""
        return (f"The first {self.values.count} examples of the data.",) if self.values.more else ()

    def call(self, layer: str) -> LayerCall | None:
        """Return the facts of a call; None for an address inside a layer."""
        return self._calls.get(layer)

    def at(
        self, layer: str, example: int, *, part: int = 0, channel: int | None = None, places: Sequence[int] = ()
    ) -> LayerValues:
        """Return a layer's values for an example, laid out and ranked.

        Args:
            layer: The call's address.
            example: The example's number.
            part: The number of the tensor, of a call that returns several.
            channel: The axis of the channels, where not the usual one.
            places: A place on each axis that is stepped through.

        Raises:
            ValueError: The call returned fewer tensors, or there is no such example.
        """
        found = self.values.parts(layer, example)
        if not 0 <= part < len(found):
            raise ValueError(f"`part` is {part}; {layer!r} returned {numbers.count(len(found), 'tensor')}, counted from 0.")
        call = self._calls.get(layer)
        label, value = found[part]
        kind = numbers.kind_of(call) if call is not None else ""
        first = part > 0 and call is not None and call.type in _HEADS_FIRST
        return layer_values(layer, value, label=label, type=kind, channel=channel, at=places, first=first)

    def predictions(self, example: int) -> tuple[Prediction, ...]:
        """Return the rows of an example's prediction for each output of the model."""
        return self.described(self.values.outputs(example))

    def described(self, outputs: Mapping[str, np.ndarray]) -> tuple[Prediction, ...]:
        """Return the rows of a prediction for each of the model's outputs that are given by name."""
        return tuple(prediction(name, value, self._class_names.get(name)) for name, value in outputs.items())

    def inputs(self, example: int) -> tuple[InputShown, ...]:
        """Return an example's inputs, ready to be shown."""
        return self._words.shown(self.values.inputs(example), example)

    def tokens(self, values: LayerValues, example: int) -> tuple[str, ...] | None:
        """Return the words of a sequence's steps, from the input that has as many; None where they are not known."""
        if values.plan.kind != "strips":
            return None
        for name, given in self.values.inputs(example).items():
            found = self._words.tokens(name, np.asarray(given), example)
            if found is not None and len(found) == values.plan.columns:
                return found
        return None

    def unit_names(self, values: LayerValues, example: int) -> tuple[str, ...] | None:
        """Return the names of the classes for the vector that the model returns; None for any other values."""
        if values.plan.kind != "vector":
            return None
        known = [names for names in self._class_names.values() if len(names) == values.plan.channels]
        return known[0] if known and self._returned(values, example) else None

    def _returned(self, values: LayerValues, example: int) -> bool:
        if values.key == self.values.calls[-1].key:
            return True
        flat = values.stack.ravel()
        return any(np.array_equal(np.ravel(x), flat, equal_nan=True) for x in self.values.outputs(example).values())
