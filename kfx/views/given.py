"""Read the graph of what a view is given: a model, or the path of one that was saved."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from kfx.model.facts import LayerGraph
from kfx.model.files.foreign import SUFFIXES

if TYPE_CHECKING:
    import keras


def graph_given(model: keras.Model | str | os.PathLike[str], inputs: object = None) -> LayerGraph:
    """Return the facts about a Keras model, or about the one in a file, whose custom code is neither needed nor run.

    Args:
        model: A Keras model, layer or tensors, or the path of a .keras or .h5 file; also a model's wrapper for scikit-learn.
        inputs: What a subclassed model is called with.

    Raises:
        TypeError: It is none of these, or ``inputs`` are given for a file.
        ModelFileError: The file is missing, damaged, or no Keras model; the message says what it is, and what to do to see it.
    """
    if isinstance(model, str | os.PathLike) and _is_path(model):
        if inputs is not None:
            raise TypeError(f"`inputs` goes with a model, and {str(model)!r} is a file. Load it first to call it with them.")
        from kfx.model.files.load import load_graph

        return load_graph(Path(model).expanduser())
    from kfx.model.read.model import read_graph

    return read_graph(model) if inputs is None else read_graph(model, inputs=inputs)


def _is_path(given: str | os.PathLike[str]) -> bool:
    """Return whether text is meant as a path: by the suffix, or because there is such a file or folder."""
    path = Path(given)
    try:
        return not isinstance(given, str) or path.suffix.lower() in SUFFIXES or path.expanduser().exists()
    except (OSError, ValueError):  # longer than a path may be, or with a null character
        return False
