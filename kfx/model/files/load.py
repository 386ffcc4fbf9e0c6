"""Load a saved model safely, or read its structure from its configuration without loading anything."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

from kfx.errors import KfxError, ModelFileError
from kfx.keras_access.importing import import_keras
from kfx.model.facts import LayerGraph
from kfx.model.files.graph import graph_of_file
from kfx.model.files.open import read_model_file
from kfx.model.read.model import read_graph

_SAFE_KERAS = (3, 11, 3)  # older ones run code of a file in their safe mode: CVE-2025-1550, -8747, -9905, -9906


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
    graph = read_file(path)  # refuses other files before Keras opens them
    keras = import_keras()
    if tuple(int(part) for part in re.findall(r"\d+", keras.__version__)[:3]) < _SAFE_KERAS:
        reason = f"Keras {keras.__version__} may run code of a file that it loads, 3.11.3 and later do not"
        return _with_note(graph, reason), None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = keras.saving.load_model(str(path), compile=False, safe_mode=True)
        return read_graph(model), model
    except KfxError:
        raise
    except Exception as error:
        return _with_note(graph, _reason(error)), None


def read_file(path: str | Path) -> LayerGraph:
    """Return the structure of a saved model from its configuration: nothing in the file is loaded, run or unpickled.

    Args:
        path: A ``.keras`` or ``.h5`` file.

    Returns:
        The graph, with the shapes in the file and parameters from the shapes of the stored weights.

    Raises:
        ModelFileError: When the file is missing, damaged, or not a Keras model. It is a `KfxError` and a ValueError.
    """
    stored = read_model_file(path)
    try:
        return graph_of_file(stored, Path(path).stem)
    except ModelFileError:
        raise
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError) as error:
        raise ModelFileError(
            f"{Path(path).name!r} holds a configuration that is not a Keras model's ({type(error).__name__}). "
            "Save the model again with model.save('name.keras')."
        ) from error


def _reason(error: Exception) -> str:
    message = str(error)
    if "TFSMLayer" in message:
        return "it holds a TFSMLayer, whose SavedModel is not loaded"
    if "Lambda" in message or "unsafe" in message.lower():
        return "it holds a Lambda layer, whose code is not run"
    if "locate" in message.lower() or "custom" in message.lower() or "Unknown layer" in message:
        return "it needs custom objects that are not known here"
    return f"Keras could not load it ({type(error).__name__})"


def _with_note(graph: LayerGraph, reason: str) -> LayerGraph:
    return replace(graph, notes=(f"The structure comes from the file's configuration: {reason}.", *graph.notes))
