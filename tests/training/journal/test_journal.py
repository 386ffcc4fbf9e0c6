"""What the journal holds of a run, against Keras's History and against a training loop made by hand."""

import numpy as np
import pytest

from kfx.errors import KfxError
from kfx.training.journal.facts import Plan
from kfx.training.journal.journal import EVENTS_KEPT, Journal, lower_is_better
from kfx.training.journal.saving import journal_bytes, read_journal


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


def test_epochs_equal_keras_history_to_the_last_digit(recorded):
    journal, history = recorded(epochs=3, validation_split=0.25)
    frame = journal.frame()
    assert frame["epoch"].tolist() == [1, 2, 3]
    assert frame["step"].tolist() == [8, 16, 24]
    for name, values in history.history.items():
        assert frame[name].tolist() == values, name
    assert set(history.history) <= set(frame.columns)


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


def test_the_best_epoch_is_where_the_history_is_least(recorded):
    journal, history = recorded(epochs=5, validation_split=0.25)
    at = int(np.argmin(history.history["val_loss"]))
    assert journal.best() == (at + 1, history.history["val_loss"][at])
    at = int(np.argmax(history.history["val_accuracy"]))
    assert journal.best("val_accuracy") == (at + 1, history.history["val_accuracy"][at])


@pytest.mark.parametrize(
    ("name", "lower"),
    [
        ("loss", True),
        ("val_loss", True),
        ("accuracy", False),
        ("val_b_accuracy", False),
        ("mae", True),
        ("auc", False),
        ("f1", False),
    ],
)
def test_names_say_which_way_is_better(name, lower):
    assert lower_is_better(name) is lower


def test_positions_are_epochs(recorded):
    journal, _ = recorded(epochs=2)
    np.testing.assert_allclose(journal.position(np.array([0, 5, 10, 12, 20])), [0, 0.5, 1, 1.2, 2])


def test_positions_begin_where_the_run_began(recorded):
    journal, _ = recorded(epochs=5, initial_epoch=3)
    np.testing.assert_allclose(journal.position(np.array([0, 10, 15, 20])), [3, 4, 4.5, 5])
    assert journal.frame()["epoch"].tolist() == [4, 5]


def test_a_run_of_100_000_steps_stays_small():
    journal = Journal(plan=Plan(epochs=1000, steps=100))
    journal.batches.widen(["loss", "accuracy", "seconds"])
    for step in range(1, 100_001):
        journal.steps = step
        journal.batches.add(step, [1 / step, 0.5, 0.0])
        if step % 100 == 0:
            journal.epochs.widen(["loss", "seconds"])
            journal.epochs.add(step, [step / 100, 1 / step, 0.0])
        if step % 32 == 0:
            journal.rates.add(step, [0.1 / step])
        if step % 50 == 0:
            journal.note("rate", "rate", 0.1)
    assert journal.nbytes < 200_000, "the bound that the README states"
    assert len(journal.events) == EVENTS_KEPT
    assert journal.dropped == 1000
    assert journal.events[-1].step == 100_000
    assert journal.events[0].step == 50
    assert journal.frame()["loss"].iloc[-1] == 1e-5, "a thousand epochs are all kept"


def test_a_saved_run_comes_back_the_same(tmp_path, make, recorded, at):
    from kfx.training.callbacks import Commanding, Monitoring

    steering = Commanding()
    journal, _ = recorded(
        None, [steering, Monitoring(every=3), at(1, 4, lambda _: steering.ask("rate", 1e-3))], validation_split=0.2
    )
    file = tmp_path / "run.npz"
    file.write_bytes(journal_bytes(journal))
    again = read_journal(file)
    assert again.plan == journal.plan
    assert again.events == journal.events
    assert again.layers == journal.layers
    assert [e.kind for e in again.events] == ["rate"]
    for table in ("epochs", "batches", "layers", "events"):
        assert again.frame(table).equals(journal.frame(table)), table
    assert repr(again) == repr(journal)


@pytest.mark.parametrize("content", [b"", b"not a run", b"PK\x03\x04broken"])
def test_a_damaged_file_is_refused(tmp_path, content):
    file = tmp_path / "bad.npz"
    file.write_bytes(content)
    with pytest.raises(KfxError, match=r"'bad\.npz' is not a run that kfx saved"):
        read_journal(file)


def test_a_file_that_holds_a_pickle_is_refused(tmp_path):
    file = tmp_path / "evil.npz"
    np.savez(file, about=np.array([{"format": 1}], object))
    with pytest.raises(KfxError, match="is not a run that kfx saved"):
        read_journal(file)


def test_a_missing_file_says_how_one_is_made(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"run\.save\('name\.npz'\)"):
        read_journal(tmp_path / "none.npz")


def test_an_unknown_table_is_refused():
    with pytest.raises(ValueError, match=r"`table` is 'epoch'; expected one of epochs, batches, layers, events\."):
        Journal().frame("epoch")


def test_layers_of_a_run_that_was_not_monitored_are_refused():
    with pytest.raises(ValueError, match="was not monitored"):
        Journal().statistic("gradient")
