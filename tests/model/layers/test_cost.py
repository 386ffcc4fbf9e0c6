"""Costs: formulas against numbers worked out by hand, and multiply-accumulates against TensorFlow's own count."""

from functools import partial

import keras
import pytest
import tensorflow as tf
from keras import layers
from tensorflow.python.framework import ops as tf_ops

from kfx.model.read.model import read_graph
from kfx.model.walk import by_key

COUNTED = {"Conv2D", "Conv3D", "DepthwiseConv2dNative", "MatMul", "BatchMatMulV2", "Einsum", "Conv2DBackpropInput"}


def tensorflow_count(model):
    """Floating-point operations of all convolutions and matrix products, by TensorFlow's statistics on the traced graph."""
    specs = [tf.TensorSpec([1, *t.shape[1:]], t.dtype) for t in model.inputs]
    function = tf.function(lambda *x: model(list(x) if len(x) > 1 else x[0], training=False), autograph=False)
    graph = function.get_concrete_function(*specs).graph
    for op in graph.get_operations():  # statistics need static shapes
        assert op.type not in COUNTED or op.outputs[0].shape.is_fully_defined()
    return sum(
        tf_ops.get_stats_for_node_def(graph, op.node_def, "flops").value or 0
        for op in graph.get_operations()
        if op.type in COUNTED and op.type != "Einsum"
    )


def one_layer(layer, *shapes, dtype="float32", call=None):
    inputs = [keras.Input(s, dtype=dtype) for s in shapes]
    outputs = (call or (lambda x: layer(x if len(x) > 1 else x[0])))(inputs)
    return keras.Model(inputs, outputs)


def cost_of(layer, *shapes, **more):
    return next(c for c in read_graph(one_layer(layer, *shapes, **more)).calls if c.kind == "layer").cost


@pytest.mark.parametrize(
    ("layer", "shape", "macs", "others"),
    [
        (layers.Dense(3, activation="relu"), (8,), 8 * 3, 3 + 3),
        (layers.Dense(3, use_bias=False), (5, 8), 5 * 8 * 3, 0),
        (layers.Conv2D(8, 3, activation="relu"), (28, 28, 1), 26 * 26 * 8 * 9, 2 * 26 * 26 * 8),
        (layers.Conv2D(8, 3, padding="same", groups=2, use_bias=False), (5, 5, 4), 25 * 8 * 9 * 2, 0),
        (layers.Conv1D(6, 5, strides=2, use_bias=False), (21, 3), 9 * 6 * 5 * 3, 0),
        (layers.Conv3D(2, 2, use_bias=False), (4, 4, 4, 3), 27 * 2 * 8 * 3, 0),
        (layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, use_bias=False), (5, 5, 4), 25 * 8 * 9, 0),
        (
            layers.SeparableConv2D(6, 3, padding="same", depth_multiplier=2, use_bias=False),
            (5, 5, 4),
            25 * 8 * 9 + 25 * 6 * 8,
            0,
        ),
        (layers.Conv2DTranspose(5, 3, use_bias=False), (4, 4, 3), 4 * 4 * 3 * 9 * 5, 0),
        (layers.EinsumDense("abc,cd->abd", output_shape=(5, 7), bias_axes="d"), (5, 3), 5 * 3 * 7, 35),
        (layers.EinsumDense("...x,xy->...y", output_shape=7), (5, 3), 5 * 3 * 7, 0),
        (layers.MaxPooling2D(2), (8, 8, 3), 0, 4 * 4 * 3 * 4),
        (layers.GlobalAveragePooling2D(), (8, 8, 3), 0, 8 * 8 * 3),
        (layers.BatchNormalization(), (8, 8, 3), 0, 2 * 192),
        (layers.LayerNormalization(), (10,), 0, 10 * 7),
        (layers.RMSNormalization(), (10,), 0, 10 * 4),
        (layers.Dense(4, activation=layers.LeakyReLU(0.1)), (10,), 40, 4 + 4 * 2),
        (layers.Activation("sigmoid"), (10,), 0, 40),
        (layers.ReLU(), (10,), 0, 10),
        (layers.Softmax(), (10,), 0, 50),
        (layers.Dropout(0.5), (10,), 0, 0),
        (layers.Flatten(), (4, 5), 0, 0),
        (layers.UpSampling2D(2), (4, 4, 3), 0, 0),
        (layers.ZeroPadding2D(1), (4, 4, 3), 0, 0),
        (layers.RandomFlip(), (4, 4, 3), 0, 0),
        # steps × (4 gates × units × (inputs + units)), then biases, sums, 3 sigmoids of 4, 2 tanh, 3 products and a sum
        (layers.LSTM(3), (7, 5), 7 * 4 * 3 * (5 + 3), 7 * (12 + 12 + 3 * 12 + 2 * 3 + 12)),
        (layers.GRU(3), (7, 5), 7 * 3 * 3 * (5 + 3), 7 * (18 + 9 + 2 * 12 + 3 + 15)),
        (layers.SimpleRNN(3), (7, 5), 7 * 3 * (5 + 3), 7 * (3 + 3 + 3)),
        (layers.Bidirectional(layers.SimpleRNN(3)), (7, 5), 2 * 7 * 3 * (5 + 3), 2 * 7 * 9),
        (layers.TimeDistributed(layers.Dense(2, use_bias=False)), (7, 5), 7 * 5 * 2, 0),
        (layers.ConvLSTM2D(4, 3, padding="same", use_bias=False), (2, 5, 5, 3), 2 * 25 * 4 * 4 * 9 * (3 + 4), None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, layers.Layer) else None,
)
def test_one_layer_costs_what_its_equation_says(layer, shape, macs, others):
    cost = cost_of(layer, shape)
    assert cost.macs == macs
    assert others is None or cost.flops == 2 * macs + others
    assert cost.source


