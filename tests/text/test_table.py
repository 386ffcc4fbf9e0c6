"""Text that fits its column and loses nothing."""

import pytest

from kfx.text import table as columns


@pytest.mark.parametrize(
    ("text", "cells"), [("conv2d", 6), ("28×28", 5), ("합성곱", 6), ("🦊", 2), ("e\u0301", 1), ("", 0), ("ﾊﾝ", 2)]
)
def test_width_counts_what_a_terminal_shows(text, cells):
    assert columns.width(text) == cells


@pytest.mark.parametrize("most", [1, 2, 3, 7, 10, 40])
@pytest.mark.parametrize(
    "text", ["global_average_pooling2d", "n" * 500, "a b  c", "conv2d_3, max_pooling2d", "한국어 이름🦊", "1,234,567"]
)
def test_wrapping_loses_nothing_and_fits(text, most):
    lines = columns.wrap(text, most)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(columns.width(line) <= max(most, 2) for line in lines)  # a wide character cannot be cut in half


@pytest.mark.parametrize(
    ("text", "most", "lines"),
    [
        ("global_average_pooling2d", 18, ["global_average_", "pooling2d"]),
        ("GlobalAveragePooling2D", 18, ["GlobalAverage", "Pooling2D"]),
        ("conv2d_3, max_pooling2d", 12, ["conv2d_3,", "max_", "pooling2d"]),
        ("xxxxxxxxxxxx", 5, ["xxxxx", "xxxxx", "xx"]),
    ],
)
def test_lines_are_cut_where_words_part(text, most, lines):
    assert columns.wrap(text, most) == lines


def test_prose_is_cut_at_spaces_only():
    assert columns.wrap("Total 223,242 · as line_length", 20, columns.PROSE) == ["Total 223,242 · as", "line_length"]


def test_width_is_taken_from_the_widest_columns():
    assert columns.share([4, 30, 50], [4, 10, 10], 44) == [4, 20, 20]
    assert columns.share([4, 30, 50], [4, 10, 10], 100) == [4, 30, 50]
    assert columns.share([4, 30, 50], [4, 10, 10], 23) is None


def test_no_cell_of_the_width_is_wasted():
    widths = columns.share([5, 21, 40], [5, 10, 10], 50)
    assert sum(widths) == 50


def test_the_lines_of_a_row_stand_in_their_columns():
    rows = columns.table([["├ a_long_name", "└ b"], ["12", "3,456"]], ["│ ", "  "], [9, 5], [False, True])
    assert rows == [["├ a_long_     12", "│ name"], ["└ b        3,456"]]


def test_a_trunk_wider_than_its_column_gives_way_to_the_name():
    (row,) = columns.table([["│ │ │ └ deep_layer_name"]], ["│ │ │   "], [10], [False])
    assert all(columns.width(line) <= 10 for line in row)
    assert "".join(row).replace("│", "").replace(" ", "") == "└deep_layer_name"
