"""Read the graph of what a view is given: a model, or the path of one that was saved."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from kfx.model.facts import LayerGraph

if TYPE_CHECKING:
    import keras

_MODEL_FILES = (".keras", ".h5", ".hdf5")


def graph_given(model: keras.Model | str | os.PathLike[str], inputs: object = None) -> LayerGraph:
    """Return the facts about a Keras model, or about the one in a file, whose custom code is neither needed nor run.

    Args:
        model: A Keras model, layer or tensors, or the path of a .keras or .h5 file.
        inputs: What a subclassed model is called with.

    Raises:
        TypeError: It is none of these, or ``inputs`` are given for a file.
        ModelFileError: The file is missing, damaged, or no Keras model.
    """
    if isinstance(model, str | os.PathLike) and Path(model).suffix.lower() in _MODEL_FILES:
        if inputs is not None:
            raise TypeError(f"`inputs` goes with a model, and {str(model)!r} is a file. Load it first to call it with them.")
        from kfx.model.files.load import load_graph

        return load_graph(Path(model).expanduser())
    from kfx.model.read.model import read_graph

    return read_graph(model) if inputs is None else read_graph(model, inputs=inputs)
