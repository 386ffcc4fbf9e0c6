"""Whole numbers count as floating-point ones only where the model itself turns them into such."""

import numpy as np
import pytest

from kfx.values.data.floats import as_floats, with_zeros


def dtypes(model, *arrays):
    import tensorflow as tf

    given = [tf.constant(x) for x in arrays]
    found = as_floats(model, given if len(given) > 1 else given[0])
    return [x.dtype.name for x in (found if isinstance(found, list) else [found])]


def test_the_input_layers_say_what_is_turned(keras):
    a, b = keras.Input((2,)), keras.Input((2,), dtype="int32")
    model = keras.Model([a, b], keras.layers.Embedding(9, 2)(b) + a[:, None])
    assert dtypes(model, np.ones((1, 2), "uint8"), np.ones((1, 2), "int32")) == ["float32", "int32"]


@pytest.mark.parametrize(("divides", "turned"), [(True, True), (False, False)])
def test_code_that_calculates_otherwise_with_whole_numbers_keeps_them(keras, divides, turned):
    class Own(keras.Model):
        def call(self, x):
            return keras.ops.cast(x if divides else keras.ops.bitwise_and(x, 5), "float32") / 2

    model = Own()
    model(np.ones((1, 3), "int32"))
    assert dtypes(model, np.array([[3, 5, 7]], "int32")) == ["float32" if turned else "int32"]
    assert dtypes(model, np.array([[3, 5, 7]], "float32")) == ["float32"]


def test_zeros_stand_for_floating_point_inputs_without_influence():
    import tensorflow as tf

    found = with_zeros([None, None], [tf.ones((2, 2)), tf.ones((2,), tf.int32)])
    assert found[0].numpy().tolist() == [[0, 0], [0, 0]]
    assert found[1] is None
