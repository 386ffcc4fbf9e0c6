"""The channels' axis and attention maps, against how each model was written."""

import keras
import pytest
from keras import layers, ops

from kfx.model.axes import attention_maps, channel_axes, returns_scores
from kfx.model.read.model import read_graph

FIRST = {"data_format": "channels_first"}


def axes(given, made):
    return channel_axes(read_graph(keras.Model(given, made)))


def test_channels_last_needs_no_word():
    x = keras.Input((8, 8, 3))
    assert axes(x, layers.Flatten()(layers.BatchNormalization()(layers.Conv2D(2, 3)(x)))) == {}


def test_channels_first_is_followed_through_layers_without_a_format_of_their_own():
    x = keras.Input((3, 8, 8), name="x")
    y = layers.ReLU(name="relu")(layers.BatchNormalization(axis=1, name="norm")(layers.Conv2D(5, 3, name="conv", **FIRST)(x)))
    y = layers.Add(name="add")([y, layers.Dropout(0.1, name="drop")(y)])
    y = layers.Dense(2, name="dense")(layers.GlobalAveragePooling2D(name="pool", **FIRST)(y))
    assert axes(x, y) == dict.fromkeys(["x", "conv", "norm", "relu", "add", "drop"], 0)


@pytest.mark.parametrize(
    ("shape", "layer", "axis"),
    [
        ((3, 40), layers.Conv1D(5, 3, **FIRST), 0),
        ((3, 8, 8, 8), layers.Conv3D(5, 3, **FIRST), 0),
        ((4, 3, 8, 8), layers.ConvLSTM2D(5, 3, return_sequences=True, **FIRST), 1),
        ((4, 3, 8, 8), layers.TimeDistributed(layers.Conv2D(5, 3, **FIRST)), 1),
        ((3, 8, 8), layers.UpSampling2D(**FIRST), 0),
        ((3, 8, 8), layers.DepthwiseConv2D(3, **FIRST), 0),
    ],
)
def test_every_kind_of_layer_with_a_format(shape, layer, axis):
    x = keras.Input(shape, name="x")
    assert axes(x, layer(x)) == {"x": axis, layer.name: axis}


def test_a_transpose_moves_the_channels():
    x = keras.Input((3, 8, 6), name="x")
    last = layers.Permute((2, 3, 1), name="last")(x)
    first = ops.transpose(layers.Conv2D(4, 3, name="conv")(last), (0, 3, 1, 2))
    made = layers.ReLU(name="relu")(first)
    assert axes(x, made) == {"x": 0, "transpose": 0, "relu": 0}


def test_a_reshape_before_channels_first_makes_them():
    x = keras.Input((4,), name="x")
    y = layers.Reshape((8, 2, 2), name="cut")(layers.Dense(32)(x))
    assert axes(x, layers.Conv2DTranspose(1, 3, name="up", **FIRST)(y)) == {"cut": 0, "up": 0}


def test_nested_models_are_gone_through():
    inner_x = keras.Input((3, 8, 8), name="i")
    inner = keras.Model(inner_x, layers.ReLU(name="r")(layers.Conv2D(4, 3, name="c", **FIRST)(inner_x)), name="inner")
    x = keras.Input((3, 8, 8), name="x")
    found = axes(x, layers.Activation("tanh", name="out")(inner(x)))
    assert found == dict.fromkeys(["x", "inner", "inner/i", "inner/c", "inner/r", "out"], 0)


def test_a_softmax_that_weights_a_product_is_an_attention_map():
    x = keras.Input((6, 8))
    scores = layers.Dot((2, 2))([layers.Dense(8)(x), x])
    weights = layers.Dropout(0.1)(layers.Softmax(name="pattern")(scores))
    out = layers.Softmax(name="classes")(layers.Dense(3)(layers.Dot((2, 1))([weights, x])))
    assert attention_maps(read_graph(keras.Model(x, out))) == {"pattern"}


def test_subclasses_of_attention_layers_return_scores():
    class Own(layers.MultiHeadAttention):
        pass

    x = keras.Input((6, 8), name="x")
    graph = read_graph(keras.Model(x, layers.Dense(2)(Own(2, 4, name="own")(x, x))))
    assert [call.key for call in graph.calls if returns_scores(call)] == ["own"]
