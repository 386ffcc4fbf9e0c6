"""The text face of a graph: useful by itself, one line a call."""

from kfx.model.facts import Edge, LayerGraph, Tensor
from kfx.views.graph.text import text_tree


def test_a_nested_model_is_indented_and_says_what_feeds_what(nested_graph):
    assert text_tree(nested_graph).splitlines()[1:] == [
        "image      Input        4",
        "encoder    Functional   8   <- image",
        "  code_in  Input        4",
        "  squeeze  Dense        4   <- code_in",
        "  widen    Dense        8   <- squeeze",
        "  join     Concatenate  8   <- squeeze, widen",
        "scores     Dense        10  <- encoder",
        "returns scores",
    ]


def test_the_head_counts(nested_graph):
    assert text_tree(nested_graph).startswith("pocket (Functional): ")
    assert "150 parameters" in text_tree(nested_graph).splitlines()[0]


def test_a_shared_layer_has_a_line_for_each_call(shared_graph):
    lines = text_tree(shared_graph).splitlines()
    assert "words@1  Embedding  ?×8  <- title" in lines
    assert "words@2  Embedding  ?×8  <- body" in lines
    assert lines[-1] == "returns title: words@1, body: words@2"


def test_the_port_of_a_call_with_several_outputs_is_said(make_call, make_input):
    two = (Tensor((None, 4), "float32"), Tensor((None, 4), "float32"))
    calls = (make_input("x"), make_call("lstm", "LSTM", outputs=two), make_call("out"))
    graph = LayerGraph(
        "net", "Functional", "exact", calls, (Edge("x", 0, "lstm"), Edge("lstm", 1, "out")), outputs=(("out", 0, ""),)
    )
    assert text_tree(graph).splitlines()[3].endswith("<- lstm[1]")


def test_without_names_sources_are_numbered(nested_graph):
    lines = text_tree(nested_graph, names=False, shapes=False).splitlines()
    assert lines[4].split() == ["#4", "Dense", "<-", "#3"]
    assert not any("squeeze" in line for line in lines[1:-1])


def test_hostile_names_stay_on_their_line(hostile_name, make_call, make_input):
    name = hostile_name.replace("/", ":")
    graph = LayerGraph(name, "Functional", "exact", (make_input("x"), make_call(name)), (Edge("x", 0, name),))
    text = text_tree(graph)
    assert len(text.splitlines()) == 3
    assert text.replace("\n", "").isprintable() or "\u200d" in text


def test_notes_come_last(named_graph):
    graph = named_graph("a")
    noted = LayerGraph(graph.name, graph.type, "traced", graph.calls, graph.edges, outputs=graph.outputs, notes=("Seen once.",))
    assert text_tree(noted).splitlines()[-1] == "Seen once."
