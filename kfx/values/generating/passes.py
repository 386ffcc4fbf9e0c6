"""Know the calls of layers while a language model generates, where the model itself is never called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from kfx.keras_access.importing import import_keras
from kfx.values.tap.calls import Traced

if TYPE_CHECKING:
    import keras

STEP = "generate_function"  # the attribute in which KerasHub keeps the compiled function


class CallsByLayer(NamedTuple):
    """The calls of a model's own pass, by layer.

    Attributes:
        keys: By the layer's identity, the addresses of its calls in the order in which they run.
        tensors: By address, the number of tensors that the call returns. In generation it may return more: its cache.
    """

    keys: Mapping[int, tuple[str, ...]]
    tensors: Mapping[str, int]


def can_generate(model: Any) -> bool:
    """Return whether a model generates as those of KerasHub do, with a compiled ``generate_step``."""
    return all(hasattr(model, name) for name in ("generate", "generate_step", STEP, f"make_{STEP}"))


def calls_by_layer(traced: Traced) -> CallsByLayer:
    """Return the calls of one pass by their layers; operations in the layers' code are left out."""
    keys: dict[int, list[str]] = {}
    for key in sorted(traced.positions, key=traced.order.__getitem__):
        if key not in traced.targets:
            keys.setdefault(traced.positions[key][-1][0], []).append(key)
    tensors = {call.key: len(call.outputs) for call in (*traced.calls, *traced.inner)}
    return CallsByLayer({op: tuple(found) for op, found in keys.items()}, tensors)


class Passes:
    """Tells which address each call of a layer has while a model generates.

    Generation calls the layers inside the model one by one: in one pass over the prompt, and in one for each new token. A layer
    that a pass of the model calls several times is told apart by the order of its calls.

    Attributes:
        met: The addresses that were called so far.
    """

    def __init__(self, calls: CallsByLayer) -> None:
        self._calls, self._counts = calls, Counter[int]()
        self.met: set[str] = set()

    def key_of(self, op: keras.Operation) -> str | None:
        """Return the address of a call that begins now; None for what the model's own pass does not call."""
        keys = self._calls.keys.get(id(op))
        if keys is None:
            return None
        key = keys[self._counts[id(op)] % len(keys)]
        self._counts[id(op)] += 1
        self.met.add(key)
        return key

    def doubtful(self) -> set[str]:
        """Return addresses of layers that generation called another number of times than the model's own pass does."""
        keys = self._calls.keys
        return {key for op, count in self._counts.items() if count % len(keys[op]) for key in keys[op]}

    def own_tensors(self, key: str, outputs: Any) -> list[Any]:
        """Return the tensors among a call's outputs that it also returns in the model's own pass: not its cache."""
        flat = import_keras().tree.flatten(outputs)
        return flat[: self._calls.tensors.get(key, len(flat))]
