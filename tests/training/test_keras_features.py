"""What Keras can do to a fit, with everything of ours switched on: the result is the same and the journal agrees."""

import numpy as np
import pytest

import kfx


def same_history(journal, history):
    """The journal's epochs are the History's, to the last digit."""
    frame = journal.frame()
    for name, values in history.history.items():
        np.testing.assert_array_equal(frame[name].to_numpy(), np.array(values), err_msg=name)
    return True


@pytest.fixture
def both(make, data, same):
    """``both(make_model, fit arguments)``: trains twins with and without us, bit for bit the same; returns our journal."""

    def run(new=make, **arguments):
        given = {"x": data[0], "y": data[1], "epochs": 2, "verbose": 0, "shuffle": False, **arguments}
        bare, ours = new(), new()
        expected = bare.fit(**{name: value() if callable(value) else value for name, value in given.items()})
        monitored = {name: value() if callable(value) else value for name, value in given.items()}
        monitored["callbacks"] = [kfx.callbacks.LayerMonitor(every=3), *monitored.get("callbacks", ())]
        history = kfx.fit(ours, **monitored)
        journal = kfx.runs[-1].journal
        assert journal.state == "done"
        assert same_history(journal, history)
        assert history.epoch == expected.epoch
        assert type(history) is type(expected)
        assert history.history == expected.history
        assert same(bare, ours)
        assert journal.statistics.rows >= 3
        return journal

    return run


def test_arrays_with_a_validation_split(both):
    journal = both(validation_split=0.25, batch_size=16)
    assert journal.plan.facts == ("batch 16", "120 examples", "40 for validation")
    assert journal.plan.steps == 8


def test_validation_data_of_its_own(both, data):
    journal = both(validation_data=(data[0][:20], data[1][:20]), epochs=3)
    assert journal.frame()["val_loss"].notna().all()


def test_validation_every_second_epoch_leaves_the_others_empty(make, data):
    history = kfx.fit(make(), *data, epochs=4, validation_split=0.2, validation_freq=2)
    values = kfx.runs[-1].frame()["val_loss"]
    assert values.notna().tolist() == [False, True, False, True]
    assert values.dropna().tolist() == history.history["val_loss"]


def test_class_and_sample_weights(both, data):
    both(class_weight={0: 1.0, 1: 2.0, 2: 0.5}, batch_size=20)
    both(sample_weight=np.linspace(0.1, 2, 160), batch_size=20)


def test_a_dataset_of_unknown_length(both, data):
    import tensorflow as tf

    def dataset():
        return tf.data.Dataset.from_tensor_slices(data).batch(16).filter(lambda x, y: True)

    journal = both(x=dataset, y=None)
    assert journal.plan.steps is None
    np.testing.assert_allclose(journal.position(np.array([5, 10, 20])), [0.5, 1, 2])


def test_a_generator_with_steps(both, data):
    def endless():
        while True:
            for start in range(0, 160, 16):
                yield data[0][start : start + 16], data[1][start : start + 16]

    journal = both(x=endless, y=None, steps_per_epoch=7)
    assert journal.steps == 14


def test_a_py_dataset(keras, both, data):
    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 5

        def __getitem__(self, i):
            return data[0][i * 16 : (i + 1) * 16], data[1][i * 16 : (i + 1) * 16]

    assert both(x=Batches, y=None).steps == 10


def test_several_steps_an_execution(make, both):
    journal = both(lambda: make(steps_per_execution=4), batch_size=16)
    assert journal.steps == 20
    assert journal.batches.read().steps.tolist() == [4, 8, 10, 14, 18, 20]


def test_compiled_by_xla_gradients_are_left_alone(make, both):
    journal = both(lambda: make(jit_compile=True))
    assert np.isnan(journal.now("gradient")).all()
    assert np.isfinite(journal.now("update")).sum() == 3


def test_run_eagerly(make, both):
    both(lambda: make(run_eagerly=True))


def test_gradient_accumulation(keras, make, both):
    both(lambda: make(optimizer=keras.optimizers.Adam(0.01, gradient_accumulation_steps=3)))


def test_clipped_gradients(keras, make, both):
    both(lambda: make(optimizer=keras.optimizers.Adam(0.01, clipnorm=0.1)))


def test_a_schedule(keras, make, both):
    schedule = keras.optimizers.schedules.CosineDecay(0.01, 20)
    journal = both(lambda: make(optimizer=keras.optimizers.SGD(schedule)), batch_size=16, epochs=4)
    assert journal.plan.schedule == "CosineDecay"
    assert journal.rates.rows >= 2


