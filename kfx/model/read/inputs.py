"""Turn the inputs that a user gives for a trace (shapes, specs or data) into shapes and dtypes, or into a batch of the data."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.facts import Shape

_ROWS = 32  # of the data given, for one real run: Keras's default batch size


@dataclass(frozen=True)
class Spec:
    """Shape (batch axis first, None where unknown) and dtype of one input.

    Attributes:
        shape: With any number of examples, which is tried first.
        dtype: E.g. ``"float32"``.
        batch: The number of examples given, for code that asks for it; or None.
    """

    shape: Shape
    dtype: str
    batch: int | None = None


@dataclass(frozen=True)
class CallSpecs:
    """The arguments of one call, with a `Spec` (or a tensor) in place of each tensor."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def batches(self) -> list[int]:
        """Return the different numbers of examples that were given, in ascending order."""
        found = import_keras().tree.flatten((self.args, self.kwargs))
        return sorted({x.batch for x in found if isinstance(x, Spec) and x.batch is not None})

    def with_batch(self) -> CallSpecs:
        """Return the same arguments with the numbers of examples that were given."""

        def fix(x: Any) -> Any:
            return Spec((x.batch, *x.shape[1:]), x.dtype) if isinstance(x, Spec) and x.batch is not None else x

        return CallSpecs(*import_keras().tree.map_structure(fix, (self.args, self.kwargs)))

    def symbolic(self) -> CallSpecs:
        """Return the same arguments with a KerasTensor in place of each `Spec`."""
        keras = import_keras()

        def tensor(x: Any) -> Any:
            return keras.KerasTensor(x.shape, x.dtype) if isinstance(x, Spec) else x

        return CallSpecs(*keras.tree.map_structure(tensor, (self.args, self.kwargs)))


def given_specs(model: Any, inputs: Any) -> CallSpecs:
    """Return the arguments of a call from what a user gave.

    Args:
        model: The model, for its input dtype and the arguments of its ``call``.
        inputs: A shape with the batch axis first, e.g. ``(None, 28, 28, 1)``; an array or tensor; anything with ``shape`` and
            ``dtype``; a `tf.data.Dataset` of them; or a list, tuple or dict of these.

    Raises:
        TypeError: For anything else.
    """
    element = getattr(inputs, "element_spec", None)
    given = inputs if element is None else _without_labels(element)
    return _as_call(model, _structure(given, str(getattr(model, "input_dtype", None) or "float32")))


def given_data(model: Any, inputs: Any) -> CallSpecs | None:
    """Return the arguments of a call from the data a user gave: the first rows of arrays, the first batch of a data set.

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
    """Return whether a leaf is an array or a tensor with values, not only a shape and a dtype."""
    if isinstance(x, import_keras().KerasTensor) or not hasattr(x, "dtype"):
        return False
    return hasattr(x, "numpy") or (hasattr(x, "__array__") and hasattr(x, "shape") and hasattr(x, "__getitem__"))


def _without_labels(element: Any) -> Any:
    """Return the inputs of a data set's element ``(x, y)`` or ``(x, y, weight)``."""
    return element[0] if isinstance(element, tuple) and len(element) in (2, 3) else element


def _as_call(model: Any, given: Any) -> CallSpecs:
    """Return a call's arguments; a dict or a tuple becomes several where the model's ``call`` takes several."""
    names = _tensor_arguments(model)
    if isinstance(given, dict) and len(names) > 1 and set(given) <= set(names):
        return CallSpecs((), given)
    if isinstance(given, tuple) and 1 < len(given) <= len(names):
        return CallSpecs(given, {})
    return CallSpecs((given,), {})


def remembered_specs(model: Any) -> CallSpecs | None:
    """Return the arguments of a call from the shapes with which Keras built a layer, or None."""
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
    batch = sizes[0] if sizes and isinstance(sizes[0], int) else None
    if batch is not None and hasattr(given, "__array__"):
        batch = min(batch, _ROWS)
    return Spec((None, *sizes[1:]) if sizes else (), import_keras().backend.standardize_dtype(own), batch)


def is_shape(given: Any) -> bool:
    """Return whether a value is a shape: a non-empty tuple or list of sizes, None for unknown ones."""
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
