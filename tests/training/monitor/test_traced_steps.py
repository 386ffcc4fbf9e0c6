"""The steps that watch and look: traced once for a model and its compile state, kept no longer, and true by weight."""

import gc
import weakref

import numpy as np
import pytest

import kfx
from kfx.training.callbacks import Monitoring
from kfx.training.monitor.train_step import StepStatistics


@pytest.fixture
def counting(keras):
    """``counting()``: a model that counts how often its train step runs in Python, which a compiled step does when traced."""

    def new():
        class Counting(keras.Model):
            traced = 0

            def train_step(self, inputs):
                type(self).traced += 1
                return super().train_step(inputs)

        x = keras.Input((6,))
        model = Counting(x, keras.layers.Dense(3)(x))
        model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        return model

    return new


def test_a_model_is_traced_once_for_all_its_fits(counting, data):
    plain, model = counting(), counting()
    plain.fit(*data, batch_size=16, epochs=2, verbose=0)
    kfx.fit(model, *data, batch_size=16, epochs=2)
    traced = model.traced
    assert traced == plain.traced + 1, "the step that looks"
    for _ in range(3):
        kfx.fit(model, *data, batch_size=16, epochs=2)
    assert model.traced == traced


def test_nothing_is_traced_for_a_look_that_never_comes(counting, data):
    def batches():
        for start in range(0, 32, 16):
            yield data[0][start : start + 16], data[1][start : start + 16]

    plain, model = counting(), counting()
    plain.fit(batches(), verbose=0)
    model.fit(batches(), verbose=0, callbacks=[Monitoring()])
    assert model.traced == plain.traced, "two batches of an unknown number: the first look would be at the fourth"


def test_compiling_again_drops_what_was_traced_and_a_model_is_freed(make, data, keras):
    model = make(run_eagerly=False)
    model.fit(*data, verbose=0, callbacks=[Monitoring(every=2)])
    kept = weakref.ref(StepStatistics(model, 2)._traced)
    model.fit(*data, verbose=0, callbacks=[Monitoring(every=2)])
    assert StepStatistics(model, 2)._traced is kept()
    model.compile("sgd", model.loss)
    gc.collect()
    assert kept() is None
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_fits_leave_no_objects_behind(make, data):
    def fit(times):
        for _ in range(times):
            model.fit(*data, batch_size=80, verbose=0, callbacks=[Monitoring()])
        gc.collect()
        return len(gc.get_objects())

    model = make()
    fit(3)
    before = fit(1)
    assert fit(10) - before < 10 * 200, "a journal or two, not a graph for each fit"


def test_kernel_and_bias_are_told_apart(keras, data):
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3, name="scores", bias_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.5), "mse")
    x, y = data[0][:16], np.zeros((16, 3), "float32")
    kernel, bias = (v.numpy() for v in model.layers[0].weights)
    error = 2 * (x @ kernel + bias - y) / y.size  # of the mean of squares
    by_hand = {"kernel": (kernel, x.T @ error), "bias": (bias, error.sum(axis=0))}
    monitor = Monitoring(every=1)
    model.fit(x, y, batch_size=16, verbose=0, callbacks=[monitor])
    found = monitor.journal.weights_of("scores")
    assert list(found) == ["kernel", "bias"]
    for name, (before, gradient) in by_hand.items():
        assert found[name]["gradient"] == pytest.approx(np.linalg.norm(gradient), rel=1e-5)
        assert found[name]["weight"] == pytest.approx(np.linalg.norm(before - 0.5 * gradient), rel=1e-5)
        assert found[name]["update"] == pytest.approx(0.5 * np.linalg.norm(gradient) / np.linalg.norm(before), rel=1e-4)
    table = monitor.journal.frame("weights")
    assert table[["step", "layer", "name"]].values.tolist() == [[1, "scores", "kernel"], [1, "scores", "bias"]]


def test_weights_of_the_same_name_in_one_layer_keep_names_of_their_own(keras, data):
    x = keras.Input((6, 1))
    both = keras.layers.MultiHeadAttention(1, 2, name="look")(x, x)
    model = keras.Model(x, both)
    model.compile("sgd", "mse")
    monitor = Monitoring(every=1)
    model.fit(data[0][:16, :, None], data[0][:16, :, None], verbose=0, callbacks=[monitor])
    names = list(monitor.journal.weights_of("look"))
    assert len(names) == 8
    assert {"query/kernel", "query/bias", "key/kernel", "value/kernel"} <= set(names)


def test_what_a_layer_adds_to_the_loss_is_recorded_by_layer(keras, data):
    class Adds(keras.layers.Layer):
        def call(self, x):
            self.add_loss(keras.ops.mean(x) * 0 + 0.25)
            self.add_loss(keras.ops.mean(keras.ops.square(x)))
            return x

    model = keras.Sequential(
        [keras.Input((6,)), Adds(name="extra"), keras.layers.Dense(3, activity_regularizer="l2", name="out")]
    )
    model.compile(keras.optimizers.SGD(0.0), "mse")
    monitor = Monitoring(every=1)
    x = data[0][:16]
    model.fit(x, np.zeros((16, 3)), batch_size=16, verbose=0, callbacks=[monitor])
    added = dict(zip(*monitor.journal.frame("losses")[["layer", "added"]].values.T, strict=True))
    assert added["extra"] == pytest.approx(0.25 + float((x**2).mean()), rel=1e-5)
    assert set(added) == {"extra", "out"}
    total = sum(added.values()) + float((model.predict(x, verbose=0) ** 2).mean())
    assert monitor.journal.last("loss") == pytest.approx(total, rel=1e-5)


def test_a_train_step_that_never_calls_the_model_says_so_and_trains(keras, data):
    class Pair(keras.Model):
        """A custom train step with an optimizer of its own, as in Keras's guide to GANs."""

        def __init__(self):
            super().__init__()
            self.inner = keras.layers.Dense(3)
            self.own_optimizer = keras.optimizers.SGD(0.1)

        def build(self, shape):
            self.inner.build(shape)
            self.own_optimizer.build(self.inner.trainable_variables)

        def train_step(self, inputs):
            import tensorflow as tf

            x, _ = inputs
            with tf.GradientTape() as tape:
                loss = keras.ops.mean(self.inner(x) ** 2)
            weights = self.inner.trainable_variables
            self.own_optimizer.apply(tape.gradient(loss, weights), weights)
            return {"d_loss": loss}

    def fitted(callbacks):
        keras.utils.set_random_seed(1)
        model = Pair()
        model.build((None, 6))
        model.compile()
        return model.fit(*data, batch_size=16, epochs=2, verbose=0, shuffle=False, callbacks=callbacks)

    monitor = Monitoring(every=1)
    history = fitted([monitor])
    assert history.history == fitted([]).history
    assert monitor.journal.frame()["d_loss"].tolist() == history.history["d_loss"]
    (note,) = monitor.journal.events
    assert note.text == "Layers are not monitored: the train step never calls the model itself."