def test_embedding_looks_up_and_computes_nothing():
    assert cost_of(layers.Embedding(1000, 128), (7,), dtype="int32").flops == 0


@pytest.mark.parametrize(
    ("layer", "flops"),
    [
        (layers.Add(), 2 * 10),
        (layers.Average(), 3 * 10),
        (layers.Multiply(), 2 * 10),
        (layers.Concatenate(), 0),
    ],
    ids=lambda value: type(value).__name__,
)
def test_merging_three_tensors(layer, flops):
    assert cost_of(layer, (10,), (10,), (10,)).flops == flops


def test_dot_multiplies_along_its_axis():
    assert cost_of(layers.Dot(axes=(2, 2)), (5, 4), (7, 4)).macs == 5 * 7 * 4


def test_attention_counts_projections_scores_and_values():
    t, s, d, heads, key = 6, 9, 8, 2, 3
    query, value = keras.Input((t, d)), keras.Input((s, d))
    model = keras.Model([query, value], layers.MultiHeadAttention(heads, key, name="mha")(query, value))
    projections = t * d * heads * key + 2 * s * d * heads * key + t * heads * key * d
    assert by_key(read_graph(model))["mha"].cost.macs == projections + 2 * heads * t * s * key


@pytest.mark.parametrize(
    ("layer", "macs"), [(layers.Attention(), 6 * 9 * (8 + 8)), (layers.AdditiveAttention(), 6 * 9 * 8)], ids=["dot", "additive"]
)
def test_simple_attention(layer, macs):
    assert cost_of(layer, (6, 8), (9, 8)).macs == macs


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (layers.LSTM(3, unroll=True), (7, 5)),
        (layers.GRU(3, unroll=True), (7, 5)),
        (layers.GRU(3, unroll=True, reset_after=False), (7, 5)),
        (layers.SimpleRNN(3, unroll=True), (7, 5)),
        (layers.Bidirectional(layers.LSTM(3, unroll=True)), (7, 5)),
        (layers.Conv2DTranspose(5, 3, padding="same"), (4, 4, 3)),
        (layers.SeparableConv2D(6, 3), (9, 9, 4)),
        (layers.DepthwiseConv2D(3, depth_multiplier=2), (9, 9, 4)),
        (layers.Conv3D(2, 3), (5, 5, 5, 3)),
        (layers.Conv1D(6, 5), (21, 3)),
        (layers.Dense(4), (8,)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, layers.Layer) else None,
)
def test_one_layers_multiply_accumulates_equal_tensorflows_count(layer, shape):
    model = one_layer(layer, shape)
    assert 2 * read_graph(model).cost.macs == tensorflow_count(model) > 0


