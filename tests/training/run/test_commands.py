"""Commands while ``fit`` runs: what they do to model, History and journal, and what is said about it."""

import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from kfx.errors import NoRunError
from kfx.training.callbacks import Checkpointing, Commanding, Recording
from kfx.training.journal.journal import Journal
from kfx.training.run.commands import Command, Controls, Outcome, Then, carry_out
from kfx.training.run.learning_rate import LearningRate
from kfx.training.run.state import RunState


class Watching:
    """Keeps what a session tells its watchers."""

    def __init__(self):
        self.answers, self.answered_at, self.ticks, self.ends, self.phases = [], [], 0, [], []

    def began(self, session):
        self.session = session

    def tick(self, session):
        self.ticks += 1
        self.phases.append(session.phase)

    def answered(self, session, command, outcome):
        self.answers.append(outcome)
        self.answered_at.append(time.perf_counter())

    def ended(self, session):
        self.ends.append(session.journal.state)


@pytest.fixture
def steering():
    return Commanding()


@pytest.fixture
def watched(make, data, steering):
    """``watched(*callbacks)``: fits the small model with ``steering`` and a watcher; returns what a test may look at."""

    def run(*callbacks, model=None, checkpoints=None, **arguments):
        seen = SimpleNamespace(model=model or make(), watching=Watching())

        class Join(Recording):
            def join(self, session):
                session.watchers.append(seen.watching)

        arguments = {"x": data[0], "y": data[1], "batch_size": 16, "epochs": 3, "verbose": 0, "shuffle": False, **arguments}
        ours = [steering, Join(), *([checkpoints] if checkpoints else [])]
        seen.history = seen.model.fit(**arguments, callbacks=[*callbacks, *ours])
        seen.journal = steering.journal
        return seen

    return run


def test_stop_ends_after_this_batch_and_keeps_all_three(watched, at, data, steering):
    seen = watched(at(1, 3, lambda _: steering.ask("stop")), validation_split=0.2)
    assert seen.journal.state == "stopped"
    assert seen.journal.steps == 8 + 4
    assert int(seen.model.optimizer.iterations) == 12
    assert seen.history.epoch == [0, 1]
    assert seen.journal.epochs_done == 2
    assert seen.journal.frame()["val_loss"].tolist() == seen.history.history["val_loss"]
    assert [a.text for a in seen.watching.answers] == ["stopped at epoch 2, step 4"]
    assert seen.watching.ends == ["stopped"]
    seen.model.fit(*data, verbose=0)  # it can be trained on


def test_stop_at_the_very_first_batch(watched, at, steering):
    seen = watched(at(0, 0, lambda _: steering.ask("stop")))
    assert seen.journal.steps == 1
    assert seen.history.epoch == [0]


def test_stop_during_validation_lets_it_finish(keras, data, watched, steering):
    class Test(keras.callbacks.Callback):
        def on_test_batch_end(self, batch, logs=None):
            steering.ask("stop")

    seen = watched(Test(), validation_split=0.3)
    assert seen.history.epoch == [0]
    assert seen.journal.epochs_done == 1
    assert seen.watching.answers[0].text == "stops when this validation is over"
    whole = seen.model.evaluate(data[0][112:], data[1][112:], batch_size=16, verbose=0)
    assert seen.history.history["val_loss"][0] == pytest.approx(whole[0], rel=1e-6)


def test_stop_between_two_epochs(keras, watched, steering):
    seen = watched(keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: steering.ask("stop")))
    assert seen.history.epoch == [0]
    assert seen.journal.state == "stopped"
    assert seen.journal.steps == 10


def asking(keras, hook, *command):
    """Return a callback that sends a command in this hook of the second epoch."""
    ask, *arguments = command
    return keras.callbacks.LambdaCallback(**{hook: lambda epoch, logs=None: epoch == 1 and ask(*arguments)})


