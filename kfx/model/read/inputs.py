"""Turn the inputs that a user gives for a trace (shapes, specs or data) into shapes and dtypes, or into a batch of the data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np

from kfx.keras_access import internals
from kfx.keras_access.arguments import as_arguments, taken_by
from kfx.keras_access.importing import import_keras
from kfx.model.facts import Shape

ROWS = 32  # of the data given, for one real run: Keras's default batch size


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

    def whole_numbers(self) -> CallSpecs:
        """Return the same arguments as whole numbers."""

        def fix(x: Any) -> Any:
            return replace(x, dtype="int32") if isinstance(x, Spec) else x

        return CallSpecs(*import_keras().tree.map_structure(fix, (self.args, self.kwargs)))

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
        inputs: A shape with the batch axis first, e.g. ``(None, 28, 28, 1)``, ``()`` for a single number; an array or tensor;
            a spec such as `keras.KerasTensor`, `keras.InputSpec` or `tf.TensorSpec`; a data set of them; None for an input that
            is left out; or a list, tuple or dict of these in the structure in which the model takes them. Where ``call`` takes
            several arguments: a tuple, or a dict by their names.

    Raises:
        TypeError: For anything else.
    """
    given = _first_inputs(inputs)
    constants = _constants(model, given) if isinstance(given, dict) else {}
    tensors = {key: x for key, x in given.items() if key not in constants} if constants else given
    found = structure_of(tensors, _input_dtype(model))
    if constants:  # by the names of the arguments
        return CallSpecs((), {**found, **constants})
    return CallSpecs(*as_arguments(model, found))


def given_data(model: Any, inputs: Any) -> CallSpecs | None:
    """Return the arguments of a call from the data a user gave: the first rows of arrays, the first batch of a data set.

    Returns:
        None where there are only shapes and specs, or where the data cannot be read.
    """
    keras = import_keras()
    try:
        if getattr(inputs, "element_spec", None) is not None:
            return CallSpecs(*as_arguments(model, _without_labels(next(iter(inputs)))))
        given = _first_inputs(inputs)
        flat = [x for x in keras.tree.flatten(given) if x is not None]
        if not flat or not all(holds_numbers(x) for x in flat):
            return None
        rows = keras.tree.map_structure(lambda x: x[:ROWS] if x is not None and len(x.shape) else x, given)
        tensors = keras.tree.map_structure(lambda x: None if x is None else keras.ops.convert_to_tensor(x), rows)
        return CallSpecs(*as_arguments(model, tensors))
    except Exception:  # data of the user's own making: without them the shapes are still known
        return None


def _input_dtype(model: Any) -> str:
    return str(getattr(model, "input_dtype", None) or "float32")


def _first_inputs(inputs: Any) -> Any:
    """Return the inputs of a data set's first batch, or their specs; anything else unchanged."""
    element = getattr(inputs, "element_spec", None)
    if element is not None:
        return _without_labels(element)
    return _without_labels(inputs[0]) if isinstance(inputs, import_keras().utils.PyDataset) else inputs


