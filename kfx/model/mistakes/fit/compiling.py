"""Rules for ``compile``: never called, names that Keras does not know, losses for outputs that are not there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from kfx.keras_access.importing import import_keras
from kfx.keras_access.optimizers import metrics_given
from kfx.model.mistakes.facts import Mistake, Repair, shape_words
from kfx.model.mistakes.fit.case import FitCase
from kfx.model.mistakes.fit.counts import metric_refusal
from kfx.model.mistakes.fit.data import Part, Port
from kfx.model.mistakes.fit.flow import names_of
from kfx.model.mistakes.fit.losses import SPARSE, names_in, nearest
from kfx.model.mistakes.fit.recompile import compile_code, keeps_metrics, quoted
from kfx.text.untrusted import cut


def wrong_compile(case: FitCase) -> Mistake | None:
    """Explain what ``compile`` was given, or that it was not called."""
    if case.failed.method == "compile":
        return _optimizer(case)
    if not case.learns:
        return None
    return _not_compiled(case) or _unknown_loss(case) or _unknown_metric(case) or _loss_for_outputs(case)


def _optimizer(case: FitCase) -> Mistake | None:
    keras, given = import_keras(), case.failed.arguments.get("optimizer")
    if given is None or isinstance(given, keras.optimizers.Optimizer | dict):
        return None
    if isinstance(given, type) and issubclass(given, keras.optimizers.Optimizer):
        made = f"{case.written.source('optimizer')}()"
        again = case.again(optimizer=made)
        title = "the optimizer is a class"
        sentence = f"{given.__name__} is a class; compile takes an optimizer that was made of it."
        repairs = [Repair("Make the optimizer", again, made, "an optimizer with its usual learning rate")]
        return case.mistake("compile", title, sentence, repairs=repairs)
    if not isinstance(given, str):
        sentence = f"optimizer is {cut(repr(given), 60)} ({type(given).__name__}); expected a name or an optimizer of Keras."
        return case.mistake("compile", "the optimizer is not one of Keras", sentence)
    known = [one for one in dir(keras.optimizers) if isinstance(getattr(keras.optimizers, one), type)]
    found = [one.lower() for one in nearest(given, known)]
    tried = [one for one in found if _named(keras.optimizers.get, one)]
    repairs = [Repair(f"The optimizer {one}", case.again(optimizer=f'"{one}"'), f'"{one}"', "Keras knows it") for one in tried]
    return case.mistake(
        "compile", "the optimizer has no such name", f"Keras has no optimizer {cut(given, 60)!r}.", repairs=repairs
    )


def _named(get: Any, name: str) -> bool:
    try:
        return get(name) is not None
    except ValueError:
        return False


def _not_compiled(case: FitCase) -> Mistake | None:
    if getattr(case.model, "compiled", False) and (case.loss is not None or _adds_losses(case)):
        return None
    never = not getattr(case.model, "compiled", False)
    sentence = (
        "compile was never called, so there is nothing to make smaller and no optimizer to do it."
        if never
        else "compile was called without a loss, so there is nothing to make smaller."
    )
    repairs = list(_fitting_compile(case, '"adam"' if never else ""))
    return case.mistake("compile", "the model has no loss yet", sentence, boxes=[("loss", 0)], repairs=repairs)


def _adds_losses(case: FitCase) -> bool:
    """Return whether a model may add losses by itself: a class of the user's own."""
    keras = import_keras()
    return type(case.model).train_step is not keras.Model.train_step


def _fitting_compile(case: FitCase, optimizer: str) -> Iterator[Repair]:
    """Compile with losses that fit the outputs and the labels."""
    if len(case.outputs) != 1 or len(case.y) != 1:
        return
    (port,), (part,) = case.outputs, case.y
    for loss, metric, why in losses_that_fit(port, part):
        gives = case.tried(loss=loss)
        if gives is not None:
            code = compile_code(case.written, f'"{loss}"', optimizer=optimizer, metrics=quoted([metric]))
            yield Repair("Compile with what fits this output and these labels", code, f'"{loss}"', f"{why}: {gives}")
            return


def losses_that_fit(port: Port, part: Part) -> list[tuple[str, str, str]]:
    """Return losses for an output and its labels, the likeliest first, as ``(loss, metric, why)``."""
    units, softmax = port.shape[-1] if port.shape else 1, port.activation == "softmax"
    example = part.example or ()
    whole = part.value is not None and is_whole(part)
    unit = f"{units} {port.activation or 'linear'} unit{'s' if units != 1 else ''}"
    if softmax and example == port.shape:
        return [("categorical_crossentropy", "accuracy", f"{unit}, rows of {units}")]
    if softmax and whole and len(example) < len(port.shape) + 1:
        return [(SPARSE, "accuracy", f"{unit}, whole numbers {_range(part)}")]
    if port.activation == "sigmoid":
        return [("binary_crossentropy", "accuracy", f"{unit}, labels of {shape_words(example)}")]
    return [("mse", "mae", f"{unit}, labels of {shape_words(example)}")]


def is_whole(part: Part) -> bool:
    """Return whether labels are whole numbers."""
    try:
        values = np.asarray(part.value)
        return values.dtype.kind in "iub" or (values.dtype.kind == "f" and bool(np.all(values == np.round(values))))
    except (TypeError, ValueError):
        return False


