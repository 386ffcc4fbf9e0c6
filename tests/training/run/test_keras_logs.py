"""The logs of steps, taken out of Keras's running means: against a training loop made by hand and against History."""

import numpy as np


def test_batches_equal_a_training_loop_made_by_hand(keras, make, data, recorded):
    losses = []
    model = make()
    for start in range(0, 160, 16):
        x, y = data[0][start : start + 16], data[1][start : start + 16]
        model.reset_metrics()
        losses.append(model.train_on_batch(x, y, return_dict=True))
    journal, _ = recorded(epochs=1, shuffle=False)
    frame = journal.frame("batches")
    np.testing.assert_allclose(frame["loss"], [logs["loss"] for logs in losses], rtol=2e-6)
    np.testing.assert_allclose(frame["accuracy"], [logs["accuracy"] for logs in losses], atol=1e-6)


def test_running_means_start_again_with_each_epoch(recorded):
    journal, history = recorded(epochs=3)
    loss = journal.frame("batches")["loss"].to_numpy().reshape(3, 10)
    np.testing.assert_allclose(loss.mean(axis=1), history.history["loss"], rtol=1e-5)


def test_a_processors_logs_are_read_one_by_one(monkeypatch):
    import tensorflow as tf

    from kfx.training.run.keras_logs import _column

    def stack(values):
        raise AssertionError("a kernel for each number of steps: 5 to 25 ms at every look")

    monkeypatch.setattr(tf, "stack", stack)
    with tf.device("CPU:0"):
        assert _column([tf.constant(value) for value in (0.5, 2.0, -1.0)]).tolist() == [0.5, 2.0, -1.0]


def test_a_log_that_is_not_a_running_mean_is_kept_unchanged(keras, make, recorded):
    class Raw(keras.Model):
        def train_step(self, inputs):
            logs = super().train_step(inputs)
            return {**logs, "sevens": keras.ops.cast(7.0, "float32") * keras.ops.cast(self.optimizer.iterations, "float32")}

    base = make()
    model = Raw(base.inputs, base.outputs)
    model.compile("sgd", base.loss)
    journal, _ = recorded(model, epochs=1)
    assert journal.frame("batches")["sevens"].tolist() == [7.0 * n for n in range(1, 11)]


def test_a_root_of_a_mean_is_not_taken_apart(keras, data, recorded):
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[keras.metrics.RootMeanSquaredError(name="rmse")])
    seen = []

    class Seen(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(logs["rmse"])

    journal, _ = recorded(model, [Seen()], epochs=1)
    assert journal.frame("batches")["rmse"].tolist() == seen


def test_several_outputs_have_a_log_each(keras, data, recorded):
    x = keras.Input((6,))
    model = keras.Model(x, {"a": keras.layers.Dense(1, name="a")(x), "b": keras.layers.Dense(3, name="b")(x)})
    loss = {"a": "mse", "b": keras.losses.SparseCategoricalCrossentropy(from_logits=True)}
    model.compile("adam", loss, metrics={"b": ["accuracy"]})
    journal, history = recorded(model, y={"a": data[1].astype("float32"), "b": data[1]}, validation_split=0.2)
    assert journal.logs[0] == "loss"
    assert set(journal.logs) == {"loss", "a_loss", "b_loss", "b_accuracy"}
    assert journal.frame()["val_b_loss"].tolist() == history.history["val_b_loss"]


def test_logs_that_keras_sorted_come_in_the_order_of_the_outputs(keras, data, recorded):
    """Keras 3.11 hands each step's logs over sorted by name; this model makes newer ones do the same."""

    class Sorted(keras.Model):
        def train_step(self, inputs):
            return dict(sorted(super().train_step(inputs).items()))

    x = keras.Input((6,))
    model = Sorted(x, [keras.layers.Dense(1, name="urgent")(x), keras.layers.Dense(3, name="desk")(x)])
    losses = {"urgent": "mse", "desk": keras.losses.SparseCategoricalCrossentropy(from_logits=True)}
    model.compile("adam", losses, metrics={"desk": ["accuracy"]})
    journal, history = recorded(model, y={"urgent": data[1].astype("float32"), "desk": data[1]}, epochs=1, shuffle=False)
    assert journal.logs == ["loss", "desk_accuracy", "urgent_loss", "desk_loss"]
    for name in ("urgent_loss", "desk_loss", "desk_accuracy"):
        mean = journal.frame("batches")[name].mean()
        np.testing.assert_allclose(mean, history.history[name][0], rtol=1e-5, err_msg=name)
