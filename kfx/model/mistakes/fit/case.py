"""The failed ``fit``: its data, the model's inputs and outputs, the loss, and what they give on the first two examples."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.keras_access.optimizers import loss_value, loss_weights_given
from kfx.keras_access.untouched import stateless
from kfx.model.mistakes.facts import Given, Mistake, Repair
from kfx.model.mistakes.fit.call import Written
from kfx.model.mistakes.fit.data import Data, Part, Port, data_of, first, first_of_dataset, parts_of
from kfx.model.mistakes.fit.failed import FailedFit
from kfx.model.mistakes.fit.flow import flow_of
from kfx.model.mistakes.fit.recompile import as_it_was

if TYPE_CHECKING:
    import keras

_AGAIN = "; compile again first, as Keras keeps the step that failed"


@dataclass(frozen=True)
class FitCase:
    """A failed call of ``fit`` or its like, with what the rules ask about it.

    Attributes:
        failed: The call.
        data: Its data; of ``validation_data`` where the mistake is looked for there.
        where: What the data are called: ``("x", "y")``, or code for the parts of ``validation_data``.
    """

    failed: FailedFit
    data: Data
    where: tuple[str, str] = ("x", "y")

    @classmethod
    def of(cls, failed: FailedFit) -> FitCase:
        """Return the case of a failed call."""
        given = failed.arguments
        y = None if failed.method.startswith("predict") else given.get("y")
        return cls(failed, data_of(given.get("x"), y, given.get("sample_weight")))

    @property
    def model(self) -> keras.Model:
        """The model."""
        return self.failed.model

    @property
    def method(self) -> str:
        """The method that was called."""
        return self.failed.method

    @property
    def learns(self) -> bool:
        """True if the call needs labels and a loss."""
        return self.failed.method in ("fit", "evaluate", "train_on_batch", "test_on_batch")

    @cached_property
    def written(self) -> Written:
        """The call's code."""
        return Written(self.failed)

    def again(self, without: tuple[str, ...] = (), /, **changed: str) -> str:
        """Return the call with some arguments changed, after a line that compiles again where that is needed."""
        lines = [as_it_was(self.written), self.written.again(without, **changed)]
        return "\n".join(line for line in lines if line)

    @cached_property
    def arrays(self) -> dict[str, Any]:
        """The arrays that the user's variables hold, by name."""
        symbolic, found = import_keras().KerasTensor, {}
        for name, value in self.failed.scope.items():
            shape = None if isinstance(value, type | ModuleType | symbolic) else getattr(value, "shape", None)
            if isinstance(shape, tuple) or (shape is not None and hasattr(value, "dtype") and hasattr(value, "__len__")):
                found[name] = value
        return {name: value for name, value in found.items() if len(value.shape) and value.shape[0] is not None}

    @cached_property
    def x(self) -> list[Part]:
        """The arrays for the inputs."""
        return parts_of(self.data.x)

    @cached_property
    def y(self) -> list[Part]:
        """The arrays of labels."""
        return parts_of(self.data.y)

    @cached_property
    def inputs(self) -> list[Port]:
        """The model's inputs; none where the model does not say."""
        return self._ports("inputs")

    @cached_property
    def outputs(self) -> list[Port]:
        """The model's outputs; none where the model does not say."""
        return self._ports("outputs")

    def _ports(self, side: str) -> list[Port]:
        function = internals.function_of(self.model)
        if function is None:
            return []
        keys = internals.structure_names(function, side)
        names = getattr(self.model, "output_names", None) if side == "outputs" else getattr(self.model, "input_names", None)
        found = []
        for i, tensor in enumerate(getattr(function, side)):
            made = internals.node_of(tensor)
            layer = made[0].operation if made is not None else None
            own = names[i] if names and i < len(names) else getattr(layer, "name", side[:-1])
            activation = getattr(getattr(layer, "activation", None), "__name__", "")
            if type(layer).__name__ == "Softmax":
                activation = "softmax"
            found.append(Port(keys[i] or own, tuple(tensor.shape)[1:], str(tensor.dtype), activation))
        return found

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs as a loss for several outputs is keyed."""
        return [str(name) for name in getattr(self.model, "output_names", None) or [port.name for port in self.outputs]]

    @property
    def loss(self) -> Any:
        """The loss as it was given to ``compile``."""
        if self.failed.method == "compile":
            return self.failed.arguments.get("loss")
        return getattr(self.model, "loss", None) if getattr(self.model, "compiled", False) else None

    # ------------------------------------------------------------------------------------------------ two examples

    @cached_property
    def element(self) -> Any:
        """The first element of a dataset or sequence, as arrays; None for arrays."""
        if self.data.kind == "dataset":
            return first_of_dataset(self.failed.arguments["x"])
        return self.data.element

    @cached_property
    def two(self) -> tuple[Any, Any]:
        """The first two examples and their labels, as NumPy arrays."""
        if not self.data.in_elements:
            return first(self.data.x), first(self.data.y)
        x, y = (*(self.element if isinstance(self.element, tuple) else (self.element,)), None)[:2]
        return first(x), first(y)

    def predict(self, x: Any) -> Any:
        """Return what the model gives for some examples; the model stays as it was.

        Raises:
            Exception: Keras's own, where the examples do not fit.
        """
        keras = import_keras()
        with stateless(self.model):
            given = keras.tree.map_structure(lambda one: keras.ops.convert_to_tensor(_floats(np.asarray(one))), x)
            return keras.tree.map_structure(keras.ops.convert_to_numpy, self.model(given, training=False))

    def loss_of(self, y: Any, prediction: Any, loss: Any = None) -> float:
        """Return the loss of a prediction, by the model's loss or another.

        Raises:
            Exception: Keras's own, where they do not fit; ValueError for a loss that is not finite.
        """
        keras = import_keras()
        weights = None if loss is not None else loss_weights_given(self.model)
        given = keras.tree.map_structure(lambda one: _floats(np.asarray(one)), y)
        with keras.StatelessScope():
            made = loss_value(self.loss if loss is None else loss, weights, self.output_names, given, prediction)
            value = float(keras.ops.convert_to_numpy(made))
        if not np.isfinite(value):
            raise ValueError("The loss is not finite.")
        return value

    def tried(self, x: Any = None, y: Any = None, loss: Any = None) -> str | None:
        """Return what a repair gives on the two examples, e.g. ``"loss 2.31"``; None where it does not help.

        Args:
            x: The examples as the repair makes them; None for those that were given.
            y: The labels likewise.
            loss: Another loss; None for the model's own.
        """
        try:
            first_x, first_y = self.two if x is None or y is None else (x, y)
            prediction = self.predict(first_x if x is None else x)
            if not self.learns:
                sizes = ", ".join(_words(np.shape(one)[1:]) for one in import_keras().tree.flatten(prediction))
                return f"the model gives {sizes} for each example"
            return f"loss {self.loss_of(first_y if y is None else y, prediction, loss):.3g}"
        except Exception:
            return None

    # ------------------------------------------------------------------------------------------------ the explanation

    def mistake(
        self,
        kind: str,
        title: str,
        sentence: str,
        *,
        given: Sequence[Given] = (),
        repairs: Sequence[Repair] = (),
        boxes: Collection[tuple[str, int]] = (),
        lines: Collection[tuple[str, int]] = (),
    ) -> Mistake:
        """Return the explanation, with the flow of the data.

        Args:
            kind: ``"arguments"``, ``"compile"``, ``"data"``, ``"inputs"``, ``"lengths"``, ``"labels"``, ``"weights"``,
                ``"metrics"``, ``"validation"`` or ``"other"``.
            title: In a few words.
            sentence: In one plain sentence.
            given: The rows that clash.
            repairs: The likeliest first.
            boxes: Boxes that clash, as ``(column, number)`` of ``x``, ``inputs``, ``outputs``, ``y``, ``loss``.
            lines: Boxes from which a line brings what clashes.
        """
        method = self.failed.method
        flow = flow_of(self, boxes, lines)
        named = f"{method} stopped: {title}"
        tried = "Keras’s list of names" if method == "compile" else "two examples"
        repairs = [replace(one, gives=f"{one.gives}{_AGAIN}") if "\n" in one.code else one for one in repairs]
        return Mistake(kind, method, type(self.model).__name__, sentence, given=tuple(given), repairs=tuple(repairs)[:3],
                       title=named, flow=flow, tried=tried)  # fmt: skip


def _floats(array: np.ndarray) -> np.ndarray:
    """Return float64 as Keras's usual float, as ``fit`` hands it on."""
    return array.astype(import_keras().config.floatx()) if array.dtype == np.float64 else array


def _words(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape)) or "one number"
