"""The curves as figures of matplotlib."""

import builtins
import sys

import numpy as np
import pytest

from kfx.training.journal.facts import Broke, Rewind
from kfx.training.journal.journal import Journal
from kfx.views.training.runs import Run

matplotlib = pytest.importorskip("matplotlib")


def test_a_figure_has_a_chart_for_each_log_with_the_runs_own_numbers(journal):
    figure = Run(journal).figure()
    assert [axes.get_title("left") for axes in figure.axes] == ["loss", "accuracy"]
    val = next(line for line in figure.axes[0].lines if line.get_label() == "validation")
    assert np.allclose(val.get_ydata(), [2.0, 1.5, 1.2, 1.1, 1.3, 1.4])
    assert np.allclose(val.get_xdata(), range(1, 7))
    assert "rate 3e-4" in [line.get_label() for line in figure.axes[0].lines]


def test_one_log_is_drawn_on_the_users_axes(journal):
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    assert Run(journal).plot("accuracy", ax=axes) is axes
    assert axes.get_title("left") == "accuracy"
    assert Run(journal).plot().figure is not axes.figure
    with pytest.raises(ValueError, match=r"no log 'f1'\. It has: loss, accuracy"):
        Run(journal).plot("f1")
    with pytest.raises(ValueError, match="no values to draw"):
        Run(Journal()).figure()


def test_what_happened_is_drawn_too(journal):
    journal.rewinds.append(Rewind(120, 3, 1, 0, 40))
    journal.broke = Broke(200, 5, 40)
    axes = Run(journal).plot()
    labels = [one.get_label() for one in (*axes.lines, *axes.patches)]
    assert {"given up by a rewind", "not finite at epoch 5, step 40"} <= set(labels)


def test_pyplot_is_not_touched(journal):
    loaded = "matplotlib.pyplot" in sys.modules
    Run(journal).figure()
    assert ("matplotlib.pyplot" in sys.modules) == loaded


def test_without_matplotlib_one_sentence_says_what_to_install(journal, monkeypatch):
    own = builtins.__import__

    def missing(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ModuleNotFoundError(name)
        return own(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ModuleNotFoundError, match="pip install matplotlib"):
        Run(journal).figure()
