"""The ordinary interrupt: the first one stops cleanly and keeps all, the second one gets out at once."""

import signal
import threading

import numpy as np
import pytest

from kfx.training.callbacks import Commanding, Recording
from kfx.training.run.fit import train
from kfx.training.run.interrupts import Interrupts
from kfx.training.run.session import OPEN

pytestmark = pytest.mark.usefixtures("handler")


@pytest.fixture
def fit(make, data):
    """``fit(*callbacks)``: model, recording callback, and History of a fit of the small model."""

    def run(*callbacks, **arguments):
        model, recording = make(), Recording()
        arguments = {"batch_size": 16, "epochs": 3, "verbose": 0, **arguments}
        history = model.fit(*data, callbacks=[*callbacks, recording], **arguments)
        return model, recording, history

    return run


@pytest.mark.parametrize(("epoch", "batch"), [(0, 0), (1, 4), (2, 9)])
def test_an_interrupt_stops_at_the_batch_and_keeps_model_history_and_journal(fit, at, data, epoch, batch, interrupt):
    model, recording, history = fit(at(epoch, batch, interrupt))
    journal = recording.journal
    assert journal.state == "interrupted"
    assert journal.steps == 10 * epoch + batch + 1 == int(model.optimizer.iterations)
    assert history.epoch == list(range(epoch + 1))
    assert journal.frame()["loss"].tolist() == history.history["loss"]
    model.fit(*data, verbose=0)


def test_an_interrupt_during_validation_ends_it_at_its_batch_and_says_of_how_much_the_logs_are(keras, fit, interrupt):
    class Test(keras.callbacks.Callback):
        seen = 0

        def on_test_batch_end(self, batch, logs=None):
            self.seen += 1
            if batch == 0:
                interrupt()

    _, recording, history = fit(test := Test(), validation_split=0.4)
    assert test.seen == 1, "of four batches"
    assert recording.journal.state == "interrupted"
    assert history.epoch == [0]
    assert recording.journal.frame()["val_loss"].tolist() == history.history["val_loss"]
    (event,) = [event for event in recording.journal.events if event.kind == "interrupt"]
    assert event.text.endswith("after step 1 of its validation: the val_ logs are of the steps so far")


def test_a_second_interrupt_gets_out_at_once_and_the_journal_knows(make, data, at, interrupt):
    model, recording = make(), Recording()

    def twice(_):
        interrupt()
        interrupt()

    with pytest.raises(KeyboardInterrupt):
        model.fit(*data, batch_size=16, epochs=3, verbose=0, callbacks=[recording, at(1, 4, twice)])
    model.fit(*data, verbose=0, callbacks=[after := Recording()])
    assert after.journal.state == "done"
    assert recording.journal.state in ("interrupted", "failed"), "at the latest the next fit notices"
    assert len(model.history.epoch) == 1
    assert not OPEN


def test_a_second_interrupt_at_an_epochs_end_leaves_history_and_journal_agreeing(keras, make, data, interrupt):
    class Twice(keras.callbacks.Callback):
        """Keras's History has its turn after ours and after this one."""

        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                interrupt()
                interrupt()

    model, recording = make(), Recording()
    with pytest.raises(KeyboardInterrupt):
        model.fit(*data, batch_size=16, epochs=3, verbose=0, callbacks=[recording, Twice()])
    history, steps = model.history, int(model.optimizer.iterations)
    model.fit(*data, verbose=0, callbacks=[Recording()])
    assert recording.journal.steps == steps == 20
    assert history.epoch == [0, 1]
    assert recording.journal.frame()["loss"].tolist() == history.history["loss"]
    assert recording.journal.frame()["accuracy"].tolist() == history.history["accuracy"]


def test_an_interrupt_while_the_journal_is_shown_at_an_epochs_end_closes_it_at_once(make, data):
    class Show:
        def began(self, session): ...

        def tick(self, session):
            if not session.begun and session.journal.epochs_done == 2:
                raise KeyboardInterrupt

        def ended(self, session): ...

    class Shown(Recording):
        def join(self, session):
            session.watchers.append(Show())

    model, recording = make(), Shown()
    with pytest.raises(KeyboardInterrupt):
        model.fit(*data, batch_size=16, epochs=3, verbose=0, callbacks=[recording])
    assert recording.journal.state == "interrupted"
    assert model.history.epoch == [0, 1]
    assert recording.journal.frame()["loss"].tolist() == model.history.history["loss"]
    assert not OPEN


def test_a_fit_that_fails_in_an_epoch_added_by_hand_keeps_the_epochs_before(keras, make, data):
    class More(Commanding):
        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs)
            if epoch == 1:
                self.ask("extra", 2)
            if epoch == 2:
                raise KeyboardInterrupt

    model, recording = make(), More()
    x, y = data
    with pytest.raises(KeyboardInterrupt):
        train(model, {"x": x, "y": y, "batch_size": 16, "epochs": 2, "verbose": 0}, [recording])
    assert recording.journal.state == "interrupted"
    assert model.history.epoch == [0, 1, 2]
    assert recording.journal.frame()["loss"].tolist() == model.history.history["loss"]


def test_an_interrupt_inside_the_step_is_noticed_although_keras_calls_no_hook(keras, data):
    class Breaking(keras.Model):
        def train_step(self, inputs):
            if int(self.optimizer.iterations) == 3:
                raise KeyboardInterrupt
            return super().train_step(inputs)

    x = keras.Input((6,))
    model = Breaking(x, keras.layers.Dense(3)(x))
    model.compile("sgd", "mse", run_eagerly=True)
    recording = Recording()
    with pytest.raises(KeyboardInterrupt):
        model.fit(data[0], np.zeros((160, 3)), batch_size=16, verbose=0, callbacks=[recording])
    assert recording.journal.state == "interrupted"
    assert recording.journal.steps == 3
    assert not OPEN


def test_an_exception_ends_the_journal_with_its_words(make, data):
    recording = Recording()

    def batches():
        for start in range(0, 96, 16):
            yield data[0][start : start + 16], data[1][start : start + 16]
        raise OSError("the disk is gone")

    model = make()
    with pytest.raises(Exception, match="the disk is gone"):
        model.fit(batches(), verbose=0, callbacks=[recording])
    assert recording.journal.state == "failed"
    assert any("the disk is gone" in event.text or event.kind == "error" for event in recording.journal.events)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_fit_torn_down_by_another_callback_leaves_the_interrupt_working(make, data, at, interrupt):
    def fail(_):
        raise RuntimeError("somebody else's mistake")

    model, recording = make(), Recording()
    with pytest.raises(RuntimeError, match="somebody else's mistake"):
        model.fit(*data, batch_size=16, verbose=0, callbacks=[recording, at(0, 3, fail)])
    with pytest.raises(KeyboardInterrupt):
        interrupt()  # the handler that was left behind notices that its fit is gone
    model.fit(*data, batch_size=16, verbose=0, callbacks=[Recording()])
    assert recording.journal.state == "failed"
    assert not OPEN


def test_nothing_is_taken_over_outside_the_main_thread(make, data):
    recording, handlers = Recording(), []

    class Look(Recording):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=lambda: make().fit(*data, verbose=0, callbacks=[Look(), recording]))
    thread.start()
    thread.join()
    assert set(handlers) == {signal.default_int_handler}
    assert recording.journal.state == "done"


def test_an_ignored_interrupt_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        interrupts = Interrupts(lambda: None)
        interrupts.start()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        interrupts.stop()
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
