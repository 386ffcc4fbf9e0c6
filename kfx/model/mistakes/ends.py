"""Repairs for a model that is given the wrong ends: numbers in place of an input, or outputs that need an input it lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kfx.model.mistakes.facts import Repair
from kfx.model.mistakes.names import Names

if TYPE_CHECKING:
    import keras
    import numpy as np


def start_symbolic(array: np.ndarray, side: str, names: Names) -> tuple[Repair, ...]:
    """A model that was given numbers where a symbolic tensor is meant."""
    shape = tuple(int(n) for n in array.shape[1:])
    code = f"inputs = keras.Input(shape={shape})"
    gives = "the layers are then called on `inputs`, and the numbers go to fit or predict"
    return (Repair("Start the graph at a symbolic input", code, f"keras.Input(shape={shape})", gives),)


def missing_inputs(inputs: Sequence[Any], outputs: Sequence[keras.KerasTensor]) -> list[tuple[Any, list[Any]]]:
    """For each path from an output that ends outside the inputs: the output and the tensors on the way, the lost one last."""
    ends = {id(t) for t in inputs}
    found, lost = [], set()
    for output in outputs:
        todo, seen = [(output, [output])], set()
        while todo:
            tensor, path = todo.pop()
            if id(tensor) in ends or id(tensor) in seen:
                continue
            seen.add(id(tensor))
            history = getattr(tensor, "_keras_history", None)
            if history is None or history.operation is None:
                feeding = []
            else:
                feeding = list(history.operation._inbound_nodes[history.node_index].input_tensors)
            if not feeding and id(tensor) not in lost:
                lost.add(id(tensor))
                found.append((output, path))
            todo += [(t, [*path, t]) for t in feeding]
    return found


def add_inputs(
    inputs: Sequence[Any], outputs: Sequence[keras.KerasTensor], lost: Sequence[Any], names: Names
) -> tuple[Repair, ...]:
    """Name the lost inputs too; tried by asking once more which paths end outside."""
    if missing_inputs([*inputs, *lost], outputs):
        return ()
    from kfx.model.mistakes.models import source_of

    listed = ", ".join(names.get(id(t), source_of(t)) for t in [*inputs, *lost])
    ends = ", ".join(names.get(id(t), source_of(t)) for t in outputs)
    ends = ends if len(outputs) == 1 else f"[{ends}]"
    changed = ", ".join(names.get(id(t), source_of(t)) for t in lost)
    return (
        Repair(
            "Name every input that the outputs need",
            f"keras.Model([{listed}], {ends})",
            changed,
            "every path then ends in an input",
        ),
    )