@pytest.mark.parametrize("name", ["VGG16", "ResNet50", "MobileNetV2", "EfficientNetB0", "DenseNet121", "Xception"])
def test_a_networks_multiply_accumulates_equal_tensorflows_count(name):
    size = 75 if name == "Xception" else 64
    model = getattr(keras.applications, name)(
        weights=None, input_shape=(size, size, 3), include_top=name != "VGG16", classes=10
    )
    cost = read_graph(model).cost
    assert 2 * cost.macs == tensorflow_count(model) > 0
    assert cost.flops is not None
    keras.utils.clear_session()


def test_operations_count_by_element():
    a, b = keras.Input((5, 4)), keras.Input((4, 6))
    graph = read_graph(keras.Model([a, b], keras.ops.relu(keras.ops.matmul(a, b) + 1.0)))
    cost = {c.type: c.cost for c in graph.calls}
    assert cost["Matmul"].macs == 5 * 4 * 6
    assert (cost["Add"].flops, cost["Relu"].flops) == (30, 30)


def test_an_einsum_multiplies_over_every_axis():
    a, b = keras.Input((5, 4)), keras.Input((4, 6))
    graph = read_graph(keras.Model([a, b], keras.ops.einsum("bij,bjk->bik", a, b)))
    assert next(c for c in graph.calls if c.type == "Einsum").cost.macs == 5 * 4 * 6


def test_an_unknown_axis_makes_a_cost_unknown_and_says_why():
    cost = cost_of(layers.LSTM(3), (None, 5))
    assert (cost.flops, cost.source) == (None, "an axis is unknown")
    assert cost_of(layers.Conv2D(3, 3), (None, None, 3)).activation_bytes is None


def test_custom_code_costs_what_its_operations_do():
    class Mystery(layers.Layer):
        def call(self, x):
            return x * 2

    class Louder(layers.Dense):
        def call(self, x):
            return super().call(x) * 2

    x = keras.Input((8,), name="x")
    y = layers.Dense(3, use_bias=False, name="d")(Mystery(name="m")(x))
    graph = read_graph(keras.Model(x, Louder(2, name="l")(y)))
    assert by_key(graph)["l"].cost.source == "its operations, as traced"
    assert [call.cost.flops for call in graph.calls] == [0, 8, 2 * 8 * 3, 2 * 3 * 2 + 2 + 2]  # bias and the factor


def test_custom_code_that_cannot_be_counted_is_unknown_and_the_total_says_at_least():
    class Mystery(layers.Layer):
        def call(self, x):
            return tf.raw_ops.Betainc(a=x, b=x, x=x)

        def compute_output_shape(self, shape):
            return shape

    class Broken(layers.Layer):
        def call(self, x):
            raise ValueError("not today")

        def compute_output_spec(self, x):
            return keras.KerasTensor(x.shape)

    x = keras.Input((8,), name="x")
    y = layers.Dense(3, use_bias=False, name="d")(Mystery(name="m")(x))
    graph = read_graph(keras.Model(x, Broken(name="b")(y)))
    assert by_key(graph)["m"].cost.source == "no formula for Betainc"
    assert by_key(graph)["b"].cost.source == "Broken runs code of its own"
    assert (graph.cost.flops, graph.cost.at_least) == (None, 2 * 24)
    assert graph.cost.source == "at least 48: unknown for m, b"


