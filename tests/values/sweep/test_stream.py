"""The residual stream of transformers of different make."""

import keras
import numpy as np
import pytest
from keras import layers

from kfx.values.sweep.stream import residual_stream


class Block(layers.Layer):
    """A block of attention and a dense layer, in code."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.look = layers.MultiHeadAttention(2, 4, name="look")
        self.dense = layers.Dense(8, name="dense")

    def build(self, shape):
        self.look.build(shape, shape)
        self.dense.build(shape)

    def call(self, x):
        x = x + self.look(x, x)
        return x + self.dense(x)


class Subclassed(keras.Model):
    """Blocks in the code of a model."""

    def __init__(self):
        super().__init__(name="subclassed")
        self.embed = layers.Embedding(10, 8, name="embed")
        self.blocks = [Block(name=f"block_{k}") for k in range(2)]
        self.head = layers.Dense(10, name="head")

    def call(self, x):
        x = self.embed(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


@pytest.fixture
def ids():
    return keras.ops.convert_to_tensor(np.arange(6)[None] % 10)


def test_blocks_in_a_functional_model_and_what_feeds_the_first(ids):
    i = keras.Input((6,), dtype="int32")
    x = layers.Embedding(10, 8, name="embed")(i)
    for k in range(3):
        x = Block(name=f"block_{k}")(x)
    model = keras.Model(i, layers.Dense(10)(x))
    assert residual_stream(model, ids) == ("embed", "block_0", "block_1", "block_2")


def test_blocks_in_the_code_of_a_subclassed_model(ids):
    model = Subclassed()
    model(ids)
    assert residual_stream(model, ids) == ("embed", "block_0", "block_1")


def test_sums_beside_attention_where_there_are_no_blocks(ids):
    i = keras.Input((6,), dtype="int32")
    x = layers.Add(name="embedded")([layers.Embedding(10, 8)(i), layers.Embedding(10, 8)(i)])
    x = layers.Add(name="looked")([x, layers.MultiHeadAttention(2, 4)(x, x)])
    x = layers.Add(name="thought")([x, layers.Dense(8)(x)])
    model = keras.Model(i, layers.Dense(10)(x))
    assert residual_stream(model, ids) == ("embedded", "looked", "thought")


def test_sums_inside_a_nested_model(ids):
    x = i = keras.Input((6, 8))
    for k in range(2):
        x = layers.Add(name=f"sum_{k}")([x, layers.MultiHeadAttention(2, 4)(x, x)])
    inner = keras.Model(i, x, name="inner")
    tokens = keras.Input((6,), dtype="int32")
    model = keras.Model(tokens, layers.Dense(10)(inner(layers.Embedding(10, 8)(tokens))))
    assert residual_stream(model, ids) == ("inner/sum_0", "inner/sum_1")
