"""What a model is traced with: shapes, specs or data in; symbolic shapes and dtypes, or a batch of that data, out."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.facts import Shape

_ROWS = 32  # of the data given, for one real run: what Keras takes for a batch itself


@dataclass(frozen=True)
class Spec:
    """Shape (batch axis first, None where unknown) and dtype of one input.

    Attributes:
        shape: What to try first: any number of examples.
        dtype: E.g. ``"float32"``.
        batch: The number of examples that was given with it, or None: for code that asks for it.
    """

    shape: Shape
    dtype: str
    batch: int | None = None


@dataclass(frozen=True)
class CallSpecs:
    """The arguments of one call, with a `Spec` (or a tensor) in place of each tensor."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def with_batch(self) -> CallSpecs | None:
        """The same with the numbers of examples that were given; None where none was."""
        tree = import_keras().tree
        given = [x.batch for x in tree.flatten((self.args, self.kwargs)) if isinstance(x, Spec)]
        if all(batch is None for batch in given):
            return None

        def fix(x: Any) -> Any:
            return Spec((x.batch, *x.shape[1:]), x.dtype) if isinstance(x, Spec) and x.batch is not None else x

        return CallSpecs(*tree.map_structure(fix, (self.args, self.kwargs)))


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
    given = inputs if element is None else _without_labels(element)
    return _as_call(model, _structure(given, str(getattr(model, "input_dtype", None) or "float32")))


def given_data(model: Any, inputs: Any) -> CallSpecs | None:
    """The arguments of a call from the data a user gave: the first rows of arrays, the first batch of a data set.

    Returns:
        None where there are only shapes and specs, or where the data cannot be read.
    """
    keras = import_keras()
    try:
        if getattr(inputs, "element_spec", None) is not None:
            return _as_call(model, _without_labels(next(iter(inputs))))
        flat = keras.tree.flatten(inputs)
        if not flat or not all(_holds_numbers(x) for x in flat):
            return None
        rows = keras.tree.map_structure(lambda x: x[:_ROWS] if len(x.shape) else x, inputs)
        return _as_call(model, keras.tree.map_structure(keras.ops.convert_to_tensor, rows))
    except Exception:  # data of the user's own making: without them the shapes are still known
        return None


def _holds_numbers(x: Any) -> bool:
    """Whether a leaf is an array or a tensor with values, not only a shape and a dtype."""
    if isinstance(x, import_keras().KerasTensor) or not hasattr(x, "dtype"):
        return False
    return hasattr(x, "numpy") or (hasattr(x, "__array__") and hasattr(x, "shape") and hasattr(x, "__getitem__"))


def _without_labels(element: Any) -> Any:
    """Of what a data set gives, ``(x, y)`` or ``(x, y, weight)``, the inputs."""
    return element[0] if isinstance(element, tuple) and len(element) in (2, 3) else element


def _as_call(model: Any, given: Any) -> CallSpecs:
    """The arguments of a call: a dict or a tuple becomes several where the model's ``call`` takes several."""
    names = _tensor_arguments(model)
    if isinstance(given, dict) and len(names) > 1 and set(given) <= set(names):
        return CallSpecs((), given)
    if isinstance(given, tuple) and 1 < len(given) <= len(names):
        return CallSpecs(given, {})
    return CallSpecs((given,), {})


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
        return Spec((None, *given[1:]), dtype, given[0])
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
    batch = (
        None
        if not sizes or not isinstance(sizes[0], int)
        else min(sizes[0], _ROWS)
        if hasattr(given, "__array__")
        else sizes[0]
    )
    return Spec((None, *sizes[1:]) if sizes else (), import_keras().backend.standardize_dtype(own), batch)


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
