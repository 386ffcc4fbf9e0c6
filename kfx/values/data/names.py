"""Name the inputs of a batch, and the outputs of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.keras_access import internals
from kfx.keras_access.arguments import argument_leaves, as_arguments
from kfx.keras_access.importing import import_keras
from kfx.model.read.sizes.graph_inputs import Expected
from kfx.values.features import labelled

if TYPE_CHECKING:
    import keras


def input_names(model: keras.Model, inputs: Any, expected: Sequence[Expected] | None) -> list[str]:
    """Return the names of a model's inputs, in the order in which they are flattened.

    Args:
        model: The model.
        inputs: What it is called with.
        expected: Its inputs; None where its code decides.
    """
    flat = import_keras().tree.flatten(inputs)
    args, kwargs = as_arguments(model, inputs)
    if isinstance(inputs, Mapping):
        return [where for where, _ in internals.leaves(dict(inputs))]
    if expected is not None and len(expected) == len(flat):
        return [want.name for want in expected]
    if len(args) > 1:
        return [where for where, _ in argument_leaves(model, args, kwargs)]
    return ["input"] if len(flat) == 1 else [f"input {i + 1}" for i in range(len(flat))]


def named_outputs(model: keras.Model, output: object) -> dict[str, np.ndarray]:
    """Return the arrays of a model's output by the names of its outputs; ``""`` for the only one."""
    found = dict(labelled("", output))
    if isinstance(output, Mapping):
        return {label[1:-1].replace("][", "."): array for label, array in found.items()}
    own = [str(name) for name in getattr(model, "output_names", None) or ()]
    if len(found) > 1 and len(set(own)) == len(found):
        return dict(zip(own, found.values(), strict=True))
    return {f"output {label}" if label else "": array for label, array in found.items()}