def test_a_rate_that_a_callback_changes_is_noted(keras, make, data):
    change = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.1 / (epoch + 1))
    kfx.fit(make(), *data, epochs=3, callbacks=[change])
    rates = kfx.runs[-1].journal.rates.read().mean[:, 0]
    np.testing.assert_allclose(rates[-2:], [0.1 / 2, 0.1 / 3], rtol=1e-6)


def test_initial_epoch(both):
    journal = both(initial_epoch=3, epochs=5)
    assert journal.frame()["epoch"].tolist() == [4, 5]
    assert journal.plan.first_epoch == 3


def test_mixed_precision(keras, make, both):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        both()
    finally:
        keras.config.set_dtype_policy("float32")


def test_a_custom_train_step(keras, make, both):
    class Doubled(keras.Model):
        def train_step(self, inputs):
            super().train_step(inputs)
            return super().train_step(inputs)

    def new():
        base = make()
        model = Doubled(base.inputs, base.outputs)
        model.compile(keras.optimizers.SGD(0.1), base.loss)
        return model

    both(new)


def test_a_subclassed_model_with_its_own_loop(keras, both):
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.body = [keras.layers.Dense(4, activation="relu", name=f"d{i}") for i in range(2)]
            self.head = keras.layers.Dense(3, name="head")

        def call(self, x):
            for layer in self.body:
                x = layer(x)
            return self.head(x)

    def new():
        keras.utils.set_random_seed(1)
        model = Net()
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        return model

    journal = both(new)
    assert [layer.key for layer in journal.layers if layer.weights] == ["d0", "d1", "head"]


def test_several_outputs_with_dict_losses(keras, both, data):
    def new():
        keras.utils.set_random_seed(1)
        x = keras.Input((6,))
        model = keras.Model(x, {"a": keras.layers.Dense(1, name="a")(x), "b": keras.layers.Dense(3, name="b")(x)})
        losses = {"a": "mse", "b": keras.losses.SparseCategoricalCrossentropy(from_logits=True)}
        model.compile("adam", losses, loss_weights={"a": 0.3, "b": 1.0})
        return model

    journal = both(new, y={"a": data[1].astype("float32"), "b": data[1]}, validation_split=0.2)
    assert journal.logs == ["loss", "a_loss", "b_loss"]


def test_two_replicas_in_a_process_of_their_own(tmp_path):
    import subprocess
    import sys

    code = """
import numpy as np, kfx
from kfx.keras_access.importing import import_keras
keras = import_keras()
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
x, y = np.random.default_rng(0).normal(size=(64, 4)).astype("f4"), np.zeros((64, 1), "f4")
def new():
    keras.utils.set_random_seed(0)
    with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
    return model
a, b = new(), new()
first = a.fit(x, y, batch_size=16, epochs=2, verbose=0, shuffle=False)
second = kfx.fit(b, x, y, batch_size=16, epochs=2, shuffle=False)
assert first.history == second.history, (first.history, second.history)
assert all(np.array_equal(p, q) for p, q in zip(a.get_weights(), b.get_weights()))
(note,) = [event.text for event in kfx.runs[-1].journal.events]
print(note)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Layers are not monitored under MirroredStrategy with several replicas." in done.stdout


def test_several_fits_in_a_row_are_several_runs(make, data):
    model, last = make(), []
    for _ in range(2):
        kfx.fit(model, *data, batch_size=160)
        last.append(kfx.runs[-1].journal)
    assert last[0] is not last[1]
    assert kfx.runs[-2].journal is last[0]
    assert [journal.epochs_done for journal in last] == [1, 1]


def test_early_stopping_and_best_weights_work_as_ever(keras, both):
    both(callbacks=lambda: [keras.callbacks.EarlyStopping("loss", patience=0, min_delta=10)], epochs=6)


def test_the_model_can_be_saved_by_a_callback_in_the_middle(keras, make, data, tmp_path):
    save = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras")
    model = make()
    kfx.fit(model, *data, epochs=2, callbacks=[save])
    loaded = keras.models.load_model(tmp_path / "2.keras")
    for a, b in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_evaluating_in_a_callback_does_not_confuse_the_run(keras, make, data):
    class Extra(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.evaluate(*data, verbose=0)

    kfx.fit(make(), *data, epochs=2, callbacks=[Extra()])
    assert kfx.runs[-1].journal.steps == 10


def guide_early_stopping(keras):
    """Early stopping at the least loss, as in Keras's guide to writing callbacks."""

    class EarlyStoppingAtMinLoss(keras.callbacks.Callback):
        def __init__(self, patience=0):
            super().__init__()
            self.patience = patience
            self.best_weights = None

        def on_train_begin(self, logs=None):
            self.wait, self.stopped_epoch, self.best = 0, 0, np.inf

        def on_epoch_end(self, epoch, logs=None):
            current = logs.get("loss")
            if np.less(current, self.best):
                self.best, self.wait = current, 0
                self.best_weights = self.model.get_weights()
            else:
                self.wait += 1
                if self.wait >= self.patience:
                    self.stopped_epoch = epoch
                    self.model.stop_training = True
                    self.model.set_weights(self.best_weights)

    return EarlyStoppingAtMinLoss()


