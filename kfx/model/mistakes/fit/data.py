"""Describe the data that ``fit`` was given: arrays, datasets, generators; and take their first examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.facts import Shape


@dataclass(frozen=True)
class Part:
    """One array among the data.

    Attributes:
        path: Its key or place in a dict or list, ``""`` for the only one.
        shape: With the axis of the examples; None where it has none.
        dtype: E.g. ``"float32"``, ``"object"``; for plain Python the name of the type.
        value: The array; None where only its shape is known (a dataset).
    """

    path: str
    shape: Shape | None
    dtype: str
    value: Any = None

    @property
    def example(self) -> Shape | None:
        """Shape of one example."""
        return None if self.shape is None else self.shape[1:]

    @property
    def count(self) -> int | None:
        """Number of examples."""
        return self.shape[0] if self.shape else None


@dataclass(frozen=True)
class Port:
    """An input or output of the model: its name, the shape of one example, its dtype, its last activation or ``""``."""

    name: str
    shape: Shape
    dtype: str = "float32"
    activation: str = ""


@dataclass(frozen=True)
class Data:
    """All that one call takes its examples from.

    Attributes:
        kind: ``"arrays"``, ``"dataset"``, ``"sequence"`` (a PyDataset), ``"generator"``, ``"function"`` or ``"none"``.
        x: As given, or as in one element.
        y: Labels, as given or as in one element; None for none.
        weight: Weights of the examples.
        element: What one element of a dataset or generator is; None for arrays.
    """

    kind: str
    x: Any = None
    y: Any = None
    weight: Any = None
    element: Any = None

    @property
    def in_elements(self) -> bool:
        """True if ``x`` yields batches."""
        return self.kind in ("dataset", "sequence", "generator")


def parts_of(value: Any) -> list[Part]:
    """Return the arrays of a structure, each with its path."""
    if value is None:
        return []
    structure = dict(value) if isinstance(value, Mapping) else value
    return [_part(path, leaf) for path, leaf in internals.leaves(structure)]


def _part(path: str, leaf: Any) -> Part:
    shape = getattr(leaf, "shape", None)
    if shape is None:
        return Part(path, None, type(leaf).__name__, leaf)
    try:
        sizes = tuple(None if n is None else int(n) for n in shape)
    except (TypeError, ValueError):  # a TensorSpec of unknown rank
        sizes = None
    kinds = getattr(leaf, "dtypes", None)
    dtype = getattr(leaf, "dtype", None)
    if dtype is None and kinds is not None:  # a table of pandas
        dtype = next((one for one in kinds if str(one) in ("object", "str", "string", "category")), next(iter(kinds), "object"))
    has_values = not type(leaf).__name__.endswith("Spec")
    return Part(path, sizes, str(getattr(dtype, "name", dtype)), leaf if has_values else None)


def data_of(x: Any, y: Any, weight: Any = None) -> Data:
    """Describe the data of a call; one item of a generator is read for it."""
    kind = kind_of(x)
    if kind == "none" or kind in ("arrays", "function"):
        return Data(kind, x, y, weight)
    element = _element(kind, x)
    given = list(element) if isinstance(element, tuple) else [element]
    x_in, y_in, w_in = [*given, None, None, None][:3]
    return Data(kind, x_in, y_in if y is None else y, w_in if weight is None else weight, element)


def kind_of(x: Any) -> str:
    """Return what kind of data this is, see `Data`."""
    keras = import_keras()
    if x is None:
        return "none"
    if isinstance(x, keras.utils.PyDataset):
        return "sequence"
    if hasattr(x, "element_spec"):
        return "dataset"
    if hasattr(x, "__next__"):
        return "generator"
    return "function" if callable(x) and not hasattr(x, "shape") else "arrays"


def _element(kind: str, x: Any) -> Any:
    if kind == "dataset":
        return x.element_spec
    return x[0] if kind == "sequence" else next(x, None)


def first(value: Any, n: int = 2) -> Any:
    """Return the first examples of every array in a structure, as NumPy arrays."""
    keras = import_keras()

    def cut(leaf: Any) -> Any:
        rows = leaf.iloc[:n] if hasattr(leaf, "iloc") else leaf[:n]
        return keras.ops.convert_to_numpy(rows) if not hasattr(rows, "to_numpy") else rows.to_numpy()

    return None if value is None else keras.tree.map_structure(cut, value)


def first_of_dataset(dataset: Any) -> Any:
    """Return the first element of a dataset, as NumPy arrays."""
    return next(iter(dataset.take(1).as_numpy_iterator()), None)
