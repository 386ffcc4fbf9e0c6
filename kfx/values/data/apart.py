"""Decide whether a batch may be filled with copies: only if the model computes each example by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfx.keras_access.importing import import_keras
from kfx.values.data.batches import Batch
from kfx.values.data.rows import add_empty_rows
from kfx.values.features import labelled, to_numpy
from kfx.values.tap.program import cached
from kfx.values.tap.proof import TOLERANCE, difference, plain

if TYPE_CHECKING:
    import keras


def usable(batch: Batch, model: keras.Model, *, training: bool) -> Batch:
    """Return the batch to run: filled to the size that the model is made for, unless the copies would change the values.

    A model whose output for an example depends on the other examples, e.g. on their mean, gets the batch as it came. Found out
    once for each size, from the model's own output with two fillings.
    """
    if not batch.filled:
        return batch
    apart = cached(model, (usable, batch.size, batch.filled, training), lambda: _rows_apart(batch, model, training))
    return batch if apart else batch.as_it_came()


def _rows_apart(batch: Batch, model: keras.Model, training: bool) -> bool:
    """Return whether the model's output for the examples is the same with another filling."""
    bare = batch.as_it_came()
    other = import_keras().tree.map_structure(lambda x: add_empty_rows(x, batch.filled), bare.inputs)
    run = plain(model, training=training, run_eagerly=True)
    try:
        found = [[batch.cut(x) for _, x in labelled("", to_numpy(run(inputs)))] for inputs in (batch.inputs, other)]
    except Exception:  # the model's own code fails: where the values are taken, its failure is explained
        return True
    return all(difference(a, b) <= TOLERANCE for a, b in zip(*found, strict=True))
