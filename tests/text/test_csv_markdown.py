"""Tables for other programs are read back by readers of their own."""

import csv
import io
import sys
import types

import numpy as np
import pytest

from kfx.text.csv_markdown import csv_text, dataset, markdown_table, markdown_text, value_table


def test_csv_quotes_and_leaves_the_unknown_empty():
    text = csv_text(("layer", "n"), [('a "b", c', 1), ("d", None)])
    assert list(csv.DictReader(io.StringIO(text))) == [{"layer": 'a "b", c', "n": "1"}, {"layer": "d", "n": ""}]


def test_csv_holds_no_formula_in_heads_or_cells_and_leaves_numbers_alone():
    assert csv_text(("=x", "n"), [("@SUM(A1)", -0.5)]) == "'=x,n\n'@SUM(A1),-0.5\n"


def test_a_markdown_table_aligns_the_columns_that_are_named():
    assert markdown_table(("Layer", "FLOPs"), [("a", "7")], {"FLOPs"}) == ["| Layer | FLOPs |", "| :-- | --: |", "| a | 7 |"]


def test_markdown_text_becomes_no_markup():
    assert markdown_text("<b>|a_b|_c_\n") == "&lt;b&gt;\\|a_b\\|\\_c\\_\\\\n"


def test_a_table_of_values_has_its_axes_as_index_and_columns():
    pytest.importorskip("pandas", reason="pandas is not installed")
    table = value_table(np.arange(12).reshape(2, 3, 2), ("batch", "step", "unit"), "h")
    assert (list(table.index.names), table.columns.name) == (["batch", "step"], "unit")
    assert table.loc[(1, 0), 1] == 7
    assert value_table(np.array([3.0, 4.0]), ("batch",), "h")["h"].tolist() == [3, 4]


class Dataset:
    """A stand-in for xarray's, where it is not installed."""

    def __init__(self, variables):
        self.variables = {name: types.SimpleNamespace(dims=tuple(dims), values=x) for name, (dims, x) in variables.items()}

    def __getitem__(self, name):
        return self.variables[name]


def test_a_data_set_shares_the_batch_axis_alone(monkeypatch):
    try:
        import xarray  # noqa: F401
    except ImportError:
        monkeypatch.setitem(sys.modules, "xarray", types.SimpleNamespace(Dataset=Dataset))
    arrays = {"a": (("batch", "unit"), np.ones((2, 3))), "b": (("batch", "unit"), np.ones((2, 4)))}
    found = dataset({**arrays, "c": (("batch",), np.ones(5)), "d": ((), np.array(1.0))})
    assert [found[name].dims for name in "abcd"] == [("batch", "a.unit"), ("batch", "b.unit"), ("c.batch",), ()]
    assert dataset({"a": arrays["a"]})["a"].dims == ("batch", "unit")


def test_without_xarray_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(ImportError, match=r"needs xarray, which is not installed\. Run `pip install xarray`"):
        dataset({})
