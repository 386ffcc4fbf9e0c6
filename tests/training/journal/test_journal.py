"""What the journal holds of a run, against Keras's History and against a training loop made by hand."""

import numpy as np
import pytest

from kfx.errors import KfxError
from kfx.training.journal.facts import Plan
from kfx.training.journal.journal import EVENTS_KEPT, Journal, lower_is_better
from kfx.training.journal.saving import journal_bytes, read_journal


def test_epochs_equal_keras_history_to_the_last_digit(recorded):
    journal, history = recorded(epochs=3, validation_split=0.25)
    frame = journal.frame()
    assert frame["epoch"].tolist() == [1, 2, 3]
    assert frame["step"].tolist() == [8, 16, 24]
    for name, values in history.history.items():
        assert frame[name].tolist() == values, name
    assert set(history.history) <= set(frame.columns)


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
