"""Models whose code asks for values or for the number of examples: one real call on the data given, and nothing stays of it."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from kfx.model.read.model import read_graph
from kfx.model.walk import by_key

X = np.linspace(-1, 1, 40, dtype="float32").reshape(10, 4)


class Asks(keras.Model):
    """Takes one of two ways, by the sum of its input."""

    def __init__(self):
        super().__init__(name="asks")
        self.up, self.down, self.last = (layers.Dense(4, name=name) for name in ("up", "down", "last"))

    def call(self, x):
        way = self.up if float(keras.ops.sum(x)) > 0 else self.down
        y = tf.nn.relu(way(x))
        return {"score": self.last(x + y)}


class Drawing(keras.Model):
    """Everything that a real call changes in a model."""

    def __init__(self):
        super().__init__(name="drawing")
        self.normal, self.drop = layers.BatchNormalization(name="normal"), layers.Dropout(0.5, name="drop")
        self.reader = layers.GRU(3, stateful=True, name="reader")
        self.seen = keras.metrics.Mean(name="seen")
        self.counter = tf.Variable(0)

    def call(self, x):
        y = self.drop(self.normal(x, training=True), training=True)
        self.counter.assign_add(1)
        self.seen.update_state(keras.ops.sum(y))
        self.add_loss(keras.ops.mean(y))
        if x.numpy().min() > 99:
            y = y * 2
        return self.reader(y) + tf.random.normal((3,))


def edges(graph):
    return {(e.source, e.target) for e in graph.edges}


@pytest.mark.parametrize(("data", "way"), [(X + 1, "up"), (X - 1, "down")], ids=["positive", "negative"])
@pytest.mark.parametrize("built", [True, False])
def test_the_way_that_the_data_take_is_traced(data, way, built):
    model = Asks()
    if built:
        model(X + 1)
        model(X - 1)
    graph = read_graph(model, inputs=data)
    assert graph.kind == "traced"
    assert edges(graph) == {("x", way), (way, "relu"), ("x", "add"), ("relu", "add"), ("add", "last")}
    assert graph.outputs == (("last", 0, "score"),)
    assert any("asks for values: this is what it does with the data given" in note for note in graph.notes)
    assert any("not built yet" in note for note in graph.notes) != built
    assert by_key(graph)["last"].outputs[0].shape[1:] == (4,)
    assert "not called in the traced run" in by_key(graph)["down" if way == "up" else "up"].note
    assert model.up.built == built


def test_a_real_run_costs_the_same_as_a_symbolic_one():
    class Plain(Asks):
        def call(self, x):
            return {"score": self.last(x + tf.nn.relu(self.up(x)))}

    real, symbolic = read_graph(Asks(), inputs=X + 1), read_graph(Plain(), inputs=X + 1)
    one_dense = 2 * 4 * 4 + 4
    assert real.cost.flops == symbolic.cost.flops == 2 * one_dense + 4 + 4  # and relu, and the sum
    assert edges(real) == edges(symbolic)


def seed():
    keras.utils.clear_session(free_memory=False)  # older Keras keeps its global generator when a seed is set
    keras.utils.set_random_seed(3)


def test_nothing_remains_of_a_real_run():
    model, data = Drawing(), np.ones((4, 5, 4), "float32")
    model(data)
    seed()
    values = [np.array(v) for v in model.variables]
    counted, losses = model.counter.numpy(), len(model.losses)
    expected = tf.random.normal((2,)).numpy(), keras.random.normal((2,)), np.random.rand()
    seed()
    for value, variable in zip(values, model.variables, strict=True):
        variable.assign(value)
    graph = read_graph(model, inputs=data)
    assert ("drop", "reader") in edges(graph)
    assert all(np.array_equal(a, b) for a, b in zip(values, model.variables, strict=True))
    assert model.counter.numpy() == counted
    assert len(model.losses) == losses
    assert np.array_equal(tf.random.normal((2,)), expected[0])
    assert np.array_equal(keras.random.normal((2,)), expected[1])
    assert np.random.rand() == expected[2]


def test_a_data_set_gives_its_first_batch():
    data = tf.data.Dataset.from_tensor_slices((X + 1, np.zeros(10))).batch(5)
    graph = read_graph(Asks(), inputs=data)
    assert ("x", "up") in edges(graph)
    assert by_key(graph)["up"].outputs[0].shape == (5, 4)


def test_of_many_rows_a_batch_is_run():
    seen = []

    class Counts(Asks):
        def call(self, x):
            seen.append(x.shape[0])
            return super().call(x)

    read_graph(Counts(), inputs=np.ones((1000, 4), "float32"))
    assert max(filter(None, seen)) == 32


def test_several_arguments_are_given_as_data_too(subclassed):
    def call(self, question, context):
        return self.d(question) * (self.d(context) if context.numpy().any() else 1.0)

    graph = read_graph(subclassed(call, d=layers.Dense(3, name="d")), inputs={"question": X, "context": X})
    assert edges(graph) == {("question", "d@1"), ("context", "d@2"), ("d@1", "multiply"), ("d@2", "multiply")}


def test_the_inside_of_a_layer_is_traced_by_the_same_run(subclassed):
    model = subclassed(lambda self, x: self.head(self.inner(x)["score"]), inner=Asks(), head=layers.Dense(2, name="head"))
    graph = read_graph(model, inputs=X + 1)
    assert by_key(graph)["asks"].kind == "model"
    assert edges(graph) >= {("x", "asks"), ("asks", "head"), ("asks/x", "asks/up"), ("asks/add", "asks/last")}
    assert by_key(graph)["asks"].inner_outputs == (("asks/last", 0),)


def test_shapes_alone_leave_it_opaque_and_say_what_helps():
    model = Asks()
    graph = read_graph(model, inputs=(None, 4))
    assert graph.kind == "opaque"
    assert graph.notes == (graph.notes[0],)
    assert graph.notes[0].endswith("Code that asks for values needs data: inputs=x[:32], with x of yours.")
    assert not any("not built yet" in note for note in graph.notes)


def test_code_that_fails_on_the_data_too_is_opaque_with_the_first_reason(subclassed):
    class Broken(Asks):
        def call(self, x):
            raise ValueError("wrong day")

    graph = read_graph(Broken(), inputs=X)
    assert graph.kind == "opaque"
    assert "wrong day. The data given were tried as well: see that the model runs on them." in graph.notes[0]


@pytest.fixture
def sized(subclassed):
    """A model whose code asks for the number of examples, not for values."""
    return subclassed(lambda self, x: tf.zeros((x.shape[0], 3)) + self.d(x), d=layers.Dense(3, name="d"))


@pytest.mark.parametrize("inputs", [(8, 4), np.zeros((8, 4)), tf.TensorSpec((8, 4)), keras.Input(batch_shape=(8, 4))])
def test_a_fixed_number_of_examples_is_used_where_the_code_asks_for_it(sized, inputs):
    graph = read_graph(sized, inputs=inputs)
    assert (graph.kind, by_key(graph)["d"].outputs[0].shape) == ("traced", (8, 3))
    assert "asks how many examples there are: this is what it does with 8." in graph.notes[1]


def test_the_number_of_examples_that_keras_remembers_is_used_as_well(sized):
    sized(np.zeros((6, 4), "float32"))
    assert by_key(read_graph(sized))["d"].outputs[0].shape == (6, 3)


def test_without_need_any_number_of_examples_is_shown(subclassed):
    model = subclassed(lambda self, x: self.d(x), d=layers.Dense(3, name="d"))
    assert by_key(read_graph(model, inputs=(8, 4)))["d"].outputs[0].shape == (None, 3)


def test_operations_are_noted_in_a_real_run_only():
    from tensorflow.python.framework import op_callbacks

    read_graph(Asks(), inputs=X)
    assert not op_callbacks.should_invoke_op_callbacks()
