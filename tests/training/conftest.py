"""A small model with a dropout and a batch normalisation, data for it, and a callback that does something at one step."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def data():
    """160 examples of 6 numbers in 3 classes: 10 batches of 16."""
    rng = np.random.default_rng(7)
    return rng.normal(size=(160, 6)).astype("float32"), rng.integers(0, 3, 160)


def new_model(keras, *, optimizer=None, layers=(), metrics=("accuracy",), activation="relu", **settings):
    keras.utils.set_random_seed(3)
    x = inputs = keras.Input((6,), name="pixels")
    x = keras.layers.Dense(8, activation=activation, name="first")(x)
    x = keras.layers.Dropout(0.2, seed=1, name="drop")(x)
    x = keras.layers.BatchNormalization(name="norm")(x)
    for layer in layers:
        x = layer(x)
    model = keras.Model(inputs, keras.layers.Dense(3, name="scores")(x), name="small")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer or keras.optimizers.Adam(0.01), loss, metrics=list(metrics), **settings)
    return model


class Pool:
    """Models that were compiled and traced by earlier tests, put back to what they were when they were new."""

    def __init__(self):
        self.free, self.used = [], []

    def get(self, keras):
        from kfx.training.run.checkpoints import state_of

        if not self.free:
            model = new_model(keras)
            model.optimizer.build(model.trainable_variables)
            state = [(variable, variable.numpy().copy()) for variable in state_of(model)]
            self.free.append((model, model.optimizer, state))
        entry = self.free.pop()
        keras.utils.set_random_seed(3)
        for variable, value in entry[2]:
            variable.assign(value)
        entry[0].reset_metrics()
        entry[0].stop_training = False
        vars(entry[0]).pop("stop_evaluating", None)  # comes with the first evaluation
        self.used.append(entry)
        return entry[0]

    def back(self):
        """Take back all but those that a test compiled anew or froze."""
        for model, optimizer, state in self.used:
            same = model.optimizer is optimizer and all(layer.trainable for layer in model.layers)
            if same and getattr(model.train_function, "__module__", "keras").startswith("keras"):
                self.free.append((model, optimizer, state))
        self.used = []


@pytest.fixture(scope="session")
def pool():
    return Pool()


@pytest.fixture
def make(keras, pool):
    """``make(jit_compile=True)``: a model with the same weights each time, compiled with these settings.

    Without settings it may be one that another test has trained and that was put back: to trace it again is what takes long.
    """
    yield lambda **settings: new_model(keras, **settings) if settings else pool.get(keras)
    pool.back()


@pytest.fixture
def at(keras):
    """``at(epoch, batch, do)``: a callback that calls ``do(model)`` once, at that batch's end; both count from 0."""

    class At(keras.callbacks.Callback):
        def __init__(self, epoch, batch, do):
            super().__init__()
            self.where, self.do, self.epoch = (epoch, batch), do, None

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_end(self, batch, logs=None):
            if (self.epoch, batch) == self.where:
                self.do(self.model)

    return At


@pytest.fixture
def same():
    """``same(a, b)``: whether two models agree in every bit of their weights and their optimizers."""

    def agree(a, b):
        from kfx.training.run.checkpoints import state_of

        pairs = zip(state_of(a), state_of(b), strict=True)
        return all(np.array_equal(v.numpy(), w.numpy(), equal_nan=True) for v, w in pairs)

    return agree


@pytest.fixture
def recorded(keras, make, data):
    """``recorded(epochs=2, ...)``: the journal and the History of a fit of the small model."""
    from kfx.training.callbacks import Recording

    def run(model=None, callbacks=(), **arguments):
        recording = Recording()
        arguments = {"x": data[0], "y": data[1], "batch_size": 16, "epochs": 2, "verbose": 0, **arguments}
        history = (model or make()).fit(**arguments, callbacks=[recording, *callbacks])
        return recording.journal, history

    return run
