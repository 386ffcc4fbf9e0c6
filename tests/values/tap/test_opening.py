"""What a pass notes for an address."""

import keras
import numpy as np
from keras import layers

import kfx


def test_a_part_of_a_layer_that_has_the_name_of_another_layer_is_found():
    x = i = keras.Input((4, 6))
    x = layers.MultiHeadAttention(2, 3, name="look")(x, x)
    model = keras.Model(i, layers.Dense(2, name="scores")(x))
    data = np.random.default_rng(0).normal(size=(1, 4, 6)).astype("float32")
    scores = kfx.extract(model, data, "look/scores")["look/scores"]
    assert scores.shape == (1, 2, 4, 4)
    np.testing.assert_allclose(scores.sum(axis=-1), 1, atol=1e-6)
    assert kfx.extract(model, data, "scores")["scores"].shape == (1, 4, 2)
