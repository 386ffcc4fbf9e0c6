"""The words of a comparison: text that fits and loses nothing, Markdown, CSV, HTML."""

import csv
import io
import math

import pytest

from kfx.model.compare.differences import WeightChange, compare
from kfx.model.compare.union import union
from kfx.model.facts import Edge, LayerGraph
from kfx.text.table import width
from kfx.views.diff.data import records, to_csv, to_pandas
from kfx.views.diff.html import diff_html
from kfx.views.diff.rows import DiffRow, Tables, WeightRow, shown_rows, weight_rows
from kfx.views.diff.text import diff_markdown, diff_text

HEAD = ["A one.keras → B two.keras", "1 changed · 2 equal"]
WORDS = ("one.keras", "two.keras"), ["1 changed", "2 equal"]  # of which the head is made


def row(layer="conv", what="kernel_size", a="3, 3", b="5, 5", sign="~", key=None):
    return DiffRow(layer if key is None else key, sign, layer, "Conv2D", "conv", "changed", what, a, b)


def weight(layer="conv", text="2.0 %", relative=0.02):
    return WeightRow(layer, layer, text, "kernel", 1.0, relative)


def test_the_text_is_pinned(golden):
    rows = [row(), row(what="output", a="7×7×64", b="5×5×64"), row("norm", "added", "", "256 params", "+")]
    text = diff_text(
        Tables(*WORDS, rows, [weight(), weight("dense", "from zero", math.inf)], ["B was read from one run."]), 100
    )
    golden("diff.txt", text + "\n")
    assert text.count("conv") == 2, "once for its two rows, once for its weights"


@pytest.mark.parametrize("most", [32, 40, 60, 100])
def test_no_line_is_wider_and_no_word_is_lost(most):
    long = "a_very_long_layer_name_" * 4
    rows = [row(long, "kernel_initializer", "x" * 90, "y" * 120), row("합성곱" * 20, "output")]
    text = diff_text(Tables(*WORDS, rows, [weight(long)], ["A note of several words. " * 5]), most)
    assert max(map(width, text.splitlines())) <= most
    assert text.count("x") >= 90
    assert text.count("y") >= 120
    assert text.count("합") == 20


def test_without_differences_there_is_only_the_head():
    assert diff_text(Tables(*WORDS, [], [], []), 100).splitlines() == HEAD


def test_markdown_names_cannot_become_markup(hostile_name):
    rows, weights = [row(hostile_name, a=hostile_name)], [weight(hostile_name)]
    text = diff_markdown(Tables(("x", "y"), ["1 changed"], rows, weights, [hostile_name]))
    assert "<script" not in text
    assert "<img" not in text
    table = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(table) == 3 + 3


def test_csv_gives_back_what_went_in():
    rows = [row(), row("norm", "added", "", "=cmd()", "+")]
    found = list(csv.DictReader(io.StringIO(to_csv(rows, [weight()]))))
    assert [(r["layer"], r["what"], r["b"]) for r in found] == [
        ("conv", "kernel_size", "5, 5"),
        ("norm", "added", "'=cmd()"),
        ("conv", "kernel", "2.0 %"),
    ]
    assert found[2]["relative_change"] == "0.02"


def test_pandas_has_a_row_a_difference():
    frame = to_pandas([row()], [weight()])
    assert list(frame["kind"]) == ["changed", "weights"]
    assert frame["relative_change"][1] == 0.02


def test_html_survives_names_that_try_to_do_harm(hostile_name):
    rows, weights = [row(hostile_name, a=hostile_name)], [weight(hostile_name)]
    html = diff_html(Tables((hostile_name, "b"), ["1 changed"], rows, weights, []), "<p>none</p>")
    assert "<script" not in html
    assert "<img" not in html
    assert " id=" not in html
    assert "<style" not in html


def test_a_shortened_table_says_how_much_is_left():
    html = diff_html(Tables(("a", "b"), [], [row(f"l{i}") for i in range(30)], [], []), "", most=10)
    assert html.count("<tr><td") == 10
    assert "20 more rows" in html


def test_layers_that_differ_in_the_same_way_are_one_row(make_call):
    def graph(dtype):
        calls = tuple(make_call(f"a{i}", dtype=dtype) for i in range(6))
        return LayerGraph("g", "Functional", "exact", calls, tuple(Edge(f"a{i}", 0, f"a{i + 1}") for i in range(5)))

    diff = compare(graph("float32"), graph("float16"))
    (one,) = shown_rows(diff, union(diff))
    assert (one.layer, one.what, one.a, one.b, len(one.keys)) == ("6 layers", "dtype", "float32", "float16", 6)
    assert len(records(shown_rows(diff, union(diff)), [])) == 1


@pytest.mark.parametrize(
    ("relative", "said"),
    [
        (0.021, "2.1 %"),
        (1.0, "100.0 %"),
        (3e-6, "3.0e-4 %"),
        (250.0, "250 ×"),
        (math.inf, "from zero"),
        (None, "kernel: 3 → 4"),
    ],
)
def test_changes_are_said_in_few_digits(make_call, relative, said):
    graph = LayerGraph("g", "Functional", "exact", (make_call("d"),), ())
    diff = compare(graph, graph)
    change = WeightChange("d", "d", relative, "kernel", "kernel: 3 → 4" if relative is None else "")
    (one,) = weight_rows([change], union(diff))
    assert one.text == said
