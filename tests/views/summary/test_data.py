"""Rows for other programs: whole, quoted, and harmless where they are opened."""

import csv
import io
import json
import sys

import keras
import pytest

import kfx
from kfx.model.facts import LayerGraph
from kfx.views.summary import data as summary_data
from kfx.views.summary.rows import summary_rows
from kfx.views.summary.view import Summary


def test_csv_reads_back_as_the_rows(nested_graph):
    rows = summary_rows(nested_graph)
    read = list(csv.DictReader(io.StringIO(Summary(nested_graph, expand_nested=True).to_csv())))
    assert [r["address"] for r in read] == [row.address for row in rows]
    assert [int(r["parameters"]) for r in read] == [row.parameters for row in rows]
    assert read[5]["connected_to"] == "squeeze, widen"


def test_unknown_is_an_empty_cell(shared_graph):
    read = list(csv.DictReader(io.StringIO(Summary(shared_graph).to_csv())))
    assert read[2]["flops"] == ""
    assert read[2]["output"] == "?×8"


@pytest.mark.parametrize("name", ["=cmd()|' /C calc'!A0", "+1", "-1+2", "@SUM(A1)", "＝cmd()"])
def test_a_name_cannot_become_a_formula(named_graph, name):
    read = list(csv.DictReader(io.StringIO(Summary(named_graph(name, "after")).to_csv())))
    assert read[1]["layer"] == read[1]["address"] == read[2]["connected_to"] == f"'{name}"


def test_hostile_names_keep_their_cell(named_graph, hostile_name):
    read = list(csv.reader(io.StringIO(Summary(named_graph(hostile_name, "after")).to_csv())))
    assert [len(row) for row in read] == [12] * 4


def test_markdown_is_a_table_of_as_many_cells(nested_graph, golden):
    rows = summary_rows(nested_graph)
    text = summary_data.to_markdown(nested_graph, rows, rows)
    assert {line.count(" | ") for line in text.splitlines() if line.startswith("|")} == {7}
    golden("nested.md", text)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a|b", r"a\|b"),
        ("<script>&", "&lt;script&gt;&amp;"),
        ("*bold* `code` [x](y) ~", r"\*bold\* \`code\` \[x\](y) \~"),
        ("_under_ conv2d_1", r"\_under\_ conv2d_1"),
        ("back\\slash", r"back\\slash"),
        ("two\nlines", r"two\\nlines"),
    ],
)
def test_markdown_shows_a_name_as_it_is(named_graph, name, said):
    graph = named_graph(name, "after")
    rows = summary_rows(graph)
    assert f"| {said} |" in summary_data.to_markdown(graph, rows, rows)


def test_json_holds_shapes_and_unknowns(shared_graph):
    read = json.loads(summary_data.to_json(shared_graph, summary_rows(shared_graph)))
    assert read["parameters"] == 80
    assert read["rows"][2]["shapes"] == [[None, None, 8]]
    assert read["rows"][2]["flops"] is None
    assert read["rows"][2]["connected_to"] == ["title"]


def test_json_survives_hostile_names(named_graph, hostile_name):
    graph = named_graph(hostile_name, "after")
    text = summary_data.to_json(graph, summary_rows(graph))
    text.encode()
    assert len(json.loads(text)["rows"]) == 3


def test_pandas_adds_up_and_keeps_unknown_apart_from_zero(nested_graph, shared_graph):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = Summary(nested_graph).to_pandas()
    assert frame["parameters"].sum() == 150
    frame = Summary(shared_graph).to_pandas()
    assert frame["flops"].tolist() == [0, 0, pandas.NA, pandas.NA]
    assert list(Summary(LayerGraph("net", "Functional", "exact", (), ())).to_pandas().columns) == list(frame.columns)


def test_without_pandas_the_error_says_what_to_do(nested_graph, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"needs pandas, which is not installed\. Run `pip install pandas`"):
        Summary(nested_graph).to_pandas()


def test_latex_has_a_line_for_each_row_and_escapes_names():
    x = keras.Input((4,), name="x")
    lines = kfx.summary(keras.Model(x, keras.layers.Dense(2, name="out_1")(x))).to_latex().splitlines()
    body = lines[lines.index(r"\midrule") + 1 : lines.index(r"\bottomrule")]
    assert [line.split(" & ")[0] for line in body] == ["x", r"out\_1"]
    assert {line.count(" & ") for line in body} == {7}
    assert all(line.endswith(r" \\") for line in body)
    assert lines[0].startswith("% ")
