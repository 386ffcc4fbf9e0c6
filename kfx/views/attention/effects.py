"""What silencing a head does to the prediction for an example, in numbers and as rows before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from kfx.text.untrusted import visible
from kfx.values.attention.reading import Found
from kfx.values.attention.silence import Outputs, SilencedHeads
from kfx.values.attention.target import Target, choose_target
from kfx.values.lazy import LazyValues
from kfx.views.inspector.choices import names_by_output

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class BeforeAfter:
    """A prediction with all heads and without one.

    Attributes:
        kind: Of the target, see `Target`.
        name: Of the unit.
        before: Its value and its logit, which are equal where there is no logit.
        after: The same with the head silenced.
        change: The effect, see `Target.effect`.
    """

    kind: str
    name: str
    before: tuple[float, float]
    after: tuple[float, float]
    change: float


class HeadEffects:
    """Compute the effects of silencing heads, when they are asked for.

    Args:
        model: The model.
        values: The examples.
        found: The attention that was found in it.
        scores: The scores by address, for the numbers of heads.
        target: The unit that effects are measured by, or None.
        class_names: A name for each unit of the output, or None.
    """

    def __init__(
        self,
        model: keras.Model,
        values: LazyValues,
        found: Found,
        scores: Mapping[str, np.ndarray],
        target: int | None = None,
        class_names: object = None,
    ) -> None:
        self._values, self._unit, self._class_names = values, target, class_names
        heads = {address: x.shape[1] for address, x in scores.items()}
        self._silenced = SilencedHeads(model, found.numbers, heads)
        self._plain = lru_cache(32)(lambda example: self._silenced.plain(values.example(example).inputs))

    def target(self, example: int, last: int | None = None) -> Target:
        """Return what effects are measured by for an example; ``last`` is the last place of a sequence that is no padding."""
        return choose_target(self._plain(example), self._unit, last)

    def of(self, address: str, example: int, heads: list[int], last: int | None = None) -> list[float]:
        """Return the effect of silencing each of some heads of a layer."""
        before, target = self._plain(example), self.target(example, last)
        after = self._silenced.without(self._values.example(example).inputs, address, heads)
        return [target.effect(before, one) for one in after]

    def before_after(self, address: str, example: int, head: int, last: int | None = None) -> BeforeAfter:
        """Return the prediction for an example as it is and without a head."""
        before, target = self._plain(example), self.target(example, last)
        after = self._silenced.without(self._values.example(example).inputs, address, [head])[0]
        change = target.effect(before, after)
        if target.kind == "change":
            return BeforeAfter(target.kind, "output", (0.0, 0.0), (change, change), change)
        pairs = [(target.value(one), target.score(one)) for one in (before, after)]
        return BeforeAfter(target.kind, self.unit_name(target, before), pairs[0], pairs[1], change)

    def unit_name(self, target: Target, outputs: Outputs) -> str:
        """Return the name of the target's unit: its class, or its number."""
        shape = outputs.values[0].shape
        sizes = {"": int(shape[-1]) if shape else 1}
        names = names_by_output(self._class_names, sizes).get("") if self._class_names is not None else None
        if names is not None:
            return visible(names[target.unit])[:60]
        return "output" if sizes[""] == 1 else f"unit {target.unit}"