def test_a_subclass_that_keeps_kerass_code_keeps_its_formula():
    class Named(layers.Dense):
        pass

    assert cost_of(Named(3, use_bias=False), (8,)).macs == 24


def test_an_activation_of_the_users_own_makes_the_cost_unknown():
    cost = cost_of(layers.Dense(3, activation=lambda x: x * x), (8,))
    assert (cost.flops, cost.source) == (None, "no formula for the activation 'lambda'")


def test_a_models_row_is_the_sum_of_its_inside_and_inner_inputs_are_not_counted_twice():
    i = keras.Input((4,))
    inner = keras.Model(i, layers.Dense(4)(i), name="inner")
    x = keras.Input((4,))
    graph = read_graph(keras.Model(x, inner(inner(x))))
    assert by_key(graph)["inner@1"].cost.flops == 2 * 16 + 4
    assert by_key(graph)["inner@1"].cost.activation_bytes == 16
    assert graph.cost.flops == 2 * 36
    assert graph.cost.activation_bytes == 16 + 2 * 16  # the input and two outputs of four float32


def test_the_source_says_that_bias_and_activation_are_in_the_number():
    cost = cost_of(layers.Dense(10, activation="softmax"), (8,))
    assert cost.flops == 2 * 8 * 10 + 10 + 5 * 10  # TensorFlow's statistics count the first of the three only
    assert cost.source == "conv + matmul as TensorFlow counts them, any bias and activation per element"


class Scaled(layers.Layer):
    """A layer of the user's own code, for a wrapper."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(3, name="dense")

    def build(self, shape):
        self.dense.build(shape)

    def compute_output_shape(self, shape):
        return (*shape[:-1], 3)

    def call(self, x):
        return self.dense(x) + 1.0


@pytest.mark.parametrize("style", ["functional", "sequential", "subclassed"])
def test_a_model_applied_at_every_step_costs_that_many_times_what_it_costs_once(style):
    x = keras.Input((4,))
    model = {
        "functional": lambda: keras.Model(x, layers.Dense(3)(x) + 1.0),
        "sequential": lambda: keras.Sequential([x, layers.Dense(3), layers.ReLU()]),
        "subclassed": Scaled,
    }[style]()
    series = keras.Input((7, 4))
    graph = read_graph(keras.Model(series, layers.TimeDistributed(model, name="each")(series)))
    each = next(call for call in graph.calls if call.key == "each")
    assert (each.cost.flops, each.cost.macs) == (7 * (2 * 4 * 3 + 3 + 3), 7 * 4 * 3)
    assert graph.cost.flops == each.cost.flops
    assert each.cost.activation_bytes == 7 * 3 * 4


def test_a_wrapped_model_called_with_another_size_costs_what_that_size_costs():
    picture = keras.Input((None, None, 1))
    model = keras.Model(picture, layers.Conv2D(2, 3, use_bias=False)(picture))
    film = keras.Input((5, 8, 8, 1))
    graph = read_graph(keras.Model(film, layers.TimeDistributed(model)(film)))
    assert graph.cost.flops == 5 * 2 * (6 * 6 * 2 * 9)


# ---- LoRA

LORA = [
    (layers.Dense(32), (16,), "float32"),
    (layers.Dense(32), (5, 16), "float32"),
    (layers.EinsumDense("abc,cd->abd", (5, 6), bias_axes="d"), (5, 4), "float32"),
    (layers.Embedding(10, 4), (3,), "int32"),
    (layers.Conv1D(4, 3), (8, 2), "float32"),
    (layers.Conv2D(4, 3), (8, 8, 2), "float32"),
]


@pytest.mark.parametrize("mode", [None, "int8", "int4"])
@pytest.mark.parametrize(
    ("layer", "shape", "dtype"), LORA, ids=lambda x: type(x).__name__ if isinstance(x, keras.Layer) else ""
)
def test_the_products_of_lora_count(layer, shape, dtype, mode):
    """At one example, as TensorFlow counts: the factors' product, or the example's way through both factors if quantized."""
    layer = type(layer).from_config({**layer.get_config(), "name": "lora"})
    model = one_layer(layer, shape, dtype=dtype)
    if mode and "Conv" in type(layer).__name__:
        pytest.skip("Keras quantizes no convolutions")
    if mode:
        layer.quantize(mode)
    layer.enable_lora(3)
    call = read_graph(model).calls[-1]
    assert 2 * call.cost.macs == products(model)
    assert call.settings[-(2 if mode else 1) :] == ("LoRA rank 3", *([f"quantized {mode}"] if mode else []))


def products(model):
    """Return twice the multiply-accumulates of all products and convolutions for one example, from their shapes."""
    spec = tf.TensorSpec([1, *model.inputs[0].shape[1:]], model.inputs[0].dtype)
    graph = tf.function(lambda x: model(x), autograph=False).get_concrete_function(spec).graph
    total = 0
    for op in graph.get_operations():
        if "MatMul" in op.type:
            total += 2 * op.outputs[0].shape.num_elements() * op.inputs[0].shape[-1]
        elif op.type == "Conv2D":
            total += 2 * op.outputs[0].shape.num_elements() * op.inputs[1].shape[:-1].num_elements()
    return total


# ---- activations as arguments


def dense_with(activation):
    """Return settings and cost of a dense layer of 8 units on 8 numbers: 2 * 64 + 8 operations before the activation."""
    call = next(c for c in read_graph(one_layer(layers.Dense(8, activation=activation, name="d"), (8,))).calls if c.key == "d")
    return call.settings, None if call.cost.flops is None else (call.cost.flops - 136) / 8


class Sub(layers.ReLU):
    """Keras's code under a user's name."""


class ReLU6(layers.Layer):
    """A user's code under the name of an activation."""

    def call(self, x):
        return keras.ops.relu6(x)