def _range(part: Part) -> str:
    values = np.asarray(part.value)
    return f"{values.min():g} to {values.max():g}" if values.size else ""


# ------------------------------------------------------------------------------------------------ names


def _unknown_loss(case: FitCase) -> Mistake | None:
    losses = import_keras().losses
    for loss in import_keras().tree.flatten(case.loss):
        if not isinstance(loss, str) or _named(losses.get, loss):
            continue
        known = [one for one in names_in(losses) if _named(losses.get, one)]
        repairs = []
        for one in nearest(loss, known):
            gives = case.tried(loss=one) if not isinstance(case.loss, dict | list | tuple) else "Keras knows it"
            if gives is not None:
                code = compile_code(case.written, _code(case.loss, loss, one))
                repairs.append(Repair(f"The loss {one}", code, f'"{one}"', gives + keeps_metrics(case.model)))
        sentence = f"Keras has no loss {cut(loss, 60)!r}. compile takes any name; fit looks it up."
        return case.mistake("compile", "the loss has no such name", sentence, boxes=[("loss", 0)], repairs=repairs)
    return None


def _code(structure: Any, wrong: str, right: str) -> str:
    return quoted(import_keras().tree.map_structure(lambda one: right if one == wrong else one, structure))


def _unknown_metric(case: FitCase) -> Mistake | None:
    metrics = import_keras().metrics
    shorthand = ("accuracy", "acc", "crossentropy", "ce")
    given = metrics_given(case.model)
    for metric in import_keras().tree.flatten(given):
        if not isinstance(metric, str) or metric.lower() in shorthand or _named(metrics.get, metric):
            continue
        known = [*shorthand[:1], *(one for one in names_in(metrics) if _named(metrics.get, one))]
        known += [one.lower() for one in ("AUC", "Precision", "Recall")]
        found = []
        for one in nearest(metric, known):
            proper = {"auc": "AUC", "precision": "Precision", "recall": "Recall"}.get(one, one)
            if (proper == "accuracy" or _named(metrics.get, proper)) and _takes(case, proper):
                code = compile_code(case.written, _loss_code(case.loss), metrics=_code(given, metric, proper))
                found.append(Repair(f"The metric {proper}", code, f'"{proper}"', "Keras knows it"))
        sentence = f"Keras has no metric {cut(metric, 60)!r}. compile takes any name; fit looks it up."
        return case.mistake("metrics", "a metric has no such name", sentence, boxes=[("loss", 0)], repairs=found)
    return None


def _takes(case: FitCase, metric: str) -> bool:
    """Return whether a metric takes the labels and the prediction of two examples; True where they cannot be had."""
    if len(case.outputs) != 1:
        return True
    try:
        x, y = case.two
        prediction = case.predict(x)
    except Exception:
        return True
    return metric_refusal(case, metric, y, prediction) is None


def _loss_code(loss: Any) -> str:
    flat = import_keras().tree.flatten(loss)
    return quoted(loss) if all(isinstance(one, str | None) for one in flat) else "model.loss"


# ------------------------------------------------------------------------------------------------ several outputs


def _loss_for_outputs(case: FitCase) -> Mistake | None:
    names, loss = case.output_names, case.loss
    if isinstance(loss, dict) and names and set(loss) - set(names):
        wrong = sorted(set(loss) - set(names), key=str)
        keys = _renamed(list(loss), names)
        repairs = [] if keys is None else list(_keyed(case, dict(zip(keys, loss.values(), strict=True))))
        sentence = f"The losses are keyed by {names_of(list(loss))}; the model's outputs are {names_of(names)}."
        return case.mistake("compile", f"no output is called {cut(str(wrong[0]), 40)}", sentence, boxes=[("loss", 0)],
                            repairs=repairs)  # fmt: skip
    if isinstance(loss, list | tuple) and len(names) > 1 and len(loss) != len(names):
        sentence = f"compile was given {len(loss)} losses; the model has {len(names)} outputs: {names_of(names)}."
        missing = len(names) - len(loss)
        filled = [*loss, *[loss[-1] if loss else "mse"] * missing][: len(names)]
        repairs = list(_keyed(case, dict(zip(names, filled, strict=True))))
        return case.mistake("compile", f"{len(loss)} losses for {len(names)} outputs", sentence, boxes=[("loss", 0)],
                            repairs=repairs)  # fmt: skip
    return None


def _renamed(keys: Sequence[str], names: Sequence[str]) -> list[str] | None:
    """Return the names of the outputs for keys that are wrong: the nearest ones, or the only ones that are left."""
    free = [name for name in names if name not in keys]
    found = []
    for key in keys:
        if key in names:
            found.append(key)
            continue
        near = nearest(str(key), free) or (free if len(free) == 1 else [])
        if not near:
            return None
        free.remove(near[0])
        found.append(near[0])
    return found


def _keyed(case: FitCase, losses: dict[str, Any]) -> Iterator[Repair]:
    if not all(isinstance(one, str) for one in losses.values()):
        return
    gives = case.tried(loss=losses)
    if gives is not None:
        title = "One loss for each output, by its name"
        yield Repair(title, compile_code(case.written, quoted(losses)), quoted(losses), gives + keeps_metrics(case.model))
