"""The multiply-accumulates found inside layers are those that TensorFlow's own profiler counts for one example."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from kfx.model.read.model import read_graph

RNG = np.random.default_rng(1)


class Block(layers.Layer):
    """A layer with some weights and sublayers, and code that uses them."""

    def __init__(self, code, weights=None, **parts):
        super().__init__()
        self.code = code
        for name, part in parts.items():
            setattr(self, name, part)
        for name, shape in (weights or {}).items():
            setattr(self, name, self.add_weight(shape=shape, name=name))

    def call(self, x, y=None):
        return self.code(self, x) if y is None else self.code(self, x, y)


class Leaf(Block):
    """The same; a class of its own, so that a block can hold some."""


# ---- blocks: each a function that returns a layer, and the sizes of one example of each of its inputs


def table(code, shape=(10, 8)):
    return lambda: (Block(code, {"w": shape}), [(5, 8)])


def code_with_weights(s, x):
    q, k, v = (ops.matmul(x, w) for w in (s.q, s.k, s.v))
    return ops.matmul(ops.softmax(ops.matmul(q, ops.transpose(k, (0, 2, 1)))), v)


class Windows(layers.Layer):
    """Attention within windows that are merged into the axis of the examples, as in Swin."""

    def __init__(self, attention):
        super().__init__()
        self.norm, self.attention = layers.LayerNormalization(), attention
        self.mlp = keras.Sequential([layers.Dense(12, "gelu"), layers.Dense(6)])

    def call(self, x):
        h, w, c = x.shape[1:]
        y = ops.reshape(self.norm(x), (-1, h // 4, 4, w // 4, 4, c))
        y = ops.reshape(ops.transpose(y, (0, 1, 3, 2, 4, 5)), (-1, 16, c))
        y = ops.reshape(self.attention(y), (-1, h // 4, w // 4, 4, 4, c))
        x = x + ops.reshape(ops.transpose(y, (0, 1, 3, 2, 4, 5)), (-1, h, w, c))
        return x + self.mlp(x)


class HandAttention(layers.Layer):
    """Attention by hand, with fewer keys than queries, and rotary angles that are a product."""

    def __init__(self, heads=4, groups=2, size=4, rotary=False):
        super().__init__()
        self.heads, self.groups, self.size, self.rotary = heads, groups, size, rotary
        self.q, self.k = layers.Dense(heads * size), layers.Dense(groups * size)
        self.v, self.o = layers.Dense(groups * size), layers.Dense(heads * size)

    def turn(self, x):
        t = ops.arange(x.shape[1], dtype="float32")[:, None]
        angles = ops.matmul(t, 10.0 ** -ops.arange(self.size // 2, dtype="float32")[None])
        cos, sin = ops.cos(angles)[None, :, None], ops.sin(angles)[None, :, None]
        a, b = ops.split(x, 2, -1)
        return ops.concatenate([a * cos - b * sin, a * sin + b * cos], -1)

    def call(self, x):
        n, t = ops.shape(x)[0], x.shape[1]
        q = ops.reshape(self.q(x), (n, t, self.heads, self.size))
        k, v = (ops.reshape(d(x), (n, t, self.groups, self.size)) for d in (self.k, self.v))
        if self.rotary:
            q, k = self.turn(q), self.turn(k)
        k, v = (ops.repeat(y, self.heads // self.groups, axis=2) for y in (k, v))
        q, k, v = (ops.transpose(y, (0, 2, 1, 3)) for y in (q, k, v))
        scores = ops.softmax(ops.matmul(q, ops.swapaxes(k, -1, -2)) / self.size**0.5)
        return self.o(ops.reshape(ops.transpose(ops.matmul(scores, v), (0, 2, 1, 3)), (n, t, self.heads * self.size)))


class Linear(layers.Layer):
    """Linear attention: keys times values first."""

    def __init__(self):
        super().__init__()
        self.qkv = layers.Dense(24)

    def call(self, x):
        q, k, v = ops.split(self.qkv(x), 3, -1)
        return (ops.elu(q) + 1) @ (ops.transpose(ops.elu(k) + 1, (0, 2, 1)) @ v)


class Excite(layers.Layer):
    def __init__(self):
        super().__init__()
        self.pool, self.a, self.b = layers.GlobalAveragePooling2D(), layers.Dense(2, "relu"), layers.Dense(6, "sigmoid")

    def call(self, x):
        return x * self.b(self.a(self.pool(x)))[:, None, None]


class Experts(layers.Layer):
    """A mixture of experts in which each one runs, weighted by a router."""

    def __init__(self):
        super().__init__()
        self.router = layers.Dense(3, "softmax")
        self.experts = [keras.Sequential([layers.Dense(16, "silu"), layers.Dense(8)]) for _ in range(3)]

    def call(self, x):
        weights = self.router(x)
        return sum(weights[..., n : n + 1] * expert(x) for n, expert in enumerate(self.experts))


class Twice(layers.Layer):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def call(self, x):
        return self.inner(x + self.inner(x))


class Fans(layers.Layer):
    """Several outputs, in a dict."""

    def __init__(self):
        super().__init__()
        self.a, self.b = layers.Dense(3), layers.Dense(4)

    def call(self, x):
        return {"a": self.a(x), "b": [self.b(x), x]}


class Recurrent(layers.Layer):
    """A loop in Python over steps."""

    def __init__(self):
        super().__init__()
        self.cell = layers.Dense(8, "tanh")

    def call(self, x):
        state = x[:, 0]
        for n in range(1, x.shape[1]):
            state = self.cell(ops.concatenate([state, x[:, n]], -1))
        return state


def small_net(*shape):
    i = keras.Input(shape)
    return keras.Model(i, layers.Dense(8)(layers.Concatenate()([layers.Dense(4)(i), layers.Dense(3)(i)])))


def merged(s, x):
    """Call a part with two axes merged into that of the examples."""
    return ops.reshape(s.net(ops.reshape(x, (-1, x.shape[-1]))), (-1, *x.shape[1:-1], 8))


def shared():
    dense = layers.Dense(8)
    return Block(lambda s, x: s.b(s.a(x)), a=Twice(dense), b=Twice(dense))


def lora():
    dense = layers.Dense(8)
    dense.build((None, 8))
    dense.enable_lora(2)
    return dense


def mixed():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        return Twice(Leaf(lambda s, x: s.d(x) @ ops.cast(s.w, x.dtype), {"w": (8, 8)}, d=layers.Dense(8)))
    finally:
        keras.config.set_dtype_policy(before)


def kernel(code, shape):
    return lambda: (Block(code, {"k": shape}), [(12, 12, 4)])


def layer(make, shape):
    return lambda: (Block(lambda s, x: s.c(x) * 2, c=make()), [shape])


SEQUENCE, PICTURE = (5, 8), (8, 8, 6)
BLOCKS = {
    "ops.matmul with a turned table": table(lambda s, x: ops.matmul(x, ops.transpose(s.w))),
    "operator": table(lambda s, x: x @ s.w, (8, 10)),
    "operator of a squeezed weight": table(lambda s, x: x @ s.w[0], (2, 8, 10)),
    "tf.matmul": table(lambda s, x: tf.matmul(x, s.w, transpose_b=True)),
    "ops.dot": table(lambda s, x: ops.dot(x, s.w), (8, 10)),
    "ops.tensordot": table(lambda s, x: ops.tensordot(x, s.w, axes=[[2], [1]])),
    "tf.tensordot": table(lambda s, x: tf.tensordot(x, s.w, 1), (8, 10)),
    "weight first": table(lambda s, x: ops.matmul(s.w, x), (7, 5)),
    "weight with weight": table(lambda s, x: x @ ops.matmul(s.w, ops.transpose(s.w)), (8, 10)),
    "tf.linalg.matvec": table(lambda s, x: tf.linalg.matvec(s.w, x)),
    "ops.vectorized_map": table(lambda s, x: ops.vectorized_map(lambda row: ops.matmul(row, s.w), x), (8, 10)),
    "projections by weights": lambda: (Block(code_with_weights, dict.fromkeys("qkv", (8, 8))), [SEQUENCE]),
    "reshape(-1, d)": table(lambda s, x: ops.reshape(ops.reshape(x, (-1, 8)) @ s.w, (-1, 5, 10)), (8, 10)),
    "axis of the examples last": table(lambda s, x: ops.transpose(s.w @ ops.transpose(x, (1, 2, 0)), (2, 0, 1)), (10, 8)),
    "examples among themselves": lambda: (Block(lambda s, x: ops.matmul(x, ops.transpose(x))), [(8,)]),
    "tied embeddings": lambda: (
        Block(
            lambda s, x: ops.matmul(s.d(s.e(x)), ops.transpose(s.e.embeddings)), e=layers.Embedding(20, 8), d=layers.Dense(8)
        ),
        [(6,)],
    ),
    "reversible embedding": lambda: (
        Block(lambda s, x: s.e(s.e(x), reverse=True), e=layers.ReversibleEmbedding(20, 8)),
        [(6,)],
    ),
    "windows with attention by hand": lambda: (Windows(HandAttention(3, 3, 2)), [PICTURE]),
    "grouped queries": lambda: (HandAttention(), [SEQUENCE]),
    "one group, rotary": lambda: (HandAttention(4, 1, rotary=True), [SEQUENCE]),
    "linear attention": lambda: (Linear(), [SEQUENCE]),
    "squeeze and excite": lambda: (Excite(), [PICTURE]),
    "mixture of experts": lambda: (Experts(), [SEQUENCE]),
    "a layer called twice": lambda: (Twice(layers.Dense(8)), [SEQUENCE]),
    "a layer of two blocks": lambda: (shared(), [SEQUENCE]),
    "three deep": lambda: (Twice(Twice(Twice(layers.Dense(8)))), [SEQUENCE]),
    "leaves with products": lambda: (Twice(Leaf(lambda s, x: x @ s.w @ s.v, {"w": (8, 3), "v": (3, 8)})), [SEQUENCE]),
    "leaves that hold leaves": lambda: (
        Twice(Leaf(lambda s, x: s.a(x) @ s.w, {"w": (8, 8)}, a=Leaf(lambda s, x: x @ s.w, {"w": (8, 8)}))),
        [SEQUENCE],
    ),
    "dict of outputs": lambda: (Fans(), [SEQUENCE]),
    "loop of Python": lambda: (Recurrent(), [SEQUENCE]),
    "LoRA": lambda: (Twice(lora()), [SEQUENCE]),
    "several inputs": lambda: (
        Block(lambda s, x, y: ops.matmul(s.a(x), ops.transpose(s.b(y), (0, 2, 1))), a=layers.Dense(4), b=layers.Dense(4)),
        [SEQUENCE, (3, 6)],
    ),
    "Functional": lambda: (Block(lambda s, x: s.net(x) + x, net=small_net(5, 8)), [SEQUENCE]),
    "Functional at another length": lambda: (Block(lambda s, x: s.net(x)[:, 1:], net=small_net(None, 8)), [SEQUENCE]),
    "Functional, merged axes": lambda: (Block(merged, net=small_net(8)), [SEQUENCE]),
    "Sequential": lambda: (Block(lambda s, x: s.net(x), net=keras.Sequential([layers.Dense(4), layers.Dense(8)])), [SEQUENCE]),
    "Sequential, merged axes": lambda: (Block(merged, net=keras.Sequential([layers.Dense(4), layers.Dense(8)])), [SEQUENCE]),
    "block, merged axes": lambda: (Block(merged, net=Twice(Leaf(lambda s, x: x @ s.w, {"w": (8, 8)}))), [SEQUENCE]),
    "block with a product among others, merged": lambda: (
        Block(lambda s, x: ops.reshape(s.net(ops.reshape(x, (-1, 5, 8))), (-1, 2, 5, 8)), net=Linear()),
        [(2, 5, 8)],
    ),
    "TimeDistributed": lambda: (Block(lambda s, x: s.t(x), t=layers.TimeDistributed(layers.Dense(3))), [SEQUENCE]),
    "mixed precision": lambda: (mixed(), [SEQUENCE]),
    "Conv2D": layer(lambda: layers.Conv2D(5, 3, strides=2, padding="same"), PICTURE),
    "Conv2D, channels first": layer(lambda: layers.Conv2D(6, 3, data_format="channels_first"), (3, 8, 8)),
    "Conv1D": layer(lambda: layers.Conv1D(6, 3, padding="causal", strides=2), SEQUENCE),
    "Conv3D": layer(lambda: layers.Conv3D(2, 2), (4, 4, 4, 3)),
    "DepthwiseConv2D": layer(lambda: layers.DepthwiseConv2D(3, depth_multiplier=2), PICTURE),
    "SeparableConv2D": layer(lambda: layers.SeparableConv2D(5, 3, depth_multiplier=2), PICTURE),
    "Conv2DTranspose": layer(lambda: layers.Conv2DTranspose(5, 3, strides=2, padding="same"), PICTURE),
    "ops.conv": kernel(lambda s, x: ops.conv(x, s.k, strides=2, padding="same"), (3, 3, 4, 6)),
    "ops.conv, dilated": kernel(lambda s, x: ops.conv(x, s.k, dilation_rate=2, padding="same"), (3, 3, 4, 6)),
    "ops.conv of a sequence, dilated": lambda: (
        Block(lambda s, x: ops.conv(x, s.k, dilation_rate=2), {"k": (2, 8, 6)}),  # TensorFlow pads it to whole strides
        [SEQUENCE],
    ),
    "tf.nn.conv2d": kernel(lambda s, x: tf.nn.conv2d(x, s.k, 1, "VALID"), (3, 3, 4, 6)),
    "tf.nn.conv2d, explicit padding": kernel(
        lambda s, x: tf.nn.conv2d(x, s.k, 1, [[0, 0], [2, 1], [1, 1], [0, 0]]), (3, 3, 4, 6)
    ),
    "ops.depthwise_conv": kernel(lambda s, x: ops.depthwise_conv(x, s.k, padding="same"), (3, 3, 4, 2)),
    "ops.conv_transpose": kernel(lambda s, x: ops.conv_transpose(x, s.k, strides=2, padding="same"), (4, 4, 6, 4)),
    "tf.nn.conv2d_transpose": kernel(lambda s, x: tf.nn.conv2d_transpose(x, s.k, (tf.shape(x)[0], 24, 24, 6), 2), (4, 4, 6, 4)),
    "ops.separable_conv": lambda: (
        Block(lambda s, x: ops.separable_conv(x, s.d, s.p), {"d": (3, 3, 6, 2), "p": (1, 1, 12, 5)}),
        [PICTURE],
    ),
    "windows merged by space_to_batch": kernel(
        lambda s, x: tf.batch_to_space(
            tf.nn.conv2d(tf.space_to_batch(x, [2, 2], [[0, 0], [0, 0]]), s.k, 1, "SAME"), [2, 2], [[0, 0], [0, 0]]
        ),
        (3, 3, 4, 6),
    ),
}


def counted(model):
    """Return TensorFlow's own count for one example: twice the multiply-accumulates of products and convolutions."""
    given = [tf.TensorSpec((1, *x.shape[1:]), x.dtype) for x in model.inputs]
    concrete = tf.function(lambda *x: model(list(x) if len(x) > 1 else x[0])).get_concrete_function(*given)
    frozen = convert_variables_to_constants_v2(concrete)
    assert not {op.type for op in frozen.graph.get_operations()} & {"Einsum", "StatelessWhile", "While"}, "not counted"
    with frozen.graph.as_default():
        builder = tf.compat.v1.profiler.ProfileOptionBuilder
        options = builder(builder.float_operation()).with_accounted_types([".*MatMul.*", ".*Conv.*"])
        options = options.with_empty_output().order_by("float_ops").build()
        return tf.compat.v1.profiler.profile(frozen.graph, cmd="op", options=options).total_float_ops


