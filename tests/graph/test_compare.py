"""What differs between two graphs, against hand-made pairs of models."""

import pytest

from kfx.graph.compare import compare
from kfx.graph.read import read_graph
from kfx.quiet import import_keras

keras = import_keras()
L = keras.layers


def chain(*layers, shape=(8,), name="m"):
    x = inputs = keras.Input(shape, name="img")
    for layer in layers:
        x = layer(x)
    return keras.Model(inputs, x, name=name)


def changes(a, b):
    return [(c.kind, c.before, c.after, c.what, c.a, c.b) for c in compare(read_graph(a), read_graph(b)).changes]


def test_a_clone_is_equal():
    model = chain(L.Dense(4, name="a"), L.Dropout(0.5, name="d"), L.Dense(2, name="b"))
    diff = compare(read_graph(model), read_graph(keras.models.clone_model(model)))
    assert diff.equal
    assert repr(diff) == "<GraphDiff 'm' → 'm': equal>"


def test_a_changed_argument_says_from_what_to_what():
    a = chain(L.Dense(4, name="a"), L.Dense(2, name="b"))
    b = chain(L.Dense(4, activation="relu", name="a"), L.Dense(2, name="b"))
    assert changes(a, b) == [("changed", "a", "a", "activation", "linear", "relu")]


def test_an_added_layer_rewires_the_one_behind_it():
    a = chain(L.Dense(4, name="a"), L.Dense(2, name="b"))
    b = chain(L.Dense(4, name="a"), L.BatchNormalization(name="bn"), L.Dense(2, name="b"))
    assert changes(a, b) == [
        ("added", None, "bn", "", "", "16 params"),
        ("rewired", "b", "b", "input", "a", "bn"),
    ]


def test_a_removed_layer_is_the_mirror_image():
    a = chain(L.Dense(4, name="a"), L.Dropout(0.5, name="d"), L.Dense(2, name="b"))
    b = chain(L.Dense(4, name="a"), L.Dense(2, name="b"))
    assert [c[:3] for c in changes(a, b)] == [("removed", "d", None), ("rewired", "b", "b")]


def test_another_name_is_a_rename_and_nothing_else():
    a = chain(L.Dense(4, name="a"), L.Dense(2, name="dense_1"))
    b = chain(L.Dense(4, name="a"), L.Dense(2, name="head"))
    assert changes(a, b) == [("renamed", "dense_1", "head", "name", "dense_1", "head")]


def test_automatic_names_that_moved_on_are_renames_not_changes():
    """Two models built in one session: the second's ``dense_1`` is the first's ``dense``."""
    a = chain(L.Dense(4, name="dense"), L.Dense(5, name="dense_1"), L.Dense(6, name="dense_2"))
    b = chain(L.Dense(4, name="dense_1"), L.Dense(5, name="dense_2"), L.Dense(6, name="dense_3"))
    diff = compare(read_graph(a), read_graph(b))
    assert diff.count("renamed") == 3
    assert {c.kind for c in diff.changes} == {"renamed"}


def test_frozen_and_thawed_are_told():
    a = chain(L.Dense(4, name="a"), L.Dense(2, name="b"))
    b = keras.models.clone_model(a)
    b.get_layer("a").trainable = False
    assert changes(a, b) == [("frozen", "a", "a", "trainable", "True", "False")]
    assert changes(b, a) == [("thawed", "a", "a", "trainable", "False", "True")]


def test_a_difference_inside_a_nested_model_is_found_by_its_address():
    def nested(units):
        inner = chain(L.Dense(units, name="d"), name="enc")
        outer = keras.Input((8,), name="x")
        return keras.Model(outer, L.Dense(1, name="out")(inner(outer)), name="m")

    kinds = {(c[0], c[1], c[3]) for c in changes(nested(3), nested(5))}
    assert ("changed", "enc/d", "units") in kinds
    assert ("changed", "enc", "output") not in kinds, "it follows from the layer inside"


def test_a_skip_that_now_starts_elsewhere_is_rewired():
    def skip(early):
        x = keras.Input((8,), name="x")
        a = L.Dense(8, name="a")(x)
        b = L.Dense(8, name="b")(a)
        return keras.Model(x, L.Add(name="sum")([b, x if early else a]), name="m")

    assert changes(skip(True), skip(False)) == [("rewired", "sum", "sum", "input", "b, x", "b, a")]


def test_swapped_model_outputs_are_told():
    def two(swap):
        x = keras.Input((8,), name="x")
        p, q = L.Dense(1, name="p")(x), L.Dense(1, name="q")(x)
        return keras.Model(x, [q, p] if swap else [p, q], name="m")

    assert changes(two(False), two(True)) == [("rewired", None, None, "model outputs", "p, q", "q, p")]


@pytest.mark.parametrize("name", ["<b>&", 'q"uote', "새 층", "a\nb"])
def test_hostile_names_are_only_text(name):
    a, b = chain(L.Dense(4, name=name)), chain(L.Dense(5, name=name))
    assert ("changed", name, name, "units", "4", "5") in changes(a, b)
