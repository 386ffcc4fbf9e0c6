"""Where values first stop being finite: the layer is named, whatever broke it."""

import numpy as np
import pytest

from kfx.training.callbacks import Checkpointing, Commanding, Monitoring


@pytest.fixture
def broken(keras, make, data):
    """``broken(layer)``: the monitor after a fit of the small model with one more layer in its middle."""

    def run(*layers, x=None, optimizer=None, stop=False, epochs=2, model=None):
        model = model or make(layers=layers, optimizer=optimizer)
        monitor = Monitoring(every=1000, stop_on_nan=stop)
        inputs = data[0] if x is None else x
        history = model.fit(inputs, data[1], batch_size=16, epochs=epochs, verbose=0, shuffle=False, callbacks=[monitor])
        return monitor.journal, history

    return run


@pytest.fixture
def after(keras):
    """A layer that multiplies its output, or only its gradient, by ``factor`` from its fifth training step on."""
    import tensorflow as tf

    @tf.custom_gradient
    def backwards(x, factor):
        return x * 1.0, lambda upstream: (upstream * factor, None)

    class After(keras.layers.Layer):
        def __init__(self, factor, *, gradient=False, **more):
            super().__init__(**more)
            self.factor, self.gradient = factor, gradient

        def build(self, shape):
            self.count = self.add_weight(shape=(), initializer="zeros", trainable=False, name="count")

        def call(self, x, training=False):
            if training:
                self.count.assign_add(1.0)
            factor = keras.ops.where(self.count > 4, self.factor, 1.0)
            return backwards(x, factor) if self.gradient else x * factor

    return After


def test_the_first_layer_whose_output_is_not_finite_is_named(keras, broken, after):
    journal, _ = broken(after(np.inf, name="culprit"), keras.layers.Dense(4, name="victim"))
    assert journal.finding == "'culprit' (After) is the first layer whose output is not finite."
    event = next(event for event in journal.events if event.kind == "nan")
    assert (event.step, event.epoch) == (5, 1)


def test_a_gradient_that_is_not_finite_is_distinguished_from_a_forward_value(keras, broken, after):
    journal, _ = broken(after(np.nan, gradient=True, name="culprit"))
    # Its gradient reached every layer before it: the last of those with weights is the nearest that is known.
    assert journal.finding.startswith("The weights of 'norm' (BatchNormalization) stopped being finite")


def test_data_that_are_not_finite_are_named(make, broken, data):
    x = data[0].copy()
    x[40, 2] = np.nan
    journal, _ = broken(x=x, model=make(activation="tanh"))
    assert journal.finding == "The data are not finite: they reached the model so, at its input 'pixels'."
    assert next(event for event in journal.events if event.kind == "nan").step == 3


def test_weights_that_a_relu_hides_from_the_loss_are_found_at_the_next_look(make, data):
    x = data[0].copy()
    x[40, 2] = np.nan
    model, monitor = make(), Monitoring(every=4)
    history = model.fit(x, data[1], batch_size=16, verbose=0, shuffle=False, callbacks=[monitor])
    assert np.isfinite(history.history["loss"]).all(), "the loss shows nothing"
    assert np.isnan(model.get_layer("first").kernel.numpy()).any(), "but the layer is lost"
    assert monitor.journal.finding.startswith("The weights of 'first' (Dense) stopped being finite")
    assert monitor.journal.events[0].step == 5


def test_a_loss_that_is_not_finite_is_distinguished_from_the_layers(keras, make, broken):
    model = make()
    model.compile("sgd", loss=lambda y, p: keras.ops.log(keras.ops.sum(p, axis=-1) * 0 - 1.0))
    journal, _ = broken(model=model)
    assert journal.finding.startswith("Every layer's output is finite, the loss is not")


def test_training_stops_there_when_asked(keras, broken, after):
    journal, history = broken(after(np.inf, name="culprit"), stop=True, epochs=9)
    assert journal.steps == 5
    assert journal.state == "stopped"
    assert len(history.epoch) == 1
    assert np.isnan(history.history["loss"][0]) == np.isnan(journal.last("loss") or np.nan)


def test_without_a_monitor_the_journal_still_says_what_broke(make, data):
    from kfx.training.callbacks import Recording

    x = data[0].copy()
    x[3] = np.inf
    recording = Recording()
    make().fit(x, data[1], batch_size=16, verbose=0, callbacks=[recording])
    assert recording.journal.finding == "loss stopped being finite."


def test_a_healthy_run_finds_nothing(broken):
    journal, _ = broken()
    assert journal.finding == ""
    assert journal.events == []


@pytest.mark.parametrize("moment", [(2, 1), (2, 3), (3, 0)])
def test_a_rewind_to_finite_weights_is_not_followed_by_an_old_report(keras, make, data, moment):
    """``moment``: epoch and batch, both from 0, at which the rewind is asked for; each epoch has 4 batches."""
    model, monitor, store, controls = make(), Monitoring(every=1), Checkpointing(keep=5), Commanding()

    class Break(keras.callbacks.Callback):
        epoch = 0

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch
            if epoch == 2:
                kernel = model.trainable_variables[0]
                kernel.assign(np.full(kernel.shape, np.nan, "float32"))

        def on_train_batch_end(self, batch, logs=None):
            if (self.epoch, batch) == moment:
                controls.ask("rewind", next(kept.number for kept in store.all if kept.epoch == 2))

    x, y = data[0][:64], data[1][:64]
    model.fit(x, y, batch_size=16, epochs=6, verbose=0, callbacks=[monitor, store, controls, Break()])
    assert [event.kind for event in monitor.journal.events if event.kind in ("nan", "rewind")] == ["nan", "rewind"]
    assert (monitor.journal.finding, monitor.journal.broke) == ("", None)
    assert all(np.isfinite(value).all() for value in model.get_weights())
