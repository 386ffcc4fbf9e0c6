"""Variables beyond a bound are refused before their memory is taken, in the block and thread only."""

import threading

import keras
import pytest
from keras import layers

from kfx.keras_access.saving.bounded import bounded_variables


def test_a_variable_beyond_the_bound_is_refused():
    with bounded_variables(1000), pytest.raises(MemoryError, match=r"A variable of shape \(1000, 1000000000\)"):
        layers.Dense(10**9).build((None, 1000))


def test_the_bound_is_on_all_variables_together():
    with bounded_variables(4 * 250):
        layers.Dense(10, use_bias=False).build((None, 10))
        layers.Dense(10, use_bias=False).build((None, 10))
        with pytest.raises(MemoryError, match="shape"):
            layers.Dense(10, use_bias=False).build((None, 10))


def test_keras_is_as_before_after_the_block():
    before = keras.Variable.__init__, "__init__" in vars(keras.Variable)
    with bounded_variables(1):
        pass
    assert (keras.Variable.__init__, "__init__" in vars(keras.Variable)) == before
    layers.Dense(1000).build((None, 1000))


def test_other_threads_are_not_bound():
    made = []
    with bounded_variables(1):
        other = threading.Thread(target=lambda: made.append(keras.Variable([1.0, 2.0, 3.0], shape=(3,))))
        other.start()
        other.join()
    assert len(made) == 1
