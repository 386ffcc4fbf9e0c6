"""Lines of series, read back from their paths."""

import re

import numpy as np

from kfx.draw.values.lines import TALL, WIDE, line_ends, lines


def paths(svg):
    return [re.findall(r"([ML])([\d.]+) ([\d.]+)", d) for d in re.findall(r'<path d="([^"]*)"', svg)]


def test_a_line_goes_from_the_first_step_to_the_last_and_from_foot_to_top():
    (path,) = paths(lines(np.array([[0.0, 1.0, 2.0]])))
    assert [pen for pen, _, _ in path] == ["M", "L", "L"]
    assert [float(x) for _, x, _ in path] == [0, WIDE / 2, WIDE]
    assert [float(y) for _, _, y in path] == [TALL, TALL / 2, 0]


def test_a_value_that_is_not_finite_is_a_gap():
    (path,) = paths(lines(np.array([[0.0, np.nan, 2.0, 1.0]])))
    assert [pen for pen, _, _ in path] == ["M", "M", "L"]


def test_every_peak_of_a_long_series_is_drawn():
    values = np.zeros((1, 10_000))
    values[0, 7_003] = 5
    (path,) = paths(lines(values))
    assert min(float(y) for _, _, y in path) == 0
    assert len(path) < 1_000


def test_each_variable_has_a_chart_and_a_name():
    svg = lines(np.zeros((3, 5)), np.ones((3, 5)), names=["습도", "<b>", "c"])
    assert len(paths(svg)) == 6
    assert "습도" in svg
    assert "&lt;b&gt;" in svg


def test_a_constant_lies_in_the_middle():
    assert line_ends(np.full(4, 2.0)) == (1.5, 2.5)
    assert line_ends(np.full(4, np.nan)) == (0.0, 1.0)
