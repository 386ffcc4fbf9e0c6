"""Models in files: load one safely, or read its structure from its configuration without loading anything."""

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
    """The facts about a saved model, loaded in Keras's safe mode; from its configuration alone where that fails.

    Args:
        path: A ``.keras`` or ``.h5`` file.

    Returns:
        The graph; a note says so where custom code was missing and the structure comes from the configuration.

    Raises:
        ModelFileError: When the file is missing, damaged, or no Keras model. It is a `KfxError` and a ValueError.
    """
    return open_model(path)[0]


def open_model(path: str | Path) -> tuple[LayerGraph, Any]:
    """The facts about a saved model and the loaded model itself; None where it could not be loaded. Errors as `load_graph`."""
    graph = read_file(path)  # refuses what is no model before Keras opens it
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
    """The structure of a saved model from its configuration: nothing in the file is loaded, run or unpickled.

    Args:
        path: A ``.keras`` or ``.h5`` file.

    Returns:
        The graph, with shapes where the file holds them and parameters from the shapes of the stored weights.

    Raises:
        ModelFileError: When the file is missing, damaged, or no Keras model. It is a `KfxError` and a ValueError.
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
    said = str(error)
    if "TFSMLayer" in said:
        return "it holds a TFSMLayer, whose SavedModel is not loaded"
    if "Lambda" in said or "unsafe" in said.lower():
        return "it holds a Lambda layer, whose code is not run"
    if "locate" in said.lower() or "custom" in said.lower() or "Unknown layer" in said:
        return "it needs custom objects that are not known here"
    return f"Keras could not load it ({type(error).__name__})"


def _with_note(graph: LayerGraph, reason: str) -> LayerGraph:
    return replace(graph, notes=(f"The structure comes from the file's configuration: {reason}.", *graph.notes))