def functional(block, shapes):
    integers = any(isinstance(x, layers.Embedding) for x in block._flatten_layers())
    inputs = [keras.Input(shape, dtype="int32" if integers else "float32") for shape in shapes]
    return keras.Model(inputs, block(*inputs))


class Subclassed(keras.Model):
    def __init__(self, block):
        super().__init__()
        self.block = block

    def call(self, x, y=None):
        return self.block(x) if y is None else self.block(x, y)


@pytest.mark.parametrize("name", BLOCKS)
def test_products_and_convolutions_are_those_that_tensorflow_counts(name):
    block, shapes = BLOCKS[name]()
    model = functional(block, shapes)
    graph = read_graph(model)
    assert graph.cost.macs is not None, graph.cost.source
    assert 2 * graph.cost.macs == counted(model) > 0


@pytest.mark.parametrize("name", BLOCKS)
def test_so_they_are_in_a_subclassed_model(name):
    block, shapes = BLOCKS[name]()
    expected = counted(functional(block, shapes))
    model = Subclassed(block)
    given = tuple(
        tf.keras.Input(shape, dtype=x.dtype) for shape, x in zip(shapes, functional(block, shapes).inputs, strict=True)
    )
    model(*given)
    graph = read_graph(model)
    assert graph.kind == "traced"
    assert 2 * graph.cost.macs == expected


