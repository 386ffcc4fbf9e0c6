"""Prove that hooks change nothing: the model's own output, computed again without them, must be the same."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kfx.errors import ProofError
from kfx.keras_access.forward import call
from kfx.keras_access.states import CarriedStates, states_of
from kfx.keras_access.tensorflow.compiled import Compiled
from kfx.keras_access.untouched import stateless
from kfx.values.features import address_text, labelled, to_numpy
from kfx.values.tap.program import cached, only_tensors

if TYPE_CHECKING:
    import keras

TOLERANCE = 1e-5  # of the largest magnitude in an output; compiled graphs that hand out more tensors may fuse fewer operations


def prove(
    model: keras.Model,
    inputs: object,
    output: object,
    *,
    training: bool,
    run_eagerly: bool,
    states: CarriedStates | None = None,
) -> float:
    """Compare the model's output while its values were taken with its output computed again without hooks.

    Args:
        output: The model's output while its values were taken.
        states: The states with which stateful recurrent layers began.

    Returns:
        The largest difference, as a share of the largest magnitude in the same tensor; 0.0 where all bits are equal.

    Raises:
        ProofError: It is more than `TOLERANCE`, or shapes or dtypes differ.
    """
    again = plain(model, training=training, run_eagerly=run_eagerly)(inputs, states.now if states else [])
    worst = 0.0
    pairs = zip(labelled("output", to_numpy(output)), labelled("output", to_numpy(again)), strict=True)
    for (label, a), (_, b) in pairs:
        far = difference(a, b)
        if not far <= TOLERANCE:
            raise ProofError(
                f"{address_text(label)} of {str(model.name)!r} differs by {far:.3g} (relative) with values taken and without; "
                f"expected at most {TOLERANCE:g}. Does the model's `call` draw random numbers or hold state outside of Keras?"
            )
        worst = max(worst, far)
    return worst


def difference(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Return the largest difference of two arrays as a share of the largest magnitude; 0.0 when equal bit for bit."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.dtype != b.dtype:
        return float("inf")
    if a.dtype.kind in "OSUb":
        return 0.0 if np.array_equal(a, b) else float("inf")
    if a.tobytes() == b.tobytes():
        return 0.0
    a, b = a.astype("float64"), b.astype("float64")
    finite = np.isfinite(a)
    if not np.array_equal(finite, np.isfinite(b)) or not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return float("inf")
    scale = max(float(np.max(np.abs(a[finite]), initial=0.0)), float(np.finfo("float64").tiny))
    return float(np.max(np.abs(a[finite] - b[finite]), initial=0.0)) / scale


def proof_sentence(worst: float) -> str:
    """Return the result of a check in one sentence."""
    same = "bit for bit" if worst == 0.0 else f"to {worst:.1e} (relative)"
    return f"checked: the model's own output, computed again, is the same {same}"


def plain(model: keras.Model, *, training: bool, run_eagerly: bool) -> Callable[..., object]:
    """Return the model's own forward pass, without hooks: a function of inputs and, for stateful layers, their states."""
    held = weakref.ref(model)  # what is cached must not hold the model

    def run(inputs: object, states: Sequence[object] = ()) -> object:
        variables = states_of(held()) if states else []
        with stateless(held(), zip(variables, states, strict=True)):
            return only_tensors(call(held(), inputs, training))

    return cached(model, (plain, training, run_eagerly), lambda: run if run_eagerly else Compiled(run))