def test_a_command_at_an_epoch_s_end_is_carried_out_before_the_next_begins(keras, make, data, steering):
    hands = [asking(keras, "on_epoch_end", steering.ask, *command) for command in (("rate", 1e-4), ("stop",))]
    history = make().fit(*data, batch_size=16, epochs=9, verbose=0, callbacks=[steering, *hands])
    assert history.epoch == [0, 1]
    assert steering.journal.steps == 20
    assert [e.text.partition(" taken")[0] for e in steering.journal.events] == [
        "rate 1e-2 → 1e-4",
        "stopped at the end of epoch 2",
    ]


def test_a_stop_at_an_epoch_s_beginning_leaves_no_epoch_without_a_step(keras, make, data, steering):
    hand = asking(keras, "on_epoch_begin", steering.ask, "stop")
    history = make().fit(*data, batch_size=16, epochs=9, verbose=0, callbacks=[steering, hand])
    assert steering.journal.steps == 11, "the first step is made: Keras counts the epoch as soon as it begins"
    assert history.epoch == [0, 1]
    assert history.history["loss"][1] > 0
    assert [event.text for event in steering.journal.events] == ["stops after the first step of epoch 2"]


def test_pause_holds_training_until_resume_and_its_time_does_not_count(watched, at, steering):
    counts = []

    def pause(model):
        steering.ask("pause")

        def later():
            time.sleep(0.3)
            counts.append(int(model.optimizer.iterations))
            time.sleep(0.4)
            counts.append(int(model.optimizer.iterations))
            steering.ask("resume")

        threading.Thread(target=later).start()

    began = time.perf_counter()
    seen = watched(at(1, 4, pause))
    assert counts == [15, 15], "nothing moved while it was paused"
    assert seen.journal.state == "done"
    assert seen.journal.steps == 30
    assert "paused" in seen.watching.phases
    assert [e.kind for e in seen.journal.events] == ["pause", "resume"]
    assert seen.journal.seconds < time.perf_counter() - began - 0.6


def test_weights_can_be_read_and_stopped_while_paused(watched, at, data, steering):
    predicted = []

    def pause(model):
        steering.ask("pause")

        def later():
            time.sleep(0.3)
            predicted.append(np.asarray(model(data[0][:2])))
            steering.ask("stop")

        threading.Thread(target=later).start()

    seen = watched(at(0, 4, pause))
    np.testing.assert_allclose(predicted[0], np.asarray(seen.model(data[0][:2])))
    assert seen.journal.state == "stopped"
    assert seen.journal.steps == 5
    assert seen.history.epoch == [0]


def test_a_new_rate_is_used_from_the_next_step_on(keras, make, data, watched, at, same, steering):
    seen = watched(at(1, 2, lambda _: steering.ask("rate", 1e-3)))
    twin = make()

    def change(model):
        model.optimizer.learning_rate = 1e-3

    twin.fit(*data, batch_size=16, epochs=3, verbose=0, shuffle=False, callbacks=[at(1, 2, change)])
    assert same(seen.model, twin)
    assert seen.watching.answers[0].text == "rate 1e-2 → 1e-3 taken up at epoch 2, step 3"
    rates = seen.journal.rates.read()
    np.testing.assert_allclose(rates.mean[:, 0], [0.01, 0.001])
    assert rates.steps.tolist() == [0, 13]


def test_a_schedule_is_overridden_until_the_run_ends_and_says_so(keras, make, data, watched, at, steering):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 5, 0.5)
    model = make(optimizer=keras.optimizers.SGD(schedule))
    before = {}

    def note(model):
        before["weights"] = model.get_layer("scores").kernel.numpy()

    seen = watched(at(1, 0, lambda _: steering.ask("rate", 1e-12)), at(1, 0, note), model=model)
    assert seen.watching.answers[0].text.endswith("ExponentialDecay is overridden until this fit ends")
    moved = np.abs(model.get_layer("scores").kernel.numpy() - before["weights"]).max()
    assert moved < 1e-6, "the compiled step used the new rate, not the schedule"
    assert model.optimizer._learning_rate is schedule
    assert float(model.optimizer.learning_rate) == pytest.approx(float(schedule(30)))
    names = {v.path for v in model.optimizer.variables}
    assert not any("kfx" in name for name in names)
    model.fit(*data, verbose=0)
    assert np.abs(model.get_layer("scores").kernel.numpy() - before["weights"]).max() > 1e-6


