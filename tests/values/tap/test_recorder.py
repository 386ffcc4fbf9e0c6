"""The keys of recorded calls are the keys of the graph that the readers read."""

import numpy as np
import pytest

from kfx.model.read.model import read_graph
from kfx.values.tap.calls import addressable_calls, specs_of, traced_calls


def keys(model):
    return [call.key for call in addressable_calls(model, specs_of(model))], list(
        traced_calls(model, specs_of(model)).positions
    )


def readable(model):
    """Keys of the readers' graph, without TensorFlow's own operations, which no layer returns."""
    return [call.key for call in read_graph(model).calls if call.module != "tensorflow"]


def test_nested_and_shared_models_have_the_same_keys(nested):
    chosen, recorded = keys(nested[0])
    assert sorted(chosen) == sorted(recorded) == sorted(readable(nested[0]))


def test_a_subclassed_model_has_the_same_keys(subclassed):
    chosen, recorded = keys(subclassed[0])
    assert sorted(chosen) == sorted(recorded) == sorted(readable(subclassed[0]))


def test_calls_of_a_shared_layer_count_as_the_readers_count(keras):
    """Made first is call 1, even where Keras runs it last."""
    layers = keras.layers
    i = keras.Input((4,), name="i")
    shared = layers.Dense(4, name="shared")
    late = shared(layers.Dense(4, name="a")(layers.Dense(4, name="b")(i)))
    early = shared(i)
    model = keras.Model(i, [early, late, shared(i * 2.0)])
    chosen, recorded = keys(model)
    assert sorted(chosen) == sorted(recorded) == sorted(readable(model))
    x = np.ones((2, 4), "float32")
    import kfx

    values = kfx.extract(model, x)
    for call in read_graph(model).calls:
        if call.name == "shared":
            feeds = [e.source for e in read_graph(model).edges if e.target == call.key]
            kernel, bias = shared.get_weights()
            np.testing.assert_allclose(values[call.key], values[feeds[0]] @ kernel + bias, rtol=1e-5)


@pytest.mark.parametrize("kind", ["custom", "wrapped", "attention", "same names", "hostile"])
def test_keys_of_odd_models(keras, kind):
    layers = keras.layers
    i = keras.Input((3, 4), name="i")
    if kind == "custom":

        class Steps(layers.Layer):
            def __init__(self):
                super().__init__(name="steps")
                self.p, self.q = layers.Dense(4, name="p"), layers.Dense(4, name="q")
                self.inner = keras.Sequential([keras.Input((4,)), layers.Dense(4, name="z")], name="inner")

            def call(self, inputs):
                state = inputs[:, 0]
                for t in range(3):
                    state = self.p(inputs[:, t]) + self.q(state)
                return self.inner(state)

        out = Steps()(i)
    elif kind == "wrapped":
        out = layers.Bidirectional(layers.LSTM(2))(layers.TimeDistributed(layers.Dense(3))(i))
    elif kind == "attention":
        out = layers.MultiHeadAttention(2, 2)(i, i)
    elif kind == "same names":

        class Both(layers.Layer):
            def __init__(self):
                super().__init__(name="both")
                self.a, self.b = layers.Dense(4, name="same"), layers.Dense(4, name="same")

            def call(self, inputs):
                return self.b(self.a(inputs))

        out = Both()(i)
    else:
        out = layers.Dense(2, name="<script>@2 합성곱\n🦊")(layers.Dense(2, name="d@2")(i))
    model = keras.Model(i, out)
    chosen, recorded = keys(model)
    if kind in ("wrapped", "attention"):
        recorded = [key for key in recorded if key in set(chosen)]
    assert sorted(chosen) == sorted(recorded) == sorted(readable(model))
