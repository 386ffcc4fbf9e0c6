"""The size of a KV cache, counted by hand for layers of Keras's own and of the user's."""

import keras
import pytest
from keras import layers

from kfx.model.read.model import read_graph


class Block(layers.Layer):
    """Attention and a residual sum, causal or not, to itself or to another sequence."""

    def __init__(self, attention, causal=True, **kwargs):
        super().__init__(**kwargs)
        self.attention, self.causal = attention, causal

    def call(self, x, memory=None):
        return x + self.attention(x, x if memory is None else memory, use_causal_mask=self.causal)


def model_of(*blocks, length=16, memory=None):
    x = y = keras.Input((length, 32))
    other = None if memory is None else keras.Input((memory, 32))
    for block in blocks:
        y = block(y) if other is None else block(y, other)
    return keras.Model(x if other is None else [x, other], y)


def heads(name="att", **kwargs):
    return layers.MultiHeadAttention(4, 8, name=name, **kwargs)


def test_causal_self_attention_keeps_keys_and_values():
    grouped = layers.GroupQueryAttention(8, 4, 2, name="att")
    graph = read_graph(model_of(Block(heads(), name="a"), Block(grouped, name="b")))
    assert graph.kv_cache.nbytes == 16 * 4 * (2 * 4 * 8 + 2 * 2 * 8)
    assert (graph.kv_cache.batch, graph.kv_cache.lengths, graph.kv_cache.layers) == (1, (16,), ("a/att", "b/att"))


def test_a_batch_and_a_dtype_count():
    x = keras.Input((None, 32), dtype="float16")
    y = heads("m", dtype="float16", value_dim=5)(x, x, use_causal_mask=True)
    graph = read_graph(keras.Model(x, y), inputs=(3, 64, 32))
    assert graph.kv_cache.nbytes == 3 * 64 * 2 * (4 * 8 + 4 * 5)
    assert graph.kv_cache.batch == 3


@pytest.mark.parametrize(
    "model",
    [
        model_of(Block(heads(), causal=False)),
        model_of(Block(heads()), memory=9),  # to another sequence
        model_of(Block(heads()), length=None),  # of unknown length
        keras.Sequential([keras.Input((16, 32)), layers.Dense(3)]),
    ],
    ids=["not causal", "cross", "unknown length", "no attention"],
)
def test_nothing_else_has_one(model):
    assert read_graph(model).kv_cache is None


class Cached(layers.Layer):
    """Attention by hand that takes a cache, as those of KerasHub."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.q, self.k, self.v = (layers.Dense(12, name=name) for name in ("query", "key", "value"))

    def call(self, x, cache=None):
        return self.q(x) + self.k(x) + self.v(x)


class Decoder(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.attention = Cached(name="attention")

    def call(self, x, self_attention_cache=None):
        return self.attention(x, cache=self_attention_cache)


class Encoder(Decoder):
    def call(self, x):
        return self.attention(x)


def test_layers_that_take_a_cache_have_one_where_what_is_around_them_gives_it():
    assert read_graph(model_of(Decoder(name="d"))).kv_cache.nbytes == 16 * 4 * 2 * 12
    assert read_graph(model_of(Encoder(name="e"))).kv_cache is None
