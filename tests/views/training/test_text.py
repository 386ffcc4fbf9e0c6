"""A run in one line of text."""

from kfx.training.journal.journal import Journal
from kfx.views.training.panels.registry import run_text
from kfx.views.training.text import runs_text


def test_one_line_says_how_it_ended(run):
    expected = "fit 'tickets': done, 6 epochs, loss 0.18, val_loss 1.4, accuracy 0.91 (best 1.1 at epoch 4)"
    assert run_text(run()) == expected
    assert runs_text([run(), run()]) == f"0  {expected}\n1  {expected}"


def test_a_run_that_ended_early_says_what_it_has():
    journal = Journal(name="m", state="interrupted")
    assert run_text(journal) == "fit 'm': interrupted, 0 epochs"
    journal.steps = 1
    assert run_text(journal) == "fit 'm': interrupted, 1 step"
    journal.finding = "'dense' (Dense) is the first layer whose output is not finite."
    assert run_text(journal).splitlines()[1] == journal.finding
