"""How fast the score falls when the parts that a map calls most important are removed, beside random orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kfx.keras_access.importing import import_keras
from kfx.values.attribution.passes import repeated
from kfx.values.attribution.work import Work, chunks

SHARES = np.linspace(0, 1, 21)  # of all parts that are removed
ORDERS = 5  # random orders whose mean is taken


@dataclass(frozen=True)
class Deletion:
    """The score while parts are put to the baseline.

    Attributes:
        method: Of the map that orders the parts.
        shares: Of the parts that are removed, from 0 to 1.
        score: Of each example, the most important parts first, ``(batch, shares)``.
        random: The mean over random orders, ``(batch, shares)``.
    """

    method: str
    shares: np.ndarray
    score: np.ndarray
    random: np.ndarray

    @property
    def areas(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean height of each curve as a share of what is lost when all is removed, by the map and by chance.

        1 is no loss at all until the end, 0 all of it at once; NaN where removing all loses nothing.
        """
        return _area(self.score), _area(self.random)


def _area(curve: np.ndarray) -> np.ndarray:
    first, last = curve[:, :1], curve[:, -1:]
    fall = first - last
    share = np.divide(curve - last, fall, out=np.full_like(curve, np.nan), where=np.abs(fall) > 1e-9)
    return ((share[:, 1:] + share[:, :-1]) / 2).mean(axis=1)


def deletion(work: Work, maps: Mapping[str, np.ndarray], method: str) -> Deletion:
    """Remove parts in the order of a map, and in random ones.

    Args:
        work: The examples.
        maps: By input, what each part adds, without an axis of channels: ``(rows, *space)`` whose axes are those of the
            input from the first one on, or those after its channels.
        method: The map's name.
    """
    sizes = {name: int(np.prod(one.shape[1:])) for name, one in maps.items()}
    flat = np.concatenate([one.reshape(len(one), -1) for one in maps.values()], axis=1)
    orders = [np.argsort(-flat, axis=1, kind="stable")]
    random = np.random.default_rng(work.settings.seed)
    orders += [np.broadcast_to(random.permutation(flat.shape[1]), flat.shape) for _ in range(ORDERS)]
    curves = [_curve(work, maps, sizes, order, n) for n, order in enumerate(orders)]
    return Deletion(method, SHARES, curves[0], np.mean(curves[1:], axis=0))


def _curve(work: Work, maps: Mapping[str, np.ndarray], sizes: Mapping[str, int], order: np.ndarray, number: int) -> np.ndarray:
    import tensorflow as tf

    tree = import_keras().tree
    rank = np.empty(order.shape, "int64")  # of each part in the order
    np.put_along_axis(rank, np.asarray(order), np.arange(order.shape[1])[None], axis=1)
    inputs, base = tree.flatten(work.inputs), tree.flatten(work.baseline)
    found = np.empty((work.rows, len(SHARES)))
    for part in chunks(len(SHARES), work.points):
        cuts = np.round(SHARES[part] * order.shape[1])
        gone = rank[:, None] < cuts[None, :, None]  # (rows, shares, parts)
        given = [repeated(x, len(cuts)) for x in inputs]
        start = 0
        for name, size in sizes.items():
            n = work.names.index(name)
            mask = gone[..., start : start + size].reshape(-1, *maps[name].shape[1:])
            given[n] = tf.where(_beside(mask, given[n]), repeated(base[n], len(cuts)), given[n])
            start += size
        units = tf.repeat(tf.constant(work.units), len(cuts), axis=0)
        scores = work.passes.scores(tree.pack_sequence_as(work.inputs, given), units)
        found[:, part] = np.asarray(scores, "float64").reshape(work.rows, len(cuts))
        work.advance("deletion", number * len(SHARES) + part.stop, (1 + ORDERS) * len(SHARES))
    return found


def _beside(mask: np.ndarray, x: Any) -> np.ndarray:
    """Return a mask over space in a shape that is broadcast to an input with channels before or after."""
    shape = tuple(x.shape)
    if mask.ndim >= len(shape):
        return mask.reshape(-1, *shape[1:])
    return mask[..., None] if mask.shape[1:] == shape[1 : mask.ndim] else mask[:, None]
