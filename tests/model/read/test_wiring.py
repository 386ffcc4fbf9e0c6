"""The wiring of one step, against what is read from its code by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import kfx
from kfx.model.read.model import read_graph
from kfx.model.walk import wires


def wiring(graph):
    """Top-level calls in order, each with its sources."""
    fed = {}
    for edge in graph.edges:
        fed.setdefault(edge.target, []).append(edge.source + (f"[{edge.output}]" if edge.output else ""))
    return {call.key: fed.get(call.key, []) for call in graph.calls if call.parent is None}


BY_HAND = {
    "vae": {
        "data": [],
        "encoder": ["data"],
        "random_normal": [],
        "decoder": ["encoder", "encoder[1]", "random_normal"],
        "loss": ["data", "decoder", "encoder[1]", "encoder"],
    },
    "gan": {
        "data": [],
        "random_normal": [],
        "generator@1": ["random_normal"],
        "discriminator@1": ["generator@1", "data"],
        "loss_1": ["discriminator@1"],
        "random_normal_1": [],
        "generator@2": ["random_normal_1"],
        "discriminator@2": ["generator@2"],
        "loss_2": ["discriminator@2"],
    },
    "cycle": {
        "x": [],
        "y": [],
        "there@1": ["x"],
        "back@1": ["there@1"],
        "back@2": ["y"],
        "there@2": ["back@2"],
        "loss_1": ["back@1", "x"],
        "loss_2": ["there@2", "y"],
    },
    "distiller": {
        "x": [],
        "y": [],
        "student": ["x"],
        "teacher": ["x"],
        "loss": ["y", "student", "teacher"],
        "shadow": [],
    },
    "compiled": {
        "x": [],
        "y": [],
        "sample_weight": [],
        "student": ["x"],
        "teacher": ["x"],
        "loss": ["y", "student", "sample_weight", "teacher"],
        "shadow": [],
    },
    "keeps": {"data": [], "net@1": ["data"], "net@2": ["net@1"], "loss": ["net@2"]},
    "evaluates": {"image": [], "label": [], "net": ["image"], "score": ["net", "label"]},
}


@pytest.mark.parametrize("name", BY_HAND)
def test_the_wiring_is_that_of_the_code(made, name):
    graph = read_graph(made(name)[0], inputs=made(name)[1])
    assert graph.kind == "traced"
    found = wiring(graph)
    assert list(found) == list(BY_HAND[name])
    assert {key: set(sources) for key, sources in found.items()} == {key: set(s) for key, s in BY_HAND[name].items()}


def test_the_inner_gradient_of_a_penalty_lies_on_the_way_to_the_loss(made):
    found = wiring(read_graph(*made("penalty")[:1], inputs=made("penalty")[1]))
    assert set(found["critic@3"]) == {"data", "random_uniform", "generator@1"}
    assert set(found["gradient"]) == {"critic@3", "data", "random_uniform", "generator@1"}
    assert set(found["loss_1"]) == {"critic@1", "critic@2", "gradient"}
    assert set(found["loss_2"]) == {"critic@4", "critic@5", "gradient_1"}
    assert found["loss_3"] == ["critic@7"]


@pytest.mark.parametrize("name", [*BY_HAND, "penalty"])
def test_every_call_comes_after_what_it_needs(made, name):
    graph = read_graph(made(name)[0], inputs=made(name)[1])
    place = {call.key: number for number, call in enumerate(graph.calls)}
    assert all(place[edge.source] < place[edge.target] for edge in graph.edges)
    assert [graph.inputs, tuple(key for key, *_ in graph.outputs)] == [
        tuple(c.key for c in graph.calls if c.kind == "input" and c.parent is None),
        tuple(c.key for c in graph.calls if c.type in ("Loss", "Metric")),
    ]


def test_a_loss_has_the_name_under_which_the_step_returns_it(made):
    graph = read_graph(made("gan")[0], inputs=made("gan")[1])
    assert [call.settings for call in graph.calls if call.type == "Loss"] == [("d_loss",), ("g_loss",)]


def test_the_parts_have_their_inner_graphs(made):
    graph = read_graph(made("distiller")[0], inputs=made("distiller")[1])
    inside = [(call.key, call.kind) for call in graph.calls if call.parent == "student"]
    assert inside == [("student/x", "input"), ("student/a", "layer"), ("student/b", "layer")]
    assert ("student/a", "student/b") in [(edge.source, edge.target) for edge in graph.edges]


def test_parameters_and_costs_are_those_of_the_calls(made):
    model, data = made("distiller")
    graph = read_graph(model, inputs=data)
    calls = {call.key: call for call in graph.calls}
    assert [calls[key].params for key in ("student", "teacher", "shadow")] == [31, 31, 5]
    assert graph.params == 67  # the student is not built yet; Keras counts 36
    assert (graph.cost.flops, graph.cost.at_least) == (None, 2 * (2 * 4 * 5 + 5 + 5 + 2 * 5 + 1))  # the shadow is not called
    assert calls["shadow"].note == "not called in one train_step"
    assert "≥ 122 FLOPs" in str(kfx.summary(model, inputs=data))
    assert not model.student.built


def test_tensors_joined_on_their_way_into_a_part_enter_it_by_one_input(made):
    graph = read_graph(made("gan")[0], inputs=made("gan")[1])
    entrance = graph.calls[[c.key for c in graph.calls].index("discriminator@1")].inner_inputs[0]
    assert {wire.source for wire in wires(graph) if wire.target == entrance} == {"generator@1/d", "data"}


@pytest.mark.parametrize("name", ["gan", "penalty", "distiller"])
def test_every_face_shows_the_step(made, name):
    model, data = made(name)
    for nested in (False, True):
        view = kfx.plot_model(model, inputs=data, expand_nested=nested)
        assert all(call.label in view.svg() for call in view.graph.calls if call.parent is None)
    assert "of one train_step" in kfx.summary(model, inputs=data)._html()
    assert "of one train_step" in str(kfx.explore(model, inputs=data))


def test_two_models_are_compared_by_their_steps(made):
    class Other(type(made("gan")[0])):
        def train_step(self, real):
            return {"loss": keras.ops.mean(self.discriminator(real))}

    first, data = made("gan")
    assert kfx.diff(first, first, inputs=data).equal
    assert not kfx.diff(first, Other(), inputs=data).equal


@pytest.mark.parametrize("inputs", [np.ones((4, 7), "float32"), (np.ones((4, 4)), np.ones(4)), np.ones(4), np.array(["a"])])
def test_inputs_that_are_no_batch_for_the_step_are_refused_in_words(made, inputs):
    model, _ = made("gan")
    graph = read_graph(model, inputs=inputs)
    assert graph.kind == "opaque"
    assert [call.key for call in graph.calls if call.parent is None] == ["generator", "discriminator"]
    (note,) = graph.notes
    assert "How one train_step calls them is unknown: with these inputs it raised" in note


def test_a_model_that_has_to_be_compiled_says_so(made):
    model, data = made("gan")
    model = type(model)()
    (note,) = read_graph(model, inputs=data).notes
    assert "object has no attribute" in note
    assert "compile it first" in note


class Adds(layers.Layer):
    def call(self, x):
        self.add_loss(keras.ops.mean(x**2))
        return x * 2


class Quantizes(keras.Model):
    """VQ-VAE's loss comes out of a layer inside the part."""

    def __init__(self):
        super().__init__(name="quantizes")
        self.net = keras.Sequential([keras.Input((4,)), layers.Dense(4), Adds()], name="net")

    def train_step(self, x):
        with tf.GradientTape() as tape:
            self.net(x)
            loss = sum(self.net.losses)
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"loss": loss}


