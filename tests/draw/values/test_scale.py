"""Scales and bytes by hand."""

import numpy as np
import pytest

from kfx.draw.values.scale import Limits, levels, limits, quantised, smaller


def test_a_scale_begins_at_zero_and_leaves_the_few_largest_out():
    values = np.concatenate([np.ones(999), [100.0]])
    scale = limits(values)
    assert (scale.low, scale.high, scale.signed, scale.clipped) == (0.0, 1.0, False, True)


def test_a_signed_scale_is_even_around_zero():
    assert limits(np.array([-1.0, 3.0])) == Limits(
        -limits(np.array([1.0, 3.0])).high, limits(np.array([1.0, 3.0])).high, True, True
    )
    assert limits(np.full(10, -2.0)) == Limits(-2.0, 2.0, True, False)


def test_a_few_nonzero_values_set_the_scale():
    values = np.zeros(100_000)
    values[7] = 5.0
    assert limits(values) == Limits(0.0, 5.0, False, False)


@pytest.mark.parametrize("values", [[], [0.0, 0.0], [np.nan, np.inf]])
def test_where_there_is_nothing_to_scale_the_scale_is_zero_to_one(values):
    assert limits(np.array(values)) == Limits(0.0, 1.0, False, False)


def test_bytes_run_between_each_maps_own_ends():
    maps = np.array([[[0.0, 127.0, 254.0]], [[-1.0, 0.0, 1.0]], [[5.0, 5.0, 5.0]]])
    drawn, ends = quantised(maps)
    assert drawn.tolist() == [[[0, 127, 254]], [[0, 127, 254]], [[0, 0, 0]]]
    assert ends.tolist() == [[0, 254], [-1, 1], [5, 5]]


def test_a_byte_is_off_by_at_most_half_a_step():
    maps = np.random.RandomState(0).normal(size=(3, 20, 20)).astype("float32")
    drawn, ends = quantised(maps)
    step = (ends[:, 1] - ends[:, 0])[:, None, None] / 254
    back = ends[:, 0][:, None, None] + drawn * step
    assert (np.abs(back - maps) <= step / 2 + 1e-5).all()


def test_what_is_not_finite_is_255_and_stretches_nothing():
    drawn, ends = quantised(np.array([[[np.nan, 0.0, np.inf, 2.0]], [[np.nan] * 4]]))
    assert drawn.tolist() == [[[255, 0, 255, 254]], [[255] * 4]]
    assert ends.tolist() == [[0, 2], [0, 0]]
    assert levels(np.array([np.nan, -1.0, 0.0, 1.0, 9.0]), Limits(0.0, 2.0, False, True)).tolist() == [255, 0, 0, 127, 254]


def test_a_smaller_map_holds_means_of_squares():
    maps = np.arange(16.0).reshape(1, 4, 4)
    small, side = smaller(maps, 2)
    assert side == 2
    assert small.tolist() == [[[2.5, 4.5], [10.5, 12.5]]]


def test_what_is_left_at_the_edge_counts_as_a_square():
    small, side = smaller(np.arange(5.0).reshape(1, 1, 5), 3)
    assert (side, small.tolist()) == (2, [[[0.5, 2.5, 4.0]]])


def test_a_map_that_fits_stays_as_it_is():
    maps = np.ones((2, 3, 3))
    assert smaller(maps, 3) == (maps, 1) or smaller(maps, 3)[0] is maps
