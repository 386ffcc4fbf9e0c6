"""Bring scores of any layout into the one of `kfx.attention`: (batch, heads, queries, keys)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kfx.keras_access.importing import import_keras
from kfx.values.attention.finder import Score

if TYPE_CHECKING:
    import tensorflow as tf

MASKED = -5000.0  # a logit below is masked: masks add −10,000 or more, or put the least number of the dtype there


def by_heads(score: Score, batch: Any) -> tf.Tensor:
    """Return scores as ``(batch, heads, queries, keys)``.

    All axes between the batch and the queries are heads, in their order (Gemma's are groups by query heads, a layer over
    windows or frames has these first). Scores without such an axis have one head; where windows or heads are merged into the
    batch, each example's own become its heads. Of attention over several axes, the places are numbered row by row.

    Args:
        score: What was found in the run.
        batch: The number of examples.
    """
    return _shaped(score.tensor, score.places, batch)


def masked_places(score: Score, batch: Any) -> tf.Tensor:
    """Return ``(batch, queries, keys)``: True where a mask keeps all heads of a query from a key.

    A mask makes a logit hugely negative before the softmax, so that it is told from a score that is merely 0.

    Args:
        score: As for `by_heads`.
        batch: The number of examples.
    """
    ops = import_keras().ops
    return ops.max(_shaped(score.logits, score.places, batch), axis=1) < MASKED


def _shaped(x: tf.Tensor, places: int, batch: Any) -> tf.Tensor:
    ops = import_keras().ops
    shape = [n if n is not None else ops.shape(x)[axis] for axis, n in enumerate(x.shape)]
    keys, queries = _product(shape[-places:]), _product(shape[-2 * places : -places])
    return ops.reshape(x, (batch, -1, queries, keys))


def _product(sizes: list[Any]) -> Any:
    found = 1
    for size in sizes:
        found = found * size
    return found
