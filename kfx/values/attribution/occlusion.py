"""Occlusion: what the score loses when a part of the input is covered; it needs predictions only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from kfx.keras_access.importing import import_keras
from kfx.values.attribution.cam import space_of
from kfx.values.attribution.passes import repeated
from kfx.values.attribution.settings import by_input
from kfx.values.attribution.work import Work, chunks

AN_EIGHTH = 8


def occlusion(work: Work) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], int]:
    """Return what the score loses at each place of each input, the same a patch, and the number of patches (Zeiler, 2014).

    A place that several patches cover gets the mean of what each of them loses. Of looked-up inputs one word is covered at a
    time, of tables one column.
    """
    import tensorflow as tf

    whole = np.asarray(work.passes.scores(work.inputs, tf.constant(work.units)), "float64")
    flat = import_keras().tree.flatten(work.inputs)
    maps, coarse, tries = {}, {}, 0
    numbers = [n for n, x in enumerate(flat) if isinstance(x, tf.Tensor) and len(x.shape)]
    patches, strides = (by_input(given, work.names, what) for given, what in _given(work))
    for number in numbers:
        name, x = work.names[number], flat[number]
        if number not in work.depends:
            maps[name] = coarse[name] = np.zeros(tuple(x.shape), "float32")
            continue
        space, axes = _space(x)
        sides, steps = sizes(space, axes, patches[name], strides[name], name)
        places = [starts(length, side, step) for length, side, step in zip(space, sides, steps, strict=True)]
        corners = np.array(list(product(*places)), "int64").reshape(-1, len(space))
        lost = _lost(work, number, corners, sides, axes, whole)
        maps[name] = _spread(lost, corners, sides, space)
        coarse[name] = lost.reshape(len(lost), *map(len, places)).astype("float32")
        tries += len(corners)
    return maps, coarse, tries


def _given(work: Work) -> Iterator[tuple[Any, str]]:
    yield work.settings.patch, "patch"
    yield work.settings.stride, "stride"


def _space(x: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the lengths of the axes that patches move along, and their numbers in the input."""
    shape = tuple(x.shape[1:])
    if len(shape) < 2 or (not x.dtype.is_floating and len(shape) < 3):
        return shape or (1,), tuple(range(1, len(shape) + 1))
    space = space_of(shape)
    first = 2 if space == shape[1:] and space != shape[:-1] else 1
    return space, tuple(range(first, first + len(space)))


def sizes(
    space: Sequence[int], axes: Sequence[int], patch: Any, stride: Any, name: str
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the sides of a patch and how far it moves, for each axis.

    Raises:
        ValueError: They do not fit the input.
    """
    single = len(axes) < 2 and patch is None and len(space) == 1
    sides = tuple(1 if single else max(1, length // AN_EIGHTH) for length in space) if patch is None else _each(patch, space)
    steps = tuple(max(1, side // 2) for side in sides) if stride is None else _each(stride, space)
    if len(sides) != len(space) or len(steps) != len(space):
        raise ValueError(f"`patch` and `stride` must be one number, or one for each of the {len(space)} axes of {name!r}.")
    for side, step, length in zip(sides, steps, space, strict=True):
        if side > length:
            raise ValueError(f"`patch` is {side}; the input {name!r} has {length} places there.")
        if step > side:
            raise ValueError(f"`stride` is {step} and larger than `patch`, {side}: places between would never be covered.")
    return sides, steps


def _each(given: Any, space: Sequence[int]) -> tuple[int, ...]:
    return tuple(map(int, given)) if isinstance(given, tuple | list) else (int(given),) * len(space)


def starts(length: int, side: int, step: int) -> list[int]:
    """Return where patches begin along an axis; the last one ends with it."""
    found = list(range(0, length - side + 1, step))
    return found if found[-1] == length - side else [*found, length - side]


def _lost(
    work: Work, number: int, corners: np.ndarray, sides: Sequence[int], axes: Sequence[int], whole: np.ndarray
) -> np.ndarray:
    """Return what the score of each example loses with each patch, ``(rows, patches)``."""
    import tensorflow as tf

    tree = import_keras().tree
    x, base = (tree.flatten(values)[number] for values in (work.inputs, work.baseline))
    lost = np.empty((work.rows, len(corners)))
    for part in chunks(len(corners), work.points):
        some = corners[part]
        covered = _covered(some, sides, axes, tuple(x.shape))
        given = [repeated(one, len(some)) for one in tree.flatten(work.inputs)]
        given[number] = tf.where(
            np.tile(covered, (work.rows, *[1] * (covered.ndim - 1))), repeated(base, len(some)), given[number]
        )
        units = tf.repeat(tf.constant(work.units), len(some), axis=0)
        scores = np.asarray(work.passes.scores(tree.pack_sequence_as(work.inputs, given), units), "float64")
        lost[:, part] = whole[:, None] - scores.reshape(work.rows, len(some))
        work.advance("occlusion", part.stop, len(corners))
    return lost


def _covered(corners: np.ndarray, sides: Sequence[int], axes: Sequence[int], shape: tuple[int, ...]) -> np.ndarray:
    """Return which places each patch covers, in a shape that is broadcast to examples."""
    found = np.ones((len(corners), *[1] * (len(shape) - 1)), "bool")
    for n, axis in enumerate(axes):
        places = np.arange(shape[axis])
        one = (places >= corners[:, n, None]) & (places < corners[:, n, None] + sides[n])
        found = found & one.reshape(len(corners), *[shape[axis] if a == axis else 1 for a in range(1, len(shape))])
    return found


def _spread(lost: np.ndarray, corners: np.ndarray, sides: Sequence[int], space: Sequence[int]) -> np.ndarray:
    """Return the mean loss of the patches over each place."""
    sums, counts = np.zeros((len(lost), *space)), np.zeros(tuple(space))
    for n, corner in enumerate(corners):
        where = tuple(slice(start, start + side) for start, side in zip(corner, sides, strict=True))
        at: tuple[slice, ...] = (slice(None), *where)
        sums[at] += lost[:, n].reshape(-1, *[1] * len(space))
        counts[where] += 1
    return (sums / counts).astype("float32")
