"""What Keras keeps of a layer or a running call under a private name."""

import keras
import numpy as np
from keras import layers

from kfx.keras_access.layers import training_in_call


def test_the_training_of_the_running_call():
    found = []

    class Outer(layers.Layer):
        def call(self, x, training=True):
            found.append(training_in_call())
            return x

    assert training_in_call() is None
    Outer()(np.ones((1, 2)))
    Outer()(np.ones((1, 2)), training=False)
    assert found == [True, False]
    keras.Sequential([Outer()])(np.ones((1, 2)), training=False)
    assert found[-1] is False
    assert training_in_call() is None
