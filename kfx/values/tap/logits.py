"""Note what each softmax and sigmoid of a run is taken of: the logits of an output."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from kfx.keras_access.tensorflow.origins import told_of_operations, told_of_replacements

_TYPES = frozenset({"Cast", "Identity"})


class Logits:
    """What the softmaxes and sigmoids of one run are taken of; see `logits_noted`."""

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}  # by the identity of an output
        self._held: list[Any] = []  # keeps alive whose identities are noted

    def on_operation(
        self, kind: str, inputs: Sequence[Any], attributes: object, outputs: Sequence[Any], graph: object
    ) -> Sequence[Any] | None:
        """Note an operation; it stays as it is."""
        if kind in ("Softmax", "Sigmoid"):
            self._note(outputs[0], inputs[0])
        elif kind in _TYPES and id(inputs[0]) in self._before:
            self._note(outputs[0], self._before[id(inputs[0])])
        return None

    def on_replaced(self, before: Sequence[Any], after: Sequence[Any]) -> None:
        """Note that a patch puts other tensors in the place of an operation's outputs."""
        for old, new in zip(before, after, strict=False):
            if id(old) in self._before:
                self._note(new, self._before[id(old)])

    def _note(self, output: Any, logits: Any) -> None:
        self._before[id(output)] = logits
        self._held += (output, logits)

    def of(self, output: Any) -> Any:
        """Return the input of the softmax or sigmoid that made an output; None where it is made in another way."""
        return self._before.get(id(output))

    def or_itself(self, output: Any) -> Any:
        """Return the logits of an output, or the output where there are none."""
        logits = self.of(output)
        return output if logits is None else logits


@contextlib.contextmanager
def logits_noted(wanted: bool = True) -> Iterator[Logits | None]:
    """Note the logits of the model's call inside the block; with ``wanted=False`` nothing is noted, and None yielded."""
    if not wanted:
        yield None
        return
    found = Logits()
    with told_of_operations(found.on_operation), told_of_replacements(found.on_replaced):
        yield found
