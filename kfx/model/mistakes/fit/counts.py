"""Rules for the number of examples, their weights, and metrics that do not take the labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from kfx.keras_access.importing import import_keras
from kfx.keras_access.optimizers import metrics_given, update_metrics
from kfx.model.mistakes.facts import Given, Mistake, Repair
from kfx.model.mistakes.fit.case import FitCase
from kfx.model.mistakes.fit.data import parts_of
from kfx.model.mistakes.fit.flow import names_of
from kfx.model.mistakes.fit.recompile import compile_code, quoted
from kfx.text.untrusted import cut


def wrong_counts(case: FitCase) -> Mistake | None:
    """Explain data, labels and weights of different lengths."""
    return _lengths(case) or _weights(case) or _class_weights(case)


def _lengths(case: FitCase) -> Mistake | None:
    if case.data.in_elements:
        return None
    sides = [("x", i, part) for i, part in enumerate(case.x)] + [("y", i, part) for i, part in enumerate(case.y)]
    counts = [(side, i, part.count) for side, i, part in sides if part.count is not None]
    if len({count for _, _, count in counts}) < 2:
        return None
    shown = [(case.where[0 if side == "x" else 1], count) for side, _, count in counts]
    sentence = f"Each example needs its label; {names_of([f'{name} has {count:,} examples' for name, count in shown])}."
    given = tuple(Given(name, (count,), "", ("examples",), (0,)) for name, count in shown)
    return case.mistake("lengths", "the data differ in length", sentence, given=given, boxes=[(s, i) for s, i, _ in counts],
                        lines=[(s, i) for s, i, _ in counts], repairs=list(_same_length(case)))  # fmt: skip


def _same_length(case: FitCase) -> Iterator[Repair]:
    if len(case.x) != 1 or len(case.y) != 1 or case.where[0] != "x":
        return
    (x,), (y,), written = case.x, case.y, case.written
    if x.count is None or y.count is None:
        return
    for name, value in sorted(case.arrays.items()):
        shape = getattr(value, "shape", None)
        if shape is None or value is y.value or value is x.value or isinstance(value, type) or not len(shape):
            continue
        if shape[0] == x.count and tuple(shape[1:]) == y.example:
            gives = case.tried(x=case.two[0], y=np.asarray(value)[:2])
            if gives is not None:
                yield Repair(f"{name} is as long as {written.source('x')}", case.again(y=name), name, gives)
                break
    gives, n = case.tried(), min(x.count, y.count)
    if gives is not None and n:
        long = "x" if x.count > y.count else "y"
        code = f"{written.source(long)}[:{n}]"
        yield Repair(f"Use the first {n:,} of both, if they belong together", case.again(**{long: code}), code, gives)


def _weights(case: FitCase) -> Mistake | None:
    """Explain ``sample_weight`` of another length or with too many axes."""
    weights = parts_of(case.failed.arguments.get("sample_weight"))
    count = case.x[0].count if case.x else None
    for part in weights:
        if part.shape is None or not part.shape or count is None or case.data.in_elements:
            continue
        if part.shape[0] == count and len(part.shape) <= max((len(port.shape) for port in case.outputs), default=9):
            continue
        name = case.written.source("sample_weight")
        what = f"{name} holds {part.shape[0]:,} weights" if part.shape[0] != count else f"{name} has {len(part.shape)} axes"
        sentence = f"sample_weight is one number for each example; {what}, and there are {count:,} examples."
        gives, found = case.tried(), []
        if gives is not None and part.shape[0] == count and part.shape[1:] == (1,):
            found.append(Repair("Drop the last axis", case.again(sample_weight=f"{name}[:, 0]"), "[:, 0]", gives))
        if gives is not None:
            found.append(Repair("Weigh all alike", case.again(("sample_weight",)), "", gives))
        given = (Given("sample_weight", part.shape[:1], "", ("examples",), (0,), name), Given("x", (count,), "", ("examples",)))
        return case.mistake("weights", "the weights do not fit the examples", sentence, given=given, boxes=[("loss", 0)],
                            repairs=found)  # fmt: skip
    return None


def _class_weights(case: FitCase) -> Mistake | None:
    weights = case.failed.arguments.get("class_weight")
    if weights is None:
        return None
    if len(case.outputs) > 1:
        sentence = (
            f"class_weight is for one output; {case.model.name} has {len(case.outputs)}. Give sample_weight for each output."
        )
    elif not isinstance(weights, dict):
        kind = cut(type(weights).__name__, 40)
        sentence = f"class_weight is a {kind}; expected a dict of class number: weight, e.g. {{0: 1.0, 1: 5.0}}."
    elif case.failed.arguments.get("sample_weight") is not None:
        sentence = "class_weight and sample_weight are both given; Keras takes one of them."
    else:
        return None
    gives, found = case.tried(), []
    listed = list(weights) if isinstance(weights, list | tuple | np.ndarray) else None
    if listed is not None and gives is not None and len(case.outputs) == 1:
        code = f"dict(enumerate({case.written.source('class_weight')}))"
        found.append(Repair("A dict of them", case.again(class_weight=code), code, gives))
    if gives is not None:
        found.append(Repair("Weigh all classes alike", case.again(("class_weight",)), "", gives))
    return case.mistake("weights", "class_weight does not fit", sentence, boxes=[("loss", 0)], repairs=found)


def wrong_metrics(case: FitCase) -> Mistake | None:
    """Explain a metric that refuses labels which the loss takes, by computing each on two examples."""
    metrics = metrics_given(case.model)
    if not case.learns or not metrics or isinstance(metrics, dict) or len(case.outputs) != 1:
        return None
    try:
        x, y = case.two
        prediction = case.predict(x)
        case.loss_of(y, prediction)
    except Exception:
        return None
    listed = list(metrics) if isinstance(metrics, list | tuple) else [metrics]
    refused = {i: error for i, one in enumerate(listed) if (error := metric_refusal(case, one, y, prediction)) is not None}
    if not refused:
        return None
    place, error = next(iter(refused.items()))
    name = listed[place] if isinstance(listed[place], str) else getattr(listed[place], "name", type(listed[place]).__name__)
    sentence = f"The loss takes these labels; the metric {cut(str(name), 60)} does not: {error}"
    kept = [one for i, one in enumerate(listed) if i not in refused]
    found = []
    if all(isinstance(one, str) for one in kept) and isinstance(case.loss, str):
        for title, metric in (("accuracy, which chooses its form by the labels", "accuracy"),):
            if metric not in kept and metric_refusal(case, metric, y, prediction) is None:
                code = compile_code(case.written, quoted(case.loss), metrics=quoted([*kept, metric]))
                found.append(Repair(f"Use {title}", code, quoted(metric), f"{case.tried()}, the metrics too"))
        code = compile_code(case.written, quoted(case.loss), metrics=quoted(kept))
        found.append(Repair("Leave it out", code, "", str(case.tried())))
    return case.mistake("metrics", "a metric does not take the labels", sentence, boxes=[("loss", 0)], repairs=found)


def metric_refusal(case: FitCase, metric: Any, y: Any, prediction: Any) -> str | None:
    """Return the first line of the error of a new metric of the same kind on these examples; None where it takes them."""
    keras = import_keras()
    if isinstance(metric, keras.metrics.Metric):
        try:
            metric = type(metric).from_config(metric.get_config())
        except Exception:
            return None
    try:
        with keras.StatelessScope():
            update_metrics([metric], case.output_names, np.asarray(y), np.asarray(prediction))
    except Exception as error:
        return cut(next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__), 160)
    return None
