"""Keep the states of a recurrent layer at every step, also where the layer returns only its last output."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

from kfx.keras_access.hooks import surely_undone
from kfx.keras_access.importing import import_keras


class States:
    """What one call of a recurrent layer kept.

    Attributes:
        hidden: The output of the cell at every step, ``(batch, time, units)``: its hidden state.
        cell: The cell state of an LSTM at every step, where that was asked for.
    """

    def __init__(self) -> None:
        self.hidden: Any = None
        self.cell: Any = None


@contextlib.contextmanager
def states_kept(layer: Any, *, cell: bool = False) -> Iterator[States]:
    """Keep the states of calls of a recurrent layer that this thread makes in the block; the layer's outputs stay the same.

    The layer's own loop runs on a twin that shares its attributes and returns every step; for the cell state, the loop
    runs once more over a cell that hands out both states.
    """
    kept, here, loop = States(), threading.get_ident(), type(layer).inner_loop

    def inner_loop(sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        if threading.get_ident() != here:
            return loop(layer, sequences, initial_state, mask, training=training)
        found = loop(_twin(layer, return_sequences=True), sequences, initial_state, mask, training=training)
        kept.hidden = found[1]
        if cell:
            both = _twin(layer, cell=_Both(layer.cell), return_sequences=True, return_all_outputs=True)
            again = import_keras().layers.RNN.inner_loop(both, sequences, initial_state, mask, training=training)
            kept.cell = again[1][..., kept.hidden.shape[-1] :]
        return found

    with surely_undone(partial(vars(layer).pop, "inner_loop", None)):
        vars(layer)["inner_loop"] = inner_loop  # past Keras's own setter, which would track it
        yield kept


def has_cell_state(layer: Any) -> bool:
    """Return whether a recurrent layer keeps a cell state beside its output, as an LSTM does."""
    return isinstance(layer, import_keras().layers.LSTM)


def _twin(layer: Any, **other: Any) -> Any:
    """Return an object of the layer's class that shares its attributes but for some."""
    made = object.__new__(type(layer))
    made.__dict__.update(vars(layer))
    made.__dict__.pop("inner_loop", None)
    made.__dict__.update(other)
    return made


class _Both:
    """A cell whose output is all its states side by side."""

    def __init__(self, cell: Any) -> None:
        self.__dict__["cell"] = cell

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["cell"], name)

    def __call__(self, x: Any, states: Any, **kwargs: Any) -> tuple[Any, Any]:
        _, new = self.cell(x, states, **kwargs)
        return import_keras().ops.concatenate(list(new), axis=-1), new
