"""What Keras keeps of a layer or a running call under a private name."""

import keras
import numpy as np
from keras import layers

from kfx.keras_access.layers import attributes_of_calls, training_in_call


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


def test_attributes_of_a_user_count_whatever_they_are_called():
    """KerasHub's blocks hold ``_self_attention_layer``; only TensorFlow's own ``_self_...`` attributes are left aside."""

    class Block(layers.Layer):
        def __init__(self, units):
            super().__init__()
            self._self_attention_layer = layers.Dense(units)

    block = Block(3)
    names, values = attributes_of_calls(block)
    assert dict(zip(names, values, strict=True))["_self_attention_layer"] is block._self_attention_layer
    assert "_self_setattr_tracking" not in names
    assert "_self_unconditional_checkpoint_dependencies" not in names
