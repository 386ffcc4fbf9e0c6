"""One batch of examples ready to be attributed: its inputs, baseline, units and places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from kfx.keras_access.importing import import_keras
from kfx.values.attribution.passes import Passes, Values
from kfx.values.attribution.places import Place, extra_axes
from kfx.values.attribution.reading import Reading
from kfx.values.attribution.settings import Settings

Advance = Callable[[str, int, int], None]  # (method, done, total)


@dataclass
class Work:
    """A batch of examples.

    Attributes:
        passes: Compiled passes of the model.
        settings: How to attribute.
        reading: What is known of the model.
        names: Of the inputs, flat.
        inputs: Tensors in the structure in which the model takes them.
        baseline: The same for nothing.
        units: ``(rows, 1 or 2)`` int32.
        places: Where the gradient by each input is taken.
        fixed: The number of examples that the model is made for; None for any.
        depends: The numbers of the inputs that the score depends on.
        advance: Told how far the work is.
        score: The number that is attributed, of each example; None before it is known.
    """

    passes: Passes
    settings: Settings
    reading: Reading
    names: list[str]
    inputs: Any
    baseline: Any
    units: np.ndarray
    places: tuple[Place, ...]
    fixed: int | None
    depends: frozenset[int]
    advance: Advance = field(default=lambda method, done, total: None)
    score: np.ndarray | None = None

    @property
    def rows(self) -> int:
        """Return the number of examples, copies that fill a batch included."""
        return len(self.units)

    @property
    def points(self) -> int:
        """Return how many points of each example fit into one pass."""
        return 1 if self.fixed else max(1, self.settings.at_once // self.rows)

    @property
    def open_places(self) -> tuple[Place, ...]:
        """Return the places of the inputs that gradients are taken by."""
        return tuple(place for place in self.places if place.keys and place.number in self.depends)

    @cached_property
    def ends(self) -> Values:
        """The values of the examples at all places."""
        return self.passes.begin(self.inputs, [key for place in self.open_places for key in place.keys])

    @cached_property
    def starts(self) -> Values:
        """The values of the baseline at all places."""
        return self.passes.begin(self.baseline, [key for place in self.open_places for key in place.keys])

    def only(self, rows: np.ndarray) -> Work:
        """Return the work on some of the examples; for a fixed batch the last one fills it."""
        if self.fixed:
            rows = np.concatenate([rows, np.full(self.rows - len(rows), rows[-1])])
        new = Work(
            self.passes, self.settings, self.reading, self.names, taken(self.inputs, rows), taken(self.baseline, rows),
            self.units[rows], self.places, self.fixed, self.depends, self.advance,
            None if self.score is None else self.score[rows],
        )  # fmt: skip
        for name in ("ends", "starts"):
            if name in self.__dict__:
                new.__dict__[name] = taken(self.__dict__[name], rows)
        return new

    def by_input(self, values: Values) -> dict[str, np.ndarray]:
        """Return values by place as arrays by input; axes that a lookup adds are summed, and several lookups added up.

        An input that the score does not depend on gets zeros.
        """
        found: dict[str, np.ndarray] = {}
        for place in self.places:
            if place.why_not:
                continue
            if place.number not in self.depends:
                found[place.name] = self._zeros(place)
                continue
            parts = [self._reduced(place, n, values[key]) for n, key in enumerate(place.keys) if values.get(key) is not None]
            if parts:
                found[place.name] = np.sum(parts, axis=0) if len(parts) > 1 else parts[0]
        return found

    def _zeros(self, place: Place) -> np.ndarray:
        flat = import_keras().tree.flatten(self.inputs)
        return np.zeros(tuple(flat[place.number].shape), "float32")

    def _reduced(self, place: Place, number: int, value: Any) -> np.ndarray:
        array = np.asarray(value, "float32")
        extra = extra_axes(place.calls[number]) if place.calls else 0
        return array.sum(axis=tuple(range(array.ndim - extra, array.ndim))) if extra else array


def taken(values: Any, rows: Sequence[int] | np.ndarray) -> Any:
    """Return some rows of every tensor of a structure; single numbers stay."""
    import tensorflow as tf

    return import_keras().tree.map_structure(
        lambda x: x if x is None or not len(x.shape) else tf.gather(x, np.asarray(rows, "int32")), values
    )


def chunks(count: int, size: int) -> Iterator[slice]:
    """Yield slices of at most ``size``, as equal as can be, that cover a count."""
    parts = -(-count // size)
    edges = [round(n * count / parts) for n in range(parts + 1)]
    for start, stop in pairwise(edges):
        yield slice(start, stop)