class SumOver(layers.Layer):
    """A loop of TensorFlow."""

    def __init__(self):
        super().__init__()
        self.d, self.w = layers.Dense(8), self.add_weight(shape=(8, 8), name="w")

    def call(self, x):
        x = self.d(x)
        return tf.while_loop(lambda n, y: n < 5, lambda n, y: (n + 1, tf.matmul(y, tf.convert_to_tensor(self.w))), (0, x))[1]


class Compiled(layers.Layer):
    """Code in functions of TensorFlow's."""

    def __init__(self):
        super().__init__()
        self.d, self.w = layers.Dense(8), self.add_weight(shape=(8, 8), name="w")

    @tf.function
    def product(self, x):
        for n in range(2):
            x = self.d(x) if n else x @ self.w
        return x

    @tf.function(autograph=False)
    def call(self, x):
        return self.product(x) + x


class AsksForValues(layers.Layer):
    def __init__(self):
        super().__init__()
        self.d, self.w = layers.Dense(8), self.add_weight(shape=(8, 8), name="w")

    def call(self, x):
        y = self.d(x) @ ops.matmul(self.w, self.w)
        return y if float(ops.sum(x)) > -1e9 else self.d(y)


def attention(make):
    """A block around one of Keras's attention layers."""
    return Block(lambda s, x: x + s.a(x, x), a=make)


