"""The lines of a layer's own code: nothing is dropped, each operation has its name in Keras, each output its line."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import kfx
from kfx.model.read.model import read_graph
from kfx.model.walk import by_key


class Block(layers.Layer):
    """A dense layer ``d``, a weight ``w``, and code that uses them."""

    def __init__(self, code):
        super().__init__(name="b")
        self.code, self.d = code, layers.Dense(8, name="d")
        self.w = self.add_weight(shape=(4, 8), name="w")

    def call(self, x):
        return self.code(self, x)


class Around(keras.Model):
    def __init__(self, block):
        super().__init__(name="m")
        self.block = block

    def call(self, x):
        return self.block(x)


def graph_of(code, shape=(4, 8), dtype="float32"):
    block, x = Block(code), keras.Input(shape, name="i", dtype=dtype)
    return read_graph(keras.Model(x, block(x), name="m"))


def lines(graph):
    return [c.key.removeprefix("b/") for c in graph.calls if c.parent == "b"][1:]


def ends(graph):
    return [(key.removeprefix("b/"), number) for key, number in by_key(graph)["b"].inner_outputs]


NAMES = {
    "silu": [ops.silu, keras.activations.silu, tf.nn.silu, tf.nn.swish, ops.swish, keras.activations.swish],
    "gelu": [ops.gelu, keras.activations.gelu, tf.nn.gelu, lambda x: ops.gelu(x, approximate=False)],
    "relu": [ops.relu, keras.activations.relu, tf.nn.relu],
    "sigmoid": [ops.sigmoid, keras.activations.sigmoid, tf.sigmoid, tf.nn.sigmoid, tf.math.sigmoid],
    "softmax": [ops.softmax, keras.activations.softmax, tf.nn.softmax],
    "tanh": [ops.tanh, keras.activations.tanh, tf.tanh, tf.math.tanh],
    "add": [lambda x: x + 1, lambda x: 1 + x, lambda x: ops.add(x, 1), lambda x: tf.add(x, 1), lambda x: tf.math.add(x, 1)],
    "multiply": [lambda x: x * 2, lambda x: 2 * x, lambda x: ops.multiply(x, 2), lambda x: tf.multiply(x, 2)],
    "matmul": [
        lambda x: x @ tf.ones((8, 2)),
        lambda x: ops.matmul(x, np.ones((8, 2), "float32")),
        lambda x: tf.matmul(x, tf.ones((1, 8, 2)) + 0 * x[:, :1, :2]),
        lambda x: tf.linalg.matmul(x, x, transpose_b=True),
    ],
    "mean": [lambda x: ops.mean(x, -1), lambda x: tf.reduce_mean(x, -1), lambda x: tf.math.reduce_mean(x, -1)],
    "concatenate": [lambda x: ops.concatenate([x, x], -1), lambda x: tf.concat([x, x], -1)],
    "get_item": [lambda x: x[:, 1:], lambda x: ops.get_item(x, (slice(None), 1)), lambda x: x[..., None]],
    "rms_norm": [ops.rms_normalization],
    "layer_norm": [ops.layer_normalization],
    "dropout": [lambda x: keras.random.dropout(x, 0.5), lambda x: tf.nn.dropout(x, 0.5)],
}
ALL_NAMES = [(name, function) for name, functions in NAMES.items() for function in functions]


@pytest.mark.parametrize(("name", "function"), ALL_NAMES, ids=[f"{name}-{n}" for n, (name, _) in enumerate(ALL_NAMES)])
def test_an_operation_has_its_name_in_keras_whoever_made_it(name, function):
    found = lines(graph_of(lambda s, x: function(s.d(x))))
    assert found[-1] == name


LINES = {  # the lines after the input, and those of the outputs
    "slice": (lambda s, x: s.d(x)[:, :2], ["d", "get_item"], [("get_item", 0)]),
    "concatenation": (lambda s, x: ops.concatenate([s.d(x), x], -1), ["d", "concatenate"], [("concatenate", 0)]),
    "residual": (lambda s, x: s.d(x) + x, ["d", "add"], [("add", 0)]),
    "constants": (lambda s, x: s.d(x) * 2.5 - 1, ["d", "multiply", "subtract"], [("subtract", 0)]),
    "mask": (lambda s, x: ops.where(x > 0, s.d(x), 0.0), ["greater", "d", "where"], [("where", 0)]),
    "two outputs": (lambda s, x: (s.d(x), x * 2), ["d", "multiply"], [("d", 0), ("multiply", 0)]),
    "the same output twice": (lambda s, x: (s.d(x),) * 2, ["d"], [("d", 0), ("d", 0)]),
    "dict": (lambda s, x: {"a": s.d(x), "b": {"c": [x + 1]}}, ["d", "add"], [("d", 0), ("add", 0)]),
    "input as output": (lambda s, x: (s.d(x), x), ["d"], [("d", 0), ("x", 0)]),
    "weight as output": (lambda s, x: (s.d(x), s.w), ["d", "weight"], [("d", 0), ("weight", 0)]),
    "value of a weight": (
        lambda s, x: (s.d(x), ops.convert_to_tensor(s.w)),
        ["d", "weight"],
        [("d", 0), ("weight", 0)],
    ),
    "constant as output": (lambda s, x: (s.d(x), ops.ones((2, 2))), ["d", "constant"], [("d", 0), ("constant", 0)]),
    "operation on a weight alone": (lambda s, x: s.d(x) + ops.softmax(s.w), ["d", "softmax", "add"], [("add", 0)]),
    "rows of a weight": (lambda s, x: s.d(x) + s.w[:1], ["d", "get_item", "add"], [("add", 0)]),
    "several outputs of one": (
        lambda s, x: [2 * y for y in ops.split(s.d(x), 2, -1)],
        ["d", "split", "multiply", "multiply_1"],
        [("multiply", 0), ("multiply_1", 0)],
    ),
    "one output of several": (lambda s, x: ops.split(s.d(x), 2, -1)[1], ["d", "split"], [("split", 0)]),
    "handed on": (lambda s, x: tf.identity(tf.ensure_shape(s.d(x) * 2, (None, 4, 8))), ["d", "multiply"], [("multiply", 0)]),
    "stopped gradient": (lambda s, x: ops.stop_gradient(s.d(x)) + x, ["d", "stop_gradient", "add"], [("add", 0)]),
    "function of TensorFlow": (lambda s, x: tf.function(lambda y: s.d(y) + 1)(x), ["d", "add"], [("add", 0)]),
    "product mapped over examples": (
        lambda s, x: ops.vectorized_map(lambda row: ops.matmul(row, ops.transpose(s.w)), s.d(x)),
        ["d", "vectorized_map"],
        [("vectorized_map", 0)],
    ),
    "loop": (
        lambda s, x: ops.while_loop(lambda n, y: n < 3, lambda n, y: (n + 1, y * 2), (0, s.d(x)))[1],
        ["d", "while_loop"],
        [("while_loop", 0)],
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_nothing_is_dropped(name):
    code, expected, outputs = LINES[name]
    graph = graph_of(code)
    assert lines(graph) == expected
    assert ends(graph) == outputs


@pytest.mark.parametrize("name", LINES)
def test_a_subclassed_model_and_data_tell_the_same(name):
    code = LINES[name][0]
    expected = graph_of(code)
    model = Around(Block(code))
    model(np.ones((2, 4, 8), "float32"))
    for graph in (read_graph(model), read_graph(Around(Block(code)), inputs=(None, 4, 8))):
        assert [c.key for c in graph.calls if c.parent == "b"] == [c.key for c in expected.calls if c.parent == "b"]
        assert by_key(graph)["b"].inner_outputs == by_key(expected)["b"].inner_outputs
        assert graph.cost.flops == expected.cost.flops


@pytest.mark.parametrize("name", LINES)
def test_every_view_shows_it(name, tmp_path):
    block, x = Block(LINES[name][0]), keras.Input((4, 8))
    model = keras.Model(x, block(x))
    text = str(kfx.summary(model, depth=3)) if "depth" in kfx.summary.__annotations__ else str(kfx.summary(model))
    assert "Block" in text
    kfx.plot_model(model).save(tmp_path / "m.svg")
    assert "b" in (tmp_path / "m.svg").read_text()


def test_what_hands_a_tensor_on_adds_no_bytes():
    plain = graph_of(lambda s, x: s.d(x) * 2)
    handed = graph_of(lambda s, x: tf.identity(tf.ensure_shape(s.d(x) * 2, (None, 4, 8))))
    assert handed.cost.activation_bytes == plain.cost.activation_bytes
    assert len(by_key(handed)["b/multiply"].outputs) == 1


def test_a_weight_is_named_once_where_an_operation_takes_rows_of_it():
    graph = graph_of(lambda s, x: s.d(x) + ops.take(s.w, ops.arange(4), axis=0))
    assert by_key(graph)["b/take"].settings == ("axis 0", "weight w")


def test_sizes_that_the_code_computes_cost_nothing():
    graph = graph_of(lambda s, x: ops.reshape(s.d(x), (ops.shape(x)[0] * 2, ops.shape(x)[1] // 2, 8)))
    assert graph.cost.flops == 4 * 8 * (2 * 8 + 1)


class Named(layers.Layer):
    """Its argument has the name of a layer."""

    def __init__(self):
        super().__init__(name="b")
        self.query, self.x = layers.Dense(8, name="query"), layers.Dense(4, name="x")

    def call(self, query):
        return self.x(self.query(query))


def test_the_address_of_a_layer_wins_over_that_of_an_argument():
    x = keras.Input((4, 8))
    graph = read_graph(keras.Model(x, Named()(x)))
    assert by_key(graph)["b/query"].type == "Dense"
    assert by_key(graph)["b/query~2"].kind == "input"


class Unused(layers.Layer):
    def __init__(self, code):
        super().__init__(name="b")
        self.code, self.d, self.spare = code, layers.Dense(8, name="d"), layers.Dense(8, name="spare")
        self.d.build((None, 4, 8))
        self.spare.build((None, 4, 8))

    def call(self, x):
        return self.code(self, x)


def test_a_layer_that_is_never_called_costs_nothing():
    x = keras.Input((4, 8))
    graph = read_graph(keras.Model(x, Unused(lambda s, x: s.d(x))(x)))
    assert by_key(graph)["b/spare"].note == "not called in the traced run"
    assert graph.cost.flops == 4 * 8 * (2 * 8 + 1)
    assert graph.params == 2 * 72


def test_a_layer_that_a_branch_may_call_makes_the_total_a_bound():
    x = keras.Input((4, 8))
    block = Unused(lambda s, x: tf.cond(tf.reduce_sum(x) > 0, lambda: s.spare(x), lambda: s.d(x)))
    graph = read_graph(keras.Model(x, block(x)))
    assert graph.cost.flops is None
    assert "inside a loop" in by_key(graph)["b/spare"].note


ROWS = {
    "gather": lambda w, x: tf.gather(w, x),
    "embedding_lookup": lambda w, x: tf.nn.embedding_lookup(w, x),
    "sparse_read": lambda w, x: w.sparse_read(x),
    "gather_nd": lambda w, x: w.gather_nd(x[..., None]),
}


@pytest.mark.parametrize("name", ROWS)
def test_rows_of_a_variable_chosen_by_data_keep_their_edge(name):
    class Rows(layers.Layer):
        def __init__(self):
            super().__init__(name="b")
            self.d, self.w = layers.Dense(4, name="d"), self.add_weight(shape=(10, 4), name="w")

        def call(self, x):
            return self.d(ROWS[name](self.w.value, x))

    x = keras.Input((3,), dtype="int32")
    graph = read_graph(keras.Model(x, Rows()(x)))
    found = {(edge.source, edge.target) for edge in graph.edges}
    assert ("b/take", "b/d") in found
    assert any(target == "b/take" for _, target in found)
    assert "weight w" in by_key(graph)["b/take"].settings
    assert graph.cost.flops == 3 * (2 * 4 * 4 + 4)
