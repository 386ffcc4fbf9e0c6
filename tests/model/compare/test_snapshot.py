"""Snapshots: what a model was, held apart from the model."""

import numpy as np
import pytest

import kfx
from kfx.model.compare.opened import open_both
from kfx.model.compare.snapshot import snapshot
from kfx.model.facts import LayerGraph
from kfx.model.read.model import read_layers
from kfx.model.read.weights import weights_by_call


def test_a_snapshot_keeps_the_weights_as_they_were(small_model):
    before = snapshot(small_model)
    layer = small_model.get_layer("first")
    old = layer.get_weights()
    layer.set_weights([2 * old[0], old[1]])
    np.testing.assert_array_equal(before.weights["first"][0].values, old[0])


def test_before_and_after_say_what_moved(small_model):
    before = kfx.snapshot(small_model)
    layer = small_model.get_layer("second")
    layer.set_weights([3 * w for w in layer.get_weights()])
    view = kfx.diff(before, small_model)
    assert [(c.after, c.relative) for c in view.weights] == [("second", pytest.approx(2.0))]
    assert view.changes == []
    assert not view.equal


def test_a_snapshot_takes_as_much_memory_as_the_weights(small_model):
    assert snapshot(small_model).nbytes == 90 * 4
    assert snapshot(small_model, copy=False).nbytes == 6 * 32, "a kernel and a bias in each of three layers"


def test_fingerprints_find_the_layer_that_changed(small_model):
    before = snapshot(small_model, copy=False)
    assert kfx.diff(before, small_model).equal
    small_model.get_layer("scores").set_weights([w + 1 for w in small_model.get_layer("scores").get_weights()])
    (change,) = kfx.diff(before, small_model).weights
    assert (change.after, change.relative) == ("scores", None)


def test_a_snapshot_holds_nothing_of_the_model(keras):
    import gc
    import weakref

    x = keras.Input((2,), name="x")
    model = keras.Model(x, keras.layers.Dense(1, name="d")(x))
    kept, gone = snapshot(model), weakref.ref(model)
    del model, x
    gc.collect()
    assert gone() is None
    assert repr(kept).endswith("2 calls, 12 bytes of weights>")


def test_weights_of_a_shared_layer_stand_at_its_first_call(keras):
    x, y = keras.Input((2,), name="x"), keras.Input((2,), name="y")
    dense = keras.layers.Dense(2, name="d")
    model = keras.Model([x, y], keras.layers.Add(name="s")([dense(x), dense(y)]))
    assert list(weights_by_call(*read_layers(model))) == ["d@1"]


def test_weights_inside_a_nested_model_stand_at_the_layers_inside(keras):
    x = keras.Input((2,), name="x")
    inner = keras.Model(x, keras.layers.Dense(2, name="d")(x), name="inner")
    z = keras.Input((2,), name="z")
    model = keras.Model(z, inner(z))
    assert list(weights_by_call(*read_layers(model))) == ["inner/d"]


def test_every_weight_is_found_once_in_a_model_with_its_own(subclassed, keras):
    model = subclassed(lambda self, x: self.first(x) * self.scale, first=keras.layers.Dense(2, name="first"))
    model.scale = model.add_weight(shape=(1,), name="scale")
    model(keras.ops.zeros((1, 3)))
    graph, layers = read_layers(model)
    assert [w.name for weights in weights_by_call(graph, layers).values() for w in weights] == ["kernel", "bias"]


def test_a_graph_alone_has_no_weights():
    graph = LayerGraph("g", "Functional", "exact", (), ())
    assert [(side.graph, side.note) for side in open_both(graph, graph)] == [(graph, "a graph holds no weights")] * 2


def test_anything_else_is_refused():
    with pytest.raises(TypeError, match="Keras"):
        open_both(3, 3)