T, D = 5, 8  # of SEQUENCE
MHA = 4 * T * D * D + 2 * T * T * D  # projections of queries, keys, values and outputs; scores, and their sums of values
BY_HAND = {  # what the profiler does not count, or counts otherwise than it computes
    "transpose_a": (table(lambda s, x: tf.matmul(s.w, x, transpose_a=True), (T, 10)), 10 * T * 8),  # it takes the wrong axis
    "einsum": (table(lambda s, x: ops.einsum("bti,ij->btj", x, s.w), (8, 10)), T * 8 * 10),
    "einsum of scores": (
        lambda: (Block(lambda s, x: tf.einsum("bti,bsi->bts", s.d(x), x), d=layers.Dense(8)), [SEQUENCE]),
        T * D * D + T * T * D,
    ),
    "einsum that sums two axes": (table(lambda s, x: ops.einsum("...ti,tij->...j", x, s.w), (T, 8, 10)), T * 8 * 10),
    "einsum over all": (table(lambda s, x: x * ops.einsum("ij,ij->", s.w, s.w), (3, 4)), 12),
    "experts by einsum": (
        lambda: (
            Block(
                lambda s, x: ops.einsum("bte,bteo->bto", ops.softmax(s.r(x)), ops.einsum("bti,eio->bteo", x, s.w)),
                {"w": (3, 8, 7)},
                r=layers.Dense(3),
            ),
            [SEQUENCE],
        ),
        T * 8 * 3 + T * 3 * 7 + T * 8 * 3 * 7,
    ),
    "EinsumDense": (
        lambda: (Block(lambda s, x: s.e(x), e=layers.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="e")), [SEQUENCE]),
        T * D * 6,
    ),
    "attention of Keras": (lambda: (attention(layers.MultiHeadAttention(2, 4)), [SEQUENCE]), MHA),
    "attention with dropout": (lambda: (attention(layers.MultiHeadAttention(2, 4, dropout=0.1)), [SEQUENCE]), MHA),
    "grouped attention of Keras": (
        lambda: (attention(layers.GroupQueryAttention(4, 4, 2)), [SEQUENCE]),
        2 * T * D * 16 + 2 * T * D * 8 + 2 * T * T * 16,
    ),
    "fused attention": (
        lambda: (
            Block(lambda s, x: ops.dot_product_attention(*(ops.reshape(s.d(x), (-1, T, 2, 4)),) * 3), d=layers.Dense(8)),
            [SEQUENCE],
        ),
        T * D * D + 2 * T * T * D,
    ),
    "windows with attention of Keras": (
        lambda: (Windows(attention(layers.MultiHeadAttention(3, 2))), [PICTURE]),
        4 * (4 * 16 * 6 * 6 + 2 * 16 * 16 * 6) + 64 * (6 * 12 + 12 * 6),
    ),
    "Conv2D, grouped, dilated": (layer(lambda: layers.Conv2D(6, 3, groups=3, dilation_rate=2), PICTURE), 16 * 6 * 9 * 2),
    "Conv1D, causal, dilated": (layer(lambda: layers.Conv1D(6, 3, padding="causal", dilation_rate=2), SEQUENCE), T * 6 * 3 * D),
    "Conv2DTranspose, valid": (layer(lambda: layers.Conv2DTranspose(5, 3, strides=2), PICTURE), 64 * 6 * 9 * 5),
    "ops.conv, grouped": (kernel(lambda s, x: ops.conv(x, s.k), (3, 3, 2, 6)), 100 * 6 * 9 * 2),
    "functions of TensorFlow": (lambda: (Compiled(), [SEQUENCE]), 2 * T * D * D),
    "LSTM": (lambda: (Twice(layers.LSTM(8, return_sequences=True)), [SEQUENCE]), 2 * 4 * T * (D * D + D * D)),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_products_and_convolutions_equal_a_formula(name):
    made, expected = BY_HAND[name]
    block, shapes = made()
    model = functional(block, shapes)
    assert read_graph(model).cost.macs == expected
    outer = Subclassed(block)
    outer(*(keras.Input(shape) for shape in shapes))
    assert read_graph(outer).cost.macs == expected


