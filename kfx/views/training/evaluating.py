"""What a model gets wrong on some data, at the end of each epoch: a panel of the view of a training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kfx.keras_access.tensorflow.evaluating import forward_with_masks
from kfx.training.callbacks import Showing
from kfx.training.journal.panel import Confused, Content
from kfx.training.run.state import RunState
from kfx.values.data.arrays import comes_in_batches
from kfx.values.data.batches import Batches
from kfx.values.evaluation.run import Evaluation
from kfx.views.evaluate.facts import OutputFacts
from kfx.views.evaluate.report import Report

if TYPE_CHECKING:
    import keras

_NEVER = 10**9  # steps


class Evaluating(Showing):
    """Evaluates on given data at each epoch's end; see `kfx.callbacks.Evaluate`."""

    title = "What it gets wrong"
    every = _NEVER

    def __init__(
        self,
        x: object,
        y: object = None,
        *,
        epochs: int = 1,
        examples: int = 8,
        class_names: object = None,
        output: str | None = None,
        batch_size: int | None = None,
    ) -> None:
        super().__init__()
        for name, value, least, most in (("epochs", epochs, 1, 10**6), ("examples", examples, 0, 24)):
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                raise ValueError(f"`{name}` is {value!r}; expected a whole number from {least} to {most:,}.")
        if comes_in_batches(x) and isinstance(x, Iterator):
            raise ValueError("`x` is a generator, which ends after the first epoch; give arrays or a data set.")
        self._x, self._y, self._epochs, self._examples = x, y, epochs, examples
        self._names, self._output, self._batch_size = class_names, output, batch_size
        self._run: Any = None

    def on_epoch(self, run: RunState, logs: Mapping[str, float]) -> Content:
        """Return what is wrong after this epoch."""
        epoch = run.journal.epoch
        if epoch % self._epochs and epoch != run.journal.plan.epochs:
            return None
        report = self._evaluated(run.model)
        outputs = {one.name: one for one in report.facts.outputs}
        if self._output is not None and self._output not in outputs:
            raise ValueError(f"`output` is {self._output!r}; the outputs are {', '.join(map(repr, outputs)) or 'none'}.")
        if not outputs:
            return " ".join(report.facts.notes) or "No output was compared with labels."
        shown = next(iter(outputs.values())) if self._output is None else outputs[self._output]
        return self._content(shown, epoch)

    def _evaluated(self, model: keras.Model) -> Report:
        batches = Batches(model, self._x, labels=self._y, batch_size=self._batch_size, usual=32)
        if self._run is None or self._run[0] is not model:
            self._run = model, forward_with_masks(model)
        found = Evaluation(model)
        for batch in batches:
            outputs, masks = self._run[1](batch.inputs)
            one = batch if not batch.filled else batch.as_it_came()
            cut = batch.cut
            found.take((one.inputs, batch.labels), _each(cut, outputs), _each(cut, masks))
        return Report(str(model.name), {}, found, names=self._names)

    def _content(self, output: OutputFacts, epoch: int) -> Content:
        lines = [f"epoch {epoch}: {output.line}", *output.notes]
        parts: list[Content] = []
        if output.counts is not None and output.true is not None and output.true.sum():
            parts.append(Confused(output.counts, output.true, output.classes, f"{output.heading}, epoch {epoch}"))
        worst = output.worst[: self._examples]
        lines += [f"example {one.number:,}: {one.words} · {one.detail}" for one in worst[:4]]
        pictures = {
            f"{one.words} · {one.detail}" + (f" · {name}" if len(one.pictures) > 1 else ""): rgb
            for one in worst
            for name, rgb in one.pictures
        }
        return (lines, *parts, pictures) if pictures else (lines, *parts)


def _each(function: Any, structure: object) -> Any:
    from kfx.values.features import map_arrays

    return None if structure is None else map_arrays(function, structure)
