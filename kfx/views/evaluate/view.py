"""``kfx.evaluate``: ``model.evaluate`` with a view of what the model gets right and wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.draw.fonts.travelling import with_font
from kfx.draw.png import png
from kfx.notebook.view import View
from kfx.text.untrusted import visible
from kfx.values.evaluation.kept import KeptExample
from kfx.values.evaluation.run import OutputEvaluation, run_evaluate
from kfx.views.evaluate.answers import EvaluationAnswers, about_evaluation
from kfx.views.evaluate.facts import EvaluationFacts
from kfx.views.evaluate.html import drawings, evaluation_html
from kfx.views.evaluate.report import Report
from kfx.views.evaluate.text import evaluation_text

if TYPE_CHECKING:
    import keras

    from kfx.views.evaluate.widget import EvaluationWidget


def evaluate(
    model: keras.Model,
    x: object = None,
    y: object = None,
    batch_size: int | None = None,
    verbose: object = "auto",
    sample_weight: object = None,
    steps: int | None = None,
    callbacks: object = None,
    *,
    return_dict: bool = True,
    class_names: object = None,
    tokens: object = None,
    images: object = None,
    kind: object = None,
) -> EvaluationView:
    """Evaluate a model as ``model.evaluate`` does, and see what it gets right and wrong.

    The metrics are those of ``model.evaluate``, computed by it in the one pass over the data; the outputs of the same pass are
    counted beside it. An output that chooses a class (of an example, of each step of a sequence, of each place of a picture)
    gives a confusion matrix, a calibration curve and the worst examples; an output of labels that hold or not the figures of
    each; numbers give residuals and predicted against true. Nothing is kept of the data but some of the examples.

    Args:
        model: A compiled Keras model.
        x: As for ``model.evaluate``: arrays, tables, a ``tf.data.Dataset``, a ``keras.utils.PyDataset``, a PyTorch loader, a
            generator. It is gone through once, batch by batch.
        y: As for ``model.evaluate``.
        batch_size: As for ``model.evaluate``.
        verbose: ``"auto"`` leaves Keras's own progress bar out; any other value is handed on.
        sample_weight: As for ``model.evaluate``. What has weight 0 is not counted; counts are not weighted otherwise.
        steps: As for ``model.evaluate``.
        callbacks: As for ``model.evaluate``.
        return_dict: Has no effect: a view comes back, and its ``.metrics`` are a dict.
        class_names: A name for each class; for several outputs a dict by output.
        tokens: Words of a sequence's steps, as for `kfx.inspect`.
        images: Pictures to show in place of the inputs, one an example, as for `kfx.inspect`.
        kind: ``"classes"``, ``"labels"`` or ``"values"``, or a dict of these by output; None finds it out by the loss, and
            where that says nothing by the first labels.

    Returns:
        A view. ``.metrics`` is the dict of ``model.evaluate``; of a model with one output ``.confusion`` is the matrix
        ``(true, predicted)``, ``.worst`` and ``.sure`` list examples, ``.examples(true, predicted)`` those of a cell.

    Raises:
        TypeError: ``model`` is not a Keras model.
        ValueError: It is not compiled, or the data do not fit, have different lengths or hold no examples.

    Example:
        >>> import keras, kfx, numpy as np
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Activation("softmax")], name="tiny")
        >>> model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        >>> view = kfx.evaluate(model, np.array([[2.0, 0.0], [0.0, 3.0], [1.0, 0.0]]), np.array([0, 1, 1]))
        >>> view.confusion.tolist()
        [[1, 0], [1, 1]]
        >>> view.worst[0].number, round(view.metrics["accuracy"], 2)
        (2, 0.67)
    """
    arguments: dict[str, Any] = {
        "x": x,
        "y": y,
        "batch_size": batch_size,
        "verbose": 0 if verbose == "auto" else verbose,
        "sample_weight": sample_weight,
        "steps": steps,
        "callbacks": callbacks,
    }
    metrics, found = run_evaluate(model, arguments, kind)
    report = Report(str(model.name), metrics, found, names=class_names, tokens=tokens, images=images)
    return EvaluationView(report, metrics)


class EvaluationView(View):
    """What a model gets right and wrong.

    Attributes:
        metrics: Those of ``model.evaluate``, by name.
        outputs: What was counted of each output, by name (``""`` for the only one): `ClassesEvaluation` with ``.confusion``
            and ``.calibration``, `LabelsEvaluation` with ``.counts``, or `ValuesEvaluation` with ``.figures`` and ``.points``.
    """

    def __init__(self, report: Report, metrics: Mapping[str, float]) -> None:
        self.metrics = dict(metrics)
        self.outputs: Mapping[str, OutputEvaluation] = report.parts
        self._report = report

    @property
    def facts(self) -> EvaluationFacts:
        """What the faces of the view show."""
        return self._report.facts

    @property
    def confusion(self) -> np.ndarray:
        """The matrix ``(true, predicted)`` of the only output that chooses a class, int64.

        Raises:
            ValueError: There is none, or there are several: see `outputs`.
        """
        return self.outputs[self._only("classes", "a confusion matrix")].confusion.matrix()  # type: ignore[union-attr]

    @property
    def worst(self) -> list[KeptExample]:
        """The examples of the only output that are farthest off, at most 24, the worst first."""
        return self._report.kept(self._only("", "a list of the worst"), "worst")

    @property
    def sure(self) -> list[KeptExample]:
        """The wrong examples of the only output that chooses a class, the most confident first, at most 24."""
        return self._report.kept(self._only("classes", "a list of the most confident"), "sure")

    def examples(self, true: int, predicted: int, *, output: str | None = None) -> list[KeptExample]:
        """Return examples of one cell of the confusion matrix, the largest loss first; of sequences and pictures those with
        the most steps or places in it. At most 12 are kept.

        Args:
            true: Number of the true class.
            predicted: Number of the predicted one.
            output: The output's name, where there are several.

        Raises:
            ValueError: There is no such output or class.
        """
        name = self._only("classes", "a confusion matrix") if output is None else output
        part = self.outputs.get(name)
        if part is None or part.task.kind != "classes":
            raise ValueError(f"There is no confusion matrix of {name!r}; the outputs are {self._listed()}.")
        for number in (true, predicted):
            if not 0 <= number < part.task.units:
                raise ValueError(f"There is no class {number!r}; there are {part.task.units}, 0 to {part.task.units - 1}.")
        return self._report.kept(name, (int(true), int(predicted)))

    def _only(self, kind: str, what: str) -> str:
        fitting = [name for name, part in self.outputs.items() if not kind or part.task.kind == kind]
        if len(fitting) == 1:
            return fitting[0]
        if not fitting:
            raise ValueError(f"No output has {what}; the outputs are {self._listed()}.")
        raise ValueError(f"Several outputs have {what}; take one of `.outputs`: {', '.join(map(repr, fitting))}.")

    def _listed(self) -> str:
        return ", ".join(f"{name or 'the only one'!r} ({part.task.kind})" for name, part in self.outputs.items()) or "none"

    def _title(self) -> str:
        return f"Evaluation {visible(self.facts.name)[:60]!r}"

    def _text(self) -> str:
        return evaluation_text(self.facts)

    def _html(self) -> str:
        return evaluation_html(self.facts)

    def _html_small(self) -> str:
        return evaluation_html(self.facts, examples=0)

    def svg(self) -> str:
        """Return the first drawing, the confusion matrix or predicted against true, as SVG on white.

        Raises:
            ValueError: There is nothing to draw.
        """
        for output in self.facts.outputs:
            for drawn in drawings(output).values():
                return with_font(drawn)
        raise ValueError("There is nothing to draw: no output was compared with labels.")

    def _writers(self) -> dict[str, Callable[[], str | bytes]]:
        return {**super()._writers(), ".svg": self.svg, ".png": lambda: png(self.svg())}

    def _live(self) -> EvaluationWidget:
        from kfx.views.evaluate.widget import EvaluationWidget

        return EvaluationWidget(EvaluationAnswers(self._report), about=about_evaluation(self.facts))