@pytest.mark.parametrize("name", [name for name in BLOCKS if name != "examples among themselves"])
def test_a_fixed_number_of_examples_changes_nothing(name):
    block, shapes = BLOCKS[name]()
    inputs = functional(block, shapes).inputs
    expected = read_graph(keras.Model(inputs, block(*inputs))).cost.macs
    fixed = [keras.Input(batch_shape=(4, *shape), dtype=x.dtype) for shape, x in zip(shapes, inputs, strict=True)]
    assert read_graph(keras.Model(fixed, block(*fixed))).cost.macs == expected


def test_a_number_of_examples_in_the_code_changes_nothing():
    block = Block(lambda s, x: s.d(ops.reshape(x @ s.w, (4, 2, 40))) + s.w[:1, :3], {"w": (8, 16)}, d=layers.Dense(3))
    x = keras.Input(batch_shape=(4, *SEQUENCE))
    assert read_graph(keras.Model(x, block(x))).cost.macs == T * 8 * 16 + 2 * 40 * 3


def test_code_that_asks_for_values_is_counted_for_one_example():
    model = Subclassed(AsksForValues())
    data = RNG.normal(size=(3, *SEQUENCE)).astype("float32")
    model(data)
    assert read_graph(model, inputs=data).cost.macs == 2 * T * D * D + D**3


