"""A model at one moment: its facts and its weights, to compare with later."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kfx.model.facts import LayerGraph
from kfx.model.read.weights import Weights


@dataclass(frozen=True)
class Snapshot:
    """What a model was when it was taken; it holds nothing of the model itself.

    Attributes:
        graph: The facts.
        weights: The weights of each call.
        name: What a comparison calls it.
        note: Why the weights are not there, or ``""``.
    """

    graph: LayerGraph
    weights: Weights = field(default_factory=dict, repr=False)
    name: str = ""
    note: str = ""

    @property
    def nbytes(self) -> int:
        """Bytes that the kept weights take."""
        stored = (weight for weights in self.weights.values() for weight in weights)
        return sum(len(weight.digest) if weight.values is None else weight.values.nbytes for weight in stored)

    def __repr__(self) -> str:
        return f"<Snapshot {self.name!r}: {len(self.graph.calls)} calls, {self.nbytes:,} bytes of weights>"


def snapshot(model: Any, *, copy: bool = True, inputs: Any = None) -> Snapshot:
    """Remember a model as it is now, so that ``kfx.diff(before, model)`` can say what a step, a fit or an edit changed.

    Args:
        model: A Keras model; it is read, never changed.
        copy: Copy the weights, which takes as much memory as they do (a model of 100 MB: 100 MB until the snapshot is gone).
            False keeps 32 bytes of fingerprint a variable instead: a comparison then says what changed, not by how much.
        inputs: What a subclassed model is called with, where kfx cannot know: data, shapes or `keras.Input`.

    Returns:
        The snapshot; ``nbytes`` says what it takes.

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
    from kfx.model.read.model import read_layers
    from kfx.model.read.weights import weights_by_call

    graph, layers = read_layers(model, inputs=inputs)
    return Snapshot(graph, weights_by_call(graph, layers, copy=copy, digest=not copy), graph.name)


def state_of(given: Any, *, weights: bool = True, inputs: Any = None) -> Snapshot:
    """A model, a file or a snapshot as it is now; the weights of a live model are looked at, not copied.

    Raises:
        TypeError: It is none of these.
        ModelFileError: The file is missing, damaged, or no Keras model.
    """
    from kfx.model.files.load import open_model
    from kfx.model.read.model import read_layers
    from kfx.model.read.weights import weights_by_call

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
