"""The table that never grows: what it keeps of a long run is exact where it says so."""

import numpy as np
import pytest

from kfx.training.journal.buckets import Buckets


def filled(values, capacity=16, **more):
    table = Buckets([f"c{i}" for i in range(values.shape[1])], capacity=capacity, **more)
    for step, row in enumerate(values, start=1):
        table.add(step, row.tolist())
    return table


@pytest.fixture
def noise():
    return np.random.default_rng(0).normal(size=(10_007, 2))


def test_a_short_run_is_kept_row_by_row(noise):
    rows = filled(noise[:15]).read()
    assert rows.steps.tolist() == list(range(1, 16))
    for part in (rows.mean, rows.low, rows.high):
        np.testing.assert_array_equal(part, noise[:15])


@pytest.mark.parametrize("count", [16, 17, 100, 255, 256, 257, 1000, 10_007])
def test_a_long_run_stays_within_its_capacity_and_keeps_every_extreme(noise, count):
    values = noise[:count].copy()
    values[count // 3, 0], values[count // 2, 1] = 1e6, -1e6
    table = filled(values)
    rows = table.read()
    assert len(rows.steps) <= 16
    assert table.rows == count
    np.testing.assert_array_equal(rows.high.max(axis=0), values.max(axis=0))
    np.testing.assert_array_equal(rows.low.min(axis=0), values.min(axis=0))
    np.testing.assert_allclose((rows.mean * rows.finite).sum(axis=0), values.sum(axis=0))
    assert rows.steps[-1] == count
    assert (np.diff(rows.steps) > 0).all()


def test_each_bucket_is_what_numpy_says_of_its_rows(noise):
    rows = filled(noise[:1000]).read()
    begins = [0, *rows.steps[:-1]]
    for i, (a, b) in enumerate(zip(begins, rows.steps, strict=True)):
        np.testing.assert_allclose(rows.mean[i], noise[a:b].mean(axis=0))
        np.testing.assert_array_equal(rows.low[i], noise[a:b].min(axis=0))
        np.testing.assert_array_equal(rows.high[i], noise[a:b].max(axis=0))


def test_values_that_are_not_finite_are_counted_and_spoil_no_mean(noise):
    values = noise[:100].copy()
    values[3, 0], values[50:60, 1] = np.nan, np.inf
    rows = filled(values).read()
    assert rows.finite.sum(axis=0).tolist() == [99, 90]
    assert np.isfinite(rows.high[np.isfinite(rows.high)]).all()
    assert not np.isinf(rows.mean).any()
    one = np.delete(values[:, 0], 3)
    np.testing.assert_allclose(np.nansum(rows.mean[:, 0] * rows.finite[:, 0]), one.sum())


def test_a_bucket_without_any_finite_value_is_nan():
    rows = filled(np.full((4, 1), np.nan)).read()
    assert np.isnan(rows.mean).all()
    assert np.isnan(rows.low).all()
    assert rows.finite.sum() == 0


def test_columns_can_be_added_later(noise):
    table = filled(noise[:40])
    table.widen(["later"])
    table.add(41, [1.0, 2.0, 3.0])
    rows = table.column("later")
    assert rows.finite.sum() == 1
    assert np.nanmax(rows.high) == 3.0
    assert table.column("c0").finite.sum() == 41


def test_a_table_that_was_saved_goes_on_as_if_it_had_not_been(noise):
    table = filled(noise[:1003])
    again = Buckets.from_state(table.columns, table.state())
    for step in range(1003, 3000):
        for one in (table, again):
            one.add(step + 1, noise[step].tolist())
    for a, b in zip(table.read(), again.read(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert (again.rows, again.last, again.stride) == (table.rows, table.last, table.stride)


def test_memory_is_bounded(noise):
    small, large = filled(noise[:100]), filled(np.tile(noise, (10, 1)))
    assert large.rows == 100_070
    assert large.nbytes <= small.nbytes * 2


@pytest.mark.parametrize("capacity", [0, 1, 3, -2])
def test_a_capacity_that_cannot_be_halved_is_refused(capacity):
    with pytest.raises(ValueError, match="even number"):
        Buckets(capacity=capacity)
