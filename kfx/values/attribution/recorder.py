"""A recorder that puts given values in place of what some calls return, and knows what each call was given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from kfx.keras_access.importing import import_keras
from kfx.keras_access.tensorflow.tensors import is_tensor
from kfx.values.tap.opening import NOTHING, Opening
from kfx.values.tap.recorder import Recorder
from kfx.values.tap.visit import Visit

if TYPE_CHECKING:
    import keras

Position = tuple[tuple[int, int], ...]  # the layers around a call and itself, each by identity with the number of its call


class GivenRecorder(Recorder):
    """Record one run in which some calls return what is given.

    Args:
        model: The model whose next call is recorded.
        given: What the call at a position returns.
        on_output: As for `Recorder`.
        opening: As for `Recorder`.

    Attributes:
        arguments: The tensors that each call was given, by the identity of its visit.
    """

    def __init__(
        self,
        model: keras.Model,
        given: Mapping[Position, Any] | None = None,
        on_output: Callable[[object], None] | None = None,
        opening: Opening = NOTHING,
    ) -> None:
        super().__init__(model, on_output, opening)
        self._given = dict(given or {})
        self.arguments: dict[int, tuple[Visit, list[Any]]] = {}

    def on_call(
        self, op: keras.Operation, args: tuple[object, ...], kwargs: dict[str, object], proceed: Callable[[], object]
    ) -> object:
        def run() -> object:
            outputs = proceed()
            if not self._stack or self._stack[-1][0].op is not op:  # a part that is not recorded
                return outputs
            visit = self._stack[-1][0]
            self.arguments[id(visit)] = (visit, [x for x in import_keras().tree.flatten((args, kwargs)) if is_tensor(x)])
            return self._given.get(self.position(), outputs)

        return super().on_call(op, args, kwargs, run)
