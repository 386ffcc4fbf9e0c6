"""Statistics by channel, against NumPy over all examples at once."""

import keras
import numpy as np
import pytest
from keras import layers

import kfx
from kfx.values.channel_statistics import channel_statistics


def same(shape):
    x = keras.Input(shape)
    return keras.Model(x, layers.Activation("linear", name="same")(x))


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_every_axis_is_that_of_numpy(axis):
    data = (np.random.RandomState(0).normal(5, 2, size=(70, 6, 5, 4)) * [1, 0, 2, -3]).astype("float32")
    found = channel_statistics(same((6, 5, 4)), data, "same", axis)
    rest = tuple(i for i in range(4) if i != axis)
    exact = data.astype("float64")
    np.testing.assert_allclose(found.mean, exact.mean(rest), rtol=1e-6)
    np.testing.assert_allclose(found.std, exact.std(rest), rtol=1e-6)
    np.testing.assert_array_equal(found.min, data.min(rest))
    np.testing.assert_array_equal(found.max, data.max(rest))
    np.testing.assert_allclose(found.zeros, (data == 0).mean(rest))


def test_dead_channels_and_their_order():
    data = np.zeros((40, 3, 4), "float32")
    data[..., 2], data[5, 1, 0] = -2, 1
    found = channel_statistics(same((3, 4)), data, "same", 2)
    assert found.dead == 2
    assert found.order.tolist() == [2, 0, 1, 3]


def test_values_that_are_not_finite_are_left_out():
    data = np.ones((40, 2), "float32")
    data[:, 0], data[3, 1] = np.nan, np.inf
    found = channel_statistics(same((2,)), data, "same", 1)
    assert found.count.tolist() == [0, 39]
    assert np.isnan(found.mean[0])
    assert found.mean[1] == 1


def test_an_axis_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"`axis` is 2; values of shape \(3, 2\) have the axes 1 to 1"):
        channel_statistics(same((2,)), np.ones((3, 2)), "same", 2)


def test_channels_first_in_the_inspector_are_channels():
    x = keras.Input((3, 6, 6))
    model = keras.Model(x, layers.Conv2D(5, 3, data_format="channels_first", activation="relu", name="conv")(x))
    data = np.random.RandomState(0).random((40, 3, 6, 6)).astype("float32")
    facts, _ = kfx.inspect(model, data).answers()({"what": "statistics", "layer": "conv", "example": 0})
    values = kfx.extract(model, data, "conv")["conv"]
    rows = {row[0]: row[1] for row in facts["channels"]}
    assert rows == {str(c): f"{values[:, c].mean():.3g}" for c in range(5)}