def test_a_loop_of_tensorflow_makes_the_total_a_bound():
    block = SumOver()
    x = keras.Input(SEQUENCE)
    graph = read_graph(keras.Model(x, block(x)))
    assert graph.cost.macs is None
    assert graph.cost.flops is None
    assert graph.cost.at_least == 2 * T * D * D + T * D


def test_an_unknown_length_makes_the_total_unknown():
    x = keras.Input((None, 8))
    block = Twice(Leaf(lambda s, x: x @ s.w, {"w": (8, 8)}))
    assert read_graph(keras.Model(x, block(x))).cost.flops is None


def counted_in(model, data):
    """Count the products and convolutions of one example in TensorFlow's graph of a model, those of Einsum by its letters."""
    specs = keras.tree.map_structure(lambda x: tf.TensorSpec((1, *x.shape[1:]), x.dtype), data)
    concrete = tf.function(lambda x: model(x)).get_concrete_function(specs)
    operations = convert_variables_to_constants_v2(concrete, lower_control_flow=False).graph.get_operations()
    assert not {op.type for op in operations} & {"While", "StatelessWhile", "If", "StatelessIf", "StatefulPartitionedCall"}
    return sum(macs_of(op) for op in operations)


def macs_of(op):
    shapes, out = [tuple(x.shape) for x in op.inputs], tuple(op.outputs[0].shape) if op.outputs else ()
    if "MatMul" in op.type:
        turned = op.get_attr("transpose_a" if op.type == "MatMul" else "adj_x")
        return int(np.prod(out)) * shapes[0][-2 if turned else -1]
    if op.type == "Einsum" and len(shapes) == 2:
        letters = op.get_attr("equation").decode().split("->")[0].split(",")
        sizes = {c: n for word, shape in zip(letters, shapes, strict=True) for c, n in zip(word, shape, strict=True)}
        return int(np.prod(list(sizes.values())))
    if op.type in ("Conv2D", "DepthwiseConv2dNative"):
        return int(np.prod(out)) * int(np.prod(shapes[1][: 2 if op.type[0] == "D" else 3]))
    return 0


