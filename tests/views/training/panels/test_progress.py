"""The progress of a run in words and shares."""

import pytest

from kfx.training.journal.facts import Plan
from kfx.training.journal.journal import Journal
from kfx.views.training.panels.base import Now
from kfx.views.training.panels.progress import ProgressPanel, duration


def test_the_status_says_where_how_fast_and_how_long(journal):
    journal.state, journal.plan, journal.step = "running", Plan(epochs=12, steps=40), 0
    journal.epoch, journal.step, journal.steps = 7, 10, 250
    progress = ProgressPanel()
    data = progress.data(journal, Now(speed=41.3))
    assert data.pop("status") == [
        "epoch 7 of 12 · step 10 of 40",
        "41 steps/s",
        "3 s left",  # 5.75 epochs of 0.4 s
        "best epoch 4, validation loss 1.10",
    ]
    assert data == {"first": 0, "epochs": 12, "done": 6, "share": 0.25, "clock": None}
    paused = progress.data(journal, Now(phase="paused", stage="paused", since=7.0, speed=41.3))
    assert paused["status"][:2] == ["paused at epoch 7 of 12 · step 10 of 40", "3 s left when it goes on"]
    assert paused["clock"] == 7.0
    assert "validating, step 3" in progress.data(journal, Now(phase="validating", tested=3))["status"][0]


@pytest.mark.parametrize(("seconds", "word"), [(0.2, "1 s"), (59, "59 s"), (125, "2 min 5 s"), (12_000, "3 h 20 min")])
def test_durations_are_words(seconds, word):
    assert duration(seconds) == word


def test_many_epochs_are_counted_in_thousands(journal):
    journal.state, journal.plan, journal.epoch, journal.step = "running", Plan(epochs=100_000, steps=40), 1234, 0
    assert ProgressPanel().data(journal, Now())["status"][0] == "epoch 1,234 of 100,000"


def test_while_the_step_is_built_nothing_is_guessed_and_seconds_are_counted():
    journal = Journal(plan=Plan(epochs=3, steps=10), epoch=1)
    data = ProgressPanel().data(journal, Now(stage="building", since=4.0))
    assert data["status"] == ["building the training step", "the time left is given after 20 steps"]
    assert data["clock"] == 4.0


def test_the_first_step_is_told_apart_and_no_time_is_estimated_from_it():
    journal = Journal(plan=Plan(epochs=3, steps=10), epoch=1, step=1, steps=1, seconds=12.0)
    data = ProgressPanel().data(journal, Now(stage="first step", built=12.0, steady=False))
    assert data["status"] == ["epoch 1 of 3 · step 1 of 10", "building and the first step took 12.0 s"]
    assert data["clock"] is None
    journal.step = journal.steps = 5
    said = ProgressPanel().data(journal, Now(stage="running", built=12.0, speed=2.0, steady=False))["status"]
    assert said == ["epoch 1 of 3 · step 5 of 10", "2.0 steps/s"], "too early for an estimate"


def test_building_is_in_no_estimate():
    journal = Journal(plan=Plan(epochs=3, steps=10), epoch=2, step=0, steps=10, seconds=32.0)
    journal.add_epoch(1, {"loss": 1.0})
    said = ProgressPanel().data(journal, Now(stage="running", built=30.0, speed=5.0))["status"]
    assert "4 s left" in said, "two epochs of two seconds"
