"""``kfx.examples``: the examples that drive a unit most, and the place in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.draw.values.input_picture import png_of
from kfx.draw.values.numbers import number_text
from kfx.model.read.model import read_graph
from kfx.notebook.view import View
from kfx.text.untrusted import cut, visible
from kfx.values.examples.find import Driving, FoundExamples, find_examples, find_stored, stored_values
from kfx.values.examples.receptive import Fields, receptive_fields
from kfx.values.parts import runnable
from kfx.views.cards.data import cards_data
from kfx.views.cards.facts import ShownExample, small_picture
from kfx.views.examples.crops import Crops, crops_by_input
from kfx.views.examples.facts import ExamplesFacts
from kfx.views.examples.html import examples_html
from kfx.views.examples.text import examples_text
from kfx.views.inspector.inputs import InputWords
from kfx.views.inspector.shown.pictures import pictures_of

if TYPE_CHECKING:
    import keras

    from kfx.views.examples.widget import ExamplesWidget

_AROUND = 4  # words on both sides of a word


def examples(
    model: keras.Model | None,
    data: object,
    layer: object,
    channel: object = None,
    *,
    count: int = 12,
    labels: object = None,
    class_names: object = None,
    tokens: object = None,
    images: object = None,
    batch_size: int | None = None,
    run_eagerly: bool | None = None,
) -> Examples:
    """Find the examples of a data set that drive a unit most, and the place in each where they do.

    Each example counts by the unit's largest value anywhere in its map. The data are gone through once, batch by batch; only
    the strongest examples are kept. Pictures are shown as crops: the receptive field where it follows from the layers between,
    else the place in the map scaled to the input; the view says which.

    Args:
        model: A built Keras model of any kind; may be None where ``data`` are extracted values.
        data: As for `kfx.extract`; or values that were extracted before: the folder that ``kfx.extract(..., to=folder)`` wrote,
            or its result. There the inputs are not known; give ``images``.
        layer: The address of one call, as for `kfx.extract`.
        channel: The number of a channel, a unit or a head, or a list of them, at most 64; None takes the first 64.
        count: How many examples of each, at most 100.
        labels: The examples' labels, with arrays; a data set of ``(inputs, labels)`` brings its own.
        class_names: A name for each label.
        tokens: Words of a sequence's steps, as for `kfx.inspect`.
        images: Pictures to show in place of the inputs, one an example.
        batch_size: Examples in one pass, for arrays; None takes 32.
        run_eagerly: As for `kfx.extract`.

    Returns:
        A view. ``view.numbers(12)`` are the examples' numbers, the strongest first, ``.values(12)`` the unit's largest value in
        each, ``.places(12)`` where in the map that is; ``.found[12]`` holds all of it with the inputs.

    Raises:
        TypeError: ``model`` is not a Keras model.
        ValueError: There is no such layer or channel, the layer gives several arrays, or the data hold no examples.
        UnbuiltModelError: The model has no weights yet.

    Example:
        >>> import keras, kfx, numpy as np
        >>> x = keras.Input((3,))
        >>> model = keras.Model(x, keras.layers.ReLU(name="relu")(x), name="tiny")
        >>> view = kfx.examples(model, np.array([[1.0, 0, 0], [5, 0, 2], [3, 0, 9]]), "relu", channel=0, count=2)
        >>> view.numbers(0).tolist(), view.values(0).tolist()
        ([1, 2], [5.0, 3.0])
    """
    stored = stored_values(data)
    if stored is not None:
        found = find_stored(model, stored, layer, channel, count=count)
    else:
        model = runnable(model, layer, data)
        found = find_examples(
            model, data, layer, channel, count=count, labels=labels, batch_size=batch_size, run_eagerly=run_eagerly
        )
    fields: Mapping[str, Fields] = {}
    if model is not None and len(found.space) == 2:
        fields = receptive_fields(model, read_graph(model), found.address)
    name = "" if model is None else str(model.name)
    return Examples(found, name, fields, class_names=class_names, tokens=tokens, images=images)


class Examples(View):
    """The examples that drive units most.

    Attributes:
        address: The layer's address.
        found: By number of the unit, the strongest example first.
        count: How many examples were looked at.
    """

    def __init__(
        self,
        found: FoundExamples,
        name: str = "",
        fields: Mapping[str, Fields] | None = None,
        *,
        class_names: object = None,
        tokens: object = None,
        images: Any = None,
    ) -> None:
        self.address, self.found, self.count = found.address, dict(found.found), found.count
        self._found, self._name, self._fields, self._images = found, name, dict(fields or {}), images
        first = next((one.inputs for some in self.found.values() for one in some if one.inputs), None)
        self._words = None if first is None else InputWords(list(first), found.count, tokens=tokens, images=images)
        self._crops: dict[str, Crops] = crops_by_input(self._fields, list(first or ["input"]), found.space)
        if isinstance(class_names, str) or not isinstance(class_names, Iterable | None):
            raise TypeError(f"`class_names` is {class_names!r:.60}; give one name for each label, in a list.")
        self._labels = None if class_names is None else tuple(map(str, class_names))

    def numbers(self, channel: int | None = None) -> np.ndarray:
        """Return the numbers of a unit's examples, the strongest first; ``channel`` may be left out where there is only one."""
        return np.array([one.number for one in self._of(channel)], "int64")

    def values(self, channel: int | None = None) -> np.ndarray:
        """Return the unit's largest value in each of its examples, the largest first."""
        return np.array([one.value for one in self._of(channel)])

    def places(self, channel: int | None = None) -> np.ndarray:
        """Return where in the unit's map that value is, ``(examples, axes)``."""
        rows = [one.place for one in self._of(channel)]
        return np.array(rows, "int64").reshape(len(rows), len(self._found.space))

    def _of(self, channel: int | None) -> tuple[Driving, ...]:
        if channel is None and len(self.found) == 1:
            return next(iter(self.found.values()))
        if channel not in self.found:
            raise ValueError(f"`channel` is {channel!r}; there are examples for {', '.join(map(str, list(self.found)[:64]))}.")
        return self.found[channel]

    @cached_property
    def facts(self) -> ExamplesFacts:
        """What the faces of the view show."""
        shown = {channel: tuple(map(self._shown, some)) for channel, some in self.found.items()}
        found = self._found
        notes = []
        if any(len(one.pictures) for some in shown.values() for one in some) and len(found.space) == 2:
            notes.append(next(iter(self._crops.values())).words())
        if len(self.found) < found.channels:
            some = list(self.found)
            whole = some == list(range(len(some))) and len(some) > 1
            which = f"0 to {some[-1]}" if whole else ", ".join(map(str, some[:12])) + (" …" if len(some) > 12 else "")
            notes.append(f"{found.word} {which} of {found.channels:,}")
        if found.left_out:
            notes.append(f"{found.left_out:,} values that are not finite were left out")
        return ExamplesFacts(self._name, found.address, found.word, found.channels, found.count, shown, tuple(notes))

    def _shown(self, one: Driving) -> ShownExample:
        pictures: list[tuple[str, np.ndarray]] = []
        texts = []
        for shown in self._words.shown(one.inputs, one.number) if self._words and one.inputs else ():
            if shown.rgb is not None:
                crops = self._crops[shown.name] if len(self._found.space) == 2 else None
                pictures += crops.pictures(shown.rgb, one.place) if crops else [("input", small_picture(shown.rgb))]
            elif shown.kind == "tokens" and len(one.place) == 1 and one.place[0] < len(shown.words):
                texts.append(_around(shown.words, one.place[0]))
            else:
                texts.append(shown.text)
        if not one.inputs and self._images is not None:
            pictures += self._stored_picture(one)
        label = "" if one.label is None or np.ndim(one.label) else self._label(one.label)
        place = f"at {', '.join(map(str, one.place))}" if one.place else ""
        detail = " · ".join(filter(None, [place, label]))
        return ShownExample(
            one.number, ((number_text(one.value), False),), detail, cut(" · ".join(texts), 200), tuple(pictures)
        )

    def _stored_picture(self, one: Driving) -> list[tuple[str, np.ndarray]]:
        """Return the picture given for an example whose inputs are not known."""
        images = self._images
        if one.number >= len(images):
            raise ValueError(f"`images` holds {len(images)} pictures; expected one for each of {self.count:,} examples.")
        found = pictures_of(np.asarray(images[one.number]))
        if found is None:
            raise ValueError(f"`images[{one.number}]` has shape {np.shape(images[one.number])}; expected a picture.")
        crops = self._crops["input"] if len(self._found.space) == 2 else None
        return list(crops.pictures(found.rgb(), one.place)) if crops else [("input", small_picture(found.rgb()))]

    def _label(self, label: object) -> str:
        number = np.asarray(label).item()
        if self._labels is not None and isinstance(number, int | float) and 0 <= int(number) < len(self._labels):
            return visible(self._labels[int(number)])[:60]
        return f"label {visible(str(number))[:60]}"

    def _title(self) -> str:
        return f"Examples of {visible(self.address)[:60]!r}"

    def _text(self) -> str:
        return examples_text(self.facts)

    def _html(self) -> str:
        return examples_html(self.facts)

    def _html_small(self) -> str:
        return examples_html(self.facts, channels=1, examples=6)

    def _sheet(self) -> bytes:
        """Return the crops of every unit as one picture, a row for each."""
        rows = [[dict(one.pictures) for one in some if one.pictures] for some in self.facts.shown.values()]
        cells = [[_square(next(iter(one.values()))) for one in row] for row in rows if row]
        if not cells:
            raise ValueError("There is nothing to draw: no input is a picture.")
        wide = max(map(len, cells))
        blank = np.full_like(cells[0][0], 255)
        return png_of(np.vstack([np.hstack(row + [blank] * (wide - len(row))) for row in cells]))

    def _writers(self) -> dict[str, Callable[[], str | bytes]]:
        return {**super()._writers(), ".png": self._sheet}

    def _live(self) -> ExamplesWidget:
        from kfx.views.examples.widget import ExamplesWidget

        facts = self.facts
        about = {"name": visible(facts.name), "head": facts.head, "notes": list(facts.notes), "word": facts.word,
                 "channels": list(facts.shown)}  # fmt: skip

        def answer(ask: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
            shown, buffers = cards_data(facts.shown.get(ask.get("channel", -1), ()))
            return {"examples": shown}, buffers

        return ExamplesWidget(answer, about=about, channel=next(iter(facts.shown), 0))


def _around(words: tuple[str, ...], step: int) -> str:
    """Return a word in brackets with some words on both sides."""
    first = max(0, step - _AROUND)
    seen = [
        f"[{visible(words[i]) or i}]" if i == step else visible(words[i])
        for i in range(first, min(len(words), step + _AROUND + 1))
    ]
    return " ".join(filter(None, [*(["…"] if first else []), *seen, *(["…"] if step + _AROUND + 1 < len(words) else [])]))


def _square(rgb: np.ndarray, side: int = 96, gap: int = 4) -> np.ndarray:
    """Return a picture in the middle of a white square."""
    from PIL import Image

    image = Image.fromarray(rgb)
    scale = side / max(image.size)
    how = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BILINEAR
    image = image.resize([max(1, round(n * scale)) for n in image.size], how)
    found = np.full((side + gap, side + gap, 3), 255, "uint8")
    top, left = (side - image.height) // 2, (side - image.width) // 2
    found[top : top + image.height, left : left + image.width] = np.asarray(image)
    return found
