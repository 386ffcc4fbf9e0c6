"""How much is equal and how much differs: the head, the boxes and the rows of a comparison give one number; no Keras needed."""

import itertools

import pytest

from kfx.model.compare.differences import compare
from kfx.model.compare.union import union
from kfx.model.facts import Edge, LayerGraph
from kfx.views.diff.counts import called, counts
from kfx.views.diff.picture import TwoGraphs
from kfx.views.diff.rows import shown_rows


def chain(*calls, name="net"):
    top = [call for call in calls if call.parent is None]
    inner = [Edge(a.key, 0, b.key) for a, b in itertools.pairwise(calls) if a.parent is not None and a.parent == b.parent]
    edges = (*(Edge(a.key, 0, b.key) for a, b in itertools.pairwise(top)), *inner)
    return LayerGraph(name, "Functional", "exact", calls, edges, (calls[0].key,), ((top[-1].key, 0, ""),))


@pytest.fixture
def mixed(make_call, make_input):
    """``x, a, +, s@1, s@2, enc(i, p, q), out``: five layers at the top with x, six calls of them, one operation, two inside."""

    def net(units=4, last="out", extra=()):
        calls = (
            make_input("x"),
            make_call("a", config=(("units", str(units)),)),
            make_call("add", "Add", kind="op", family="merge", module="keras.ops"),
            make_call("s@1", "Dense", calls=2, params=20),
            make_call("s@2", "Dense", calls=2, own_params=20),
            make_call("enc", "Functional", kind="model", family="model", inner_inputs=("enc/i",),
                      inner_outputs=(("enc/q", 0),)),
            make_input("enc/i", parent="enc"),
            make_call("enc/p", parent="enc"),
            make_call("enc/q", "Dropout", parent="enc", family="norm"),
            *extra,
            make_call(last, "Softmax"),
        )  # fmt: skip
        return chain(*calls)

    return net


def test_what_is_equal_is_counted_by_calls_without_the_inputs_of_nested_models(mixed):
    diff = compare(mixed(4), mixed(8))
    assert counts(diff) == ["1 changed", "7 equal"], "x, add, s twice, p, q, out; the model around p and q counts by them"


def test_the_box_above_equal_layers_says_what_the_head_counts(mixed):
    two = TwoGraphs(compare(mixed(4), mixed(4)))
    (box,) = two.picture().boxes
    assert counts(two.diff) == ["8 equal"]
    assert box.name == "6 layers, 7 calls · 1 operation", "x, a, s (twice), p, q, out and add: 7 + 1 = 8"
    assert box.title == "6 layers, 7 calls · 1 operation, equal in both"


def test_every_call_is_equal_or_differs_and_none_is_counted_twice(mixed):
    diff = compare(mixed(4), mixed(8, last="end"))
    two = TwoGraphs(diff)
    every = list(two.counted(call.key for call in two.union.graph.calls if call.parent is None))
    assert len({call.key for call in every}) == len(every) == 8
    assert (two.differing(every), diff.same) == (2, 6)


def test_a_model_that_only_one_graph_has_is_one_difference(mixed, make_call, make_input):
    extra = (
        make_call("more", "Functional", kind="model", family="model", inner_inputs=("more/j",), inner_outputs=(("more/r", 0),)),
        make_input("more/j", parent="more"),
        make_call("more/r", parent="more"),
        make_call("more/t", parent="more"),
    )
    diff = compare(mixed(), mixed(extra=extra))
    assert counts(diff)[0] == "1 added"
    assert called(list(TwoGraphs(diff).counted(["more"]))) == "1 nested model"


def test_layers_with_new_automatic_names_are_equal(make_call, make_input):
    """Both nets: an input and four layers; Keras numbered three of them otherwise."""

    def net(first):
        layers = [make_call(f"dense_{first + n}", shape=(None, n)) for n in range(3)]
        return chain(make_input("x"), *layers, make_call("out"))

    two = TwoGraphs(compare(net(1), net(5)))
    (box,) = two.picture().boxes
    assert counts(two.diff) == ["5 equal"]
    assert (box.name, box.detail, box.badge) == ("5 layers", "equal in both", "=")


def test_a_rewired_layer_inside_a_nested_model_is_a_difference(make_call, make_input):
    def net(source):
        calls = (
            make_input("x"),
            make_call("enc", "Functional", kind="model", family="model", inner_inputs=("enc/i",),
                      inner_outputs=(("enc/c", 0),)),
            make_input("enc/i", parent="enc"),
            make_call("enc/a", parent="enc"),
            make_call("enc/b", "Dropout", parent="enc"),
            make_call("enc/c", "Softmax", parent="enc"),
        )  # fmt: skip
        edges = (
            Edge("x", 0, "enc"), Edge("enc/i", 0, "enc/a"), Edge("enc/a", 0, "enc/b"), Edge(f"enc/{source}", 0, "enc/c"),
        )  # fmt: skip
        return LayerGraph("net", "Functional", "exact", calls, edges, ("x",), (("enc", 0, ""),))

    two = TwoGraphs(compare(net("b"), net("a")))
    assert counts(two.diff) == ["1 rewired", "3 equal"], "x, a and b"
    folded = {box.key: box for box in two.picture([]).boxes}["enc"]
    assert folded.detail == "Functional · 1 difference"


def test_operations_in_one_row_are_not_called_layers(make_call, make_input):
    def net(dtype):
        calls = [make_call(f"a{n}", shape=(None, n + 1), config=(("dtype", dtype),)) for n in range(3)]
        calls += [make_call("add", "Add", kind="op", config=(("dtype", dtype),))]
        return chain(make_input("x"), *calls)

    diff = compare(net("float32"), net("float16"))
    (row,) = shown_rows(diff, union(diff))
    assert (row.layer, row.what, row.a, row.b) == ("3 layers · 1 operation", "dtype", "float32", "float16")
    assert counts(diff) == ["4 changed", "1 equal"]


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (["a", "b"], "2 layers"),
        (["x", "a"], "2 layers"),
        (["x"], "1 input"),
        (["+", "+"], "2 operations"),
        (["s@1", "s@2", "+"], "1 layer, 2 calls · 1 operation"),
        (["s@2"], "1 layer"),
        (["a", "m"], "1 layer · 1 nested model"),
    ],
)
def test_calls_are_named_by_what_they_are(of, said, make_call, make_input):
    kinds = {"+": "op", "m": "model"}
    calls = [
        make_input(key) if key == "x" else make_call(key, kind=kinds.get(key, "layer"), calls=2 if "@" in key else 1)
        for key in of
    ]
    assert called(calls) == said
