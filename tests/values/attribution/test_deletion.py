"""The deletion curve of a linear model, which is worked by hand."""

import numpy as np

import kfx
from kfx.values.attribution.deletion import Deletion


def test_the_curve_of_a_sum_falls_by_its_largest_terms_first(keras):
    x = keras.Input((20,), name="x")
    model = keras.Model(x, keras.layers.Dense(1, use_bias=False, name="d")(x))
    weights = np.arange(20, dtype="float32")
    model.get_layer("d").set_weights([weights[:, None]])
    found = kfx.attribute(model, np.ones((1, 20)), method="integrated").deletion()
    left = [weights[: 20 - n].sum() for n in range(21)]
    np.testing.assert_allclose(found.score[0], left, rtol=1e-5)
    assert found.areas[0][0] < found.areas[1][0]


def test_the_area_is_that_under_the_curve_as_a_share():
    shares = np.linspace(0, 1, 3)
    found = Deletion("integrated", shares, np.array([[4.0, 2.0, 0.0]]), np.array([[4.0, 4.0, 4.0]]))
    assert found.areas[0].tolist() == [0.5]
    assert np.isnan(found.areas[1][0])
