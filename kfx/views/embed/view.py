"""``kfx.embed``: a map of examples by their features, to look at which of them a model holds for alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.draw.values.numbers import number_text
from kfx.errors import ClosedViewError
from kfx.notebook.view import View
from kfx.text import numbers
from kfx.text.untrusted import cut, visible
from kfx.values.embedding.collect import Collected, collect, collect_stored
from kfx.values.embedding.plane import Method, Plane, place
from kfx.values.examples.find import stored_values
from kfx.values.parts import runnable
from kfx.views.cards.facts import ShownExample, small_picture
from kfx.views.embed.answers import EmbeddingAnswers, about_embedding, wire_points
from kfx.views.embed.facts import Colouring, EmbeddingFacts, grouped
from kfx.views.embed.html import embedding_html, embedding_png
from kfx.views.embed.text import embedding_text
from kfx.views.inspector.inputs import InputWords
from kfx.views.inspector.shown.pictures import pictures_of

if TYPE_CHECKING:
    import keras

    from kfx.views.embed.widget import EmbeddingWidget

COLOURS = ("label", "predicted", "error")
MOST_GROUPS = 1000  # different labels; of more, whole numbers are coloured on a ramp


def embed(
    model: keras.Model | None,
    data: object,
    layer: object,
    *,
    labels: object = None,
    color: str | None = None,
    method: Method = "pca",
    pool: str = "mean",
    class_names: object = None,
    tokens: object = None,
    images: object = None,
    batch_size: int | None = None,
    run_eagerly: bool | None = None,
) -> Embedding:
    """Draw a map of examples by their features at a layer: examples that the model holds for alike lie side by side.

    The features of each example become one vector, and the vectors places in a plane. In a notebook the map can be zoomed, and
    a line drawn around examples lists them.

    Args:
        model: A built Keras model of any kind; may be None where ``data`` are extracted values.
        data: As for `kfx.extract`; or values that were extracted before: the folder that ``kfx.extract(..., to=folder)`` wrote,
            or its result.
        layer: The address of one call, as for `kfx.extract`.
        labels: The examples' labels, with arrays and with extracted values; a data set of ``(inputs, labels)`` brings its own.
            Where they are compared with predictions, they are taken to be those of the model's output.
        color: ``"label"``, ``"predicted"``, or ``"error"`` (right and wrong ones, or how far off); None takes the labels.
        method: ``"pca"`` (in NumPy), ``"tsne"`` (needs scikit-learn), ``"umap"`` (needs umap-learn), or a function from vectors
            ``(examples, numbers)`` to places ``(examples, 2)``. Where the method draws random numbers its seed is fixed.
        pool: What becomes of maps and sequences: the ``"mean"`` or ``"max"`` of each channel over all places, or ``"flat"``,
            all values.
        class_names: A name for each label.
        tokens: Words of a sequence's steps, as for `kfx.inspect`.
        images: Pictures to show in place of the inputs, one an example.
        batch_size: Examples in one pass, for arrays; None takes 64.
        run_eagerly: As for `kfx.extract`.

    Returns:
        A view. ``.features`` are the vectors, ``.points`` the places, ``.explained`` the shares of the variance along both axes
        of PCA, ``.labels`` and ``.predicted`` one for each example, ``.selected`` the numbers of those that are selected in the
        live view.

    Raises:
        TypeError: ``model`` is not a Keras model.
        ValueError: There is no such layer, it gives several arrays, the data hold no examples, or an argument is not one of its
            values.
        ImportError: The library of the method is not installed.
        UnbuiltModelError: The model has no weights yet.

    Example:
        >>> import keras, kfx, numpy as np
        >>> x = keras.Input((3,))
        >>> model = keras.Model(x, keras.layers.Identity(name="same")(x), name="tiny")
        >>> view = kfx.embed(model, np.array([[0.0, 0, 0], [2, 0, 0], [4, 0, 0]]), "same")
        >>> view.points[:, 0].round(2).tolist(), round(view.explained[0], 2)
        ([-2.0, 0.0, 2.0], 1.0)
    """
    stored = stored_values(data)
    if stored is not None:
        found = collect_stored(model, stored, layer, pool=pool, labels=labels)
    else:
        model = runnable(model, layer, data)
        found = collect(model, data, layer, pool=pool, labels=labels, batch_size=batch_size, run_eagerly=run_eagerly)
    name = "" if model is None else str(model.name)
    return Embedding(
        found, place(found.features, method), name, color=color, class_names=class_names, tokens=tokens, images=images
    )


class Embedding(View):
    """A map of examples.

    Attributes:
        address: Where the features come from.
        features: ``(examples, numbers)`` float32.
        points: ``(examples, 2)``; NaN for an example whose features are not finite.
        explained: The shares of the variance along both axes, of PCA; empty otherwise.
        labels: One for each example, or None.
        predicted: The class or value that the model predicts for each, or None.
    """

    def __init__(
        self,
        found: Collected,
        plane: Plane,
        name: str = "",
        *,
        color: str | None = None,
        class_names: object = None,
        tokens: object = None,
        images: Any = None,
    ) -> None:
        self.address, self.features, self.points = found.address, found.features, plane.points
        self.explained, self.labels, self.predicted = plane.explained, found.labels, found.predicted
        self._found, self._name, self._images = found, name, images
        if isinstance(class_names, str) or not isinstance(class_names, Iterable | None):
            raise TypeError(f"`class_names` is {class_names!r:.60}; give one name for each label, in a list.")
        self._names = None if class_names is None else tuple(map(str, class_names))
        count = len(self.features)
        if images is not None and len(images) != count:
            raise ValueError(f"`images` holds {len(images)} pictures for {count} examples; give one for each.")
        first = found.inputs(0)
        self._words = None if first is None else InputWords(list(first), count, tokens=tokens, images=images)
        colourings = self._colourings()
        if color is not None:
            if color not in COLOURS:
                raise ValueError(f"`color` is {color!r}; expected one of {', '.join(map(repr, COLOURS))}, or None.")
            colourings = sorted(colourings, key=lambda one: one.name != color)
            if colourings[0].name != color:
                why = "there are no labels" if self.labels is None else "the output cannot be compared with the labels"
                raise ValueError(f"The examples cannot be coloured by {color!r}: {why}.")
        self._facts = EmbeddingFacts(
            name, found.address, self.features.shape[1], self._how(plane), self.points, tuple(colourings), self._notes(plane)
        )

    def _how(self, plane: Plane) -> tuple[str, ...]:
        shares = " + ".join(f"{share * 100:.0f} %" for share in plane.explained)
        made = f"{plane.words}, {shares} of the variance" if shares else plane.words
        return tuple(filter(None, [self._found.pooled, made]))

    def _notes(self, plane: Plane) -> tuple[str, ...]:
        notes = []
        if plane.left_out:
            own = "its" if plane.left_out == 1 else "their"
            notes.append(f"{numbers.count(plane.left_out, 'example')} left out: not all of {own} features are finite.")
        if 0 < self._found.held < len(self.features) and self._images is None:
            notes.append(f"The inputs of the first {self._found.held:,} examples are held to be shown.")
        if self.labels is not None and len(np.unique(self.labels)) == 1:
            notes.append(f"Only one label occurs: {self._label(self.labels[0])}.")
        return tuple(notes)

    def _colourings(self) -> list[Colouring]:
        found = []
        labels, predicted, task = self.labels, self.predicted, self._found.task
        values = task is not None and task.kind == "values"
        if labels is not None:
            found.append(self._by("label", labels, ramp=values))
        if labels is not None and predicted is not None:
            found.append(self._by("predicted", predicted, ramp=values))
            if values:
                found.append(Colouring("error", values=np.abs(predicted - labels)))
            else:
                found.append(grouped("error", (labels != predicted).astype("int64"), ("right", "wrong")))
        return found or [Colouring("none")]

    def _by(self, name: str, values: np.ndarray, *, ramp: bool) -> Colouring:
        numeric = values.dtype.kind in "buif"
        different = np.unique(values)
        many = len(different) > MOST_GROUPS
        if numeric and (ramp or many or (values.dtype.kind == "f" and len(different) > 20)):
            return Colouring(name, values=values.astype("float64"))
        if self._names is not None and numeric:
            groups = values.astype("int64")
            outside = (groups < 0) | (groups >= len(self._names))
            if outside.any():
                raise ValueError(
                    f"`class_names` holds {len(self._names)} names, and there is a label {values[outside][0]}; "
                    "give one for each."
                )
            return grouped(name, groups, self._names)
        different = different[:MOST_GROUPS]
        places = np.searchsorted(different, values).clip(0, len(different) - 1)
        groups = np.where(different[places] == values, places, -1)
        return grouped(name, groups, tuple(self._label(one) for one in different))

    def _label(self, label: object) -> str:
        plain = label.decode("utf-8", "replace") if isinstance(label, bytes) else label
        number = plain.item() if isinstance(plain, np.generic) else plain
        if self._names is not None and isinstance(number, int | float) and 0 <= int(number) < len(self._names):
            return cut(visible(self._names[int(number)]), 60)
        return number_text(number) if isinstance(number, float) else cut(visible(str(number)), 60)

    @property
    def facts(self) -> EmbeddingFacts:
        """What the faces of the view show."""
        return self._facts

    @property
    def selected(self) -> np.ndarray:
        """The numbers of the examples that are selected in the live view, int64."""
        widget = self.__dict__.get("widget")
        return np.frombuffer(bytes(widget.selected) if widget is not None else b"", "<i4").astype("int64")

    @cached_property
    def _closed(self) -> list[bool]:
        return []

    def shown(self, number: int) -> ShownExample:
        """Return the description of one example."""
        inputs: Mapping[str, np.ndarray] | None = self._found.inputs(number)
        pictures, texts = [], []
        for one in self._words.shown(inputs, number) if self._words is not None and inputs else ():
            if one.rgb is not None:
                pictures.append((one.name, small_picture(one.rgb)))
            else:
                texts.append(one.text)
        if not inputs and self._images is not None:
            picture = pictures_of(np.asarray(self._images[number]))
            pictures += [("input", small_picture(picture.rgb()))] if picture is not None else []
        title: list[tuple[str, bool]] = []
        if self.labels is not None:
            title.append((self._label(self.labels[number]), False))
            if self.predicted is not None and self.predicted[number] != self.labels[number]:
                title += [(" read as ", False), (self._label(self.predicted[number]), True)]
        return ShownExample(number, tuple(title), "", cut(" · ".join(texts), 200), tuple(pictures))

    def _let_go(self) -> None:
        self._closed.append(True)
        self._found.inputs.let_go()

    def _title(self) -> str:
        return f"Embedding of {visible(self.address)[:60]!r}"

    def _text(self) -> str:
        return embedding_text(self.facts)

    def _html(self) -> str:
        return embedding_html(self.facts)

    def _writers(self) -> dict[str, Callable[[], str | bytes]]:
        return {**super()._writers(), ".png": lambda: embedding_png(self.facts)}

    def _live(self) -> EmbeddingWidget:
        from kfx.views.embed.widget import EmbeddingWidget

        if self._closed:
            raise ClosedViewError(f"{self!r} is closed and has let go of the data; call kfx.embed again.")
        return EmbeddingWidget(
            EmbeddingAnswers(self.facts, self.shown), about=about_embedding(self.facts), points=wire_points(self.facts)
        )
