"""The inputs that a model with a graph of its own takes, and the order in which they are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.facts import Shape

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True)
class Expected:
    """One input of a model that has a graph of its own.

    Attributes:
        name: Its key in a dict of inputs, e.g. ``"title"``, ``"pages.0"``; elsewhere the name of its Input layer.
        shape: Batch axis first.
        dtype: E.g. ``"float32"``.
        layer: The name of its Input layer.
        optional: Whether None may come in its place.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    layer: str = ""
    optional: bool = False


def expected_inputs(model: keras.Model) -> list[Expected] | None:
    """Return the expected inputs of a model with a graph of its own; None for one whose ``call`` decides."""
    function = internals.function_of(model)
    if function is None:
        return None
    names = internals.structure_names(function, "inputs")
    found = []
    for name, x in zip(names, function.inputs, strict=True):
        node = internals.node_of(x)
        op = node[0].operation if node else x
        found.append(
            Expected(name or str(op.name), tuple(x.shape), str(x.dtype), str(op.name), bool(getattr(op, "optional", False)))
        )
    return found


def fixed_batch(expected: list[Expected] | None) -> int | None:
    """Return the number of examples in every batch of a model made with ``batch_shape`` or ``batch_size``, else None."""
    sizes = {want.shape[0] for want in expected or () if want.shape} - {None}
    return sizes.pop() if len(sizes) == 1 else None


def in_order(given: object, expected: list[Expected], what: str = "data") -> list[Any]:
    """Return what was given in the order of the model's inputs, None for those left out.

    Args:
        given: One thing for each input, in a structure that Keras takes: by the names of the inputs, or one after another.
        expected: The inputs.
        what: The word for what was given, for errors.

    Raises:
        ValueError: There are more or fewer, or one is missing.
    """
    names = ", ".join(repr(want.name) for want in expected)
    if isinstance(given, dict):
        held = {**given, **dict(internals.leaves(given))}
        by = [next((key for key in (want.name, want.layer) if key in held), None) for want in expected]
        missing = next((want for want, key in zip(expected, by, strict=True) if key is None and not want.optional), None)
        if missing is not None:
            have = ", ".join(map(repr, given))
            raise ValueError(f"The {what} have no {missing.name!r}; the model takes {names}, the {what} hold {have}.")
        return [None if key is None else held[key] for key in by]
    flat = import_keras().tree.flatten(given)
    if len(flat) != len(expected):
        noun = f" array{'s' * (len(flat) != 1)}" if what == "data" else ""
        raise ValueError(f"The {what} are {len(flat)}{noun}; the model takes {len(expected)}: {names}.")
    return flat


def shapes_agree(shape: tuple[int | None, ...], want: tuple[int | None, ...]) -> bool:
    """Return whether two shapes are the same, except where either is None."""
    return len(shape) == len(want) and all(n is None or m is None or m == n for m, n in zip(shape, want, strict=True))


def text_of_shape(shape: Shape) -> str:
    """``(batch, 28, any, 1)``."""
    axes = ["batch" if i == 0 and n is None else "any" if n is None else str(n) for i, n in enumerate(shape)]
    return f"({', '.join(axes)}{',' * (len(shape) == 1)})"
