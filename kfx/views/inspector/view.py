"""``kfx.inspect``: the values inside a model for one example after another, by layer and channel, live and still."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kfx.draw.values.colormap import all_ramps
from kfx.notebook.view import View
from kfx.text.untrusted import visible
from kfx.values.lazy import LazyValues
from kfx.values.parts import runnable
from kfx.views.inspector.answers import Answers
from kfx.views.inspector.choices import first_layer, one_channel, one_layer
from kfx.views.inspector.encode import layer_facts
from kfx.views.inspector.facts import CHANNELS, shown_shape
from kfx.views.inspector.html import inspect_html
from kfx.views.inspector.inputs import InputWords
from kfx.views.inspector.reading import reading_of
from kfx.views.inspector.slide import inspect_picture
from kfx.views.inspector.source import InspectorSource, Released
from kfx.views.inspector.text import inspect_text
from kfx.views.payload import wire_key

if TYPE_CHECKING:
    import keras
    from matplotlib.figure import Figure

    from kfx.views.inspector.widget import InspectorWidget

_SCALES = ("layer", "channel")


def inspect(
    model: keras.Model,
    data: object,
    *,
    layer: object = None,
    example: int = 0,
    channel: int | None = None,
    class_names: object = None,
    tokens: object = None,
    images: object = None,
    scale: str = "layer",
    training: bool = False,
) -> Inspector:
    """Look at the values inside a model: choose a layer, an example, a channel, and see what it computes.

    Image-like values are shown as a grid of maps, the strongest channels first, and one of them large, with the value under the
    pointer; vectors are bars, sequences heat strips, attention maps have words on both axes. Inputs and outputs are shown as
    what they are: pictures and masks, reconstructions with their difference from the input, volumes by slice and videos by
    frame, series as lines, words with their numbers, the likeliest next words at each position.

    Two examples or two layers can be compared, and a channel silenced to see what the model then predicts. The model is read
    and run, never changed; values are computed when they are first looked at.

    Args:
        model: A built Keras model of any kind.
        data: Examples with the batch axis first: an array, a list or dict of arrays for several inputs, a `tf.data.Dataset`,
            or anything that yields batches (of which the first 64 examples are taken); and what else `kfx.extract` takes, such
            as PIL images and paths of pictures.
        layer: What to look at first: an address such as ``"encoder/conv2d_1"`` or ``"shared@2"``; as a rule the first layer
            that has maps or steps.
        example: The number of the example to look at first.
        channel: The channel to look at first; as a rule the strongest.
        class_names: A name for each class; for several outputs a dict by output. Of a mask the classes at each place, of a
            language model the words of its vocabulary.
        tokens: Words of a sequence's steps: a vocabulary (word by number, as a list, dict, function, tokenizer or a layer such
            as `keras.layers.TextVectorization`), or a list of words for each example; for several inputs a dict by input.
        images: Pictures to show in place of the inputs, one an example, where the model takes preprocessed ones.
        scale: One colour scale for a ``"layer"``, or one for each ``"channel"``.
        training: Run as in training, so that augmentation, dropout and noise are seen; the model's state is left as it was.

    Returns:
        A view. It shows itself as the last line of a cell; ``print(view)`` writes figures, ``view.save("x.png")`` the maps.

    Raises:
        TypeError: ``model`` is not a Keras model, or the data have a type that it cannot take.
        ValueError: The data do not fit the model, or an argument names a layer, example, channel or class that is not there.
        UnbuiltModelError: The model has no weights yet.

    Example:
        >>> import keras, kfx, numpy as np
        >>> x = keras.Input((4,))
        >>> kfx.inspect(keras.Model(x, keras.layers.Dense(2)(x), name="tiny"), np.eye(4))
        <Inspector 'tiny'>
    """
    values = LazyValues(runnable(model, "*" if layer is None else layer, data), data, training=training)
    reading = reading_of(values.model)
    words = InputWords(list(values.inputs(0)), values.count, tokens=tokens, images=images, reading=reading)
    if scale not in _SCALES:
        raise ValueError(f"`scale` is {scale!r}; it must be one of {', '.join(map(repr, _SCALES))}.")
    example = values.example(example).number
    key = first_layer(values.calls) if layer is None else one_layer(values, layer, example)
    source = InspectorSource(values, words, class_names, example, reading)
    return Inspector(source, layer=key, example=example, channel=channel, scale=scale)


class Inspector(View):
    """The values inside a model.

    Attributes:
        values: The extracted values, as the view was built from them.
        source: Looks up the values, inputs and predictions.
        layer: The address that is looked at first.
        example: The example that is looked at first.
        channel: The channel that is looked at first, or None for the strongest.
        scale: ``"layer"`` or ``"channel"``.
    """

    def __init__(
        self, source: InspectorSource, *, layer: str, example: int = 0, channel: int | None = None, scale: str = "layer"
    ) -> None:
        self.values, self.source, self.layer, self.example, self.scale = source.values, source, layer, example, scale
        self._name = source.name
        self.channel = None if channel is None else one_channel(channel, layer, source.at(layer, example).plan.channels)

    def _title(self) -> str:
        return f"Inspector {visible(self._name)[:60]!r}"

    def _text(self) -> str:
        return inspect_text(self.source, self.layer, self.example)

    def _html(self) -> str:
        return inspect_html(self.source, self.layer, self.example)

    def _html_small(self) -> str:
        return inspect_html(self.source, self.layer, self.example, channels=CHANNELS // 3)

    def _let_go(self) -> None:
        released = Released(f"{self!r} is closed and has let go of the model and the data; call kfx.inspect again.")
        self.values = self.source = released  # type: ignore[assignment]

    def answers(self) -> Answers:
        """Return what answers the questions of a live inspector in the browser."""
        return Answers(self.source)

    def live_traits(self) -> dict[str, object]:
        """Return first values of the live inspector's traits, for its own widget and for the explorer's."""
        return {
            "about": {
                "name": visible(self.source.name),
                "count": self.values.count,
                "notes": list(self.source.notes),
                "layers": list(map(layer_facts, self.source.calls)),
            },
            "ramps": all_ramps(),
            "selected": wire_key(self.layer),
            "example": self.example,
            "channel": -1 if self.channel is None else self.channel,
            "scale": self.scale,
        }

    def _live(self) -> InspectorWidget:
        from kfx.views.inspector.widget import InspectorWidget

        return InspectorWidget(self.answers(), **self.live_traits())

    def figure(self, *, layer: object = None, example: int | None = None, most: int = 16) -> Figure:
        """Return a layer's values as a figure of matplotlib: maps with one scale, channels by step, or bars.

        Args:
            layer: Its address; None for the one that is looked at first.
            example: The example's number; None for the one that is looked at first.
            most: Channels at most, the strongest first.

        Raises:
            ValueError: There is no such layer or example, ``most`` is no whole number from 1 on, or there is nothing to draw.

        Example:
            >>> import keras, kfx, numpy as np
            >>> x = keras.Input((8, 8, 1))
            >>> model = keras.Model(x, keras.layers.Conv2D(4, 3, name="conv")(x))
            >>> figure = kfx.inspect(model, np.ones((1, 8, 8, 1))).figure()
            >>> figure.get_suptitle()
            'conv · 6×6×4 · functional · example 1'
        """
        from kfx.views.inspector.shown.figure import layer_figure

        if isinstance(most, bool) or not isinstance(most, int) or most < 1:
            raise ValueError(f"`most` is {most!r}; expected a number of channels from 1 on.")
        number = self.values.example(self.example if example is None else example).number
        values = self.source.at(self.layer if layer is None else one_layer(self.values, layer, number), number)
        what = f"{visible(values.label)} · {shown_shape(values.shape)} · {visible(self.source.name)} · example {number + 1}"
        return layer_figure(values, what, most, list(self.source.unit_names(values, number) or ()))

    def _writers(self) -> dict[str, Callable[[], str | bytes]]:
        return {**super()._writers(), ".png": lambda: inspect_picture(self.source, self.layer, self.example)}
