"""Stop, interrupt and NaN in every phase: model, History and journal agree, and training goes on afterwards."""

import signal
import threading
import time

import numpy as np
import pytest

import kfx
from kfx.training.callbacks import Checkpointing, Commanding, Recording
from kfx.training.run.checkpoints import state_of
from kfx.training.run.session import OPEN

pytestmark = pytest.mark.usefixtures("handler")
PHASES = ("first batch", "validation", "between epochs", "paused")


@pytest.fixture
def acting(keras):
    """``acting(phase, steering, act)``: a callback that calls ``act()`` once, in that phase of the second epoch."""

    class Acting(keras.callbacks.Callback):
        def __init__(self, phase, steering, act):
            super().__init__()
            self.phase, self.steering, self.act, self.epoch, self.tested = phase, steering, act, 0, 0

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch, self.tested = epoch, 0

        def on_train_batch_end(self, batch, logs=None):
            if self.phase == "first batch" and self.epoch == 0 and batch == 0:
                self.act()
            if self.phase == "paused" and self.epoch == 1 and batch == 2:
                self.steering.ask("pause")
                threading.Thread(target=self.while_paused).start()

        def while_paused(self):
            while self.steering.session.run.phase != "paused":
                time.sleep(0.005)
            self.act()

        def on_test_batch_end(self, batch, logs=None):
            self.tested += 1
            if self.phase == "validation" and self.epoch == 1 and self.tested == 2:
                self.act()

        def on_epoch_end(self, epoch, logs=None):
            if self.phase == "between epochs" and epoch == 1:
                self.act()

    return Acting


@pytest.fixture
def fit(make, data):
    """``fit(*callbacks)``: model and History of a fit of the small model: 8 steps an epoch, 3 of validation."""

    def run(*callbacks, model=None, **more):
        model = model or make()
        arguments = {"batch_size": 16, "epochs": 4, "verbose": 0, "shuffle": False, "validation_split": 0.25, **more}
        return model, model.fit(*data, callbacks=list(callbacks), **arguments)

    return run


def agree(model, history, journal):
    """Model, History and journal tell the same story."""
    frame = journal.frame()
    assert journal.steps == int(model.optimizer.iterations)
    assert frame["epoch"].tolist() == [epoch + 1 for epoch in history.epoch]
    for name, values in history.history.items():
        column = frame[name] if len(values) == len(frame) else frame[name].dropna()
        np.testing.assert_array_equal(column, values, err_msg=name)
    assert not OPEN


def goes_on(model, data):
    """It can be trained again, watched, by the train function that it had."""
    after = Recording()
    history = model.fit(*data, batch_size=16, epochs=2, verbose=0, callbacks=[after])
    assert after.journal.state == "done"
    assert after.journal.steps == 20
    assert after.journal.frame()["loss"].tolist() == history.history["loss"]
    assert np.isfinite(history.history["loss"]).all()


STEPS = {"first batch": 1, "validation": 16, "between epochs": 16, "paused": 8 + 3}


@pytest.mark.parametrize("phase", PHASES)
def test_stop(fit, acting, data, phase):
    steering = Commanding()
    model, history = fit(steering, acting(phase, steering, lambda: steering.ask("stop")))
    assert steering.journal.state == "stopped"
    assert steering.journal.steps == STEPS[phase]
    assert steering.journal.events[-1].kind == "stop"
    agree(model, history, steering.journal)
    goes_on(model, data)


@pytest.mark.parametrize("phase", PHASES)
def test_interrupt(fit, acting, data, phase, interrupt):
    steering = Commanding()
    act = (lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)) if phase == "paused" else interrupt
    model, history = fit(steering, acting(phase, steering, act))
    assert steering.journal.state == "interrupted"
    assert steering.journal.steps == STEPS[phase]
    assert [event.kind for event in steering.journal.events].count("interrupt") == 1
    agree(model, history, steering.journal)
    goes_on(model, data)


