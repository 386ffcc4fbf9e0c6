"""Statistics computed in the graph equal NumPy's over the values themselves."""

import numpy as np
import pytest

import kfx
from kfx.values.numbers.histogram import Histogram, merged_histograms
from kfx.values.statistics import Statistics, ValueStatistics


@pytest.fixture
def odd(keras):
    """Values that are hard to measure: far from zero, NaN and infinite, constant, half precision, whole numbers."""
    layers, ops = keras.layers, keras.ops

    class Bad(layers.Layer):
        def call(self, x):
            return ops.where(x > 2.0, float("nan"), ops.where(x < -2.0, float("inf"), x))

    class Cast(layers.Layer):
        def __init__(self, to, by=1.0, **kwargs):
            super().__init__(**kwargs)
            self.to, self.by = to, by

        def call(self, x):
            return ops.cast(x * self.by, self.to)

        def compute_output_spec(self, x):
            return keras.KerasTensor(x.shape, self.to)

    i = keras.Input((50, 4), name="x")
    made = [
        layers.Rescaling(0.01, offset=1000.0, name="far")(i),
        layers.ReLU(name="relu")(i),
        Bad(name="bad")(i),
        layers.Rescaling(0.0, offset=3.5, name="constant")(i),
        layers.Rescaling(0.0, name="zero")(i),
        layers.Rescaling(float("nan"), name="nan")(i),
        Cast("float16", name="half")(i),
        Cast("int32", 1000.0, name="whole")(i),
        Cast("bool", name="truth")(i),
        layers.LSTM(3, return_state=True, name="lstm")(i)[0],
    ]
    return keras.Model(i, made)


@pytest.mark.parametrize("batch_size", [7, 32, None])
def test_statistics_equal_numpy(odd, batch_size):
    x = np.random.default_rng(0).normal(size=(103, 50, 4)).astype("float32")
    found = kfx.statistics(odd, x, batch_size=batch_size, bins=64)
    values = dict(kfx.extract(odd, x, batch_size=batch_size).arrays())
    assert set(found) == set(values)
    for label, array in values.items():
        s, a = found[label], array.astype("float64")
        finite = a[np.isfinite(a)]
        assert (s.count, s.nan, s.inf) == (finite.size, np.isnan(a).sum(), np.isinf(a).sum())
        if not finite.size:
            assert np.isnan(s.mean)
            assert s.histogram is None
            continue
        np.testing.assert_allclose(s.mean, finite.mean(), rtol=1e-6, atol=1e-7 * finite.std())
        np.testing.assert_allclose(s.std, finite.std(), rtol=1e-5, atol=1e-12)
        np.testing.assert_allclose(s.norm, np.linalg.norm(finite), rtol=1e-6)
        assert (s.min, s.max) == (finite.min(), finite.max())
        assert s.zeros == pytest.approx((finite == 0).mean(), abs=1e-12)
        np.testing.assert_array_equal(s.histogram.counts, np.histogram(finite, s.histogram.edges)[0])
        assert len(s.histogram.counts) <= 64


def test_a_histogram_does_not_depend_on_the_batches(flat, images):
    whole = kfx.statistics(flat, images, bins=32, batch_size=None)
    parts = kfx.statistics(flat, images, bins=32, batch_size=3)
    for label, s in whole.items():
        t = parts[label].histogram
        assert s.histogram.exponent == t.exponent
        np.testing.assert_array_equal(s.histogram.edges, t.edges)
        assert abs(s.histogram.counts - t.counts).sum() <= 4  # other batches round otherwise, at the edges of bins


def test_text_has_no_statistics(keras):
    i = keras.Input((), dtype="string", name="words")
    model = keras.Model(i, keras.layers.StringLookup(vocabulary=["a", "b"], name="look")(i))
    assert list(kfx.statistics(model, np.array(["b", "a", "z"]))) == ["look"]


def test_statistics_show_as_a_table(odd):
    found = kfx.statistics(odd, np.ones((2, 50, 4), "float32"), ["relu", "constant"])
    assert repr(found) == (
        "<Statistics: 2 addresses>\n"
        "            mean  std  min  max  zeros  NaN  Inf\n"
        "  relu         1    0    1    1   0.0%    0    0\n"
        "  constant   3.5    0  3.5  3.5   0.0%    0    0"
    )
    with pytest.raises(KeyError, match="No statistics for 'x'; there are some for relu, constant"):
        found["x"]


@pytest.mark.parametrize("bins", [1, -2, 2.5])
def test_bins_must_be_sensible(flat, images, bins):
    with pytest.raises(ValueError, match="expected 0 for no histogram"):
        kfx.statistics(flat, images, bins=bins)


def test_the_model_stays_as_it_was(flat, images, state):
    before = state(flat)
    kfx.statistics(flat, images, training=True, bins=8)
    assert state(flat) == before


def test_merging_histograms_is_exact_and_in_any_order():
    rng = np.random.default_rng(1)
    data = [rng.normal(size=100) * 2.0**k for k in range(-3, 4)]

    def of(x, exponent):
        first = int(np.floor(x.min() / 2.0**exponent))
        counts = np.bincount((np.floor(x / 2.0**exponent) - first).astype(int))
        return Histogram(exponent, first, counts)

    parts = [of(x, k - 4) for k, x in zip(range(-3, 4), data, strict=True)]
    one, two = parts[0], parts[-1]
    for part in parts[1:]:
        one = merged_histograms(one, part, 40)
    for part in parts[-2::-1]:
        two = merged_histograms(part, two, 40)
    np.testing.assert_array_equal(one.counts, two.counts)
    np.testing.assert_array_equal(one.counts, np.histogram(np.concatenate(data), one.edges)[0])
    assert len(one.counts) <= 40
    assert repr(one).startswith("<Histogram: 700 values in ")


def test_pandas_holds_one_row_an_address_and_every_number():
    found = Statistics(
        {"a": ValueStatistics(8, 0.5, 0.1, 0.0, 1.0, 0.25, 1.4, nan=1), "b": ValueStatistics(1, 2.0, 0, 2, 2, 0, 2)}
    )
    table = found.to_pandas()
    assert list(table.columns) == ["address", "count", "mean", "std", "min", "max", "zeros", "norm", "nan", "inf"]
    assert table.values.tolist() == [["a", 8, 0.5, 0.1, 0.0, 1.0, 0.25, 1.4, 1, 0], ["b", 1, 2.0, 0, 2, 2, 0, 2, 0, 0]]
