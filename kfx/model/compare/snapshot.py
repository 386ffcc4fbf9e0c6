"""Keep the facts and the weights of a model at one moment, for a later comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kfx.model.compare.functions import Prints, prints_of
from kfx.model.facts import LayerGraph
from kfx.model.read.model import read_layers
from kfx.model.read.weights import Weights, weights_by_call


@dataclass(frozen=True)
class Snapshot:
    """The facts and weights of a model at one moment; it holds no reference to the model.

    Attributes:
        graph: The facts.
        weights: The weights of each call.
        name: Its name in a comparison.
        note: Why there are no weights, or ``""``.
        prints: The fingerprints of each call's functions and long arguments.
    """

    graph: LayerGraph
    weights: Weights = field(default_factory=dict, repr=False)
    name: str = ""
    note: str = ""
    prints: Mapping[str, Prints] = field(default_factory=dict, repr=False)

    @property
    def nbytes(self) -> int:
        """The size of the kept weights in bytes."""
        stored = (weight for weights in self.weights.values() for weight in weights)
        return sum(len(weight.digest) if weight.values is None else weight.values.nbytes for weight in stored)

    def __repr__(self) -> str:
        return f"<Snapshot {self.name!r}: {len(self.graph.calls)} calls, {self.nbytes:,} bytes of weights>"


def snapshot(model: Any, *, copy: bool = True, inputs: Any = None) -> Snapshot:
    """Take a snapshot of a model, so that ``kfx.diff(before, model)`` can show what a step, a fit or an edit changed.

    Args:
        model: A Keras model, which is not changed.
        copy: Copy the weights, which takes as much memory again (100 MB for a model of 100 MB) while the snapshot is kept.
            False keeps a fingerprint of 32 bytes for each variable: a comparison then shows what changed, not by how much.
        inputs: The inputs of a subclassed model, if Keras does not keep them: data, shapes or `keras.Input`.

    Returns:
        The snapshot; ``nbytes`` is its size.

    Raises:
        TypeError: ``model`` is not a Keras model.

    Example:
        >>> import keras, kfx
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="out")], name="tiny")
        >>> before = kfx.snapshot(model)
        >>> model.set_weights([2 * w for w in model.get_weights()])
        >>> [(change.after, change.relative) for change in kfx.diff(before, model).weights]
        [('out', 1.0)]
    """
    graph, layers = read_layers(model, inputs=inputs)
    weights = weights_by_call(graph, layers, copy=copy, digest=not copy)
    return Snapshot(graph, weights, graph.name, prints=prints_of(layers))
