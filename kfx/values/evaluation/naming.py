"""Name the inputs and outputs of a batch, and find the labels, weights and losses that belong to each output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.model.read.sizes.graph_inputs import expected_inputs
from kfx.values.features import labelled, to_numpy

if TYPE_CHECKING:
    import keras


def outputs_by_name(model: keras.Model, outputs: object) -> dict[str, np.ndarray]:
    """Return the arrays of an output by their names, ``""`` for the only one."""
    found = dict(labelled("", to_numpy(outputs)))
    if isinstance(outputs, Mapping):
        return {label[1:-1].replace("][", "."): x for label, x in found.items()}
    names = [str(name) for name in getattr(model, "output_names", None) or ()]
    if len(found) == 1:
        return {"": next(iter(found.values()))}
    if len(set(names)) == len(found):
        return dict(zip(names, found.values(), strict=True))
    return {f"output {label}": x for label, x in found.items()}


def inputs_by_name(model: keras.Model, inputs: object) -> dict[str, np.ndarray]:
    """Return the arrays of the inputs by the names of the model's inputs."""
    found = dict(labelled("", to_numpy(inputs)))
    if isinstance(inputs, Mapping):
        return {label[1:-1].replace("][", "."): x for label, x in found.items()}
    expected = expected_inputs(model) or ()
    names = [want.name for want in expected] if len(expected) == len(found) else [f"input {i + 1}" for i in range(len(found))]
    return dict(zip(names if len(found) > 1 or expected else ["input"], found.values(), strict=True))


def belonging(given: Any, name: str, place: int, count: int) -> Any:
    """Return what of a structure belongs to one output: by its name, by its place, or all of it for the only one.

    Args:
        given: Labels, weights, masks, losses or kinds, in the structure in which the user gave them.
        name: The output's name.
        place: Its number among the outputs.
        count: How many outputs there are.
    """
    if isinstance(given, Mapping):
        return given.get(name, next(iter(given.values())) if count == 1 and len(given) == 1 else None)
    if isinstance(given, list | tuple):
        return given[place] if len(given) == count else None
    return given if count == 1 or isinstance(given, str) else None
