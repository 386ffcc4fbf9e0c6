"""Gradient × input, integrated gradients and SmoothGrad."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from kfx.values.attribution.passes import Values
from kfx.values.attribution.places import extra_axes
from kfx.values.attribution.settings import CLOSE, FIRST_STEPS, MOST_STEPS
from kfx.values.attribution.work import Work, chunks
from kfx.values.features import address_text


@dataclass
class Completeness:
    """Whether integrated gradients add up, for each example.

    Attributes:
        score: Of the example.
        baseline: Of the baseline.
        total: The sum of the map.
        steps: How many gradients were taken.
    """

    score: np.ndarray
    baseline: np.ndarray
    total: np.ndarray
    steps: np.ndarray

    @property
    def error(self) -> np.ndarray:
        """Return the part of the difference that the map misses, as a share of it; 0 where there is none to explain."""
        difference = self.score - self.baseline
        missed = np.abs(self.total - difference)
        scale = np.abs(difference)
        return np.where(missed <= 1e-6 * (1 + np.abs(self.score)), 0.0, missed / np.maximum(scale, 1e-12))


def gradient_x_input(work: Work) -> dict[str, np.ndarray]:
    """Return the gradient at the input times its difference from the baseline, which is 0 unless it was given.

    The first two terms of the series that integrated gradients are the limit of, in one pass.
    """
    _, slopes = work.passes.slopes(work.inputs, work.ends, _units(work))
    work.advance("gradient_x_input", 1, 1)
    given = work.settings.baseline is not None
    return work.by_input(
        {
            key: None if slope is None else slope * (work.ends[key] - work.starts[key] if given else work.ends[key])
            for key, slope in _checked(work, slopes).items()
        }
    )


def integrated(work: Work) -> tuple[dict[str, np.ndarray], Completeness]:
    """Return integrated gradients (Sundararajan and others, 2017) and whether they add up.

    The integral along the straight line from the baseline is taken by Gauss–Legendre quadrature. Where the number of steps is
    left open, it is doubled for the examples whose map misses more than 1 % of what it is to explain.
    """
    steps = work.settings.steps or FIRST_STEPS
    found, fit = _integrated(work, steps)
    while work.settings.steps is None and steps < MOST_STEPS:
        rows = np.flatnonzero(fit.error > CLOSE)
        if not len(rows):
            break
        steps = min(2 * steps, MOST_STEPS)
        better, again = _integrated(work.only(rows), steps)
        for name, array in better.items():
            found[name][rows] = array[: len(rows)]
        for name in ("total", "steps"):
            getattr(fit, name)[rows] = getattr(again, name)[: len(rows)]
    return found, fit


def _integrated(work: Work, steps: int) -> tuple[dict[str, np.ndarray], Completeness]:
    units = _units(work)
    at, weights = quadrature(steps)
    sums: Values = {}
    for part in chunks(steps, work.points):
        _, slopes = work.passes.path(work.inputs, work.starts, work.ends, _float(at[part]), _float(weights[part]), units)
        for key, slope in _checked(work, slopes).items():
            sums[key] = slope if slope is None or key not in sums else sums[key] + slope
        work.advance("integrated", part.stop, steps)
    parts = {key: None if x is None else x * (work.ends[key] - work.starts[key]) for key, x in sums.items()}
    found = {name: np.array(array) for name, array in work.by_input(parts).items()}
    score = _scores_at(work, work.ends) if work.score is None else work.score
    baseline = _scores_at(work, work.starts)
    total = sum(array.reshape(work.rows, -1).sum(1, dtype="float64") for array in found.values())
    return found, Completeness(score, baseline, np.array(total), np.full(work.rows, steps))


def _scores_at(work: Work, values: Values) -> np.ndarray:
    """Return the scores with some values in place."""
    return np.asarray(work.passes.placed(work.inputs, values, _units(work)), "float64")


@cache
def quadrature(steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the points from 0 to 1 and weights of Gauss–Legendre quadrature."""
    points, weights = np.polynomial.legendre.leggauss(steps)
    return (points + 1) / 2, weights / 2


def smoothgrad(work: Work) -> dict[str, np.ndarray]:
    """Return the mean size of gradients at the input with noise (Smilkov and others, 2017).

    Of values that were looked up, the length of the gradient at each place of the input.
    """
    samples = work.settings.samples
    spread = {key: _spread(work, x) for key, x in work.ends.items()}
    sums: Values = {}
    for part in chunks(samples, work.points):
        seeds = np.stack([np.full(part.stop - part.start, work.settings.seed), 1000 * np.arange(part.start, part.stop)], axis=1)
        _, slopes = work.passes.noisy(work.inputs, work.ends, spread, seeds.astype("int32"), _units(work))
        share = (part.stop - part.start) / samples
        for key, slope in _checked(work, slopes).items():
            sums[key] = None if slope is None else share * slope + sums.get(key, 0.0)
        work.advance("smoothgrad", part.stop, samples)
    return work.by_input({key: None if x is None else _sizes(work, key, x) for key, x in sums.items()})


def _sizes(work: Work, key: str, slope: Any) -> Any:
    """Return absolute gradients; of looked-up values their length, in the first place of the axis that is summed later."""
    array = np.asarray(slope, "float32")
    place = next(place for place in work.places if key in place.keys)
    if not place.calls:
        return np.abs(array)
    extra = extra_axes(place.calls[place.keys.index(key)])
    if not extra:
        return np.abs(array)
    axes = tuple(range(array.ndim - extra, array.ndim))
    return np.sqrt((array.astype("float64") ** 2).sum(axis=axes, keepdims=True)).astype("float32")


def _spread(work: Work, x: Any) -> Any:
    array = np.asarray(x, "float64").reshape(work.rows, -1)
    return _float(work.settings.noise * (array.max(1, initial=0) - array.min(1, initial=0)))


def _checked(work: Work, slopes: Values) -> Values:
    """Return gradients; refuse where there is none by any input.

    Raises:
        ValueError: There is no differentiable path from any input.
    """
    if any(slope is not None for slope in slopes.values()):
        return slopes
    raise ValueError(no_path(work))


def no_path(work: Work) -> str:
    """Return why there is no gradient by any input, and what to do."""
    why = next((place.why_not for place in work.places if place.why_not), "")
    names = ", ".join(repr(address_text(place.name)) for place in work.open_places[:6])
    reason = why or (
        f"between {names} and the target, an operation has no gradient" if names else "the target depends on none of the inputs"
    )
    return f"There is no gradient to attribute by: {reason}. Use method='occlusion', which needs none."


def _units(work: Work) -> Any:
    import tensorflow as tf

    return tf.constant(work.units)


def _float(values: Any) -> Any:
    import tensorflow as tf

    return tf.constant(np.asarray(values, "float32"))
