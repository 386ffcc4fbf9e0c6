"""Bytes of weights and activations; those of text depend on the values and are unknown."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import kfx
from kfx.model.read.model import read_graph
from kfx.model.read.weights import bits
from kfx.model.walk import by_key


@pytest.mark.parametrize(
    ("dtype", "size"),
    [("float32", 32), ("bfloat16", 16), ("float8_e4m3fn", 8), ("bool", 8), ("int4", 4), ("string", None), ("variant", None)],
)
def test_the_bits_of_a_number(dtype, size):
    assert bits(dtype) == size


class Lower(layers.Layer):
    def call(self, x):
        return tf.strings.lower(x)

    def compute_output_spec(self, x):
        return keras.KerasTensor(x.shape, dtype="string")


def look_up():
    x = keras.Input((3,), dtype="string", name="words")
    ids = layers.StringLookup(vocabulary=["a", "b"], name="ids")(Lower(name="lower")(x))
    return keras.Model(x, layers.Embedding(4, 2, name="table")(ids))


def test_the_memory_of_text_is_unknown_and_totals_say_at_least():
    view = kfx.summary(look_up())
    assert {row.layer: row.bytes_text for row in view.rows} == {"words": "?", "lower": "?", "ids": "24 B", "table": "24 B"}
    assert "≥ 48 B activations" in str(view)
    assert by_key(view.graph)["words"].settings == ("text",)
    assert by_key(view.graph)["words"].outputs[0].dtype == "string"


def test_the_bytes_of_weights_of_text_are_unknown():
    class Names(layers.Layer):
        def build(self, shape):
            self.names = self.add_weight(shape=(3,), dtype="string", initializer=lambda *a, **k: tf.constant(["a", "b", "c"]),
                                         trainable=False, name="names")  # fmt: skip

        def call(self, x):
            return x

    x = keras.Input((4,), name="x")
    alone = keras.Model(x, Names(name="names")(x))
    assert str(kfx.summary(alone)).splitlines()[-2] == "Total 3 · trainable 0 · frozen 3 · bytes unknown"
    assert '"weight_bytes": null' in kfx.summary(alone).to_json()
    both = keras.Model(x, layers.Dense(2, name="d")(Names(name="names")(x)))
    graph = read_graph(both)
    assert (graph.weight_bytes, graph.weights_sized) == (4 * 10, False)
    assert "≥ 40 B" in str(kfx.summary(both))
    assert np.asarray(both.get_layer("names").names).tolist() == [b"a", b"b", b"c"]
