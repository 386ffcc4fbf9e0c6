"""Receptive fields against the gradient: the part of the input on which a place really depends."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from kfx.model.read.model import read_graph
from kfx.values.examples.receptive import receptive_fields


def plain(i):
    return layers.Conv2D(2, 3, strides=2, name="last")(layers.Conv2D(2, 5, activation="relu")(i))


def same(i):
    x = layers.Conv2D(2, 3, padding="same", strides=2)(i)
    return layers.Conv2D(2, 3, padding="same", name="last")(layers.AveragePooling2D(3, strides=2, padding="same")(x))


def dilated(i):
    x = layers.ZeroPadding2D(((1, 2), (3, 0)))(i)
    return layers.Conv2D(1, (3, 4), dilation_rate=(2, 1), name="last")(layers.Cropping2D(1)(x))


def skip(i):
    x = layers.BatchNormalization()(layers.Conv2D(2, 3, padding="same")(i))
    y = layers.DepthwiseConv2D(5, padding="same")(x)
    return layers.SeparableConv2D(2, 3, name="last")(layers.Add()([x, y]) + x)


def nested(i):
    j = keras.Input((None, None, 3))
    inner = keras.Model(j, layers.Conv2D(2, 3)(layers.Conv2D(2, 3)(j)), name="inner")
    return layers.Conv2D(1, 2, name="last")(inner(i))


@pytest.mark.parametrize("build", [plain, same, dilated, skip, nested])
def test_the_field_is_what_the_place_depends_on(build):
    i = keras.Input((23, 21, 3), name="image")
    model = keras.Model(i, build(i))
    for weights in model.weights:
        weights.assign(tf.random.stateless_uniform(weights.shape, (1, 2), 0.5, 1.0))
    (rows, columns) = receptive_fields(model, read_graph(model), "last")["image"]
    x = tf.constant(np.random.default_rng(0).uniform(0.5, 1, (1, 23, 21, 3)).astype("float32"))
    high, wide = model.output_shape[1:3]
    for row, column in [(0, 0), (high // 2, wide // 2), (high - 1, wide - 1), (0, wide - 1)]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = tf.reduce_sum(model(x, training=False)[0, row, column])
        seen = np.abs(tape.gradient(value, x).numpy()[0]).sum(-1) > 0
        for field, place, axis, size in ((rows, row, 1, 23), (columns, column, 0, 21)):
            known = np.flatnonzero(seen.any(axis))
            first, stop = field.span(place)
            if build is dilated and not 0 <= first < stop <= size:  # a gap of the window may lie at the edge
                assert first <= known[0] <= known[-1] < stop
            else:
                assert (max(first, 0), min(stop, size)) == (known[0], known[-1] + 1)


@pytest.mark.parametrize(
    "between", [layers.GlobalAveragePooling2D(keepdims=True), layers.LayerNormalization(axis=1), layers.UpSampling2D()]
)
def test_a_layer_that_mixes_places_has_no_field(between):
    i = keras.Input((8, 8, 3))
    model = keras.Model(i, layers.Conv2D(1, 1, name="last")(between(i)))
    assert receptive_fields(model, read_graph(model), "last") == {}


def test_two_inputs_have_their_own():
    a, b = keras.Input((9, 9, 1), name="a"), keras.Input((9, 9, 1), name="b")
    x = layers.Concatenate(name="both")([layers.Conv2D(1, 3, padding="same")(a), layers.Conv2D(1, 5, padding="same")(b)])
    model = keras.Model([a, b], x)
    found = receptive_fields(model, read_graph(model), "both")
    assert {name: fields[0].size for name, fields in found.items()} == {"a": 3, "b": 5}
