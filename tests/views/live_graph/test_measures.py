"""The colours of a drawing in training: which step and which word each box gets."""

import math

import numpy as np
import pytest

from kfx.training.journal.facts import STATISTICS, Layer
from kfx.training.journal.journal import Journal
from kfx.views.live_graph.measures import bare, graph_measures


@pytest.fixture
def journal():
    """Layers a, encoder/b, shared@1 with gradients 1, 0.001, 0.1; updates 1e-3 each; zeros 0, 0.5, 1; one without weights."""
    journal = Journal()
    layers = [
        Layer("a", "Dense", True),
        Layer("encoder/b", "Dense", True),
        Layer("shared@1", "Dense", True),
        Layer("relu", "ReLU", False),
    ]
    journal.watch(layers, 10)
    rows = [(1.0, 0.0), (0.001, 0.5), (0.1, 1.0), (math.nan, 0.25)]
    values = [[g, 1.0, 1e-3 if g == g else math.nan, 0.0, 1.0, z, z / 2] for g, z in rows]
    journal.statistics.add(10, list(np.ravel(values)))
    return journal


BOXES = {"a": ("a",), "encoder": ("encoder/b", "relu"), "shared@2": ("shared@2",), "input": ("input",), "relu": ("relu",)}


def test_a_box_has_the_step_of_its_value_on_a_logarithmic_ramp(journal):
    measure = graph_measures(journal, BOXES)["gradient"]
    assert measure["boxes"] == {"a": [6, "1.0"], "encoder": [1, "0.001"], "shared@2": [4, "0.10"]}
    assert (measure["low"], measure["high"]) == ("0.001", "1.0, log")


def test_shares_run_from_nothing_to_all(journal):
    measure = graph_measures(journal, BOXES)["zeros"]
    assert measure["boxes"]["a"] == [0, "0 %"]
    assert measure["boxes"]["shared@2"] == [6, "100 %"]
    assert measure["boxes"]["relu"] == [2, "25 %"]
    assert (measure["low"], measure["high"]) == ("0", "100 %")


def test_a_folded_block_shows_its_greatest_layer(journal):
    assert graph_measures(journal, BOXES)["zeros"]["boxes"]["encoder"] == [3, "50 %"]


def test_what_is_not_finite_is_at_the_top(journal):
    journal.statistics.add(20, [math.inf] * len(STATISTICS) * 4)
    assert graph_measures(journal, BOXES)["gradient"]["boxes"]["a"] == [6, "∞"]


def test_without_a_look_there_is_nothing():
    assert graph_measures(Journal(), BOXES) == {}


@pytest.mark.parametrize(
    ("key", "plain"), [("a", "a"), ("a@2", "a"), ("inner@2/dense@1", "inner/dense"), ("mail@home", "mail@home")]
)
def test_the_number_of_a_call_is_left_out(key, plain):
    assert bare(key) == plain


def test_every_measure_is_a_statistic(journal):
    assert set(graph_measures(journal, BOXES)) <= set(STATISTICS)
