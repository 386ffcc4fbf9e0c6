"""Tables for other programs are read back by readers of their own."""

import csv
import io

from kfx.text.csv_markdown import csv_text, markdown_table, markdown_text


def test_csv_quotes_and_leaves_the_unknown_empty():
    text = csv_text(("layer", "n"), [('a "b", c', 1), ("d", None)])
    assert list(csv.DictReader(io.StringIO(text))) == [{"layer": 'a "b", c', "n": "1"}, {"layer": "d", "n": ""}]


def test_csv_holds_no_formula_in_heads_or_cells_and_leaves_numbers_alone():
    assert csv_text(("=x", "n"), [("@SUM(A1)", -0.5)]) == "'=x,n\n'@SUM(A1),-0.5\n"


def test_a_markdown_table_aligns_the_columns_that_are_named():
    assert markdown_table(("Layer", "FLOPs"), [("a", "7")], {"FLOPs"}) == ["| Layer | FLOPs |", "| :-- | --: |", "| a | 7 |"]


def test_markdown_text_becomes_no_markup():
    assert markdown_text("<b>|a_b|_c_\n") == "&lt;b&gt;\\|a_b\\|\\_c\\_\\\\n"
