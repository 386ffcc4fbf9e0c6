"""Rules for the call itself: arguments that are not there, or are of the wrong kind."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.mistakes.facts import Mistake, Repair
from kfx.model.mistakes.fit.case import FitCase
from kfx.model.mistakes.fit.losses import nearest
from kfx.text.untrusted import cut

_COUNTS = {"epochs": 1, "steps_per_epoch": 1, "initial_epoch": 0, "validation_steps": 1, "steps": 1}
_OLD = {"nb_epoch": "epochs", "nb_epochs": "epochs", "epoch": "epochs", "samples_per_epoch": "steps_per_epoch",
        "lr": "learning_rate", "batch": "batch_size", "validation": "validation_data", "val_data": "validation_data",
        "weights": "sample_weight"}  # fmt: skip
_SCOPE = re.compile(r"[A-Za-z0-9_.\\/>-]*")
_GONE = ("workers", "use_multiprocessing", "max_queue_size")


def wrong_call(case: FitCase) -> Mistake | None:
    """Explain arguments that the method does not have or cannot use."""
    return _unknown(case) or _array_as_number(case) or _not_a_count(case) or _split(case) or _scope_names(case)


def _unknown(case: FitCase) -> Mistake | None:
    if not case.failed.unknown:
        return None
    name, method = case.failed.unknown[0], case.failed.method
    known = [one for one in inspect.signature(getattr(case.model, method)).parameters if one != "self"]
    right = [_OLD[name]] if _OLD.get(name) in known else nearest(name, known)
    value = case.written.source(name)
    repairs = [Repair(f"The argument is called {one}", case.again((name,), **{one: value}), one) for one in right[:1]]
    sentence = f"{method} takes no argument {name!r}."
    if name in _GONE:
        sentence += " It belongs to the data since Keras 3: PyDataset takes it when it is made."
        repairs = [Repair(f"Leave {name} out", case.again((name,)), "")]
    tried = [Repair(r.title, r.code, r.changed, gives) for r in repairs if (gives := _runs(case)) is not None]
    return case.mistake("arguments", f"there is no argument {cut(name, 40)}", sentence, repairs=tried)


def _runs(case: FitCase) -> str | None:
    """Return what the model gives on two examples as they are; ``""`` for ``compile``, which runs nothing."""
    return "" if case.failed.method == "compile" else case.tried()


def _array_as_number(case: FitCase) -> Mistake | None:
    """Explain ``predict(x, y)``: the second argument is the size of a batch."""
    value = case.failed.arguments.get("batch_size")
    if not hasattr(value, "shape") or getattr(value, "shape", ()) == ():
        return None
    method, label = case.failed.method, case.written.source("batch_size")
    place = "second" if method == "predict" else "third"
    sentence = f"The {place} argument of {method} is batch_size, a whole number; it was given an array."
    gives = case.tried()
    repairs = [] if gives is None else [Repair(f"Leave {label} out", case.again(("batch_size",)), "", gives)]
    return case.mistake("arguments", "an array stands where a number belongs", sentence, repairs=repairs)


def _not_a_count(case: FitCase) -> Mistake | None:
    for name, least in _COUNTS.items():
        value = case.failed.arguments.get(name)
        if value is None or isinstance(value, bool):
            continue
        whole = _whole(value)
        if whole is not None and whole >= least and not isinstance(value, str | float):
            continue
        wanted = max(least, whole if whole is not None else least)
        sentence = f"{name} is {cut(repr(value), 40)}; it must be a whole number from {least} on."
        return case.mistake("arguments", f"{name} is not a number of {_of(name)}", sentence,
                            repairs=list(_number(case, name, wanted)))  # fmt: skip
    return None


def _of(name: str) -> str:
    return "epochs" if "epoch" in name and name != "steps_per_epoch" else "steps"


def _whole(value: Any) -> int | None:
    try:
        return round(float(value))
    except (TypeError, ValueError, OverflowError):
        return None


def _number(case: FitCase, name: str, value: int) -> Iterator[Repair]:
    gives = case.tried()
    if gives is not None:
        yield Repair("A whole number", case.again(**{name: str(value)}), str(value), gives)


def _scope_names(case: FitCase) -> Mistake | None:
    """Explain a layer's name that TensorFlow, which makes scopes of names, refuses as soon as the model runs in a graph."""
    if case.method == "compile" or import_keras().backend.backend() != "tensorflow":
        return None
    refused = [layer.name for layer in internals.all_layers(case.model) if not _SCOPE.fullmatch(str(layer.name))]
    if not refused or "scope name" not in str(case.failed.error):
        return None
    sentence = (
        f"TensorFlow takes names of Latin letters, digits and _ . / - only; {cut(refused[0], 60)!r} has others. "
        f"Make it with another name."
    )
    places = [("outputs", i) for i, port in enumerate(case.outputs) if port.name in refused]
    return case.mistake("arguments", "a name cannot be used", sentence, boxes=places)


def _split(case: FitCase) -> Mistake | None:
    split = case.failed.arguments.get("validation_split")
    if split is None or split == 0.0:
        return None
    if case.data.in_elements:
        sentence = "validation_split cuts arrays; x yields batches, which cannot be cut. Give validation_data instead."
    elif not isinstance(split, int | float):
        sentence = f"validation_split is {cut(repr(split), 40)}; it is a share of the examples, from 0 to less than 1."
    else:
        counts = [part.count for part in case.x]
        if not counts or not counts[0] or 0 < int(counts[0] * (1 - split)) < counts[0]:
            return None
        sentence = f"validation_split={split} of {counts[0]} examples leaves no example on one of the two sides."
    gives = case.tried()
    found = [] if gives is None else [Repair("Train without it", case.again(("validation_split",)), "", gives)]
    return case.mistake("arguments", "validation_split cannot cut these data", sentence, repairs=found)
