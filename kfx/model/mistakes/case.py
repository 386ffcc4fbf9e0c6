"""The failed call that the rules explain, and the code that repairs it, written with the user's variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.model.facts import Tensor
from kfx.model.layers.words import settings
from kfx.model.mistakes.facts import Mistake
from kfx.model.mistakes.given import flat_tensors, given_of
from kfx.model.mistakes.traceback import FailedCall
from kfx.model.mistakes.try_out import code_of

if TYPE_CHECKING:
    import keras

_LONGEST = 100  # characters of a call that is written out


@dataclass(frozen=True)
class Case:
    """A failed call and the user's variables.

    Attributes:
        failed: The call.
        names: ``id`` of a tensor or layer -> the name of the variable that holds it.
    """

    failed: FailedCall
    names: Mapping[int, str]

    @property
    def op(self) -> keras.Operation:
        """The layer or operation that raised."""
        return self.failed.op

    @property
    def type(self) -> str:
        """The name of its class."""
        return type(self.op).__name__

    @property
    def channels_first(self) -> bool:
        """True where the layer takes the channels before the other axes."""
        return getattr(self.op, "data_format", None) == "channels_first"

    @cached_property
    def tensors(self) -> list[Any]:
        """The tensors and arrays that the call was given."""
        return flat_tensors(self.failed)

    @cached_property
    def blank(self) -> Mistake:
        """The mistake without an explanation."""
        specs = tuple(Tensor(None if t.shape is None else tuple(t.shape), str(t.dtype)) for t in self.tensors)
        try:
            shown = settings(self.op, inputs=specs)
        except Exception:
            shown = ()
        given = given_of(self.tensors, self.names, channels_first=self.channels_first)
        return Mistake("other", str(self.op.name), self.type, f"{self.op.name} refused its inputs.", shown, given=given)

    def mistake(self, kind: str, sentence: str, **facts: Any) -> Mistake:
        """Return the mistake with its explanation."""
        return replace(self.blank, kind=kind, sentence=sentence, **facts)

    def name_of(self, tensor: keras.KerasTensor) -> str:
        """Return code for a tensor: its variable; the call that made it, ``layers.MaxPooling2D()(y)``, where variables alone
        can express that; else ``x``, or the layer's name where ``x`` is another tensor.
        """
        if id(tensor) in self.names:
            return self.names[id(tensor)]
        try:
            code = self._call(tensor)
        except Exception:  # a layer of the user's own without a configuration
            code = None
        if code is not None and len(code) <= _LONGEST:
            return code
        made = internals.node_of(tensor)
        return "x" if made is None or "x" not in self.names.values() else str(made[0].operation.name)

    def listed(self) -> str:
        """Return code for the list of all tensors."""
        return f"[{', '.join(map(self.name_of, self.tensors))}]"

    def _call(self, tensor: keras.KerasTensor) -> str | None:
        """Return the call that made a tensor, or None where a part of it has no name."""
        if id(tensor) in self.names:
            return self.names[id(tensor)]
        made = internals.node_of(tensor)
        if made is None or made[0].is_input or len(made[0].outputs) != 1 or made[0].arguments.kwargs:
            return None
        op, given = made[0].operation, made[0].arguments.args
        if len(given) != 1 or not internals.is_layer(op):
            return None
        several = isinstance(given[0], list | tuple)
        parts = [self._call(x) for x in (given[0] if several else given)]
        if None in parts:
            return None
        listed = ", ".join(map(str, parts))
        return f"{self.names.get(id(op)) or code_of(op)}({f'[{listed}]' if several else listed})"
