"""Where values stopped being finite, in words, and the way back."""

from kfx.training.journal.facts import Broke
from kfx.views.training.panels.base import Now
from kfx.views.training.panels.finding import FindingPanel


def test_the_place_and_the_last_finite_loss_are_named(journal):
    journal.state, journal.finding = "running", "'body' (LSTM) is the first layer whose output is not finite."
    journal.broke = Broke(100, 3, 20, "body", ("loss",), {"loss": (99, 0.734)})
    data = FindingPanel().data(journal, Now(way_back=(2, "epoch 2")))
    assert data["text"].startswith("'body' (LSTM) is the first layer")
    assert data["text"].endswith("Seen at epoch 3, step 20; the last finite loss was 0.734, at step 99 of the run.")
    assert data["back"] == [2, "epoch 2"]


def test_no_way_back_is_offered_when_the_run_is_over_or_all_is_well(journal):
    assert FindingPanel().data(journal, Now(way_back=(2, "epoch 2"))) == {"text": "", "back": None}
    journal.broke = Broke(100, 3, 20)
    assert FindingPanel().data(journal, Now(way_back=(2, "epoch 2")))["back"] is None
