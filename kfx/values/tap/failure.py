"""A model that fails half way: which layer, at which batch, and the values up to there."""

from __future__ import annotations

import re
from typing import Any

from kfx.errors import ExtractionError
from kfx.keras_access import internals
from kfx.keras_access.forward import call
from kfx.keras_access.hooks import listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.untouched import stateless
from kfx.values.data.batches import Batch
from kfx.values.features import Features, shown, to_numpy
from kfx.values.tap.calls import calls_of, described
from kfx.values.tap.choose import select
from kfx.values.tap.program import only_tensors
from kfx.values.tap.recorder import Recorder


def explain(error: Exception, model: Any, layers: Any, batch: Batch, *, training: bool) -> Exception:
    """What to raise for an error that came with a batch: the batch is run again, eagerly, to see how far it gets.

    Returns:
        An `ExtractionError` that names the layer and holds the values up to it; ``error`` itself if the model runs through.
    """
    recorder = Recorder(model)
    try:
        with stateless(model), listening(recorder):
            call(model, batch.inputs, training)
    except Exception as again:  # whatever a model raises is what is being explained
        cause = again
    else:
        return error  # the model is well: a wrong address, or values that exist only eagerly
    named = recorder.named(_known(model, batch, training))
    failed = next((one.key for one in named if one.visit is recorder.failed), None)
    values = _computed(model, layers, named)
    where = f" at {shown(failed)!r}" if failed else ""
    count = f"{len(values)} value{'s' * (len(values) != 1)} computed before it"
    return ExtractionError(
        f"model {str(model.name)!r} failed{where} in {batch}. {type(cause).__name__}: {_gist(cause)}{_advice(model, batch)} "
        f"error.values holds the {count}.",
        address=failed,
        batch=batch.number,
        values=values,
    )


def _known(model: Any, batch: Batch, training: bool) -> frozenset[str]:
    """The addresses of a whole run, as far as the model tells them without running."""
    try:
        return frozenset(call.key for call in calls_of(model, batch.inputs, training=training))
    except Exception:  # its code fails on shapes alone too
        return frozenset()


def _gist(error: Exception) -> str:
    """The sentence of an error that says what is wrong, without Keras's frame around it and without colours."""
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).strip() for line in str(error).splitlines()]
    lines = [line for line in lines if line and not line.startswith("Exception encountered when calling")]
    gist = lines[0] if lines else "no message"
    return gist if gist.endswith((".", "!", "?")) else f"{gist}."


def _advice(model: Any, batch: Batch) -> str:
    """A word about a batch axis that seems to be missing, for a model whose own code decides what it takes."""
    shapes = list((internals.remembered_shapes(model) or {}).values())
    given = [tuple(x.shape) for x in import_keras().tree.flatten(batch.inputs)]
    if internals.function_of(model) is None and len(shapes) == 1 == len(given) and isinstance(shapes[0], tuple | list):
        want = tuple(shapes[0])
        if all(n is None or isinstance(n, int) for n in want) and len(given[0]) + 1 == len(want):
            return f" It was built with {want}, the data have {given[0]}. One example? Add the batch axis: inputs[None, ...]."
    return ""


def _computed(model: Any, layers: Any, named: Any) -> Features:
    done = [one for one in named if one.visit.done]
    visible, inner = described(model, done)
    found = {one.key: one for one in done}
    keys: list[str] = []
    for one in layers if isinstance(layers, list | tuple | set | frozenset) else [layers]:
        try:
            keys.extend(select((*visible, *(deep for deep in inner if deep.key == one)), [one], model=model))
        except ValueError:  # it stands after the failure, or nowhere
            continue
    wanted = set(keys)
    return Features({key: to_numpy(only_tensors(found[key].visit.outputs)) for key in found if key in wanted})