def guide_rate(keras):
    """A learning rate by a table, as in the same guide."""

    class CustomLearningRateScheduler(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.optimizer.learning_rate = {0: 0.05, 2: 0.01}.get(epoch, float(self.model.optimizer.learning_rate))

    return CustomLearningRateScheduler()


def guide_log_keys(keras):
    """A callback with every hook, which reads the logs it is given."""

    class CustomCallback(keras.callbacks.Callback):
        seen = 0

        def _read(self, *given, logs=None):
            self.seen += len(list((logs or {}).keys()))

        on_train_begin = on_train_end = on_test_begin = on_test_end = lambda self, logs=None: self._read(logs=logs)
        on_epoch_begin = on_epoch_end = on_train_batch_begin = on_train_batch_end = lambda self, at, logs=None: self._read(
            logs=logs
        )
        on_test_batch_begin = on_test_batch_end = lambda self, at, logs=None: self._read(logs=logs)

    return CustomCallback()


def second_validation(keras, data):
    """A second validation set, whose logs a callback adds."""

    class Second(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            found = self.model.evaluate(data[0][:30], data[1][:30], verbose=0, return_dict=True)
            logs.update({f"second_{name}": value for name, value in found.items()})
            logs["f1"] = 0.1 * epoch

    return Second()


GUIDES = {
    "early stopping of the guide": lambda keras, data, folder: [guide_early_stopping(keras)],
    "rate of the guide": lambda keras, data, folder: [guide_rate(keras)],
    "log keys of the guide": lambda keras, data, folder: [guide_log_keys(keras)],
    "second validation": lambda keras, data, folder: [second_validation(keras, data)],
    "LearningRateScheduler": lambda keras, data, folder: [
        keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))
    ],
    "ReduceLROnPlateau": lambda keras, data, folder: [keras.callbacks.ReduceLROnPlateau("loss", patience=0, min_delta=1)],
    "EarlyStopping": lambda keras, data, folder: [
        keras.callbacks.EarlyStopping("val_loss", patience=1, min_delta=1, restore_best_weights=True)
    ],
    "CSVLogger": lambda keras, data, folder: [keras.callbacks.CSVLogger(folder / "log.csv")],
    "ModelCheckpoint": lambda keras, data, folder: [keras.callbacks.ModelCheckpoint(folder / "{epoch}.keras")],
    "BackupAndRestore": lambda keras, data, folder: [keras.callbacks.BackupAndRestore(folder / "backup")],
    "TerminateOnNaN": lambda keras, data, folder: [keras.callbacks.TerminateOnNaN()],
    "LambdaCallback": lambda keras, data, folder: [
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(word="text", number=epoch))
    ],
    "a History of one's own": lambda keras, data, folder: [keras.callbacks.History()],
}


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("name", GUIDES)
def test_with_every_callback_of_keras_s_guides_history_is_the_plain_one_and_the_journal_agrees(
    keras, make, data, same, tmp_path, name, place
):
    given = {"epochs": 4, "batch_size": 16, "shuffle": False, "validation_split": 0.25, "verbose": 0}
    plain, model = make(), make()
    (tmp_path / "plain").mkdir()
    (tmp_path / "ours").mkdir()
    expected = plain.fit(*data, callbacks=GUIDES[name](keras, data, tmp_path / "plain"), **given)
    theirs, ours = GUIDES[name](keras, data, tmp_path / "ours"), kfx.callbacks.Curves()
    history = model.fit(*data, callbacks=[*theirs, ours] if place == "before" else [ours, *theirs], **given)
    assert history.history == expected.history
    assert list(history.history) == list(expected.history)
    assert history.epoch == expected.epoch
    assert same(plain, model)
    frame = ours.journal.frame()
    numbers = {log: values for log, values in history.history.items() if not isinstance(values[0], str)}
    for log, values in numbers.items():
        np.testing.assert_array_equal(frame[log], np.array(values, float), err_msg=log)
    assert [log for log in ours.journal.order if log in history.history] == list(history.history)
    assert set(ours.journal.logs) >= {log for log in numbers if not log.startswith("val_")}


def test_logs_of_callbacks_are_in_the_last_line_and_so_is_a_validation_every_second_epoch(keras, make, data, capsys):
    kfx.fit(make(), *data, epochs=3, validation_split=0.2, validation_freq=2, callbacks=[second_validation(keras, data)])
    line = capsys.readouterr().out
    assert "val_loss" in line
    assert "f1 0.2" in line
