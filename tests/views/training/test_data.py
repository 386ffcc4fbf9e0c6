"""The words around the panels of a live view."""

from kfx.views.training.data import run_state


def test_the_monitor_says_what_it_costs(journal):
    assert run_state(journal, [])["cost"] == "monitor every 10 steps; watching costs 2.1 % of the run"
