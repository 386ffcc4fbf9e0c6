"""Calibration against a loop over bins."""

import numpy as np

from kfx.values.evaluation.calibration import Calibration


def test_bins_and_error_are_those_of_a_plain_loop():
    rng = np.random.default_rng(2)
    sure, right = rng.uniform(size=1000), rng.uniform(size=1000) < 0.6
    sure[:2] = 0.0, 1.0
    found = Calibration()
    for start in range(0, 1000, 96):
        found.add(sure[start : start + 96], right[start : start + 96])
    error = 0.0
    for n in range(10):
        inside = (sure >= n / 10) & ((sure < (n + 1) / 10) | (n == 9))
        assert found.counts[n] == inside.sum()
        assert np.isclose(found.sure[n], sure[inside].mean())
        assert np.isclose(found.right[n], right[inside].mean())
        error += abs(sure[inside].mean() - right[inside].mean()) * inside.sum() / 1000
    assert np.isclose(found.error, error)


def test_nothing_counted_has_no_error():
    found = Calibration()
    assert np.isnan(found.error)
    assert np.isnan(found.sure).all()
