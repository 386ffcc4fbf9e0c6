"""Whatever of kfx fails: one sentence is said, and the training is the one it would have been without."""

import subprocess
import sys

import pytest

from kfx.training.callbacks import Checkpointing, Monitoring, Recording
from kfx.training.journal.journal import Journal
from kfx.training.monitor.monitor import Monitor
from kfx.training.monitor.traced_steps import TracedSteps
from kfx.training.run.checkpoints import CheckpointStore
from kfx.training.run.steps import Steps

DISK = OSError(28, "No space left on device")


@pytest.fixture
def unharmed(make, data, same, caplog):
    """``unharmed(callbacks)``: trains twins with and without them; returns the sentences that were said."""

    def run(*callbacks, **settings):
        model, twin = make(**settings), make(**settings)
        expected = twin.fit(*data, batch_size=16, epochs=3, verbose=0, shuffle=False, validation_split=0.2)
        given = {"batch_size": 16, "epochs": 3, "verbose": 0, "shuffle": False, "validation_split": 0.2}
        history = model.fit(*data, callbacks=list(callbacks), **given)
        assert same(model, twin)
        assert history.history == expected.history
        return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]

    return run


def fails(*args, **kwargs):
    raise DISK


@pytest.mark.parametrize(
    ("owner", "method"),
    [
        (Steps, "follow"),
        (Steps, "write"),
        (Steps, "epoch_begin"),
        (Steps, "test_begin"),
        (Steps, "epoch_end"),
        (Steps, "standing"),
        (Journal, "add_epoch"),
        (Monitor, "look"),
        (Monitor, "epoch_begin"),
        (CheckpointStore, "take"),
    ],
)
def test_an_error_inside_is_one_sentence_and_training_goes_on(unharmed, monkeypatch, owner, method):
    monkeypatch.setattr(owner, method, fails)
    recording = Recording()
    said = unharmed(recording, Monitoring(), Checkpointing())
    assert len(said) == 1
    assert "No space left on device" in said[0]
    assert said[0].endswith("training goes on.")
    assert recording.journal.ended


def test_a_layer_that_cannot_be_measured_is_one_sentence_and_the_step_trains(unharmed, monkeypatch):
    monkeypatch.setattr(TracedSteps, "rows", fails)
    monitor = Monitoring()
    said = unharmed(monitor, jit_compile=False)
    assert len(said) == 1
    assert said[0].startswith("Layers are not monitored (OSError")
    assert monitor.journal.state == "done"


@pytest.mark.parametrize("method", ["began", "tick", "ended", "stepped", "epoch_ended"])
def test_a_follower_that_fails_is_dropped_and_the_others_go_on(unharmed, method):
    class Follower:
        every = 1

        def __init__(self, broken=False):
            self.called = 0
            if broken:
                setattr(self, method, fails)

        def _count(self, *args):
            self.called += 1

        began = tick = ended = stepped = epoch_ended = _count

    good = Follower()

    class Shown(Recording):
        def join(self, session):
            session.watchers += [Follower(broken=True), good]
            session.step_watchers += [Follower(broken=True)]

    recording = Shown()
    said = unharmed(recording)
    assert len(said) in (1, 2)
    assert good.called >= 3
    assert recording.journal.state == "done"
    assert recording.journal.epochs_done == 3


def test_a_callback_of_kfx_that_cannot_begin_is_left_out(unharmed):
    class Cannot(Recording):
        join = fails

    assert len(unharmed(Cannot())) == 1


def test_a_debugger_of_tensorflow_that_refuses_nan_does_not_see_ours(tmp_path):
    code = """
import numpy as np, kfx
from kfx.keras_access.importing import import_keras
keras = import_keras()
import tensorflow as tf
tf.debugging.enable_check_numerics()
model = keras.Sequential([keras.Input((2,)), keras.layers.ReLU(), keras.layers.Dense(1, name="out")])
model.compile("sgd", "mse")
history = kfx.fit(model, np.ones((80, 2)), np.ones(80), batch_size=4, epochs=2)
journal = kfx.runs[-1].journal
assert (history.epoch, journal.state, journal.events) == ([0, 1], "done", []), journal.events
assert journal.statistics.rows >= 20
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]


def test_without_a_widget_library_training_and_its_line_are_as_ever(tmp_path):
    code = """
import sys
class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("anywidget", "ipywidgets", "traitlets"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Gone())
import numpy as np, kfx
from kfx.keras_access.importing import import_keras
keras = import_keras()
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)], name="line")
model.compile("sgd", "mse")
print(kfx.fit(model, np.ones((8, 2)), np.ones(8), callbacks=[kfx.callbacks.LiveGraph()]).epoch)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.splitlines()[0].startswith("fit 'line': done, 1 epoch")
    assert done.stdout.splitlines()[1] == "[0]"
