"""Compute what a pass itself does not hand out: the states of recurrent layers, the layers inside a time-distributed model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kfx.keras_access.importing import import_keras
from kfx.keras_access.layers import mask_of, takes_training, training_in_call
from kfx.keras_access.tensorflow.recurrent import States, has_cell_state, states_kept
from kfx.keras_access.tensorflow.tensors import is_tensor
from kfx.values.tap.opening import Names, Opening
from kfx.values.tap.visit import Made, Visit

STATES, CELL_STATES = "states", "cell_states"


def with_states(layer: Any, names: Names, opening: Opening, proceed: Callable[[], object]) -> tuple[object, list[Visit]]:
    """Return the outputs of a call of a recurrent layer, and its states at every step as far as they are wanted."""
    wants_cell = has_cell_state(layer) and opening.wants((*names, CELL_STATES))
    if not (wants_cell or opening.wants((*names, STATES))):
        return proceed(), []
    with states_kept(layer, cell=wants_cell) as kept:
        outputs = proceed()
    return outputs, list(_visits(kept))


def _visits(kept: States) -> Iterator[Visit]:
    for name, x in ((STATES, kept.hidden), (CELL_STATES, kept.cell)):
        if x is not None:
            yield Visit(Made(name, "States"), 1, outputs=x, hidden=True, done=True, beside=True)


def run_each_step(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Callable[[Any], Any] | None:
    """Call the layer inside a `TimeDistributed` once on all steps of all examples, beside the calls that the wrapper makes.

    Returns:
        A function that gives a value of that call an axis for the steps; None where it cannot be called: in training, where
        its random numbers and statistics would not be those of the pass, or with a mask.
    """
    keras = import_keras()
    x = args[0] if args else kwargs.get("inputs")
    mask = kwargs.get("mask") if kwargs.get("mask") is not None else mask_of(x)
    training = kwargs["training"] if kwargs.get("training") is not None else training_in_call()
    if not is_tensor(x) or mask is not None or (training is not None and training is not False):
        return None
    ops, shape = keras.ops, keras.ops.shape(x)
    with keras.StatelessScope():
        layer.layer(ops.reshape(x, (-1, *shape[2:])), **({"training": False} if takes_training(layer.layer) else {}))

    def by_step(value: Any) -> Any:
        return ops.reshape(value, (shape[0], shape[1], *ops.shape(value)[1:])) if is_tensor(value) else value

    return lambda value: keras.tree.map_structure(by_step, value)


def reshape_visits(visits: list[Visit], by_step: Callable[[Any], Any]) -> None:
    """Give the outputs of recorded calls another shape."""
    for visit in visits:
        visit.outputs = by_step(visit.outputs)
        reshape_visits(visit.inner, by_step)
