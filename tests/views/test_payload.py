"""What a live view is given: whole, JSON-ready, safe to send."""

import json

from kfx.views.payload import payload, wire_key


def test_every_call_crosses_with_its_words(nested_graph):
    facts = payload(nested_graph)
    calls = {call["key"]: call for call in facts["calls"]}
    assert list(calls) == [call.key for call in nested_graph.calls]
    assert calls["scores"]["paramsText"] == "90"
    assert calls["scores"]["share"] == 0.6
    assert calls["scores"]["shareText"] == "60.0 % of all parameters"
    assert calls["encoder"]["flops"] == 128
    assert facts["texts"][calls["scores"]["out"]] == "(batch, 10) float32"
    assert facts["configs"][calls["scores"]["config"]] == [["units", "10"]]


def test_feeds_go_through_the_walls_of_nested_models(nested_graph):
    calls = {call["key"]: call for call in payload(nested_graph)["calls"]}
    assert calls["scores"]["feeds"] == ["encoder/join"]
    assert calls["encoder/code_in"]["feeds"] == ["image"]
    assert calls["encoder"]["feeds"] == ["image"], "a folded model is fed at its wall"


def test_what_calls_share_is_sent_once(named_graph):
    facts = payload(named_graph(*(f"layer_{i}" for i in range(50))))
    assert len(facts["texts"]) < 5


def test_a_hostile_name_crosses_as_visible_text(named_graph, hostile_name):
    facts = payload(named_graph(hostile_name, "after"))
    json.dumps(facts, ensure_ascii=False).encode()
    assert all(char.isprintable() or char == "\u200d" for char in facts["calls"][1]["label"])
    assert facts["calls"][2]["feeds"] == [facts["calls"][1]["key"]] == [wire_key(hostile_name)]


def test_an_address_is_sent_as_it_is_unless_it_holds_half_a_character():
    assert wire_key("encoder/합성곱@2") == "encoder/합성곱@2"
    assert wire_key("half\ud83d") == r"half\ud83d"
