"""Figures, rankings and numbers in words, by hand and by NumPy."""

import numpy as np
import pytest

from kfx.draw.values.numbers import figures, number_text, ranking


def test_figures_are_numpys():
    values = np.random.RandomState(0).normal(size=1000).astype("float32")
    found = figures(values)
    wide = values.astype("float64")
    assert (found.count, found.nan, found.inf) == (1000, 0, 0)
    assert (found.mean, found.std) == (wide.mean(), wide.std())
    assert (found.smallest, found.largest) == (wide.min(), wide.max())
    assert sum(found.bins) == 1000
    assert list(found.bins) == np.histogram(wide, 30)[0].tolist()


def test_what_is_not_finite_is_counted_apart():
    found = figures(np.array([0.0, 0.0, 1.0, np.nan, np.inf, -np.inf]))
    assert (found.count, found.nan, found.inf, found.zeros) == (3, 1, 2, 2 / 3)
    assert figures(np.array([np.nan])).count == 0


def test_values_as_far_apart_as_floats_can_be_have_a_histogram():
    assert sum(figures(np.array([-1.7e308, 1.7e308])).bins) == 2


def test_channels_rank_by_mean_size_and_equal_ones_by_number():
    stack = np.array([[[1.0, -1.0]], [[0.0, 0.0]], [[-3.0, 3.0]], [[1.0, 1.0]]])
    found = ranking(stack)
    assert found.order.tolist() == [2, 0, 3, 1]
    assert found.dead.tolist() == [1]


def test_a_channel_with_nan_ranks_by_its_finite_values_and_is_not_dead():
    found = ranking(np.array([[[np.nan, 4.0]], [[3.0, 3.0]], [[np.nan, np.nan]]]))
    assert found.order.tolist() == [0, 1, 2]
    assert found.dead.tolist() == []


def test_noise_in_the_fifth_digit_moves_no_channel():
    assert ranking(np.array([[[1.0]], [[1.000001]]])).order.tolist() == [0, 1]


@pytest.mark.parametrize(("number", "text"), [
    (0.0, "0"), (-0.0, "0"), (66.68, "66.7"), (1234.5, "1,230"), (-0.0413, "−0.0413"), (4.1e-7, "4.1e-07"),
    (104321.0, "104,000"), (float("nan"), "NaN"), (float("-inf"), "−Inf"),
])  # fmt: skip
def test_numbers_in_words(number, text):
    assert number_text(number) == text
