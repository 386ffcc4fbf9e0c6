"""A tap takes values of passes before the loop and in it, and keeps nothing of the model alive."""

import gc
import threading
import weakref

import numpy as np
import pytest

import kfx

X = np.array([[0, 1, 2, 3]], "float32")


def made(keras):
    """A model that generates without KerasHub: each new number is a layer's of the last one, and the layer keeps a cache."""

    class Cached(keras.layers.Layer):
        def build(self, shape):
            self.w = self.add_weight(shape=(), initializer="ones")

        def call(self, x, cache=None):
            return x + self.w if cache is None else (x + self.w, cache + 1)

    class Model(keras.Model):
        def __init__(self):
            super().__init__(name="talking")
            self.cell = Cached(name="cell")
            self.unused = Cached(name="unused")
            self.generate_function = None

        def call(self, x):
            return self.cell(x) + 0 * self.unused(x)

        def generate_step(self, inputs, stop_token_ids=None):
            x, cache = self.cell(inputs, cache=keras.ops.zeros(()))

            def step(n, x, cache):
                y, cache = self.cell(x[:, -1:], cache=cache)
                return n + 1, keras.ops.concatenate([x[:, 1:], y], 1), cache

            return keras.ops.while_loop(lambda n, x, cache: n < 3, step, (0, x, cache))[1]

        def make_generate_function(self):
            import tensorflow as tf

            if self.generate_function is None:
                self.generate_function = self.generate_step if self.run_eagerly else tf.function(self.generate_step)
            return self.generate_function

        def generate(self, inputs, stop_token_ids=None):
            return np.asarray(self.make_generate_function()(inputs, stop_token_ids=stop_token_ids))

    model = Model()
    model(X)
    return model


@pytest.fixture
def talking(keras):
    return made(keras)


@pytest.mark.parametrize("eager", [False, True])
def test_passes_before_the_loop_and_in_it_are_told_apart(talking, eager):
    found = kfx.extract_generate(talking, X, "cell", run_eagerly=eager)
    np.testing.assert_array_equal(found.prompt["cell"], X + 1)
    np.testing.assert_array_equal(found["cell"], [[5, 6, 7]])
    np.testing.assert_array_equal(found.output, [[4, 5, 6, 7]])


def test_a_patch_changes_the_values_and_leaves_the_cache(talking):
    x = np.zeros((1, 4), "float32")
    with kfx.patch(talking, {"cell": lambda x: x * 10}):
        np.testing.assert_array_equal(talking.generate(x), [[10, 110, 1110, 11110]])
    np.testing.assert_array_equal(talking.generate(x), [[1, 2, 3, 4]])


def test_patches_around_each_other_both_hold(talking):
    with kfx.patch(talking, {"cell": lambda x: x * 10}), kfx.patch(talking, {"cell": lambda x: x + 1}):
        found = kfx.extract_generate(talking, np.zeros((1, 4), "float32"), "cell")
        once = talking.generate(np.zeros((1, 4), "float32"))
    want = 0
    for _ in range(4):
        want = ((want + 1) + 1) * 10  # as in `predict`: the patch of the inner block first
    assert once[0, -1] == want
    np.testing.assert_array_equal(found.output, once)


def test_a_patch_that_generation_does_not_reach_is_an_error(talking):
    with (
        pytest.raises(kfx.PatchError, match="'unused' was not reached: while 'talking' generates, its layers"),
        kfx.patch(talking, {"unused": 0.0}),
    ):
        talking.generate(X)
    np.testing.assert_array_equal(talking.generate(X), [[4, 5, 6, 7]])


def test_another_thread_generates_without_the_patch(talking):
    found = []
    with kfx.patch(talking, {"cell": lambda x: x * 10}):
        thread = threading.Thread(target=lambda: found.append(talking.generate(X)))
        thread.start()
        thread.join()
    np.testing.assert_array_equal(found[0], [[4, 5, 6, 7]])


def test_nothing_keeps_the_model_alive(keras):
    model = made(keras)
    kfx.extract_generate(model, X, "cell")
    with kfx.patch(model, {"cell": 1.0}):
        model.generate(X)
    held = weakref.ref(model)
    del model
    gc.collect()
    assert held() is None