@pytest.mark.parametrize(
    ("activation", "word", "each"),
    [
        (keras.activations.silu, "silu", 5), (keras.ops.silu, "silu", 5), (tf.nn.silu, "silu", 5), ("swish", "silu", 5),
        (tf.nn.relu, "relu", 1), (partial(keras.activations.gelu, approximate=True), "gelu(approximate=True)", 5),
        (partial(tf.nn.leaky_relu, alpha=0.1), "leaky_relu(alpha=0.1)", 2), (tf.function(tf.nn.relu), "relu", 1),
        (layers.Activation("silu"), "silu", 5), (layers.LeakyReLU(0.2), "LeakyReLU", 2), (layers.PReLU(), "PReLU", 2),
        (keras.ops.exp, "exp", 1), (keras.ops.identity, "identity", 0), (Sub(), "Sub", 1),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)  # fmt: skip
def test_an_activation_goes_by_its_name_whoever_made_it(activation, word, each):
    assert dense_with(activation) == ((word,), each)


def relu(x):
    """A function of the user's, which may do anything."""
    return x * x


@pytest.mark.parametrize(
    ("activation", "word"),
    [(relu, "relu"), (lambda x: x, "lambda"), (partial(relu), "relu()"), (ReLU6(), "ReLU6"), (tf.function(relu), "relu")],
)
def test_the_cost_of_a_users_function_is_unknown_whatever_its_name(activation, word):
    assert dense_with(activation) == ((word,), None)


def test_the_reason_names_where_the_function_comes_from():
    call = next(c for c in read_graph(one_layer(layers.Dense(8, activation=relu, name="d"), (8,))).calls if c.key == "d")
    assert call.cost.source == f"no formula for the activation 'relu', a function of {__name__.partition('.')[0]}"