@pytest.mark.parametrize("phase", ["first batch", "validation", "between epochs"])
def test_a_second_interrupt_gets_out_at_once_and_kfx_fit_closes_the_run(make, acting, data, phase, interrupt):
    controls, model = kfx.callbacks.Controls(), make()

    def twice():
        interrupt()
        interrupt()

    given = {"batch_size": 16, "epochs": 4, "validation_split": 0.25, "shuffle": False}
    with pytest.raises(KeyboardInterrupt):
        kfx.fit(model, *data, callbacks=[controls, acting(phase, controls, twice)], **given)
    journal = kfx.runs[-1].journal
    assert journal.state == "interrupted"
    assert journal.steps == STEPS[phase] == int(model.optimizer.iterations)
    done = list(journal.frame().get("loss", ()))
    assert done[: len(model.history.epoch)] == model.history.history.get("loss", [])
    assert len(done) == {"first batch": 0, "validation": 1, "between epochs": 2}[phase], "Keras's History comes last"
    goes_on(model, data)


def test_an_interrupt_that_cannot_wait_gets_out_of_a_pause(make, acting, data):
    controls, model = kfx.callbacks.Controls(), make()

    def now():
        raise KeyboardInterrupt

    hand = acting("paused", controls, lambda: controls.session.run.polls.append(now))
    with pytest.raises(KeyboardInterrupt):
        kfx.fit(model, *data, batch_size=16, epochs=4, validation_split=0.25, callbacks=[controls, hand])
    journal = kfx.runs[-1].journal
    assert journal.state == "interrupted"
    agree(model, model.history, journal)
    goes_on(model, data)


POISONED = {"first batch": 1, "between epochs": 17, "paused": 12}


@pytest.mark.parametrize("phase", POISONED)
def test_nan_from_the_weights(fit, acting, make, data, phase):
    steering, checkpoints, model = Commanding(), Checkpointing(), make()
    kernel = model.get_layer("scores").kernel
    before = kernel.numpy()
    start = [(variable, variable.numpy()) for variable in state_of(model)]

    def poison():
        kernel.assign(before * np.nan)
        if phase == "paused":
            steering.ask("resume")

    if phase == "first batch":
        poison()
    hand = [] if phase == "first batch" else [acting(phase, steering, poison)]
    model, history = fit(steering, checkpoints, *hand, model=model)
    (event,) = [event for event in steering.journal.events if event.kind == "nan"]
    assert event.step == POISONED[phase]
    assert steering.journal.finding == "loss stopped being finite."
    assert steering.journal.state == "done"
    assert np.isnan(history.history["loss"][-1])
    agree(model, history, steering.journal)
    if phase == "first batch":
        for variable, value in start:
            variable.assign(value)
        kernel.assign(before)
    else:
        assert checkpoints.all[0].best
        checkpoints.rewind(checkpoints.all[0].number)
    goes_on(model, data)


def test_nan_in_the_validation_data_is_reported_and_leaves_the_model_alone(fit, make, data, same):
    steering, held = Commanding(), data[0][:48].copy()
    held[20] = np.inf
    given = {"validation_split": 0.0, "epochs": 2}
    model, history = fit(steering, validation_data=(held, data[1][:48]), **given)
    twin, _ = fit(validation_data=(data[0][:48], data[1][:48]), **given)
    (event,) = [event for event in steering.journal.events if event.kind == "nan"]
    assert (event.step, event.epoch) == (10, 1)
    assert event.text == "val_loss of epoch 1 is not finite, the training loss is: look at the validation data."
    assert np.isfinite(history.history["loss"]).all()
    assert np.isnan(history.history["val_loss"]).all()
    assert steering.journal.frame()["val_loss"].isna().all()
    assert same(model, twin)
    goes_on(model, data)


def test_a_rewind_while_paused_goes_on_as_if_it_had_never_gone_there(fit, acting, same):
    steering, checkpoints = Commanding(), Checkpointing()

    def back():
        steering.ask("rewind")
        steering.ask("resume")

    model, history = fit(steering, checkpoints, acting("paused", steering, back))
    straight, _ = fit(epochs=3)
    assert history.epoch == [0, 1, 2, 3]
    assert same(model, straight)


def test_a_fit_that_was_torn_down_does_not_write_on_when_the_model_is_trained_without_it(make, data, at):
    model, recording = make(), Recording()

    def fail(_):
        raise RuntimeError("somebody else's mistake")

    with pytest.raises(RuntimeError, match="somebody else's mistake"):
        model.fit(*data, batch_size=16, verbose=0, callbacks=[recording, at(0, 3, fail)])
    history = model.fit(*data, batch_size=16, verbose=0)
    assert len(history.epoch) == 1
    assert recording.journal.steps == 4
    assert recording.journal.state == "failed"
    assert not OPEN