def test_a_loss_that_a_part_adds_comes_from_that_part():
    model = Quantizes()
    graph = read_graph(model, inputs=np.ones((2, 4), "float32"))
    assert wiring(graph) == {"data": [], "net": ["data"], "loss": ["net"]}
    assert (model.losses, model.net.losses) == ([], [])


class Loops(keras.Model):
    def __init__(self):
        super().__init__(name="loops")
        self.first, self.net = (keras.Sequential([keras.Input((4,)), layers.Dense(4)], name=n) for n in ("first", "net"))
        self.updates = keras.optimizers.SGD()

    @tf.function
    def helper(self, x):
        return self.first(x)

    def train_step(self, x):
        h = self.helper(x)
        h = tf.while_loop(lambda i, h: i < 3, lambda i, h: (i + 1, self.net(h)), [0, h])[1]
        return {"loss": keras.ops.mean(h)}


def test_what_is_called_in_a_loop_is_named_and_not_counted():
    graph = read_graph(Loops(), inputs=np.ones((2, 4), "float32"))
    assert wiring(graph) == {"data": [], "first": ["data"], "loss": ["first"], "net": []}
    assert graph.calls[[c.key for c in graph.calls].index("net")].note.startswith("called inside a loop or a condition")
    assert "Calls inside a loop or a condition of the step are not shown: net." in graph.notes
    assert (graph.cost.flops, graph.cost.at_least) == (None, 36)


def test_a_model_without_a_step_says_so():
    class Holds(keras.Model):
        def __init__(self):
            super().__init__(name="holds")
            self.part = layers.Dense(2, name="part")

    (note,) = read_graph(Holds(), inputs=np.ones((2, 2))).notes
    assert "it has no train_step of its own" in note
