"""The line above the table and the line below it."""

import dataclasses

from kfx.model.facts import KvCache
from kfx.views.summary.rows import summary_rows
from kfx.views.summary.totals import foot_facts, head_facts, reading_notes


def head(graph):
    return " · ".join(map(str, head_facts(graph, summary_rows(graph))))


def test_the_head_counts_layers_parameters_and_costs(nested_graph):
    assert head(nested_graph) == "5 layers · 1 nested model · 150 parameters · 308 FLOPs · 136 B activations"


def test_a_shared_layer_is_one_layer_with_two_calls(shared_graph):
    assert head(shared_graph) == "3 layers, 4 calls · 80 parameters, counted once · FLOPs unknown · activations unknown"


def test_the_second_call_of_a_nested_model_holds_no_new_layers(nested_graph, make_call):
    inner = [call for call in nested_graph.calls if call.parent == "encoder"]
    again = [dataclasses.replace(c, key=c.key.replace("encoder", "encoder@2"), parent="encoder@2", params=0) for c in inner]
    model = make_call("encoder@2", kind="model", calls=2, own_params=60)
    twice = dataclasses.replace(nested_graph, calls=(*nested_graph.calls, model, *again))
    assert head(twice).startswith("5 layers, 8 calls · 1 nested model · 150 parameters, counted once")


def test_operations_are_counted_apart_and_once_like_the_layers(looped_graph, make_call):
    said = "6 layers, 7 calls · 2 operations · 1 nested model"
    assert head(looped_graph).startswith(said)
    inner = [call for call in looped_graph.calls if call.parent == "cell"]
    again = [dataclasses.replace(c, key=c.key.replace("cell", "cell@2"), parent="cell@2", params=0) for c in inner]
    model = make_call("cell@2", kind="model", calls=2, own_params=20)
    twice = dataclasses.replace(looped_graph, calls=(*looped_graph.calls, model, *again))
    assert head(twice).startswith("6 layers, 9 calls · 2 operations · 1 nested model")


def test_how_the_model_was_read_is_said_unless_it_is_exact(nested_graph):
    assert head(dataclasses.replace(nested_graph, kind="traced")).endswith(" · traced from one run")
    assert head(dataclasses.replace(nested_graph, kind="opaque")).endswith(" · wiring unknown")


def foot(graph, **changes):
    return " · ".join(map(str, foot_facts(dataclasses.replace(graph, **changes))))


def test_the_foot_adds_up(nested_graph):
    assert foot(nested_graph, trainable=110) == "Total 150 · trainable 110 · frozen 40 · 600 B as float32"


def test_the_foot_names_the_optimizer_where_there_is_one(nested_graph):
    assert foot(nested_graph, optimizer_params=302).endswith(" · optimizer 302 more")


def test_weights_of_several_widths_claim_no_type(nested_graph):
    assert foot(nested_graph, weight_bytes=450).endswith(" · 450 B")


def test_a_question_mark_is_explained_where_there_is_one(nested_graph, shared_graph):
    assert reading_notes(nested_graph, summary_rows(nested_graph)) == ["One example: shapes leave the batch axis out."]
    assert "? is an axis of any length" in reading_notes(shared_graph, summary_rows(shared_graph))[0]


def test_notes_of_the_reader_are_passed_on_in_one_line(nested_graph):
    noted = dataclasses.replace(nested_graph, notes=("a\nb",))
    assert reading_notes(noted, ())[1:] == ["a\\nb"]


def test_active_parameters_and_the_kv_cache_are_said_where_they_are_known(nested_graph):
    cache = KvCache(1_572_864, 1, (2048,), ("a", "b", "c"))
    known = dataclasses.replace(nested_graph, active_params=1_200_000, params=4_500_000, kv_cache=cache)
    foot = [str(fact) for fact in foot_facts(known)]
    assert foot[-2:] == ["active 1.2 M of 4.5 M for one token", "KV cache 1.6 MB for 1 × 2,048"]
    assert "KV cache: keys and values of causal self-attention in 3 calls: a, b and 1 more." in reading_notes(known, ())
    assert not any("active" in str(fact) or "KV" in str(fact) for fact in foot_facts(nested_graph))
