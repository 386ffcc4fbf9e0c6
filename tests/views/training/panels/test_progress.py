"""The progress of a run in words and shares."""

import pytest

from kfx.training.journal.facts import Plan
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
    assert data == {"first": 0, "epochs": 12, "done": 6, "share": 0.25}
    assert progress.data(journal, Now(phase="paused"))["status"][1] == "paused"
    assert "validating, step 3" in progress.data(journal, Now(phase="validating", tested=3))["status"][0]


@pytest.mark.parametrize(("seconds", "word"), [(0.2, "1 s"), (59, "59 s"), (125, "2 min 5 s"), (12_000, "3 h 20 min")])
def test_durations_are_words(seconds, word):
    assert duration(seconds) == word


def test_many_epochs_are_counted_in_thousands(journal):
    journal.state, journal.plan, journal.epoch, journal.step = "running", Plan(epochs=100_000, steps=40), 1234, 0
    assert ProgressPanel().data(journal, Now())["status"][0] == "epoch 1,234 of 100,000"
