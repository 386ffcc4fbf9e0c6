"""A graph followed as it grows, cell by cell, as a namespace would change in a notebook."""

import gc
import weakref

import pytest

from kfx.keras_access.importing import import_keras
from kfx.model.growing.follow import MOST_REPLACED, Follower

keras = import_keras()
L = keras.layers


@pytest.fixture
def ns():
    return {"inputs": keras.Input((8,), name="inputs")}


def test_the_first_look_shows_the_inputs_and_nothing_is_new(ns):
    seen = Follower([ns["inputs"]]).look(ns)
    assert [c.key for c in seen.graph.calls] == ["inputs"]
    assert seen.new == frozenset()
    assert seen.held == {"inputs": ("inputs",)}


def test_a_cell_that_calls_a_layer_adds_it_and_marks_it_new(ns):
    follower = Follower([ns["inputs"]])
    follower.look(ns)
    ns["x"] = L.Dense(4, name="a")(ns["inputs"])
    seen = follower.look(ns)
    assert seen.new == {"a"}
    assert seen.ends == {"a"}
    assert seen.held["a"] == ("x",)
    ns["x"] = L.Dense(4, name="b")(ns["x"])
    assert follower.look(ns).new == {"b"}


def test_nothing_is_read_when_nothing_changed(ns):
    follower = Follower([ns["inputs"]])
    assert follower.look(ns) is not None
    ns["other"] = 3
    assert follower.look(ns) is None


def test_the_same_cell_again_replaces_the_branch_before(ns):
    follower = Follower([ns["inputs"]])
    for n in range(3):
        ns["x"] = L.Dense(4, name=f"a{n}")(ns["inputs"])
        seen = follower.look(ns)
    assert seen.replaced == {"a0", "a1"}
    assert seen.ends == {"a2"}
    assert seen.new == {"a2"}


def test_of_many_replaced_branches_the_last_few_are_shown_and_the_rest_counted(ns):
    follower, sizes = Follower([ns["inputs"]]), []
    for n in range(12):
        ns["x"] = L.Dense(4, name=f"b{n}")(L.Dense(4, name=f"a{n}")(ns["inputs"]))
        seen = follower.look(ns)
        sizes.append(len(seen.graph.calls))
        assert len(seen.replaced) + seen.older == 2 * n
    assert seen.replaced == {f"{letter}{n}" for n in range(12 - 1 - MOST_REPLACED, 11) for letter in "ab"}
    assert set(sizes[MOST_REPLACED:]) == {1 + 2 + 2 * MOST_REPLACED}


def test_a_branch_that_later_ones_need_or_a_variable_holds_again_is_shown(ns):
    follower, kept = Follower([ns["inputs"]]), None
    base = L.Dense(4, name="base")(ns["inputs"])
    for n in range(8):
        ns["x"] = L.Dense(4, name=f"a{n}")(base)
        kept = kept if n else ns["x"]
        seen = follower.look(ns)
    assert {"base", "a7", "a6", "a5", "a4"} <= {call.key for call in seen.graph.calls}
    assert seen.older == 4
    ns["again"] = kept
    seen = follower.look(ns)
    assert seen.held["a0"] == ("again",)
    assert seen.older == 3


def test_what_a_model_or_a_list_holds_is_not_replaced(ns):
    follower = Follower([ns["inputs"]])
    code = L.Dense(4, name="code")(ns["inputs"])
    ns["encoder"] = keras.Model(ns["inputs"], code)
    ns["several"] = [L.Dense(1, name="one")(ns["inputs"])]
    ns["x"] = L.Dense(2, name="x")(ns["inputs"])
    del code
    assert follower.look(ns).replaced == frozenset()


def test_without_a_namespace_nothing_counts_as_replaced(ns):
    follower = Follower([ns["inputs"]])
    L.Dense(4, name="a")(ns["inputs"])
    seen = follower.look()
    assert seen.replaced == frozenset()
    assert seen.ends == {"a"}


def test_several_inputs_that_meet_are_one_graph(ns):
    ns["other"] = keras.Input((8,), name="other")
    follower = Follower([ns["inputs"]])
    ns["y"] = L.Add(name="sum")([ns["inputs"], L.Dense(8, name="d")(ns["other"])])
    assert {c.key for c in follower.look(ns).graph.calls} == {"inputs", "other", "d", "sum"}


def test_models_are_marked_on_the_graph_they_share(ns):
    ns["code"] = L.Dense(2, name="code")(ns["inputs"])
    ns["back"] = L.Dense(8, name="back")(ns["code"])
    ns["encoder"] = keras.Model(ns["inputs"], ns["code"], name="encoder")
    ns["auto"] = keras.Model(ns["inputs"], ns["back"], name="auto")
    follower = Follower([ns["inputs"]])
    follower.mark(ns["encoder"])
    follower.mark(ns["auto"])
    outlines = {o.name: o.keys for o in follower.look(ns).outlines}
    assert outlines == {"encoder": {"inputs", "code"}, "auto": {"inputs", "code", "back"}}


def test_layers_that_were_created_but_never_called_are_told(ns):
    ns["spare"] = L.Dense(3, name="spare")
    follower = Follower([ns["inputs"]])
    assert follower.look(ns).unused == (("spare", "Dense"),)
    ns["y"] = ns["spare"](ns["inputs"])
    assert follower.look(ns).unused == ()


def test_what_the_user_drops_is_let_go(ns):
    follower = Follower([ns["inputs"]])
    ns["x"] = L.Dense(4)(ns["inputs"])
    follower.look(ns)
    ghost = weakref.ref(ns["inputs"])
    layer = weakref.ref(ns["x"]._keras_history.operation)
    ns.clear()
    gc.collect()
    assert ghost() is None
    assert layer() is None
    assert follower.look(ns) is None


def test_a_thousand_cells_leave_nothing_behind():
    ns = {"inputs": keras.Input((8,), name="inputs")}
    follower = Follower([ns["inputs"]])
    born = weakref.WeakSet()
    for n in range(1000):
        ns["inputs"] = keras.Input((8,), name=f"in{n}")
        follower = Follower([ns["inputs"]])
        layer = L.Activation("relu", name=f"a{n}")
        born.add(layer)
        ns["x"] = layer(ns["inputs"])
        follower.look(ns)
    gc.collect()
    assert 1 <= len(born) <= 3


@pytest.mark.parametrize("given", [[3], [], ["x"], [None]])
def test_anything_but_symbolic_tensors_is_refused_with_advice(given):
    with pytest.raises(TypeError, match="starts at symbolic tensors"):
        Follower(given)


def test_only_a_model_with_a_graph_can_be_marked(ns):
    with pytest.raises(TypeError, match="graph of its own"):
        Follower([ns["inputs"]]).mark(L.Dense(3))
