"""The number that a sweep measures: one for each example, from the model's output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, SupportsIndex

import numpy as np

from kfx.errors import KfxError
from kfx.values.features import labelled


@dataclass(frozen=True)
class Metric:
    """A unit of the output, at the last position of a sequence, or a function of the output.

    Attributes:
        function: The user's function, or None.
        units: The unit for each example; empty for a function.
        words: What is measured, e.g. ``"logit of unit 3 at the last position"``.
    """

    function: Callable[[Any], object] | None
    units: tuple[int, ...]
    words: str

    def of(self, output: Any, count: int) -> np.ndarray:
        """Return what the user's function gives for an output.

        Raises:
            TypeError: It gives no numbers.
            ValueError: It does not give one for each example.
        """
        assert self.function is not None
        found = self.function(output)
        try:
            values = np.asarray(found, "float64")
        except (TypeError, ValueError):
            raise TypeError(f"`metric` returned {found!r:.60}; expected one number for each example.") from None
        if np.asarray(found).dtype.kind not in "fiub":
            raise TypeError(f"`metric` returned {found!r:.60}; expected one number for each example.")
        if values.shape == () and count == 1:
            values = values[None]
        if values.shape != (count,):
            raise ValueError(
                f"`metric` returned an array of shape {values.shape}; expected one number for each example: ({count},)."
            )
        return values


def choose_metric(metric: object, output: Any, name: str) -> Metric:
    """Return what is measured.

    Args:
        metric: A unit's number, one for each example, a function of the output, or None for the largest unit of each example.
        output: What the model returns for the clean examples, as arrays.
        name: The model's name.

    Raises:
        TypeError: ``metric`` is something else.
        ValueError: There is no such unit, or the output is no list of units.
    """
    if callable(metric):
        called = getattr(metric, "__name__", "metric")
        return Metric(metric, (), "metric" if called == "<lambda>" else str(called))
    single = [x for _, x in labelled("", output)]
    if len(single) != 1 or single[0].ndim not in (2, 3) or single[0].dtype.kind != "f":
        shapes = ", ".join(str(("batch", *x.shape[1:])).replace("'", "") for x in single)
        raise ValueError(
            f"{name!r} returns {shapes}; say what to measure: metric=a function of the output that returns one number for "
            "each example."
        )
    last = single[0] if single[0].ndim == 2 else single[0][:, -1]
    count, size = last.shape
    units = tuple(np.argmax(last, axis=-1).tolist()) if metric is None else _units(metric, count)
    wrong = [unit for unit in units if not 0 <= unit < size]
    if wrong:
        raise ValueError(f"`metric` is unit {wrong[0]}; the output of {name!r} has {size:,} units, 0 to {size - 1:,}.")
    which = f"unit {units[0]}" if len(set(units)) == 1 else "each example's unit"
    return Metric(None, units, which + (" at the last position" if single[0].ndim == 3 else ""))


def _units(metric: object, count: int) -> tuple[int, ...]:
    """Return the unit for each example."""
    if isinstance(metric, SupportsIndex) and not isinstance(metric, bool | np.bool_ | np.ndarray):
        return (int(metric),) * count
    several = metric.tolist() if isinstance(metric, np.ndarray) else metric
    if not isinstance(several, Sequence) or isinstance(several, str | bytes) or not all(type(n) is int for n in several):
        raise TypeError(
            f"`metric` is {metric!r:.60}; expected a unit's number, one for each example, a function of the output, or None."
        )
    if len(several) != count:
        raise ValueError(f"`metric` holds {len(several)} units for {count} examples; expected one for each.")
    return tuple(several)


def require_finite(values: np.ndarray, run: str) -> None:
    """Refuse a metric of an unpatched run that is not finite: there is nothing to compare with.

    Raises:
        KfxError: One is NaN or infinite.
    """
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        raise KfxError(
            f"The metric of example {wrong[0]} of the {run} run is {values[wrong[0]]}, without any patch; "
            f"look for NaN in the data, the weights and the metric."
        )