def _constants(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers, words and flags in a dict of inputs by the names of a call's arguments; nothing of any other dict."""
    taken = taken_by(model)
    names = {*taken.by_position, *taken.by_keyword, "training", "mask"}
    if not inputs.keys() <= names or not set(taken.required) <= inputs.keys():
        return {}
    return {key: x for key, x in inputs.items() if isinstance(x, bool | int | float | str)}


def holds_numbers(x: Any) -> bool:
    """Return whether a leaf is an array or a tensor with values, not only a shape and a dtype."""
    if isinstance(x, import_keras().KerasTensor) or not hasattr(x, "dtype"):
        return False
    return hasattr(x, "numpy") or (hasattr(x, "__array__") and hasattr(x, "shape") and hasattr(x, "__getitem__"))


def _without_labels(element: Any) -> Any:
    """Return the inputs of a data set's element ``(x,)``, ``(x, y)`` or ``(x, y, weight)``."""
    return element[0] if isinstance(element, tuple) and len(element) in (1, 2, 3) else element


def remembered_specs(model: Any) -> CallSpecs | None:
    """Return the arguments of a call from what Keras remembers: a symbolic call, or the shapes with which it built the model.

    Returns:
        None where Keras remembers nothing, or not all that ``call`` needs.
    """
    called = _called_symbolically(model)
    if called is not None:
        return called
    shapes = internals.remembered_shapes(model)
    if not shapes:
        return None
    dtype = _input_dtype(model)
    try:
        found = {name.removesuffix("_shape"): structure_of(shape, dtype) for name, shape in shapes.items()}
    except TypeError:
        return None
    taken = taken_by(model)
    if len(found) == 1:
        (only,) = found.values()
        if taken.any_position and not taken.by_position and isinstance(only, tuple):
            return CallSpecs(only, {})
        return CallSpecs((only,), {}) if taken.takes(1) else None
    known = {*taken.by_position, *taken.by_keyword}
    if not found.keys() <= known or not set(taken.required) <= found.keys():
        return None
    return CallSpecs(*as_arguments(model, found))


def _called_symbolically(model: Any) -> CallSpecs | None:
    """Return the arguments of a model's last call on symbolic tensors, with their dtypes."""
    nodes = internals.calls_of(model)
    if not nodes:
        return None
    keras = import_keras()

    def spec(x: Any) -> Any:
        return Spec((None, *x.shape[1:]) if x.shape else (), str(x.dtype)) if isinstance(x, keras.KerasTensor) else x

    args, kwargs = nodes[-1].arguments.args, nodes[-1].arguments.kwargs
    kept = {name: x for name, x in kwargs.items() if name not in ("training", "mask")}
    return CallSpecs(*keras.tree.map_structure(spec, (tuple(args), kept)))


def structure_of(given: Any, dtype: str) -> Any:
    """Return the same structure, in plain lists, tuples and dicts, with a `Spec` for each shape, spec or array."""
    if given is None:
        return None
    if hasattr(given, "as_list") and hasattr(given, "rank"):  # a tf.TensorShape
        given = tuple(given.as_list())
    if is_shape(given):
        return _spec(given, dtype)
    if isinstance(given, dict):
        return {key: structure_of(value, dtype) for key, value in given.items()}
    if isinstance(given, list | tuple) and not hasattr(given, "dtype"):
        inner = [structure_of(value, dtype) for value in given]
        return inner if isinstance(given, list) else type(given)(*inner) if hasattr(given, "_fields") else tuple(inner)
    if hasattr(given, "__array__") and not hasattr(given, "dtype"):  # a table of pandas
        given = np.asarray(given)
    shape, own = _shape_of(given), getattr(given, "dtype", None)
    if shape is None or not hasattr(given, "dtype"):
        raise TypeError(
            f"`inputs` holds {type(given).__name__!r}; give shapes with the batch axis first such as (None, 28, 28, 1), "
            "arrays, tensors or specs with a shape and a dtype."
        )
    found = _spec(shape, _dtype_name(own, dtype))
    return replace(found, batch=min(found.batch, ROWS)) if found.batch is not None and hasattr(given, "__array__") else found


def _spec(shape: Iterable[Any], dtype: str) -> Spec:
    """Return a spec for any number of examples, which remembers how many there were."""
    sizes = tuple(None if n is None else int(n) for n in shape)
    return Spec((None, *sizes[1:]) if sizes else (), dtype, sizes[0] if sizes else None)


def _shape_of(given: Any) -> Shape | None:
    """Return the shape of an array, tensor or spec, sizes as whole numbers; None where it has none."""
    shape, axes = getattr(given, "shape", None), getattr(given, "ndim", None)
    if shape is None or getattr(shape, "rank", 0) is None:
        return (None,) * axes if isinstance(axes, int) else None  # of an InputSpec, e.g. ``InputSpec(ndim=3)``
    return tuple(shape)


def _dtype_name(own: Any, usual: str) -> str:
    if own is None:
        return usual
    return (
        "string"
        if getattr(own, "kind", "") in "OSU" and hasattr(own, "kind")
        else import_keras().backend.standardize_dtype(own)
    )


def is_shape(given: Any) -> bool:
    """Return whether a value is a shape: a tuple or list of sizes, None for unknown ones; ``()`` is that of a single number."""
    if not isinstance(given, list | tuple) or given == []:
        return False
    return all(n is None or (isinstance(n, Integral) and not isinstance(n, bool)) for n in given)
