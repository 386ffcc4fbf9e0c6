"""Where Keras would write each weight, against a file that it wrote."""

import h5py
import keras
import numpy as np
from keras import layers

from kfx.keras_access.saving.paths import saved_state
from kfx.model.files.hdf5 import contents_of


def test_paths_and_numbers_are_those_of_the_file_that_keras_writes(tmp_path):
    i = keras.Input((5, 8))
    x = layers.MultiHeadAttention(2, 4)(i, i)
    x = layers.Bidirectional(layers.GRU(3, return_sequences=True))(layers.TimeDistributed(layers.Dense(4))(x))
    model = keras.Model(i, keras.Sequential([layers.Dense(2), layers.BatchNormalization()])(x))
    model.save_weights(tmp_path / "w.weights.h5")
    state = saved_state(model)
    with h5py.File(tmp_path / "w.weights.h5") as file:
        written = {path: file[path][()] for path in contents_of(file).arrays}
    assert set(state.values) == set(written)
    assert all(np.array_equal(np.asarray(state.values[path]), values) for path, values in written.items())


def test_a_layer_is_found_at_its_place():
    first, second = layers.Dense(2), layers.Dense(3)
    model = keras.Sequential([keras.Input((4,)), first, second])
    homes = saved_state(model).homes
    assert (homes[id(first)], homes[id(second)]) == ("layers/dense/", "layers/dense_1/")
