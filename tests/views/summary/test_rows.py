"""The rows of a summary against totals worked out by hand."""

import dataclasses

import pytest

from kfx.model.facts import Cost, Edge, LayerGraph, Tensor
from kfx.model.walk import by_key, count_held
from kfx.text import numbers
from kfx.views.summary.rows import shown_rows, summary_rows


@pytest.fixture
def rows(nested_graph):
    return {row.address: row for row in summary_rows(nested_graph)}


def test_parameters_of_each_level_add_up(nested_graph, rows):
    assert sum(row.parameters for row in rows.values() if row.level == 0) == nested_graph.params == 150
    assert sum(row.parameters for row in rows.values() if row.call.parent == "encoder") == rows["encoder"].parameters == 60
    assert sum(row.share for row in rows.values() if row.level == 0) == pytest.approx(1)


def test_a_nested_model_costs_what_is_inside(rows):
    assert rows["encoder"].flops == 40 + 80 + 8
    assert rows["encoder"].activation_bytes == 16 + 32 + 32
    assert rows["encoder/code_in"].activation_bytes == 0, "the tensor that the outer model already holds"


def test_the_layers_of_a_nested_model_are_counted_without_its_inputs(rows):
    assert rows["encoder"].inside == "3 layers"
    assert rows["encoder"].settings == "3 layers"
    assert rows["scores"].inside == ""


def test_operations_inside_are_counted_apart_as_in_the_head_and_in_the_picture(looped_graph):
    rows = {row.address: row for row in summary_rows(looped_graph)}
    assert {key: row.inside for key, row in rows.items() if row.inside} == {"cell": "1 layer · 2 operations", "own": "2 layers"}
    calls = by_key(looped_graph)
    for key in ("cell", "own"):
        assert rows[key].inside == numbers.held(*count_held([k for k in calls if k.startswith(f"{key}/")], calls))
    assert rows["cell"].settings == "1 layer · 2 operations"


def test_nested_rows_keep_their_connections(rows):
    assert rows["encoder"].connected_to == ("image",)
    assert rows["encoder/code_in"].connected_to == ("image",), "through the wall"
    assert rows["encoder/join"].connected_to == ("squeeze", "widen")
    assert rows["scores"].connected_to == ("encoder",)


def test_an_input_two_walls_deep_names_its_source_by_its_address(make_call, make_input):
    calls = (
        make_input("x"),
        make_call("outer", kind="model", inner_inputs=("outer/a",)),
        make_input("outer/a", parent="outer"),
        make_call("outer/inner", kind="model", parent="outer", inner_inputs=("outer/inner/b",)),
        make_input("outer/inner/b", parent="outer/inner"),
    )
    edges = (Edge("x", 0, "outer"), Edge("outer/a", 0, "outer/inner"))
    rows = {row.address: row for row in summary_rows(LayerGraph("m", "Functional", "exact", calls, edges))}
    assert rows["outer/inner/b"].connected_to == ("outer/a",)


def test_parallel_edges_and_output_numbers_are_kept(make_call):
    two = (Tensor((None, 4), "float32"), Tensor((None, 4), "float32"))
    calls = (make_call("split", outputs=two), make_call("add"))
    graph = LayerGraph("m", "Functional", "exact", calls, (Edge("split", 1, "add", "0.0"), Edge("split", 1, "add", "0.1")))
    assert summary_rows(graph)[1].connected_to == ("split[1]", "split[1]")


def test_a_shared_layer_has_a_row_a_call_and_is_counted_once(shared_graph):
    first, second = summary_rows(shared_graph)[2:]
    assert (first.layer, first.parameters, first.connected_to) == ("words@1", 80, ("title",))
    assert (second.layer, second.parameters, second.connected_to) == ("words@2", 0, ("body",))
    assert second.settings == "shared, counted once"


def test_an_unknown_part_makes_a_sum_unknown_and_keeps_what_is_known(nested_graph):
    calls = tuple(
        dataclasses.replace(call, cost=Cost(None, None, None, "custom")) if call.key == "encoder/widen" else call
        for call in nested_graph.calls
    )
    row = summary_rows(dataclasses.replace(nested_graph, calls=calls))[1]
    assert (row.flops, row.flops_known, row.flops_text) == (None, 48, "≥ 48")
    assert (row.activation_bytes, row.bytes_text) == (None, "≥ 48 B")


def test_training_is_yes_no_or_partly(nested_graph):
    calls = tuple(
        dataclasses.replace(call, frozen=True, trainable=0) if call.key == "encoder/widen" else call
        for call in nested_graph.calls
    )
    rows = {row.address: row.can_train for row in summary_rows(dataclasses.replace(nested_graph, calls=calls))}
    assert rows == {
        "image": "", "encoder": "partly", "encoder/code_in": "", "encoder/squeeze": "yes", "encoder/widen": "no",
        "encoder/join": "", "scores": "yes",
    }  # fmt: skip


def test_nested_rows_follow_their_model_whatever_the_order_of_the_calls(nested_graph, rows):
    shuffled = dataclasses.replace(
        nested_graph, calls=(*nested_graph.calls[:2], nested_graph.calls[-1], *nested_graph.calls[2:-1])
    )
    assert [row.address for row in summary_rows(shuffled)] == list(rows)


def test_nested_rows_are_shown_when_asked_for(nested_graph):
    rows = summary_rows(nested_graph)
    assert [row.layer for row in shown_rows(rows)] == ["image", "encoder", "scores"]
    assert shown_rows(rows, expand_nested=True) == rows


@pytest.mark.parametrize(
    ("between", "names"),
    [
        (("encoder", "scores"), ["encoder", "scores"]),
        (("scores", "encoder"), ["encoder", "scores"]),
        (("im.*", "enc"), ["image", "encoder"]),
        (["image", "image"], ["image"]),
    ],
)
def test_a_range_takes_names_or_expressions_both_ends_included(nested_graph, between, names):
    assert [row.layer for row in shown_rows(summary_rows(nested_graph), between=between)] == names


@pytest.mark.parametrize(
    ("between", "said"),
    [
        (("encodr", "scores"), r"'encodr', which matches no layer\. Near it: encoder"),
        (("[", "scores"), r"'\[', which is not a regular expression"),
        (("a",), r"`layer_range` is \('a',\); expected two"),
        ("ab", r"`layer_range` is 'ab'; expected two"),
        ((1, 2), r"expected two names"),
        (5, r"`layer_range` is 5; expected two"),
    ],
)
def test_a_range_that_cannot_be_says_why(nested_graph, between, said):
    with pytest.raises(ValueError, match=said):
        shown_rows(summary_rows(nested_graph), between=between)


def test_an_empty_model_has_no_rows():
    assert summary_rows(LayerGraph("m", "Model", "opaque", (), ())) == ()
