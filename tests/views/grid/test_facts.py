"""Numbers and labels of a map."""

import numpy as np
import pytest

from kfx.views.grid.facts import GridFacts, Measure, Sheet, number_words, row_labels
from kfx.views.grid.html import grid_html, grid_picture, largest_cells


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (1.317, "change", "+1.32"),
        (-0.0049, "change", "−0.0049"),
        (0.0, "change", "0"),
        (1234.5, "value", "1,234"),
        (2.5e-5, "value", "2.5e−05"),
        (0.836, "share", "84 %"),
        (-0.001, "share", "0 %"),
        (3.0, "rank", "3"),
        (np.nan, "change", "NaN"),
        (-np.inf, "value", "−∞"),
    ],
)
def test_a_number_is_written_as_its_form_asks(value, form, text):
    assert number_words(value, form) == text


def test_labels_leave_out_the_layers_around_that_all_share():
    assert row_labels(["net/a/x", "net/a/y"]) == ("x", "y")
    assert row_labels(["net/a", "net/a/b"]) == ("a", "a/b")
    assert row_labels(["embed", "block_0"]) == ("embed", "block_0")
    assert row_labels(["net/a"]) == ("net/a",)


def facts(values, columns):
    rows = tuple(f"r{n}" for n in range(len(values)))
    sheet = Sheet(rows, rows, tuple(columns), (Measure("change", "change", "change", values),), notes=("a note",))
    return GridFacts("sweep", "m", "line", ("example 0",), lambda number: sheet)


def test_the_largest_cells_come_first_and_what_is_not_finite_last():
    values = np.array([[1.0, -3.0], [np.nan, 2.0]])
    assert largest_cells(Measure("c", "c", "change", values), 4) == [(0, 1), (1, 1), (0, 0), (1, 0)]


def test_a_map_of_many_columns_is_drawn_by_means_and_says_so():
    values = np.tile(np.arange(2.0)[:, None], (1, 1000))
    svg = grid_picture(facts(values, map(str, range(1000))), 0)
    assert "each cell the mean of 3 positions" in svg


def test_names_of_strangers_are_escaped_in_every_face():
    sheet = Sheet(("<b>",), ("<b>",), ("<i>&",), (Measure("change", "change", "change", np.ones((1, 1))),))
    hostile = GridFacts("sweep", "<script>alert(1)</script>", "line", ("example 0",), lambda number: sheet)
    for face in (grid_html(hostile, 0), grid_picture(hostile, 0)):
        assert "<script" not in face
        assert "<i>" not in face


def test_there_is_no_other_map():
    with pytest.raises(ValueError, match="There is no map 3; there are 1"):
        facts(np.ones((1, 1)), "a").sheet(3)
