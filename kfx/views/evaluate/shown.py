"""Describe the kept examples of an output: what each is, what it was taken for, and its input as a picture or in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from kfx.draw.values.numbers import number_text
from kfx.text import numbers
from kfx.text.untrusted import cut, visible
from kfx.values.evaluation.kept import KeptExample
from kfx.values.evaluation.tasks import Task
from kfx.views.cards.facts import ShownExample, small_picture
from kfx.views.evaluate.facts import sure_text
from kfx.views.inspector.inputs import InputWords
from kfx.views.inspector.shown.pictures import Pictures, pictures_of

_LONGEST = 200  # characters of an input in words
_STEPS = 12  # wrong steps of a sequence that are written


class ExampleWords:
    """Describes examples.

    Args:
        words: Describes inputs; None where the inputs are not known.
        class_names: A name for each class or label of the output.
    """

    def __init__(self, words: InputWords | None, class_names: Sequence[str]) -> None:
        self._words, self._names = words, class_names

    def shown(self, example: KeptExample, task: Task) -> ShownExample:
        """Return the description of an example of an output."""
        title, detail, pictures = {"classes": self._classes, "labels": self._labels, "values": self._values}[task.kind](
            example, task
        )
        inputs = self._words.shown(example.inputs, example.number) if self._words and example.inputs else ()
        seen = [(visible(one.name), small_picture(one.rgb)) for one in inputs if one.rgb is not None]
        texts = [one.text for one in inputs if one.rgb is None]
        text = cut(" · ".join(texts), _LONGEST)
        if task.kind == "classes" and task.places == 1:
            text = self._steps(example, inputs[0].words if inputs and inputs[0].kind == "tokens" else ())
        return ShownExample(example.number, tuple(title), detail, text, (*seen, *pictures))

    def _name(self, number: int) -> str:
        return self._names[number] if 0 <= number < len(self._names) else str(number)

    def _classes(self, example: KeptExample, task: Task) -> tuple[list[tuple[str, bool]], str, list[tuple[str, np.ndarray]]]:
        if not task.places:
            name, other = self._name(example.truth), self._name(example.predicted)
            right = example.truth == example.predicted
            words = [(name, False)] if right else [(name, False), (" read as ", False), (other, True)]
            return words, sure_text(example.sure), []
        truth, found = np.asarray(example.truth), np.asarray(example.predicted)
        counted = truth >= 0
        wrong = int(((truth != found) & counted).sum())
        what = "step" if task.places == 1 else "place"
        title = [(f"{wrong:,}", wrong > 0), (f" of {numbers.count(int(counted.sum()), what)} wrong", False)]
        if task.places != 2:
            return title, f"mean loss {number_text(example.loss)}", []
        masks = Pictures(np.stack([np.where(counted, x, 0) for x in (truth, found)])[..., None], "labels")
        return (
            title,
            f"overlap {1 - example.loss:.2f}",
            [("true", small_picture(masks.rgb(0))), ("predicted", small_picture(masks.rgb(1)))],
        )

    def _labels(self, example: KeptExample, task: Task) -> tuple[list[tuple[str, bool]], str, list[tuple[str, np.ndarray]]]:
        truth, claimed = np.asarray(example.truth), np.asarray(example.predicted)
        title: list[tuple[str, bool]] = []
        for word, labels in (("missed ", truth & ~claimed), ("claimed ", claimed & ~truth)):
            if labels.any():
                some = ", ".join(self._name(int(i)) for i in np.flatnonzero(labels)[:4])
                more = f" and {int(labels.sum()) - 4} more" if labels.sum() > 4 else ""
                title += [(("; " if title else "") + word, False), (some + more, True)]
        return title or [("all labels right", False)], f"mean loss {number_text(example.loss)}", []

    def _values(self, example: KeptExample, task: Task) -> tuple[list[tuple[str, bool]], str, list[tuple[str, np.ndarray]]]:
        truth, found = np.asarray(example.truth), np.asarray(example.predicted)
        if found.size == 1:
            true, value = float(truth.ravel()[0]), float(found.ravel()[0])
            title = [(f"{number_text(true)} read as ", False), (number_text(value), True)]
            return title, f"off by {number_text(value - true)}", []
        both = [(name, pictures_of(np.asarray(x, "float32"))) for name, x in (("true", truth), ("predicted", found))]
        seen = [(name, small_picture(one.rgb())) for name, one in both if one is not None]
        return [("RMSE ", False), (number_text(example.loss), True)], "×".join(map(str, found.shape)) + " values", seen

    def _steps(self, example: KeptExample, words: Sequence[str]) -> str:
        """Return the wrong steps of a sequence, each with its word where there is one."""
        truth, found = np.asarray(example.truth), np.asarray(example.predicted)
        wrong = np.flatnonzero((truth != found) & (truth >= 0))
        parts = []
        for step in wrong[:_STEPS].tolist():
            word = visible(words[step]) if step < len(words) and words[step] else str(step)
            parts.append(f"{word}: {self._name(int(truth[step]))} read as {self._name(int(found[step]))}")
        more = f" · and {len(wrong) - _STEPS:,} more" if len(wrong) > _STEPS else ""
        return cut(" · ".join(parts) + more, 3 * _LONGEST)


def input_words(found: Mapping[str, Sequence[KeptExample]], count: int, tokens: object, images: object) -> InputWords | None:
    """Return what describes the inputs of the kept examples; None where none has inputs."""
    for examples in found.values():
        for example in examples:
            if example.inputs:
                return InputWords(list(example.inputs), count, tokens=tokens, images=images)
    return None
