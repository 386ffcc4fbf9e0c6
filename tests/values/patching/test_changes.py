"""Silence and steps in a direction, against NumPy."""

import numpy as np
import pytest

import kfx


def test_channels_and_positions_together_are_silenced_where_both_hold():
    x = np.ones((2, 3, 4), "float32")
    want = x.copy()
    want[:, [0, 2], 1] = 5
    np.testing.assert_array_equal(kfx.silence(1, position=[0, -1], value=5.0)(x), want)


def test_a_head_is_an_axis_of_scores_or_of_what_heads_make():
    scores, made = np.ones((2, 3, 5, 5), "float32"), np.ones((2, 5, 3, 4), "float32")
    assert np.asarray(kfx.silence(head=2)(scores)).sum(axis=(0, 2, 3)).tolist() == [50, 50, 0]
    assert np.asarray(kfx.silence(head=(0, 1))(made)).sum(axis=(0, 1, 3)).tolist() == [0, 0, 40]


@pytest.mark.parametrize("axis", ["head", "position"])
def test_a_number_beyond_the_axis_is_refused(axis):
    with pytest.raises(ValueError, match=rf"There is no {axis} 9; axis 1 has 3 {axis}s, 0 to 2"):
        kfx.silence(**{axis: 9})(np.ones((2, 3, 5, 5), "float32"))


def test_heads_of_values_without_an_axis_for_them_are_refused():
    with pytest.raises(ValueError, match=r"There is no axis of heads in values of shape \(2, 3, 4\)"):
        kfx.silence(head=0)(np.ones((2, 3, 4), "float32"))


def test_a_position_that_is_not_a_whole_number_is_refused():
    with pytest.raises(TypeError, match=r"A position is 1\.5; expected whole numbers"):
        kfx.silence(position=1.5)


def test_a_vector_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"The vector has shape \(3,\), which cannot be added to values of shape \(1, 2\)"):
        kfx.steer(np.ones(3))(np.zeros((1, 2), "float32"))


def test_ragged_values_keep_their_rows(keras):
    import tensorflow as tf

    i = keras.Input((None,), dtype="int32", ragged=True)
    model = keras.Model(i, keras.layers.GlobalAveragePooling1D(name="mean")(keras.layers.Embedding(9, 2, name="e")(i)))
    rows = tf.ragged.constant([[1, 2, 3], [4]])
    plain = kfx.extract(model, rows, "e")["e"]
    with kfx.patch(model, {"e": kfx.silence(1)}):
        found = kfx.extract(model, rows, ["e", "mean"])
    assert [row[:, 1].any() for row in found["e"]] == [False, False]
    np.testing.assert_array_equal(found["e"][0][:, 0], plain[0][:, 0])
    np.testing.assert_allclose(found["mean"][:, 0], [row[:, 0].mean() for row in plain], rtol=1e-6)
    with kfx.patch(model, {"e": 2.0}):
        assert model.predict(rows, verbose=0).tolist() == [[2, 2], [2, 2]]
    with kfx.patch(model, {"e": lambda x: x * 3}):
        np.testing.assert_allclose(kfx.extract(model, rows, "e")["e"][1], 3 * plain[1])
    refused = pytest.raises(ValueError, match=r"The patch of 'e' returned \(2, 2\); the layer returns a ragged")
    with refused, kfx.patch(model, {"e": lambda x: x.to_tensor()[:, 0]}):
        model(rows)
