"""Fits inside fits, and callbacks given twice: each fit has its own run, and every run its own steps."""

import numpy as np
import pytest

import kfx
from kfx.training.callbacks import Recording
from kfx.training.run.session import OPEN


@pytest.fixture
def inside(keras, data):
    """``inside(fit)``: a callback that trains the same model for one epoch more at the end of its first epoch, by ``fit``."""

    class Inside(keras.callbacks.Callback):
        def __init__(self, fit):
            super().__init__()
            self.fit, self.history = fit, None

        def on_epoch_end(self, epoch, logs=None):
            if epoch == 0:
                self.history = self.fit(self.model, data[0][:48], data[1][:48], batch_size=16)

    return Inside


def plainly(model, x, y, **more):
    return model.fit(x, y, verbose=0, shuffle=False, **more)


def watched(model, x, y, **more):
    return kfx.fit(model, x, y, shuffle=False, **more)


@pytest.mark.parametrize("outer", [watched, plainly])
@pytest.mark.parametrize("inner", [watched, plainly])
def test_a_fit_inside_a_callback_of_a_fit_is_a_run_of_its_own(make, data, same, inside, outer, inner):
    twin, model = make(), make()
    plainly(twin, *data, batch_size=16, epochs=3, callbacks=[expected := inside(plainly)])
    recording, nested = Recording(), inside(inner)
    history = outer(model, *data, batch_size=16, epochs=3, callbacks=[recording, nested])
    assert same(model, twin)
    assert nested.history.epoch == [0]
    assert nested.history.history == expected.history.history
    journal = recording.journal
    assert journal.state == "done"
    assert journal.steps == 30
    assert journal.frame()["epoch"].tolist() == [1, 2, 3]
    if outer is watched:
        assert history.epoch == [0, 1, 2]
        assert history.history["loss"] == journal.frame()["loss"].tolist()
    if inner is watched:
        (run,) = [run.journal for run in kfx.runs if run.journal is not journal and run.journal.steps == 3][-1:]
        assert run.state == "done"
        assert run.last("loss") == nested.history.history["loss"][0]
    assert not OPEN


def test_one_callback_object_given_twice_counts_once(make, data):
    recording = Recording()
    history = make().fit(*data, batch_size=16, epochs=2, verbose=0, callbacks=[recording, recording], validation_split=0.2)
    assert recording.journal.frame()["loss"].tolist() == history.history["loss"]
    assert recording.journal.steps == 16
    curves = kfx.callbacks.Curves()
    history = kfx.fit(make(), *data, batch_size=16, epochs=2, callbacks=[curves, curves])
    assert curves.journal.frame()["loss"].tolist() == history.history["loss"]


def test_a_run_is_steered_by_code_from_another_thread_and_every_command_is_in_its_audit_list(make, data, at):
    import threading

    tickets = []

    def agent():
        run = kfx.runs[-1]
        with pytest.raises(ValueError, match="cannot do 'explode'"):
            run.ask("explode")
        tickets.extend([run.ask("rate", 1e-4), run.ask("rate", -1.0), run.ask("rewind", 99), run.ask("stop")])
        assert tickets[-1].wait(60)

    def begin(_):
        thread = threading.Thread(target=agent)
        thread.start()
        while len(tickets) < 4:
            pass

    model = make()
    kfx.fit(model, *data, batch_size=16, epochs=3, callbacks=[at(0, 4, begin)])
    journal = kfx.runs[-1].journal
    assert journal.state == "stopped"
    assert journal.steps == 5
    assert [(one.kind, one.done, one.by, one.step) for one in journal.asked] == [
        ("rate", False, "code", 5),
        ("rewind", False, "code", 5),
        ("stop", True, "code", 5),
    ], "of two rates in a row only the last one counts"
    assert "must be a number above 0" in journal.asked[0].text
    with pytest.raises(kfx.NoRunError, match="over"):
        kfx.runs[-1].ask("stop")


def test_the_facts_of_a_run_are_plain_data(keras, make, data, at):
    import json

    facts, controls = [], kfx.callbacks.Controls()
    look = at(1, 3, lambda _: facts.append(kfx.runs[-1].facts()))
    kfx.fit(make(), *data, batch_size=16, epochs=2, callbacks=[controls, look, at(1, 5, lambda _: controls.ask("rewind"))])
    (found,) = facts
    json.dumps(found)
    assert found["stage"] == "running"
    assert (found["epoch"], found["epochs"], found["steps_per_epoch"]) == (2, 2, 10)
    assert found["rate"] == pytest.approx(0.01)
    over = kfx.runs[-1].facts()
    assert over["stage"] == "done"
    (rewind,) = over["rewinds"]
    assert (rewind["step"], rewind["epoch"], rewind["to_epoch"], rewind["to_steps"]) == (16, 2, 1, 10)
    assert rewind["rate"] == pytest.approx(0.01)


def test_where_values_break_the_step_the_layer_and_the_last_finite_values_are_facts(make, data):
    x = data[0].copy()
    x[40, 2] = np.nan
    kfx.fit(make(activation="tanh"), x, data[1], batch_size=16, shuffle=False)
    broke = kfx.runs[-1].journal.broke
    assert (broke.step, broke.epoch, broke.in_epoch, broke.layer) == (3, 1, 3, "pixels")
    table = kfx.runs[-1].to_pandas("batches")
    assert broke.last["loss"] == (2, pytest.approx(table["loss"][1]))
