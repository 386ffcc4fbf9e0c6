"""Turn what a user gives as ``inputs`` of a model without ``call`` into the batch that ``fit`` would hand to its step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kfx.keras_access.importing import import_keras
from kfx.model.read.inputs import ROWS, CallSpecs, Spec, holds_numbers, is_shape, structure_of

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Given:
    """One way to call a step.

    Attributes:
        batch: The batch with a `Spec` in place of each tensor; or the data themselves.
        holds_values: Whether it is the data.
        note: A sentence on the batch, where that matters.
    """

    batch: Any
    holds_values: bool = False
    note: str = ""

    def data(self) -> Any:
        """Return the batch; data become tensors, a data set its first batch."""
        if not self.holds_values:
            return self.batch
        if _element_spec(self.batch) is not None:
            return next(iter(self.batch))
        return import_keras().tree.map_structure(_tensor, self.batch)


def candidates(model: keras.Model, inputs: object) -> Iterator[Given]:
    """Yield ways to call a step: any number of examples, then the number given, then the data themselves.

    Raises:
        TypeError: ``inputs`` holds something without a shape.
    """
    element = _element_spec(inputs)
    dtype = str(getattr(model, "input_dtype", None) or "float32")
    batches = [element] if element is not None else list(_as_fit_packs(inputs))
    specs = [_floats(structure_of(batch, dtype), cast=element is None) for batch in batches]
    yield from map(Given, specs)
    for spec in specs:
        numbers = CallSpecs((spec,), {}).batches()
        if numbers:
            listed = " and ".join(map(str, numbers))
            note = f"The step asks how many examples there are: this is what it does with {listed}."
            yield Given(CallSpecs((spec,), {}).with_batch().args[0], note=note)
    for batch in [inputs] if element is not None else batches:
        if element is not None or all(map(holds_numbers, import_keras().tree.flatten(batch))):
            yield Given(batch, holds_values=True)


def require_batch(model: keras.Model, inputs: object) -> None:
    """Raise a TypeError if ``inputs`` holds something without a shape."""
    next(candidates(model, inputs))


def _element_spec(inputs: Any) -> Any:
    return getattr(inputs, "element_spec", None)


def _as_fit_packs(inputs: Any) -> Iterator[Any]:
    """Yield the batch as ``fit(inputs)`` hands it to a step, then a list as if it were ``(x, y)``."""
    keras = import_keras()
    if isinstance(inputs, keras.utils.PyDataset):
        yield inputs[0]
    elif isinstance(inputs, tuple) and not is_shape(inputs):
        yield tuple(x for x in inputs if x is not None)
    elif isinstance(inputs, list) and not is_shape(inputs):
        yield (inputs,)
        yield tuple(inputs)
    else:
        yield inputs


def _floats(specs: Any, *, cast: bool) -> Any:
    """Return specs with Keras's float type in place of any other, as ``fit`` casts arrays; a data set keeps its own."""
    keras = import_keras()

    def one(x: Any) -> Any:
        return Spec(x.shape, keras.config.floatx(), x.batch) if isinstance(x, Spec) and "float" in x.dtype else x

    return keras.tree.map_structure(one, specs) if cast else specs


def _tensor(x: Any) -> Any:
    keras = import_keras()
    rows = x[:ROWS] if len(x.shape) else x
    floating = "float" in str(getattr(x.dtype, "name", x.dtype))
    return keras.ops.convert_to_tensor(rows, dtype=keras.config.floatx() if floating else None)
