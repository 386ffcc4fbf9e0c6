"""After a run, a model and Keras's own counters are as they were before."""

import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from kfx.keras_access.untouched import drawing, helpers_restored, keras_globals_restored, stateless, untouched, values_restored
from kfx.values.lazy import LazyValues

INPUT = np.ones((2, 3), "float32")


def test_names_seeds_and_waiting_variables_of_keras_are_put_back():
    first = keras.layers.Dense(1).name
    with keras_globals_restored():
        keras.layers.Dense(1)
        keras.random.normal((2,))
        with keras.StatelessScope():
            keras.Variable(lambda *a, **k: tf.zeros(3), shape=(3,), dtype="float32")
    number = int(first.rpartition("_")[2]) if first != "dense" else 0
    assert keras.layers.Dense(1).name == f"dense_{number + 1}"
    assert keras.random.normal((2,)).shape == (2,)


def test_untouched_forgets_building_attributes_and_random_draws():
    layer, state, numpy_state = layers.Dense(2), random.getstate(), np.random.get_state()[1].tolist()
    before = set(vars(layer))
    with untouched(layer):
        layer(INPUT)
        layer.mark = random.random() + np.random.rand()
    assert not layer.built
    assert layer.weights == []
    assert set(vars(layer)) == before
    assert (random.getstate(), np.random.get_state()[1].tolist()) == (state, numpy_state)


def test_stateless_drops_updates_and_added_losses_but_keeps_what_user_code_sets():
    class Own(layers.Layer):
        def __init__(self):
            super().__init__()
            self.norm = layers.BatchNormalization()

        def call(self, x, training=None):
            self.seen = True
            self.add_loss(keras.ops.mean(x))
            return self.norm(x, training=training)

    layer = Own()
    layer.build((None, 3))
    layer(INPUT)
    losses, mean = len(layer.losses), keras.ops.convert_to_numpy(layer.norm.moving_mean)
    del layer.seen
    with stateless(layer):
        layer(INPUT, training=True)
    assert len(layer.losses) == losses
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(layer.norm.moving_mean), mean)
    assert layer.seen


def test_values_below_keras_are_put_back():
    layer = layers.Dense(2)
    layer.counter = tf.Variable(1.0)
    tf.random.set_seed(3)
    expected = float(tf.random.uniform(()))
    tf.random.set_seed(3)
    with values_restored(layer):
        layer.counter.assign_add(1.0)
        tf.random.uniform(())
    assert float(layer.counter) == 1.0
    assert float(tf.random.uniform(())) == expected


def test_what_a_model_holds_beside_layers_is_put_back(tmp_path):
    class Pool:
        """A user's object that can be called, in a list in a dict."""

        def __init__(self):
            self.images, self.count = ["first"], 0

        def __call__(self, image):
            self.images.append(image)
            self.count += 1

    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.optimizers, model.pools = {"one": keras.optimizers.Adam()}, {"all": [Pool()]}
    optimizer, pool = model.optimizers["one"], model.pools["all"][0]
    with helpers_restored(model):
        optimizer.build(model.trainable_variables)
        pool("second")
        assert optimizer.built
    assert (optimizer.built, len(optimizer.variables)) == (False, 2)  # its count of steps and its learning rate
    assert (pool.images, pool.count) == (["first"], 0)
    tf.train.Checkpoint(optimizer=optimizer, model=model).write(str(tmp_path / "checkpoint"))
    optimizer.apply([keras.ops.ones((3, 1)), keras.ops.ones(1)], model.trainable_variables)
    assert len(optimizer.variables) == 6


@pytest.fixture
def dropping():
    x = keras.Input((50,))
    return keras.Model(x, layers.Dropout(0.5, seed=3, name="drop")(x))


def test_the_draw_is_that_of_a_later_call_and_the_seeds_come_back(dropping):
    x = np.ones((1, 50), "float32")
    (seed,) = (v for v in dropping.variables if v.name == "seed_generator_state")
    start = np.asarray(seed.value)
    dropping(x, training=True)
    later = np.asarray(dropping(x, training=True))
    seed.assign(start)
    with drawing(dropping, 1):
        drawn = np.asarray(dropping(x, training=True))
    np.testing.assert_array_equal(drawn, later)
    np.testing.assert_array_equal(seed.value, start)


def test_the_seeds_come_back_after_an_error(dropping):
    (seed,) = (v for v in dropping.variables if v.name == "seed_generator_state")
    start = np.asarray(seed.value)
    with pytest.raises(RuntimeError, match="inside"), drawing(dropping, 5):
        raise RuntimeError("inside")
    np.testing.assert_array_equal(seed.value, start)


def test_each_example_has_a_draw_of_its_own_and_keeps_it(dropping):
    values = LazyValues(dropping, np.ones((3, 50), "float32"), training=True)
    drawn = [values.parts("drop", i)[0][1] for i in range(3)]
    assert all(0 < (x == 0).mean() < 1 for x in drawn)
    assert not np.array_equal(drawn[0], drawn[1])
    np.testing.assert_array_equal(
        drawn[1], LazyValues(dropping, np.ones((3, 50), "float32"), training=True).parts("drop", 1)[0][1]
    )
    assert (LazyValues(dropping, np.ones((3, 50), "float32")).parts("drop", 0)[0][1] == 1).all()
