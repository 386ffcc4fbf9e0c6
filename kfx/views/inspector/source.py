"""The queries of the inspector: a layer's values, inputs, predictions and words, for any example."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NoReturn

import numpy as np

from kfx.draw.values.axes import WHOLE
from kfx.draw.values.layer_values import LayerValues, layer_values
from kfx.draw.values.numbers import whole_text
from kfx.errors import ClosedViewError, KfxError
from kfx.model.axes import returns_scores
from kfx.model.facts import LayerCall
from kfx.text import numbers
from kfx.values.lazy import LazyValues
from kfx.views.inspector.choices import names_by_output
from kfx.views.inspector.facts import InputShown, shown_shape
from kfx.views.inspector.inputs import InputWords
from kfx.views.inspector.prediction import Prediction
from kfx.views.inspector.reading import Reading
from kfx.views.inspector.shown.outputs import About, described, units_of
from kfx.views.inspector.shown.pictures import pictures_of
from kfx.views.inspector.shown.words import Word

SCORES = "attention scores"  # the type that is written for them
_SCORES = re.compile(r"(scores|softmax|masked_softmax)(_\d+)?([@~]\d+)?$")  # parts of attention layers by name
_HEADS = {"Dense", "EinsumDense", "ReversibleEmbedding", "Softmax", "Activation", "TimeDistributed", "MatMul", "Matmul"}


class Released:
    """What a closed inspector has in place of its source: every use says so."""

    def __init__(self, why: str) -> None:
        self._why = why

    def __getattr__(self, name: str) -> NoReturn:
        raise ClosedViewError(self._why)


def _scores_of(call: LayerCall) -> list[LayerCall]:
    """Return the scores inside an attention layer as a call of their own, to be chosen like one."""
    if not returns_scores(call):
        return []
    key = f"{call.key}/scores"
    return [LayerCall(key, (*call.path, "scores"), "scores", "op", SCORES, "seq", parent=call.key, bases=())]


class InspectorSource:
    """Look up what an inspector shows, for its text, its static face and its answers to the browser.

    Args:
        values: The model's values.
        words: How the inputs are shown.
        class_names: As given to `kfx.inspect`.
        example: The example whose outputs determine how many classes each output has.
        reading: Facts of the model's graph.
    """

    def __init__(
        self,
        values: LazyValues,
        words: InputWords,
        class_names: object = None,
        example: int = 0,
        reading: Reading | None = None,
    ) -> None:
        self.values, self._words, self.reading = values, words, reading or Reading()
        self._calls = {one.key: one for call in values.calls for one in [call, *_scores_of(call)]}
        self._calls.update({call.key: call for call in values.calls})
        self.calls = tuple(self._calls.values())
        sizes = {}
        if class_names is not None:
            outputs = values.outputs(example)
            axes = self._axes_of(outputs)
            sizes = {name: units_of(np.shape(x), axes[name]) for name, x in outputs.items()}
        self._class_names = names_by_output(class_names, sizes)

    @property
    def name(self) -> str:
        """The model's name."""
        return str(self.values.model.name)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about the data."""
        some = f"The first {self.values.count} examples of the data."
        training = "Run as in training: augmentation, dropout and noise are on, and statistics are those of one example."
        return (*([some] if self.values.more else []), *([training] if self.values.training else []))

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
        role = self._role(layer, part, np.ndim(value))
        usual = self._usual_axis(layer, value, role, example)
        return layer_values(
            layer, value, label=label, type=kind, channel=channel, at=places, usual=usual, role=role, step=self.reading.step
        )

    def _role(self, layer: str, part: int, rank: int) -> str:
        """Return ``"attention"`` for the scores of attention, otherwise ``""``."""
        call, around = self._calls.get(layer), self._calls.get(layer.rpartition("/")[0])
        scores = call is not None and part > 0 and call.type != SCORES and returns_scores(call)
        scores = scores or (around is not None and returns_scores(around) and bool(_SCORES.match(layer.rpartition("/")[2])))
        return "attention" if rank >= 2 and (scores or (part == 0 and layer in self.reading.attention)) else ""

    def silenced_at(self, values: LayerValues, example: int) -> tuple[str, int, int] | None:
        """Return where a head of an attention layer is silenced: its values, so that it adds nothing; None for other values.

        Returns:
            The address of the layer's values, the number of the tensor, and the axis of the heads without the batch axis.
        """
        around = values.key.removesuffix("/scores")
        if values.role != "attention" or around not in self._calls or not returns_scores(self._calls[around]):
            return None
        try:
            ((_, value),) = self.values.parts(f"{around}/value", example)
        except (KfxError, ValueError, KeyError):
            return None
        heads = np.ndim(value) - 2
        return (f"{around}/value", 0, heads) if np.ndim(value) >= 3 and np.shape(value)[heads] == values.plan.channels else None

    def _usual_axis(self, layer: str, value: np.ndarray, role: str, example: int) -> int | None:
        """Return the axis of the channels where it is not the last one: heads come first, a plane is one map."""
        shape = np.shape(value)
        if role:
            return 0 if len(shape) > 2 else WHOLE
        if layer in self.reading.channels and self.reading.channels[layer] < len(shape):
            return self.reading.channels[layer]
        if len(shape) != 2 or not all(n > 1 for n in shape):
            return None
        return WHOLE if shape in self._planes(example) else None

    def here(self, layer: str, example: int) -> InputShown | None:
        """Return the picture that an input has become at a layer without weights, e.g. by augmentation; None elsewhere."""
        if layer not in self.reading.unlearned or not any(one.pictures is not None for one in self.inputs(example)):
            return None
        value = self.values.parts(layer, example)[0][1]
        found = pictures_of(value, self.reading.channels.get(layer), self.reading.step) if np.ndim(value) >= 3 else None
        if found is None:
            return None
        text = ", ".join(filter(None, [f"{shown_shape(np.shape(value))} picture", found.note]))
        return InputShown(layer, "picture", text, found)

    def _planes(self, example: int) -> set[tuple[int, ...]]:
        """Return the heights and widths of an example's pictures: values of such a shape are one map."""
        return {one.pictures.size for one in self.inputs(example) if one.pictures is not None and one.kind == "picture"}

    def predictions(self, example: int) -> tuple[Prediction, ...]:
        """Return an example's prediction for each output of the model, as what it is."""
        return self.described(self.values.outputs(example), example)

    def described(self, outputs: Mapping[str, np.ndarray], example: int) -> tuple[Prediction, ...]:
        """Return the description of the model's outputs for an example, which are given by name."""
        axes, roles = self._axes_of(outputs), self._roles_of(outputs)
        inputs, shown, makers = self.values.inputs(example), self.inputs(example), self._makers_of(outputs)
        found = []
        for name, value in outputs.items():
            names, units = self._class_names.get(name), units_of(np.shape(value), axes[name])
            word = self._word(value, units) if names is None else None
            key, kind = makers[name]
            about = About(names, axes[name], roles[name], inputs, shown, kind in _HEADS, word, self.reading.step, key)
            found.append(described(name, value, about))
        return tuple(found)

    def _axes_of(self, outputs: Mapping[str, np.ndarray]) -> dict[str, int | None]:
        """Return the axis of the channels of each output, where it is known not to be the last one."""
        keys = self.reading.outputs if len(self.reading.outputs) == len(outputs) else [""] * len(outputs)
        axes = {name: self.reading.channels.get(key) for name, key in zip(outputs, keys, strict=True)}
        return {name: axis if axis is not None and axis < np.ndim(outputs[name]) else None for name, axis in axes.items()}

    def _word(self, value: np.ndarray, units: int) -> Word | None:
        """Return the function from numbers to words for an output: of chosen tokens, or of a class for each word."""
        value = np.asarray(value)
        if value.dtype.kind in "ui" and value.size:
            return self._words.word_of_any(int(value.max()))
        return self._words.word(units)

    def _makers_of(self, outputs: Mapping[str, np.ndarray]) -> dict[str, tuple[str, str]]:
        """Return the address and the type of the call that makes each output."""
        keys = self.reading.outputs if len(self.reading.outputs) == len(outputs) else [""] * len(outputs)
        calls = [self._calls.get(key) for key in keys]
        return {name: (call.key, call.type) if call else ("", "") for name, call in zip(outputs, calls, strict=True)}

    def _roles_of(self, outputs: Mapping[str, np.ndarray]) -> dict[str, str]:
        parts = self.reading.parts if len(self.reading.parts) == len(outputs) else [("", 0)] * len(outputs)
        return {name: self._role(*part, np.ndim(outputs[name])) for name, part in zip(outputs, parts, strict=True)}

    def inputs(self, example: int) -> tuple[InputShown, ...]:
        """Return an example's inputs, ready to be shown."""
        return self._words.shown(self.values.inputs(example), example)

    def tokens(self, values: LayerValues, example: int) -> tuple[str, ...] | None:
        """Return the words of a sequence's steps, or of the keys of attention; None where they are not known."""
        if values.plan.kind != "strips" and values.role != "attention":
            return None
        return self.words_along(values.plan.columns, example)

    def words_along(self, length: int, example: int) -> tuple[str, ...] | None:
        """Return the words of the input that has as many tokens, or their exact numbers; None where there is none."""
        inputs = [(name, np.asarray(given)) for name, given in self.values.inputs(example).items()]
        for name, given in inputs:
            found = self._words.tokens(name, given, example)
            if found is not None and len(found) == length:
                return found
        for _, given in inputs:
            if given.shape == (length,) and given.dtype.kind in "ui" and length > 1:
                return tuple(map(whole_text, given.tolist()))
        return None

    def unit_names(self, values: LayerValues, example: int) -> tuple[str, ...] | None:
        """Return the names of the classes for what the model returns, and the words of tokens; None for any other values."""
        if values.plan.kind == "vector" and values.whole:
            given = self.values.inputs(example).get(values.key)
            words = None if given is None else self._words.tokens(values.key, np.asarray(given), example)
            if words is not None and len(words) == values.plan.channels:
                return words
        known = [names for names in self._class_names.values() if len(names) == values.plan.channels]
        return known[0] if known and values.plan.axis >= 0 and self._returned(values, example) else None

    def _returned(self, values: LayerValues, example: int) -> bool:
        if values.key in (self.reading.outputs or [self.values.calls[-1].key]):
            return True
        if values.plan.kind != "vector":
            return False
        flat = values.stack.ravel()
        return any(np.array_equal(np.ravel(x), flat, equal_nan=True) for x in self.values.outputs(example).values())
