"""The controls of a run: what they say, and when they are there."""

from kfx.views.training.panels.base import Now
from kfx.views.training.panels.controls import ControlsPanel


def test_a_schedule_says_what_the_slider_overrides(journal):
    assert ControlsPanel().data(journal, Now(schedule="CosineDecay"))["schedule"] == "CosineDecay decides it; setting overrides"
    said = ControlsPanel().data(journal, Now(schedule="CosineDecay", overridden=True))["schedule"]
    assert said == "CosineDecay is overridden until this fit ends"


def test_controls_are_absent_when_the_run_is_over(journal):
    assert ControlsPanel().data(journal, Now())["shown"] is False
    journal.state = "running"
    assert ControlsPanel().data(journal, Now())["shown"] is True
