"""Models without ``call`` are listed by their parts, each with its own inner graph, as Keras's summary lists them."""

import keras
import numpy as np
import pytest
from keras import layers

import kfx
from kfx.model.read.model import read_graph


class Auto(keras.Model):
    def __init__(self, *more):
        super().__init__(name="auto")
        self.encoder = keras.Sequential([keras.Input((6,), name="x"), layers.Dense(2, name="h"), *more], name="encoder")
        self.decoder = keras.Sequential([keras.Input((2,), name="z"), layers.Dense(6, name="o")], name="decoder")

    def train_step(self, x):
        return {"loss": keras.ops.mean((self.decoder(self.encoder(x)) - x) ** 2)}


class Net(keras.Model):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.a, self.b = layers.Dense(5, "relu", name="a"), layers.Dense(units, name="b")

    def call(self, x):
        return self.b(self.a(x))


class Holder(keras.Model):
    """Parts in a dict and a list, one never called, a leaf, and a model without ``call`` among them."""

    def __init__(self):
        super().__init__(name="holder")
        self.nets = {"first": Net(3, name="first"), "more": [Net(4, name="second"), layers.Dense(3, name="leaf")]}
        self.auto = Auto()
        self.nets["first"](np.zeros((2, 4), "float32"))
        self.nets["more"][1](np.zeros((2, 4), "float32"))


class Adversarial(keras.Model):
    """The discriminator is held twice: by itself and in the stack."""

    def __init__(self):
        super().__init__(name="adversarial")
        self.generator = keras.Sequential([keras.Input((3,)), layers.Dense(8)], name="generator")
        self.discriminator = keras.Sequential([keras.Input((8,)), layers.Dense(1)], name="discriminator")
        self.stack = keras.Sequential([keras.Input((3,)), self.generator, self.discriminator], name="stack")


def _count(model):
    """As Keras's summary counts, also for a model that was never built."""
    return keras.src.utils.summary_utils.count_params(model.weights)


def test_the_parts_are_those_of_keras_with_their_inner_graphs():
    model = Auto()
    graph = read_graph(model)
    assert graph.kind == "opaque"
    assert [call.key for call in graph.calls if call.parent is None] == [layer.name for layer in model.layers]
    assert [(e.source, e.target) for e in graph.edges] == [("encoder/x", "encoder/h"), ("decoder/z", "decoder/o")]
    assert [c.outputs[0].shape for c in graph.calls if c.parent is None] == [(None, 2), (None, 6)]
    (note,) = graph.notes
    assert "has no call; these are its parts" in note
    assert "train_step" in note


def test_parameters_are_those_of_keras():
    model = Holder()
    graph = read_graph(model)
    assert graph.params == _count(model) == sum(c.params for c in graph.calls if c.parent is None)
    own = {call.key: call.own_params for call in graph.calls if call.parent is None}
    assert own == {layer.name: layer.count_params() if layer.built else 0 for layer in model.layers} | {"auto": 32}


def test_parts_in_lists_and_dicts_are_read_as_far_as_keras_remembers_them():
    calls = {call.key: call for call in read_graph(Holder()).calls}
    assert calls["first"].kind == "model"
    assert calls["first"].note == "traced"
    assert calls["first"].outputs[0].shape == (None, 3)
    assert calls["first"].cost.flops == 83
    assert calls["second"].kind == "opaque"
    assert not calls["second/a"].counted
    assert calls["leaf"].outputs[0].shape == (None, 3)
    assert calls["leaf"].cost.flops == 27
    assert calls["auto"].kind == "opaque"
    assert calls["auto/decoder/o"].cost.flops == 30


def test_parameters_of_a_part_in_two_places_are_counted_once():
    model = Adversarial()
    graph = read_graph(model)
    assert graph.params == _count(model) == 41
    assert [(c.key, c.params, c.own_params) for c in graph.calls if c.parent is None] == [
        ("generator", 32, 32), ("discriminator", 9, 9), ("stack", 0, 41),
    ]  # fmt: skip


def test_the_costs_of_parts_are_not_added_up_to_the_cost_of_a_call():
    view = kfx.summary(Auto())
    assert [row.flops for row in view.rows] == [26, 30]
    assert view.graph.cost.flops is None
    assert "FLOPs unknown · activations unknown · wiring unknown" in str(view)
    assert "32 parameters" in str(view)
    assert "parameters are unknown" not in str(view)


def test_a_model_without_parts_says_so():
    graph = read_graph(keras.Model(name="empty"))
    assert (graph.calls, graph.kind, graph.notes) == ((), "opaque", ("Model has no call and holds no layers.",))


def test_a_model_without_call_inside_another_is_opened():
    class Outer(keras.Model):
        def __init__(self):
            super().__init__(name="outer")
            self.auto, self.head = Auto(), layers.Dense(1, name="head")

        def call(self, x):
            return self.head(self.auto.encoder(x))

    model = Outer()
    model(np.zeros((2, 6), "float32"))
    graph = read_graph(model)
    assert graph.params == _count(model)
    assert ("auto/decoder/z", "auto/decoder/o") in [(edge.source, edge.target) for edge in graph.edges]


def test_reading_parts_leaves_no_trace():
    model = Holder()

    def state():
        held = [model, *model._flatten_layers(include_self=False)]
        return [(sorted(vars(x)), len(x._inbound_nodes), x.built, len(x.losses)) for x in held], [w.path for w in model.weights]

    before = state()
    read_graph(model)
    assert state() == before


@pytest.mark.parametrize("make", [Auto, Holder, Adversarial])
def test_every_face_shows_the_parts(make):
    model = make()
    names = [layer.name for layer in model.layers]
    view = kfx.plot_model(model)
    assert all(name in str(view) and name in view.svg() for name in names)
    assert all(name in kfx.summary(model)._html() for name in names)
    assert {frame.key for frame in view.picture().frames} >= {key for key in view.plan.containers if "/" not in key}


def test_diff_compares_parts_and_the_wiring_inside_them():
    a, b = Auto(), Auto()
    b.set_weights(a.get_weights())
    same = kfx.diff(a, b)
    assert list(same.changes) == []
    assert same.left_out == (  # what their train_step does with the parts
        "How the layers at the top are wired is unknown in at least one of the two, so it was not compared.",
    )
    view = kfx.diff(a, Auto(layers.ReLU(name="r")), weights=False)
    assert ("added", None, "encoder/r") in [(change.kind, change.before, change.after) for change in view.changes]
    assert ("rewired", "encoder", "encoder", "model outputs") in [(c.kind, c.before, c.after, c.what) for c in view.changes]