@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf"), None])
def test_a_senseless_rate_is_refused_and_training_goes_on(watched, at, value, steering):
    seen = watched(at(0, 2, lambda _: steering.ask("rate", value)))
    (answer,) = seen.watching.answers
    assert not answer.done
    assert "must be a number above 0" in answer.text
    assert seen.journal.state == "done"
    assert float(seen.model.optimizer.learning_rate) == pytest.approx(0.01)


def test_dragging_a_slider_sets_the_last_rate_only():
    controls = Controls()
    for rate in (0.1, 0.2, 0.3):
        controls.ask("rate", rate)
    controls.ask("pause")
    controls.ask("rate", 0.4)
    assert [(c.kind, c.value) for c in controls.take()] == [("rate", 0.3), ("pause", None), ("rate", 0.4)]
    assert not controls.waiting


def test_epochs_cannot_be_added_in_a_plain_fit(watched, at, steering):
    seen = watched(at(0, 2, lambda _: steering.ask("extra")))
    assert "only kfx.fit can add epochs" in seen.watching.answers[0].text
    assert len(seen.history.epoch) == 3


def test_checkpoints_that_are_off_are_explained(watched, at, steering):
    seen = watched(at(0, 2, lambda _: steering.ask("rewind")))
    assert "add kfx.callbacks.Checkpoints()" in seen.watching.answers[0].text


def test_an_unknown_command_is_refused():
    with pytest.raises(ValueError, match=r"A run cannot do 'halt'\. It can: stop, pause"):
        Controls().ask("halt")


def test_nothing_can_be_asked_of_a_run_that_is_over(watched, steering):
    watched(epochs=1)
    with pytest.raises(NoRunError, match="No run is in course"):
        steering.ask("stop")


def test_answers_come_within_a_batch(watched, at, steering):
    asked_at = []

    def ask(_):
        steering.ask("checkpoint")
        asked_at.append(time.perf_counter())

    seen = watched(at(1, 1, ask), checkpoints=Checkpointing())
    assert seen.watching.answers[0].done
    assert seen.watching.answered_at[0] - asked_at[0] < 0.1


def test_watchers_are_called_often_but_not_at_each_step(watched):
    seen = watched(epochs=20)
    assert 20 <= seen.watching.ticks < 100, "at each epoch's end and ten times a second, not 200 times"


@pytest.fixture
def run():
    """The state of a run without a model, at the third step of its second epoch."""
    return RunState(None, Journal(epoch=2, step=3, steps=13), LearningRate(None), open=True, begun=True)


def test_a_command_returns_what_is_to_be_done_and_leaves_it_to_the_session(run):
    assert carry_out(run, Command("stop")) == Outcome("stopped at epoch 2, step 3", "stop", None, Then.STOP)
    assert carry_out(run, Command("pause")) == Outcome("paused at epoch 2, step 3", "pause", None, Then.PAUSE)
    assert (run.stopping, run.phase, run.journal.events) == (False, "training", [])


def test_a_command_that_does_not_fit_the_state_is_refused_with_a_sentence(run):
    assert carry_out(run, Command("resume")) == Outcome("it is running")
    assert carry_out(run, Command("rewind")).text.startswith("checkpoints are off")
    assert carry_out(run, Command("rate", 0.1)).text == "This model has no optimizer, so there is no learning rate to set."
    run.stopping = True
    assert {carry_out(run, Command(kind)).text for kind in ("stop", "pause")} == {"already stopping"}


def test_epochs_are_added_to_the_state(run):
    run.extendable = True
    assert carry_out(run, Command("extra", 2)) == Outcome("2 more epochs", "extra epoch", 2.0)
    assert run.extra == 2
