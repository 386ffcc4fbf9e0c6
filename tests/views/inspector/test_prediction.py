"""Rows of a prediction, by hand."""

import numpy as np

from kfx.text.untrusted import visible
from kfx.views.inspector.prediction import prediction


def test_probabilities_are_percent_and_the_likeliest_comes_first():
    found = prediction("", np.array([0.1, 0.6, 0.3]), ["a", "b", "c"])
    assert [(row.name, row.text, row.share) for row in found.rows] == [
        ("b", "60.0 %", 0.6),
        ("c", "30.0 %", 0.3),
        ("a", "10.0 %", 0.1),
    ]


def test_scores_are_numbers_with_bars_by_size():
    found = prediction("", np.array([-4.0, 2.0]))
    assert [(row.name, row.text, row.share) for row in found.rows] == [("1", "2", 0.5), ("0", "−4", -1.0)]
    assert found.signed
    assert not prediction("", np.array([4.0, 2.0])).signed


def test_two_predictions_are_laid_over_each_other_on_one_scale():
    before, now = prediction("", np.array([8.0, -2.0])), prediction("", np.array([2.0, -4.0]))
    assert (before.far, now.far) == (8.0, 4.0)
    assert [row.share for row in now.scaled(8.0).rows] == [0.25, -0.5]
    assert [row.share for row in prediction("", np.zeros(2)).scaled(0.0).rows] == [0.0, 0.0]


def test_one_negative_number_leads_left():
    (row,) = prediction("score", np.array([-0.3])).rows
    assert (row.text, row.share) == ("−0.3", -1.0)


def test_only_the_largest_are_listed():
    found = prediction("", np.arange(100.0))
    assert [row.unit for row in found.rows] == [99, 98, 97, 96, 95]
    assert found.units == 100


def test_one_number_is_a_value():
    (row,) = prediction("priority", np.array([0.378])).rows
    assert (row.name, row.text, row.share) == ("value", "0.378", 0.378)


def test_nan_comes_last_and_has_no_bar():
    found = prediction("", np.array([np.nan, 1.0]))
    assert [(row.unit, row.text, row.share) for row in found.rows] == [(1, "1", 1.0), (0, "NaN", 0.0)]


def test_a_picture_is_summed_up():
    assert prediction("mask", np.linspace(0, 1, 12).reshape(3, 4)).note == "3×4 values, 0 to 1"
    assert prediction("words", np.array(["a"])).note == "values of type <U1"


def test_a_hostile_class_name_is_one_visible_line(hostile_name):
    (row,) = prediction("", np.array([1.0]), [hostile_name]).rows
    assert row.name == visible(hostile_name)
    assert "\n" not in row.name
