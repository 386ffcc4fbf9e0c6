"""A batch is filled with copies only where they do not change the values of the examples."""

import numpy as np
import pytest

import kfx
from kfx.values.data.apart import usable
from kfx.values.data.batches import Batches

X = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")


def fixed(keras, mixing):
    i = keras.Input(batch_shape=(4, 3))
    x = i - keras.ops.mean(i, axis=0, keepdims=True) if mixing else i * 2
    return keras.Model(i, keras.layers.Dense(2, name="d")(x))


@pytest.mark.parametrize("mixing", [False, True])
def test_examples_that_depend_on_each_other_are_not_mixed_with_copies(keras, mixing):
    model = fixed(keras, mixing)
    kernel = model.get_layer("d").get_weights()[0]
    each = [x - x.mean(0) if mixing else x * 2 for x in (X[:4], X[4:])]
    found = kfx.extract(model, X, "d")["d"]
    np.testing.assert_allclose(found, np.concatenate(each) @ kernel, rtol=1e-4, atol=1e-5)
    last = list(Batches(model, X))[1]
    assert (last.size, last.filled) == (2, 2)
    assert usable(last, model, training=False).filled == (0 if mixing else 2)


def test_full_batches_stay_as_they_are(keras):
    model = fixed(keras, True)
    first = next(iter(Batches(model, X)))
    assert usable(first, model, training=False) is first


def test_training_with_batch_normalisation_takes_the_batch_as_it_came(keras):
    i = keras.Input(batch_shape=(4, 3))
    model = keras.Model(i, keras.layers.BatchNormalization(name="n")(i))
    found = kfx.extract(model, X, "n", training=True)["n"][4:]
    np.testing.assert_allclose(found.mean(0), 0, atol=1e-6)