TOKENS = {"token_ids": np.ones((2, 12), "int32"), "padding_mask": np.ones((2, 12), "int32")}
SMALL = {"vocabulary_size": 50, "num_layers": 2, "hidden_dim": 32, "intermediate_dim": 64}
HUB = {
    "BertBackbone": ({**SMALL, "num_heads": 4, "max_sequence_length": 12}, {**TOKENS, "segment_ids": TOKENS["token_ids"]}),
    "GPT2Backbone": ({**SMALL, "num_heads": 4, "max_sequence_length": 12}, TOKENS),
    "LlamaBackbone": ({**SMALL, "num_query_heads": 4, "num_key_value_heads": 2}, TOKENS),
    "MixtralBackbone": ({**SMALL, "num_query_heads": 4, "num_key_value_heads": 2, "num_experts": 4}, TOKENS),
    "ESM2Backbone": ({**SMALL, "num_heads": 4}, {"token_ids": TOKENS["token_ids"]}),
    "ViTBackbone": (
        {"image_shape": (32, 32, 3), "patch_size": 8, "num_layers": 2, "num_heads": 4, "hidden_dim": 32, "mlp_dim": 64},
        np.ones((2, 32, 32, 3), "float32"),
    ),
}


@pytest.mark.parametrize("name", HUB)
def test_models_of_kerashub_are_counted_as_tensorflow_computes_them(name):
    models = pytest.importorskip("keras_hub").models
    arguments, data = HUB[name]
    model = getattr(models, name)(**arguments)
    assert read_graph(model, inputs=data).cost.macs == counted_in(model, data) > 0


def test_a_llama_is_counted_with_its_rotary_angles():
    models = pytest.importorskip("keras_hub").models
    model = models.LlamaBackbone(**HUB["LlamaBackbone"][0])
    n, d, f, heads, groups = 2, 32, 64, 4, 2
    for t in (12, 20):
        size = d // heads
        block = 2 * t * d * d + 2 * t * d * groups * size + 2 * t * t * d + 3 * t * d * f
        angles = 2 * t * size // 2  # of queries and of keys: positions times frequencies
        graph = read_graph(model, inputs=dict.fromkeys(TOKENS, (1, t)))
        assert graph.cost.macs == n * (block + angles)


def test_an_axis_that_does_not_depend_on_the_examples_is_known():
    block = Block(lambda s, x: s.d(ops.reshape(x, (ops.shape(x)[0], -1, 4))), d=layers.Dense(3))
    x = keras.Input((6, 2))
    graph = read_graph(keras.Model(x, block(x)))
    assert graph.cost.macs == 3 * 4 * 3
    assert next(c for c in graph.calls if c.type == "Dense").outputs[0].shape == (None, 3, 3)


def test_an_axis_of_examples_elsewhere_stays_unknown():
    block = Block(lambda s, x: ops.transpose(s.d(ops.transpose(x, (1, 0, 2))), (1, 0, 2)), d=layers.Dense(3))
    x = keras.Input((6, 2))
    graph = read_graph(keras.Model(x, block(x)))
    assert next(c for c in graph.calls if c.type == "Dense").outputs[0].shape == (6, None, 3)
    assert graph.cost.macs in (None, 6 * 2 * 3)
