"""Figures of residuals against NumPy over all examples at once."""

import numpy as np
import pytest

from kfx.values.evaluation.numbers import POINTS, ValuesEvaluation
from kfx.values.evaluation.scored import Scored
from kfx.values.evaluation.tasks import Task


def run(truth, predicted, batch=64):
    found = ValuesEvaluation(Task("values", max(0, predicted.ndim - 2), int(np.prod(predicted.shape[1:]))))
    for start in range(0, len(truth), batch):
        stop = min(start + batch, len(truth))
        found.add(Scored(np.arange(start, stop), truth[start:stop], predicted[start:stop]))
    return found


@pytest.mark.parametrize("units", [1, 3])
def test_figures_are_those_of_all_at_once(units):
    rng = np.random.default_rng(3)
    truth = rng.normal(1000, 3, size=(700, units))
    predicted = truth + rng.normal(0.2, 1, size=truth.shape)
    off = predicted - truth
    for unit, one in enumerate(run(truth, predicted).figures):
        assert one["bias"] == pytest.approx(off[:, unit].mean())
        assert one["mae"] == pytest.approx(np.abs(off[:, unit]).mean())
        assert one["rmse"] == pytest.approx(np.sqrt((off[:, unit] ** 2).mean()))
        r2 = 1 - (off[:, unit] ** 2).sum() / ((truth[:, unit] - truth[:, unit].mean()) ** 2).sum()
        assert one["r2"] == pytest.approx(r2)
        assert (one["least"], one["most"]) == (off[:, unit].min(), off[:, unit].max())


def test_points_are_bounded_and_evenly_spread():
    truth = np.arange(100_000.0)[:, None]
    found = run(truth, truth + 1, batch=1000)
    assert POINTS / 2 <= len(found.points) <= POINTS
    assert np.unique(np.diff(found.points[:, 0])).tolist() == [float(found.every)]


def test_the_worst_are_those_with_the_largest_error():
    rng = np.random.default_rng(4)
    truth, predicted = rng.normal(size=(300, 4, 4, 1)), rng.normal(size=(300, 4, 4, 1))
    error = np.sqrt(((truth - predicted) ** 2).mean(axis=(1, 2, 3)))
    found = run(truth, predicted)
    assert [one.number for one in found.kept.listed("worst")] == np.argsort(-error, kind="stable")[:24].tolist()


def test_a_value_that_is_not_finite_is_left_out_and_counted():
    truth, predicted = np.zeros((5, 1)), np.array([[1.0], [np.nan], [1.0], [np.inf], [1.0]])
    found = run(truth, predicted)
    assert found.left_out == {"not finite": 2}
    assert found.figures[0]["mae"] == 1.0


def test_constant_truth_has_no_r2():
    assert np.isnan(run(np.ones((5, 1)), np.zeros((5, 1))).figures[0]["r2"])
