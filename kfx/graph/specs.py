"""What a model is traced with: shapes, specs or data in, symbolic shapes and dtypes out."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from kfx.graph import internals
from kfx.graph.facts import Shape
from kfx.quiet import import_keras


@dataclass(frozen=True)
class Spec:
    """Shape (batch axis first, None where unknown) and dtype of one input."""

    shape: Shape
    dtype: str


@dataclass(frozen=True)
class CallSpecs:
    """The arguments of one call, with a `Spec` in place of each tensor."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def given_specs(model: Any, inputs: Any) -> CallSpecs:
    """The arguments of a call from what a user gave.

    Args:
        model: Asked for its input dtype and for the arguments of its ``call``.
        inputs: A shape with the batch axis first, e.g. ``(None, 28, 28, 1)``; an array or tensor; anything with ``shape`` and
            ``dtype``; a `tf.data.Dataset` of them; or a list, tuple or dict of these.

    Raises:
        TypeError: For anything else.
    """
    element = getattr(inputs, "element_spec", None)
    if element is not None:  # a data set gives (x, y) or (x, y, weight)
        inputs = element[0] if isinstance(element, tuple) and len(element) in (2, 3) else element
    specs = _structure(inputs, str(getattr(model, "input_dtype", None) or "float32"))
    names = _tensor_arguments(model)
    if isinstance(specs, dict) and len(names) > 1 and set(specs) <= set(names):
        return CallSpecs((), specs)
    if isinstance(specs, tuple) and 1 < len(specs) <= len(names):
        return CallSpecs(specs, {})
    return CallSpecs((specs,), {})


def remembered_specs(model: Any) -> CallSpecs | None:
    """The arguments of a call from the shapes Keras remembers of a layer's building, or None."""
    shapes = internals.remembered_shapes(model)
    if not shapes:
        return None
    dtype = str(getattr(model, "input_dtype", None) or "float32")
    try:
        found = {name: _structure(shape, dtype) for name, shape in shapes.items()}
    except TypeError:
        return None
    if len(found) == 1:
        return CallSpecs(tuple(found.values()), {})
    names = _tensor_arguments(model)
    kwargs = {name.removesuffix("_shape"): spec for name, spec in found.items()}
    return CallSpecs((), kwargs) if set(kwargs) <= set(names) else None


def _structure(given: Any, dtype: str) -> Any:
    if is_shape(given):
        return Spec((None, *given[1:]) if given else (), dtype)
    if isinstance(given, dict):
        return {key: _structure(value, dtype) for key, value in given.items()}
    if isinstance(given, list | tuple):
        return type(given)(_structure(value, dtype) for value in given) if type(given) in (list, tuple) else given
    shape, own = getattr(given, "shape", None), getattr(given, "dtype", None)
    if shape is None or own is None:
        raise TypeError(
            f"`inputs` holds {type(given).__name__!r}; give shapes with the batch axis first such as (None, 28, 28, 1), "
            "arrays, tensors or specs with a shape and a dtype."
        )
    sizes = tuple(shape)
    return Spec((None, *sizes[1:]) if sizes else (), import_keras().backend.standardize_dtype(own))


def is_shape(given: Any) -> bool:
    """Whether a value is a shape: a tuple or list of sizes, at least one of them, None for unknown ones."""
    return (
        isinstance(given, list | tuple)
        and len(given) > 0
        and all(n is None or (isinstance(n, int) and not isinstance(n, bool)) for n in given)
    )


def _tensor_arguments(model: Any) -> list[str]:
    try:
        parameters = inspect.signature(model.call).parameters.values()
    except (TypeError, ValueError):
        return []
    return [
        p.name for p in parameters if p.name not in ("training", "mask") and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]
