"""Explain a model that fails while it runs: the layer, the batch, and the values computed before it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kfx.errors import ExtractionError
from kfx.keras_access import internals
from kfx.keras_access.forward import call
from kfx.keras_access.hooks import listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.untouched import stateless
from kfx.model.read.sizes.graph_inputs import expected_inputs, fixed_batch
from kfx.values.data.batches import Batch
from kfx.values.features import Features, address_text, map_arrays, to_numpy
from kfx.values.tap.calls import addressable_calls, described
from kfx.values.tap.choose import select
from kfx.values.tap.program import only_tensors
from kfx.values.tap.recorder import Recorder
from kfx.values.tap.visit import Named

if TYPE_CHECKING:
    import keras


def explain_failure(error: Exception, model: keras.Model, layers: object, batch: Batch, *, training: bool) -> Exception:
    """Return the exception to raise for an error: the batch is run once more, eagerly, to find the call that fails.

    Returns:
        An `ExtractionError` that names the layer and holds the values up to it; ``error`` itself if the model runs through.
    """
    recorder = Recorder(model)
    try:
        with stateless(model), listening(recorder):
            call(model, batch.inputs, training)
    except Exception as again:  # a model may raise anything
        cause = again
    else:
        return error  # the model itself runs: a wrong address, or values that exist only eagerly
    if batch.lengths:
        return ValueError(
            f"The arrays have {', '.join(map(str, batch.lengths))} examples, and the model {str(model.name)!r} cannot take "
            f"them as one batch; expected the same number in each. {type(cause).__name__}: {_gist(cause)}"
        )
    named = recorder.named(_known(model, batch, training))
    failed = next((one.key for one in named if one.visit is recorder.failed), None)
    values = _computed(model, layers, named, batch)
    where = f" at {address_text(failed)!r}" if failed else ""
    count = f"{len(values)} value{'s' * (len(values) != 1)} computed before it"
    return ExtractionError(
        f"model {str(model.name)!r} failed{where} in {batch}. {type(cause).__name__}: {_gist(cause)}{_advice(model, batch)} "
        f"error.values holds the {count}.",
        address=failed,
        batch=batch.number,
        values=values,
    )


def _known(model: keras.Model, batch: Batch, training: bool) -> frozenset[str]:
    """Return the addresses of a complete run as far as they are known without running the model."""
    try:
        return frozenset(call.key for call in addressable_calls(model, batch.inputs, training=training))
    except Exception:  # its code fails on shapes alone too
        return frozenset()


def _gist(error: Exception) -> str:
    """Return the first sentence of an error without Keras's heading and without colour codes."""
    text = re.sub(r"\x1b\[[0-9;]*m|\{\{function_node [^}]*\}\} ?|( \[Op:\w+\])? name: *$", "", str(error))
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("Exception encountered when calling")]
    return sentence(lines[0] if lines else "no message")


def sentence(text: str) -> str:
    """Return a text with a full stop at its end, unless it ends as a sentence already."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def with_causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that led to it, the newest first."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _advice(model: keras.Model, batch: Batch) -> str:
    """Return advice about a batch axis that seems to be missing, or about the size of the batch; else an empty text."""
    fixed = fixed_batch(expected_inputs(model))
    if fixed is not None and fixed != batch.size + batch.filled:
        return f" The model is made for batches of {fixed}, this one has {batch.size}: give a multiple of {fixed} examples."
    shapes = list((internals.remembered_shapes(model) or {}).values())
    given = [tuple(x.shape) for x in import_keras().tree.flatten(batch.inputs) if x is not None]
    if internals.function_of(model) is None and len(shapes) == 1 == len(given) and isinstance(shapes[0], tuple | list):
        want = tuple(shapes[0])
        if all(n is None or isinstance(n, int) for n in want) and len(given[0]) + 1 == len(want):
            return f" It was built with {want}, the data have {given[0]}. One example? Add the batch axis: inputs[None, ...]."
    return ""


def _computed(model: keras.Model, layers: object, named: Sequence[Named], batch: Batch) -> Features:
    """Return the requested values of all calls that returned before the failure."""
    done = [one for one in named if one.visit.done]
    visible, inner = described(model, done)
    found = {one.key: one for one in done}
    keys: list[str] = []
    for one in layers if isinstance(layers, list | tuple | set | frozenset) else [layers]:
        try:
            keys.extend(select((*visible, *(deep for deep in inner if deep.key == one)), [one], model=model))
        except ValueError:  # the address is after the failure, or does not exist
            continue
    wanted = set(keys)
    kept = {key: to_numpy(only_tensors(found[key].visit.outputs)) for key in found if key in wanted}
    return Features(map_arrays(batch.cut, kept))
