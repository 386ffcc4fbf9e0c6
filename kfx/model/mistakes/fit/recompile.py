"""Write code that compiles the model again: with another loss, or as it was, after a call that left its step half made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kfx.keras_access.importing import import_keras
from kfx.keras_access.optimizers import metrics_given
from kfx.model.mistakes.fit.call import Written

if TYPE_CHECKING:
    import keras


def compile_code(written: Written, loss: str, *, optimizer: str = "", metrics: str = "") -> str:
    """Return code that compiles the model with another loss; an equal, new optimizer and the named metrics stay.

    The old optimizer cannot be used again: Keras keeps what it has made of it when a first step failed.
    """
    model = written.failed.model
    optimizer = optimizer or optimizer_code(getattr(model, "optimizer", None), written.model)
    metrics = metrics or metrics_code(metrics_given(model))
    return f"{written.model}.compile({optimizer}, {loss}{metrics and f', metrics={metrics}'})"


def optimizer_code(optimizer: keras.Optimizer | None, model: str) -> str:
    """Return code for a new optimizer of the same settings, e.g. ``"adam"`` or ``keras.optimizers.SGD(learning_rate=0.5)``."""
    if optimizer is None:
        return '"adam"'
    cls, config = type(optimizer), optimizer.get_config()
    if getattr(import_keras().optimizers, cls.__name__, None) is cls:
        usual = cls().get_config()
        changed = {key: _rounded(value) for key, value in config.items() if key != "name" and not _equal(value, usual.get(key))}
        if not changed:
            return f'"{cls.__name__.lower()}"'
        if all(isinstance(value, int | float | bool | str) for value in changed.values()):
            return f"keras.optimizers.{cls.__name__}({', '.join(f'{key}={value!r}' for key, value in changed.items())})"
    return f"type({model}.optimizer).from_config({model}.optimizer.get_config())"


def _rounded(value: Any) -> Any:
    return float(f"{value:.7g}") if isinstance(value, float) else value


def _equal(a: Any, b: Any) -> bool:
    return bool(_rounded(a) == _rounded(b))


def metrics_code(metrics: Any) -> str:
    """Return code for metrics that were given by name; ``""`` for none and where they are objects."""
    if not metrics:
        return ""
    flat = import_keras().tree.flatten(metrics)
    return quoted(metrics) if all(isinstance(one, str) for one in flat) else ""


def keeps_metrics(model: keras.Model) -> str:
    """Return a warning for a repair that compiles again and leaves out metrics that have no name; else ``""``."""
    given = metrics_given(model)
    return "; name your metrics again" if given and not metrics_code(given) else ""


def as_it_was(written: Written) -> str:
    """Return code that compiles the model as it was; ``""`` where the failed call left nothing half made.

    After a first step that failed, Keras keeps the step; a later ``fit`` ends with "Creating variables on a non-first call".
    """
    model = written.failed.model
    optimizer = getattr(model, "optimizer", None)
    if written.failed.method not in ("fit", "train_on_batch") or optimizer is None or optimizer.built:
        return ""
    if getattr(model, "train_function", None) is None:
        return ""
    loss = getattr(model, "loss", None)
    named = all(isinstance(one, str | None) for one in import_keras().tree.flatten(loss))
    return compile_code(written, quoted(loss) if named else f"{written.model}.loss")


def quoted(structure: Any) -> str:
    """Return code for names in lists and dicts; Keras keeps its own kinds of list and dict, which print otherwise."""
    if isinstance(structure, Mapping):
        return "{" + ", ".join(f"{quoted(key)}: {quoted(value)}" for key, value in structure.items()) + "}"
    if isinstance(structure, list | tuple):
        return f"[{', '.join(map(quoted, structure))}]"
    return f'"{structure}"' if isinstance(structure, str) and '"' not in structure else repr(structure)
