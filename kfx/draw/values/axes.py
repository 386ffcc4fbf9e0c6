"""Values of any rank as a stack of maps: which axis is the channels, which two make a map, which are stepped through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

WHOLE = -1  # as ``channel``: no axis is the channels, the whole value is one map


@dataclass(frozen=True, slots=True)
class Facets:
    """The layout of one example's values.

    Attributes:
        kind: ``"maps"`` (rows and columns a channel), ``"strips"`` (steps a channel), ``"vector"`` (a number a channel) or
            ``"nothing"`` (no value at all).
        axis: The axis of the channels, or `WHOLE`.
        channels: Number of channels.
        rows: Height of a map; 1 for strips and vectors.
        columns: Width of a map or length of a strip; 1 for vectors.
        steps: Axes that are neither, with their lengths: one place on each is shown at a time.
        ways: The channel axes one can choose among, the usual one first.
    """

    kind: str
    axis: int
    channels: int
    rows: int = 1
    columns: int = 1
    steps: tuple[tuple[int, int], ...] = ()
    ways: tuple[int, ...] = ()


def facets(shape: Sequence[int], channel: int | None = None, *, first: bool = False, usual: int | None = None) -> Facets:
    """Lay out values by their shape.

    The last axis is the channels, as Keras has it; of the others those of length 1 are left out, the last two are rows and
    columns, and all before are stepped through. Two axes are read as (step, unit): a sequence.

    Args:
        shape: Without the batch axis.
        channel: Another axis as the channels (attention heads come first), or `WHOLE`.
        first: The channels usually come first in such values.
        usual: The axis of the channels of such values, or `WHOLE`, where neither the first nor the last.

    Raises:
        ValueError: ``channel`` is not an axis of the values.
    """
    shape = tuple(int(n) for n in shape)
    rank = len(shape)
    if usual is None:
        usual = 0 if first and rank > 2 else rank - 1
    ways = tuple(dict.fromkeys([usual, *reversed(range(rank)), *([WHOLE] if rank > 1 else [])]))
    if channel is not None and channel not in ways:
        raise ValueError(f"`channel` is axis {channel!r}; values of shape {shape} have the axes 0 to {rank - 1}.")
    if prod(shape) == 0:
        return Facets("nothing", usual, 0)
    if rank == 0:
        return Facets("vector", WHOLE, 1)
    axis = usual if channel is None else channel
    space = [i for i in range(rank) if i != axis and shape[i] > 1]
    if len(space) < 2 and ((rank > 2 and shape[axis] == 1) or (axis == WHOLE and rank > 1)):  # still a map
        space = [i for i in range(rank) if i != axis][-2:]
    channels = 1 if axis == WHOLE else shape[axis]
    shown = space[-2:]
    steps = tuple((i, shape[i]) for i in space[:-2])
    kind = ("vector", "strips", "maps")[len(shown)]
    rows, columns = ([1, 1] + [shape[i] for i in shown])[-2:]
    return Facets(kind, axis, channels, rows, columns, steps, ways)


def stacked(value: np.ndarray, plan: Facets, at: Sequence[int] = ()) -> np.ndarray:
    """Return the values as ``(channels, rows, columns)``.

    Args:
        value: Of the plan's shape.
        plan: How it is laid out.
        at: A place on each axis that is stepped through; zeros where none is given.
    """
    places = [*at, *[0] * (len(plan.steps) - len(at))]
    index: list[int | slice] = [slice(None)] * value.ndim
    for (axis, length), place in zip(plan.steps, places, strict=False):
        if not 0 <= place < length:
            raise ValueError(f"Place {place} is not on axis {axis}; expected 0 to {length - 1}.")
        index[axis] = slice(place, place + 1)
    if plan.kind == "nothing":
        return np.zeros((0, 0, 0), "float32")
    part = value[tuple(index)]
    if plan.axis != WHOLE:
        part = np.moveaxis(part, plan.axis, 0)
    return part.reshape(plan.channels, plan.rows, plan.columns)
