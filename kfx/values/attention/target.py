"""Choose the number of a model's output that silencing a head is measured by: a class, a unit, or the change of it all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kfx.values.attention.silence import Outputs


@dataclass(frozen=True)
class Target:
    """One number of the outputs.

    Attributes:
        kind: ``"logit"`` where a softmax or sigmoid makes the output, ``"value"`` for another unit, ``"change"`` for the
            norm of the change of all outputs as a share of their norm.
        unit: The unit's number in the last axis; -1 for the change.
        place: The step of a sequence, or None.
    """

    kind: str
    unit: int = -1
    place: int | None = None

    def value(self, outputs: Outputs) -> float:
        """Return the unit's value as the model returns it, e.g. a probability."""
        return self._of(outputs.values[0])

    def score(self, outputs: Outputs) -> float:
        """Return the unit's logit, or its value where there is none."""
        logits = outputs.logits[0]
        return self._of(outputs.values[0] if self.kind != "logit" or logits is None else logits)

    def effect(self, before: Outputs, after: Outputs) -> float:
        """Return how much silencing changes the number; of all outputs, the norm of the change as a share of their norm."""
        if self.kind != "change":
            return self.score(after) - self.score(before)
        pairs = [(a.astype("float64"), b.astype("float64")) for a, b in zip(before.values, after.values, strict=True)]
        size = sum(float((a**2).sum()) for a, _ in pairs) ** 0.5
        return sum(float(((b - a) ** 2).sum()) for a, b in pairs) ** 0.5 / size if size else 0.0

    def _of(self, output: np.ndarray) -> float:
        flat = output if self.place is None else output[self.place]
        return float(flat.reshape(-1)[self.unit])


def choose_target(outputs: Outputs, unit: int | None = None, last: int | None = None) -> Target:
    """Return the target for an example.

    Args:
        outputs: The model's, with all heads.
        unit: The unit that was asked for; None for the largest of a single list of units.
        last: The last step that is no padding, for a unit of a sequence's output.

    Raises:
        ValueError: There is no such unit, or it is not clear of which output.
    """
    single = len(outputs.values) == 1 and outputs.values[0].dtype.kind in "fiub"
    first = outputs.values[0] if outputs.values else np.zeros(0)
    listed = single and (first.ndim <= 1 or first.size == max(first.shape))
    if unit is None and not listed:
        return Target("change")
    if not single or first.ndim > 2:
        raise ValueError(f"`target` is {unit!r}, and the model returns {_shapes(outputs)}; expected one list of units.")
    size = first.size if listed else first.shape[-1]
    if unit is not None and (isinstance(unit, bool) or not isinstance(unit, int | np.integer) or not 0 <= unit < size):
        raise ValueError(f"`target` is {unit!r}; the output has {size} units, 0 to {size - 1}.")
    place = None if listed else min(first.shape[0] - 1, first.shape[0] - 1 if last is None else last)
    chosen = int(np.argmax(first)) if unit is None else int(unit)
    return Target("value" if outputs.logits[0] is None else "logit", chosen, place)


def _shapes(outputs: Outputs) -> str:
    return f"{len(outputs.values)} outputs of shapes {', '.join(str(x.shape) for x in outputs.values)}"
