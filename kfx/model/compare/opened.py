"""Open the two sides of a comparison: live models, files, files of weights alone, and snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from kfx.errors import ModelFileError
from kfx.model.compare.functions import Prints, long_values, prints_of, stored_functions
from kfx.model.compare.snapshot import Snapshot
from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.files.graph import StoredModel, graph_of_file
from kfx.model.files.load import load_stored, read_stored
from kfx.model.files.open import is_weights_file, read_weights_file
from kfx.model.read.model import read_layers
from kfx.model.walk import by_key


@dataclass(frozen=True)
class Opened:
    """One side of a comparison.

    Attributes:
        graph: The facts.
        name: Its name in the comparison.
        layers: The live layer behind each call; None for a file that could not be loaded, and for a snapshot.
        model: The live model, or None.
        stored: The file as data, or None.
        kept: The snapshot that was given, or None.
        path: The file that was given, or None.
        only_weights: True for a file of weights without a model; its graph is that of the other side, or made of their groups.
        note: Why there are no weights, or ``""``.
        prints: By call, the fingerprints of its functions and long arguments.
    """

    graph: LayerGraph
    name: str
    layers: Mapping[str, Any] | None = None
    model: Any = None
    stored: StoredModel | None = None
    kept: Snapshot | None = None
    path: Path | None = None
    only_weights: bool = False
    note: str = ""
    prints: Mapping[str, Prints] = field(default_factory=dict)

    @cached_property
    def graph_calls(self) -> dict[str, LayerCall]:
        """The calls by key."""
        return by_key(self.graph)


def open_both(a: Any, b: Any, *, inputs: Any = None) -> tuple[Opened, Opened]:
    """Open both sides; a file of weights alone takes the graph of the model on the other side.

    Raises:
        TypeError: One is none of these.
        ModelFileError: A file is missing, damaged, or not a Keras model.
    """
    first, second = (_opened(given, inputs) for given in (a, b))
    if first.only_weights and not second.only_weights:
        return replace(first, graph=second.graph, prints=second.prints), second
    if second.only_weights and not first.only_weights:
        return first, replace(second, graph=first.graph, prints=first.prints)
    return first, second


def _opened(given: Any, inputs: Any) -> Opened:
    if isinstance(given, Snapshot):
        return Opened(given.graph, given.name, kept=given, note=given.note, prints=given.prints)
    if isinstance(given, LayerGraph):
        return Opened(given, given.name, note="a graph holds no weights")
    if isinstance(given, str | Path):
        return _file(Path(given).expanduser())
    graph, layers = read_layers(given, inputs=inputs)
    return Opened(graph, graph.name, layers, given, prints=prints_of(layers))


def _file(path: Path) -> Opened:
    if is_weights_file(path):
        stored = graph_of_file(read_weights_file(path), path.name)
        return Opened(stored.graph, path.name, stored=stored, path=path, only_weights=True)
    stored = read_stored(path)
    graph, model = load_stored(stored)
    if model is not None:
        layers = read_layers(model)[1]
        return Opened(graph, path.name, layers, model, stored, path=path, prints=prints_of(layers))
    prints = {key: {**stored_functions(config), **long_values(config)} for key, config in stored.configs.items()}
    note = "" if stored.file.weights or not stored.file.notes else "they cannot be read from the file"
    return Opened(graph, path.name, stored=stored, path=path, note=note, prints=prints)


def same_bytes(first: Opened, second: Opened) -> bool:
    """Return whether both sides are files with the same bytes, or one and the same live model."""
    if first.model is not None and first.model is second.model:
        return True
    if first.path is None or second.path is None or not (first.path.is_file() and second.path.is_file()):
        return False
    if first.path.stat().st_size != second.path.stat().st_size:
        return False
    try:
        with first.path.open("rb") as one, second.path.open("rb") as other:
            while part := one.read(2**20):
                if part != other.read(len(part)):
                    return False
    except OSError as error:
        raise ModelFileError(f"{first.path.name!r} and {second.path.name!r} cannot be read: {error.strerror}.") from error
    return True
