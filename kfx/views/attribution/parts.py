"""The forms in which the parts of an input are shown: a picture, the words of a text, the columns of a table, a series."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kfx.draw.values.input_picture import LEAST_SIDE
from kfx.text.untrusted import visible
from kfx.values.attribution.settings import UNSIGNED
from kfx.views.inspector.facts import InputShown

LONGEST = 40  # characters of a word or column
TITLES = {
    "gradcam": "Grad-CAM",
    "layercam": "Layer-CAM",
    "gradient_x_input": "Gradient × input",
    "integrated": "Integrated gradients",
    "smoothgrad": "SmoothGrad",
    "occlusion": "Occlusion",
}


@dataclass(frozen=True, eq=False)
class Part:
    """One input of an example, or all its columns.

    Attributes:
        name: Of the input.
        form: ``"picture"``, ``"tokens"``, ``"table"`` or ``"series"``.
        words: Of a text's places or of columns.
        values: The column's values in words, or the values of a series ``(variable, step)``.
        picture: ``(height, width, 3)`` uint8.
    """

    name: str
    form: str
    words: tuple[str, ...] = ()
    values: object = ()
    picture: np.ndarray | None = None


def form_of(shown: InputShown, value: np.ndarray, maps: Sequence[np.ndarray]) -> str:
    """Return the form in which an input's attribution is shown."""
    flat = maps[0] if maps else value
    if shown.kind == "series" or (shown.kind != "picture" and value.ndim == 2 and value.dtype.kind == "f"):
        return "series"
    if value.ndim >= 2 and min(flat.shape[:2] if flat.ndim >= 2 else (1,)) >= LEAST_SIDE and value.dtype.kind in "buif":
        return "picture"
    if flat.ndim <= 1 and value.ndim <= 1 and value.dtype.kind == "f" and shown.kind != "tokens":
        return "table"
    return "tokens" if flat.ndim <= 1 else "series" if flat.ndim == 2 else "picture"


def reduced(array: np.ndarray, form: str, method: str) -> np.ndarray:
    """Return a map in the form in which it is shown: ``(height, width)``, ``(place,)`` or ``(variable, step)``.

    Over the channels of a picture, and over slices or frames, signed shares are summed; of sizes the largest is taken.
    """
    fold = np.max if method in UNSIGNED else np.sum
    array = np.asarray(array, "float32")
    if form == "picture":
        if array.ndim >= 4 or (array.ndim == 3 and array.shape[-1] <= 4):
            array = fold(array, axis=-1)
        elif array.ndim == 3:
            array = fold(array, axis=0 if array.shape[0] <= 4 else -1)
        while array.ndim > 2:
            array = fold(array, axis=0)
        return array
    if form == "series":
        return array[None] if array.ndim == 1 else array.T
    return array.reshape(-1) if array.ndim <= 1 else fold(array.reshape(array.shape[0], -1), axis=1)


def column_names(columns: object, name: str, count: int, single: bool) -> tuple[str, ...]:
    """Return the names of an input's columns: those given, the input's own where it is one number, else numbers.

    Raises:
        ValueError: ``columns`` holds another number of names.
    """
    given = columns.get(name) if isinstance(columns, Mapping) else columns
    if given is None:
        return (name,) if count == 1 else tuple(f"{name}[{n}]" if not single else f"column {n}" for n in range(count))
    if isinstance(given, str) and count == 1:
        given = [given]
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"`columns` is {given!r:.60}; give one name for each column, in a list, or a dict of these by input.")
    names = tuple(visible(str(one))[:LONGEST] for one in given)
    if len(names) != count:
        if isinstance(columns, Mapping) or single:
            raise ValueError(f"`columns` holds {len(names)} names; the input {name!r} has {count} columns. Give one for each.")
        return column_names(None, name, count, single)
    return names
