"""The extremes of a stream are those of a stable sort of all of it."""

import numpy as np
import pytest

from kfx.values.numbers.extremes import Extremes


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("batch", [1, 7, 500])
def test_the_extremes_of_batches_are_those_of_a_sort_of_all(batch, ties):
    scores = np.random.default_rng(0).normal(size=500)
    scores = scores.round(0) if ties else scores
    found = Extremes(20)
    for start in range(0, 500, batch):
        found.offer(scores[start : start + batch], np.arange(start, min(start + batch, 500)))
    assert found.numbers == np.argsort(-scores, kind="stable")[:20].tolist()
    assert [score for _, score in found] == np.sort(scores)[::-1][:20].tolist()


def test_nan_is_never_kept_and_infinity_is():
    found = Extremes(3)
    found.offer(np.array([np.nan, 1.0, np.inf, -np.inf, np.nan]), np.arange(5))
    assert found.numbers == [2, 1, 3]


def test_what_comes_and_goes_is_told():
    found = Extremes(2)
    assert found.offer(np.array([1.0, 2.0]), np.array([0, 1])) == ({0, 1}, set())
    assert found.offer(np.array([3.0, 0.5]), np.array([2, 3])) == ({2}, {0})
    assert found.shrink(1) == {1}
    assert found.numbers == [2]
