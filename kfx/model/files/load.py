"""Load a saved model safely, or read its structure from its configuration without loading anything."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from kfx.errors import KfxError, ModelFileError
from kfx.keras_access.importing import import_keras
from kfx.keras_access.saving.bounded import Bound, bounded_variables
from kfx.model.facts import LayerGraph
from kfx.model.files.graph import StoredModel, graph_of_file
from kfx.model.files.open import ModelFile, read_model_file
from kfx.model.read.model import read_graph

_SAFE_KERAS = (3, 11, 3)  # older ones run code of a file in their safe mode: CVE-2025-1550, -8747, -9905, -9906
_MOST_LAYERS = 2_500  # Keras builds some 500 layers a second
_MOST_SEQUENTIAL = 5_000  # calls of layers; a Sequential calls all its layers again for each that is added, some 1,500 a second
_FREE_BYTES = 32 * 2**20  # of variables that need no stored weights, such as those of random generators


def load_graph(path: str | Path) -> LayerGraph:
    """Return the facts about a saved model, loaded in Keras's safe mode; from its configuration alone if that fails.

    Args:
        path: A ``.keras`` or ``.h5`` file.

    Returns:
        The graph, with a note if custom code was missing and the structure comes from the configuration.

    Raises:
        ModelFileError: When the file is missing, damaged, or not a Keras model. It is a `KfxError` and a ValueError.
    """
    return open_model(path)[0]


def open_model(path: str | Path) -> tuple[LayerGraph, Any]:
    """Return the facts about a saved model and the model, or None if it could not be loaded; raise as `load_graph`."""
    return load_stored(read_stored(path))


def load_stored(stored: StoredModel) -> tuple[LayerGraph, Any]:
    """Return the facts about a model that was read as data, and the model, or None if it could not be loaded."""
    graph, reason = stored.graph, _why_not(stored)
    if reason:
        return _with_note(graph, reason), None
    bound = Bound()
    try:
        with warnings.catch_warnings(), bounded_variables(_FREE_BYTES + 2 * stored.file.nbytes) as bound:
            warnings.simplefilter("ignore")
            model = import_keras().saving.load_model(str(stored.file.path), compile=False, safe_mode=True)
        return read_graph(model), model
    except KfxError:
        raise
    except Exception as error:
        return _with_note(graph, _reason(error, bound.refused)), None


def read_file(path: str | Path) -> LayerGraph:
    """Return the structure of a saved model from its configuration: nothing in the file is loaded, run or unpickled.

    Args:
        path: A ``.keras`` or ``.h5`` file.

    Returns:
        The graph, with the shapes in the file and parameters from the shapes of the stored weights.

    Raises:
        ModelFileError: When the file is missing, damaged, or not a Keras model. It is a `KfxError` and a ValueError.
    """
    return read_stored(path).graph


def read_stored(path: str | Path) -> StoredModel:
    """Return a saved model as data; arguments and errors as `read_file`."""
    stored = read_model_file(path)  # refuses other files before Keras opens them
    try:
        return graph_of_file(stored, Path(path).stem)
    except (KfxError, ImportError, MemoryError):
        raise
    except Exception as error:  # a configuration may hold anything anywhere
        raise ModelFileError(
            f"{Path(path).name!r} holds a configuration that is not a Keras model's ({type(error).__name__}). "
            "Save the model again with model.save('name.keras')."
        ) from error


def _why_not(stored: StoredModel) -> str:
    """Return why a file must not be loaded, or ``""``."""
    version = import_keras().__version__
    if tuple(int(part) for part in re.findall(r"\d+", version)[:3]) < _SAFE_KERAS:
        return f"Keras {version} may run code of a file that it loads, 3.11.3 and later do not"
    if stored.file.unsafe:
        return stored.file.unsafe
    if len(stored.graph.calls) > _MOST_LAYERS:
        return f"it describes {len(stored.graph.calls):,} calls, which take Keras long to build"
    parts = list(_parts(stored.file))
    if sum(_calls_to_build(one) for one in parts) > _MOST_SEQUENTIAL:
        return "it describes a Sequential of many layers, which take Keras long to build"
    named = any(isinstance(one.get("vocabulary"), str) and "class_name" not in one for one in parts)
    return "it names a vocabulary file, which is not opened" if named else ""


def _parts(file: ModelFile) -> Iterator[dict[str, object]]:
    """Yield each dict in a file's configuration: those of models and layers, and their settings."""
    todo: list[object] = [file.config]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            yield one
            todo += one.values()
        elif isinstance(one, list):
            todo += [inner for inner in one if isinstance(inner, dict | list)]


def _calls_to_build(part: dict[str, object]) -> int:
    """Return how many calls of layers Keras makes to build a Sequential; 0 for anything else."""
    config = part.get("config")
    layers = config.get("layers") if part.get("class_name") == "Sequential" and isinstance(config, dict) else None
    return len(layers) * (len(layers) + 1) // 2 if isinstance(layers, list) else 0


def _reason(error: Exception, refused: str) -> str:
    message = str(error)
    if refused:
        return f"it declares far larger weights than it holds, such as one of shape {refused}"
    if "TFSMLayer" in message:
        return "it holds a TFSMLayer, whose SavedModel is not loaded"
    if "vocabulary" in message.lower():
        return "it names a vocabulary file, which is not opened"
    if "locate" in message.lower() or "custom object" in message.lower() or "Unknown layer" in message:
        return "it needs custom objects that are not known here"
    if "Lambda" in message or "unsafe" in message.lower():
        return "it holds a Lambda layer, whose code is not run"
    return f"Keras could not load it ({type(error).__name__})"


def _with_note(graph: LayerGraph, reason: str) -> LayerGraph:
    return replace(graph, notes=(f"The structure comes from the file's configuration: {reason}.", *graph.notes))
