"""Keep the facts and the weights of a model at one moment, for a later comparison."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kfx.model.facts import LayerGraph
from kfx.model.files.load import open_model
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
    """

    graph: LayerGraph
    weights: Weights = field(default_factory=dict, repr=False)
    name: str = ""
    note: str = ""

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
    return Snapshot(graph, weights_by_call(graph, layers, copy=copy, digest=not copy), graph.name)


def state_of(given: Any, *, weights: bool = True, inputs: Any = None) -> Snapshot:
    """Return the present state of a model, a file or a snapshot; the weights of a live model are not copied.

    Raises:
        TypeError: ``given`` is none of these.
        ModelFileError: The file is missing, damaged, or not a Keras model.
    """
    if isinstance(given, Snapshot):
        return given
    if isinstance(given, LayerGraph):
        return Snapshot(given, {}, given.name, "a graph holds no weights")
    if not isinstance(given, str | Path):
        graph, layers = read_layers(given, inputs=inputs)
        return Snapshot(graph, weights_by_call(graph, layers) if weights else {}, graph.name)
    path = Path(given).expanduser()
    graph, model = open_model(path)
    if model is None:
        return Snapshot(graph, {}, path.name, "it could not be loaded, so only its structure is compared")
    return Snapshot(graph, weights_by_call(graph, read_layers(model)[1]) if weights else {}, path.name)
