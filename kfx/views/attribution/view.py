"""``kfx.attribute``: how much each part of an input adds to a prediction, as arrays by method and as a view."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.draw.fonts.travelling import with_font
from kfx.draw.png import png
from kfx.draw.values.colormap import all_ramps
from kfx.notebook.view import View
from kfx.text.untrusted import cut, visible
from kfx.values.attribution.by_gradient import Completeness
from kfx.values.attribution.deletion import Deletion
from kfx.values.attribution.explained import joined
from kfx.values.attribution.explainer import Explainer
from kfx.values.attribution.sanity import Sanity
from kfx.values.attribution.settings import AT_ONCE, AttributionProgress, Settings, chosen_methods, progress_function
from kfx.values.data.batches import Batches
from kfx.values.lazy import LazyValues
from kfx.values.parts import runnable
from kfx.views.attribution.answers import AttributionAnswers
from kfx.views.attribution.checks import check_deletion, check_sanity
from kfx.views.attribution.examples import Examples
from kfx.views.attribution.facts import ShownExample
from kfx.views.attribution.html import attribution_html
from kfx.views.attribution.picture import attribution_picture
from kfx.views.attribution.text import attribution_text

if TYPE_CHECKING:
    import keras

    from kfx.views.attribution.widget import AttributionWidget


def attribute(
    model: keras.Model,
    data: object,
    *,
    target: object = None,
    method: str | tuple[str, ...] | list[str] | None = None,
    layer: object = None,
    baseline: object = None,
    steps: int | None = None,
    samples: int = 25,
    noise: float = 0.15,
    patch: int | tuple[int, ...] | None = None,
    stride: int | tuple[int, ...] | None = None,
    logits: bool = True,
    class_names: object = None,
    tokens: object = None,
    columns: object = None,
    images: object = None,
    example: int = 0,
    batch_size: int | None = None,
    seed: int = 0,
    progress: Callable[[AttributionProgress], None] | bool | None = None,
) -> Attribution:
    """Attribute a prediction to the parts of its input: which pixels, words, columns or steps speak for it and against it.

    Works with any model that `kfx.extract` takes: nested, shared, with several inputs, subclassed, with preprocessing inside.
    The model is not changed.

    Args:
        model: A built Keras model of any kind.
        data: As for `kfx.extract`. Whole numbers that the model looks up (words) or turns into floats itself (pixels as
            uint8) are attributed at the first layer that does so, which is found by itself, and summed over its features.
        target: The number that is attributed, for each example. None: its largest unit (the predicted class). A unit's number
            or, with ``class_names``, its name. Two of these, ``(a, b)``: what speaks for a rather than b; None in it is the
            predicted class. A dict such as ``{"department": 2}``: a unit of one output of several. An address: the sum of the
            values there. A function of the model's output that returns a number for each example.
        method: One or several of ``"gradcam"``, ``"layercam"``, ``"gradient_x_input"``, ``"integrated"`` (integrated
            gradients), ``"smoothgrad"`` and ``"occlusion"``. None: Grad-CAM, integrated gradients and occlusion for pictures,
            integrated gradients for the rest; what a model does not allow is left out.
        layer: For Grad-CAM and Layer-CAM: an address, or a dict of these by input. None: the last layer that keeps space.
        baseline: What stands for nothing: a number, ``"mean"`` (of the data), ``"grey"``, ``"zero"``, an array like one example
            or a dict of these by input. None: grey for pictures without negative values, else 0.
        steps: Of integrated gradients. None: 50, doubled up to 800 for the examples whose map misses more than 1 %.
        samples: Noisy copies of SmoothGrad.
        noise: Their standard deviation, as a share of the range of an example's values.
        patch: What occlusion covers at once: places along each axis of space. None: an eighth, a word or a column.
        stride: How far it moves; at most ``patch``. None: half of it.
        logits: Attribute the logit where a softmax or sigmoid makes the output, which is found by itself: near 100 % the
            probability hardly moves. False: the output as it is.
        class_names: A name for each unit of an output, or a dict of these by output.
        tokens: The words of a text, as for `kfx.attention`.
        columns: The names of a table's columns, or of a series' variables; or a dict of these by input.
        images: Pictures to show in place of preprocessed inputs, as for `kfx.inspect`.
        example: The number of the example to look at first.
        batch_size: Examples, or points between an example and its baseline, in one pass; None takes 32.
        seed: Of SmoothGrad's noise, and of what `sanity` and `deletion` draw.
        progress: As for `kfx.extract`.

    Returns:
        A mapping from methods to arrays, which a notebook shows as a view. ``"gradient_x_input"``, ``"integrated"`` and
        ``"smoothgrad"`` are shaped like the input, or ``(batch, place)`` for words; ``"gradcam"``, ``"layercam"`` and
        ``"occlusion"`` like its axes of space, ``(batch, height, width)``. For a model with several inputs each is a dict of
        arrays by input.

    Raises:
        ValueError: The target does not exist; no layer keeps space (Grad-CAM); no path to the target has a gradient; the data
            hold values that are not finite; a setting does not fit.
        UnbuiltModelError: The model has no weights yet.
        ExtractionError: The model fails while it runs.

    Example:
        >>> import keras, kfx, numpy as np
        >>> x = keras.Input((4,))
        >>> model = keras.Model(x, keras.layers.Dense(3, activation="softmax")(x))
        >>> found = kfx.attribute(model, np.eye(4), target=1)
        >>> found["integrated"].shape, bool(found.completeness.error.max() < 0.01)
        ((4, 4), True)
    """
    settings = Settings(
        chosen_methods(method), layer, baseline, steps, samples, noise, seed, patch, stride, batch_size or AT_ONCE
    )
    model = runnable(model, "*", data)
    batches = Batches(model, data, batch_size=None if batches_itself(data) else batch_size, usual=AT_ONCE)
    told, now = progress_function(progress), [0]
    explainer = Explainer(
        model,
        batches,
        target=target,
        class_names=class_names,
        logits=bool(logits),
        settings=settings,
        advance=lambda name, done, total: told(AttributionProgress(name, done, total, now[0])),
    )
    parts, inputs = [], []
    for batch in batches:
        now[0] = batch.number
        parts.append(explainer(batch))
        if batches.comes_in_batches:
            inputs += [batch.row(number).inputs for number in range(batch.size)]
    values = LazyValues(model, iter(inputs) if batches.comes_in_batches else data)
    words = {"class_names": class_names, "tokens": tokens, "columns": columns, "images": images}
    return Attribution(Examples(model, values, explainer, joined(parts), **words), example)


def batches_itself(data: object) -> bool:
    """Return whether data come in batches of their own, so that a batch size is only for the points of a path."""
    from kfx.values.data.arrays import comes_in_batches

    return comes_in_batches(data)


class Attribution(View, Mapping[str, Any]):
    """The attribution of predictions by method, and the view of it.

    Attributes:
        score: The number that was attributed, for each example: a logit where there is one.
        units: The units that it is of, ``(batch, 1)``; ``(batch, 2)`` for a contrast.
        coarse: By method, maps before they are enlarged: of Grad-CAM and Layer-CAM at their layer, ``(batch, rows,
            columns)``, of occlusion a number for each patch.
        completeness: Of integrated gradients, for each example: ``.score``, ``.baseline``, ``.total`` (the sum of the map),
            ``.steps`` and ``.error``, the share of the difference that the map misses; None without that method.
        layers: By input, the address at which Grad-CAM and Layer-CAM look.
        places: By input, the addresses at which its gradient is taken; empty for the input itself.
        example: The example that is looked at first.
    """

    def __init__(self, examples: Examples, example: int = 0) -> None:
        self._examples, found = examples, examples.explained
        self._maps = {method: _single(by, examples) for method, by in found.maps.items()}
        self.coarse = {method: _single(by, examples) for method, by in found.coarse.items()}
        self.score, self.units = found.score, found.units
        self.completeness: Completeness | None = found.completeness
        self.layers = {name: key for name, (key, _) in examples.known.cams.items()}
        self.places = {
            place.name: tuple(call.key for call in place.calls) for place in examples.known.places if not place.why_not
        }
        self.example = self._numbered(example)

    def __getitem__(self, method: str) -> Any:
        if method not in self._maps:
            raise KeyError(f"No attribution by {method!r}; there is {', '.join(self._maps)}. Ask for it: method={method!r}.")
        return self._maps[method]

    def __iter__(self) -> Iterator[str]:
        return iter(self._maps)

    def __len__(self) -> int:
        return len(self._maps)

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @cached_property
    def shown(self) -> ShownExample:
        """What the static faces show."""
        return self._examples.shown(self.example)

    def sanity(self, method: str | None = None, *, example: int | None = None) -> Sanity:
        """Compare the map of an example with those of the same model with random weights, from its last layer to its first.

        A map that stays the same says nothing of what the model learned (Adebayo and others, 2018). The model is not touched.

        Args:
            method: One that was computed; None for the first.
            example: Its number; None for the one that is looked at.

        Returns:
            ``.layers`` and ``.correlation``, the rank correlation of the map once each of them is random; ``.changes`` says
            whether that ends below 0.8.

        Raises:
            ValueError: The model has no trainable weights, or there is no such example.
            KeyError: There is no map by that method.
        """
        method, number = self._asked(method, example)
        return check_sanity(self._examples, method, number, tuple(int(unit) for unit in self.units[number]))

    def deletion(self, method: str | None = None, *, example: int | None = None) -> Deletion:
        """Put the strongest parts of a map to the baseline, ever more of them, and see how fast the score falls.

        Args:
            method: As for `sanity`.
            example: As for `sanity`.

        Returns:
            ``.shares`` of the parts that are removed, the ``.score`` there, ``(1, shares)``, and the mean ``.random`` over
            five random orders; ``.areas`` of both, smaller where the score falls sooner.
        """
        method, number = self._asked(method, example)
        return check_deletion(self._examples, method, number, tuple(int(unit) for unit in self.units[number]))

    def _asked(self, method: str | None, example: int | None) -> tuple[str, int]:
        method = next(iter(self)) if method is None else method
        self[method]  # raises where there is none
        return method, self.example if example is None else self._numbered(example)

    def _numbered(self, example: object) -> int:
        count = self._examples.count
        if isinstance(example, bool) or not isinstance(example, int | np.integer) or not 0 <= example < count:
            raise ValueError(f"`example` is {example!r}; there are {count:,} examples, 0 to {count - 1:,}.")
        return int(example)

    def _title(self) -> str:
        return f"Attribution {cut(visible(self._examples.name), 60)!r}"

    def _text(self) -> str:
        return attribution_text(self.shown)

    def _html(self) -> str:
        return attribution_html(self.shown)

    def _html_small(self) -> str:
        return attribution_html(self.shown, small=True)

    def svg(self) -> str:
        """Return the example that is looked at first as SVG on white: its maps, words, bars or lines."""
        return attribution_picture(self.shown)

    def _writers(self) -> dict[str, Callable[[], str | bytes]]:
        return {**super()._writers(), ".svg": lambda: with_font(self.svg()), ".png": lambda: png(self.svg())}

    def _live(self) -> AttributionWidget:
        from kfx.views.attribution.widget import AttributionWidget

        about = {"name": visible(self._examples.name)[:120], "count": self._examples.count}
        return AttributionWidget(AttributionAnswers(self._examples), about=about, ramps=all_ramps(), example=self.example)


def _single(by: Mapping[str, np.ndarray], examples: Examples) -> Any:
    """Return the array of the only input, or a dict of arrays by input."""
    for array in by.values():
        array.flags.writeable = False
    return next(iter(by.values())) if len(examples.known.names) == 1 else dict(by)
