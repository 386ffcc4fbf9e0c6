"""``kfx.inspect``: the values inside a model for one example after another, by layer and channel, live and still."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kfx.draw.values.layer_values import LayerValues, layer_values
from kfx.model.facts import LayerCall
from kfx.notebook.view import View
from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.values.lazy import LazyValues
from kfx.views.inspector.choices import first_layer, names_by_output, one_channel, one_layer
from kfx.views.inspector.facts import CHANNELS, Inspected
from kfx.views.inspector.html import inspect_html
from kfx.views.inspector.inputs import InputWords
from kfx.views.inspector.picture import inspect_picture
from kfx.views.inspector.prediction import Prediction, prediction
from kfx.views.inspector.text import inspect_text

_SCALES = ("layer", "channel")
_HEADS_FIRST = {"MultiHeadAttention", "GroupedQueryAttention", "Attention", "AdditiveAttention"}


def inspect(
    model: Any,
    data: Any,
    *,
    layer: Any = None,
    example: int = 0,
    channel: int | None = None,
    class_names: Any = None,
    tokens: Any = None,
    images: Any = None,
    scale: str = "layer",
) -> Inspector:
    """Look at the values inside a model: choose a layer, an example, a channel, and see what it computes.

    Maps of image-like values stand in a grid, the strongest channels first, and one of them large, with the value under the
    pointer; vectors are bars, sequences heat strips. Two examples or two layers can be compared, and a channel silenced to see
    what the model then predicts. The model is read and run, never changed; values are computed when they are first looked at.

    Args:
        model: A built Keras model of any kind.
        data: Examples with the batch axis first: an array, a list or dict of arrays for several inputs, a `tf.data.Dataset`,
            or anything that yields batches (of which the first 64 examples are taken).
        layer: What to look at first: an address such as ``"encoder/conv2d_1"`` or ``"shared@2"``; as a rule the first layer
            that has maps or steps.
        example: The number of the example to look at first.
        channel: The channel to look at first; as a rule the strongest.
        class_names: A name for each class; for several outputs a dict by output.
        tokens: Words of a sequence's steps: a vocabulary (word by number, as a list, dict or function), or a list of words for
            each example; for several inputs a dict by input.
        images: Pictures to show in place of the inputs, one an example, where the model takes preprocessed ones.
        scale: One colour scale for a ``"layer"``, or one for each ``"channel"``.

    Returns:
        A view. It shows itself as the last line of a cell; ``print(view)`` writes figures, ``view.save("x.png")`` the maps.

    Raises:
        TypeError: ``model`` is not a Keras model, or the data are nothing it could take.
        ValueError: The data do not fit the model, or an argument names nothing.
        UnbuiltModelError: The model has no weights yet.

    Example:
        >>> import keras, kfx, numpy as np
        >>> x = keras.Input((4,))
        >>> kfx.inspect(keras.Model(x, keras.layers.Dense(2)(x), name="tiny"), np.eye(4))
        <Inspector 'tiny'>
    """
    values = LazyValues(model, data)
    names = InputWords(list(values.inputs(0)), values.count, tokens=tokens, images=images)
    return Inspector(values, names, layer=layer, example=example, channel=channel, class_names=class_names, scale=scale)


class Inspector(View):
    """The values inside a model.

    Attributes:
        values: Where they come from.
        layer: The address that is looked at first.
        example: The example that is looked at first.
        channel: The channel that is looked at first, or None for the strongest.
        scale: ``"layer"`` or ``"channel"``.
    """

    def __init__(
        self,
        values: LazyValues,
        names: InputWords,
        *,
        layer: Any = None,
        example: int = 0,
        channel: int | None = None,
        class_names: Any = None,
        scale: str = "layer",
    ) -> None:
        if scale not in _SCALES:
            raise ValueError(f"`scale` is {scale!r}; it must be one of {', '.join(map(repr, _SCALES))}.")
        self.values, self._names, self.scale = values, names, scale
        self._calls = {call.key: call for call in values.calls}
        self.example = values.example(example).number
        self.layer = first_layer(values.calls) if layer is None else one_layer(values, layer, self.example)
        sizes = {} if class_names is None else {name: int(np.size(x)) for name, x in values.outputs(self.example).items()}
        self._class_names = names_by_output(class_names, sizes)
        self.channel = None if channel is None else one_channel(channel, self.layer, self._channels())

    def _title(self) -> str:
        return f"Inspector {visible(str(self.values.model.name))[:60]!r}"

    def _channels(self) -> int:
        return self.at(self.layer, self.example).plan.channels

    # ------------------------------------------------------------------------------------------------ values

    def at(
        self, layer: str, example: int, *, part: int = 0, channel: int | None = None, places: Sequence[int] = ()
    ) -> LayerValues:
        """A layer's values for an example, laid out and ranked.

        Args:
            layer: The call's address.
            example: The example's number.
            part: Which tensor of a call that returns several.
            channel: The axis of the channels, where not the usual one.
            places: A place on each axis that is stepped through.
        """
        found = self.values.parts(layer, example)
        if not 0 <= part < len(found):
            raise ValueError(f"{layer!r} returned {len(found)} tensors; there is no number {part}.")
        call = self._calls.get(layer)
        label, value = found[part]
        return layer_values(
            layer,
            value,
            label=label,
            type=numbers.kind_of(call) if call is not None else "",
            family=call.family if call is not None else "custom",
            channel=channel,
            at=places,
            first=part > 0 and call is not None and call.type in _HEADS_FIRST,
        )

    def call(self, layer: str) -> LayerCall | None:
        """The facts of a call."""
        return self._calls.get(layer)

    def predictions(self, outputs: Mapping[str, np.ndarray]) -> tuple[Prediction, ...]:
        """Rows for what a model returned."""
        return tuple(prediction(name, value, self._class_names.get(name)) for name, value in outputs.items())

    def inputs(self, example: int) -> Any:
        """What went in, ready to be shown."""
        return self._names.shown(self.values.inputs(example), example)

    def tokens(self, values: LayerValues, example: int) -> tuple[str, ...] | None:
        """What the steps of a sequence are: the words of the input that has as many."""
        if values.plan.kind != "strips":
            return None
        for name, given in self.values.inputs(example).items():
            found = self._names.tokens(name, np.asarray(given), example)
            if found is not None and len(found) == values.plan.columns:
                return found
        return None

    def unit_names(self, values: LayerValues) -> tuple[str, ...] | None:
        """The classes' names, for the vector that the model returns."""
        if values.plan.kind != "vector":
            return None
        known = [names for names in self._class_names.values() if len(names) == values.plan.channels]
        return known[0] if known and self._returned(values) else None

    def _returned(self, values: LayerValues) -> bool:
        flat = values.stack.ravel()
        return any(np.array_equal(np.ravel(x), flat, equal_nan=True) for x in self.values.outputs(self.example).values()) or (
            values.key == self.values.calls[-1].key
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said about the data."""
        if self.values.more:
            return (f"The first {self.values.count} examples of the data.",)
        return ()

    def inspected(self, layer: str | None = None, example: int | None = None) -> Inspected:
        """What the text and the static face show."""
        layer, example = layer or self.layer, self.example if example is None else example
        values = self.at(layer, example)
        return Inspected(
            model=str(self.values.model.name),
            example=example,
            count=self.values.count,
            notes=self.notes,
            inputs=self.inputs(example),
            predictions=self.predictions(self.values.outputs(example)),
            values=values,
            tokens=self.tokens(values, example),
            unit_names=self.unit_names(values),
        )

    # ------------------------------------------------------------------------------------------------ faces

    def _text(self) -> str:
        return inspect_text(self.inspected())

    def _html(self) -> str:
        return inspect_html(self.inspected())

    def _html_small(self) -> str:
        return inspect_html(self.inspected(), channels=CHANNELS // 3)

    def _live(self) -> Any:
        from kfx.views.inspector.answers import Answers
        from kfx.views.inspector.widget import InspectorWidget

        answers = Answers(self)
        return InspectorWidget(answers, **answers.traits())

    def _writers(self) -> dict[str, Callable[[], str | bytes]]:
        return {**super()._writers(), ".png": lambda: inspect_picture(self.inspected())}
