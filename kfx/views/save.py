"""``kfx.save``: write a view or a model to a file; the suffix chooses the form."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from kfx.notebook.view import View

if TYPE_CHECKING:
    import keras


def save(shown: View | keras.Model, path: str | os.PathLike[str]) -> Path:
    """Write a view, or the graph and summary of a model, to a file.

    Args:
        shown: A view, or a Keras model. A model's graph goes to .svg, .png, .pdf and .dot, its summary to .txt, .md, .csv and
            .json, both to .html.
        path: Where to; an existing file is replaced, and only when the new content is whole.

    Returns:
        The path.

    Raises:
        TypeError: ``shown`` is neither a view nor a Keras model.
        ValueError: The suffix is not one of these.
        FileNotFoundError: The folder does not exist.

    Example:
        >>> import keras, kfx, pathlib, tempfile
        >>> x = keras.Input((4,))
        >>> path = pathlib.Path(tempfile.mkdtemp(), "tiny.csv")
        >>> kfx.save(keras.Model(x, keras.layers.Dense(2)(x)), path).read_text().splitlines()[0][:14]
        'address,level,'
    """
    if not isinstance(shown, View):
        from kfx.views.explorer.view import explore

        shown = explore(shown)
    return shown.save(Path(path))
