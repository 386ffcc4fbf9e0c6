"""What a file's configuration alone tells, against the live model that was saved."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kfx.model.files.load import load_graph, read_file
from kfx.model.read.model import read_graph
from kfx.model.walk import by_key


def saved(model, folder, suffix=".keras"):
    model.save(folder / f"m{suffix}")
    return folder / f"m{suffix}"


def upscaling():
    x = keras.Input((8, 8, 3), name="x")
    y = layers.Conv2DTranspose(4, 2, strides=2, padding="same", name="up")(x)
    return keras.Model(x, layers.Conv2D(2, 1, name="out")(y), name="m")


def grouped():
    x = keras.Input((10, 16), name="x")
    y = layers.GroupQueryAttention(4, 4, 2, name="attend")(x, x)
    return keras.Model(x, layers.Dense(2, name="out")(y), name="m")


def recurrent():
    x = keras.Input((20, 8), name="x")
    y = layers.Bidirectional(layers.LSTM(16, return_sequences=True), name="both")(x)
    y = layers.LSTM(5, name="last")(y)
    return keras.Model(x, layers.Dense(2, name="out")(y), name="m")


def sliced():
    x = keras.Input((10, 16), name="x")
    first, new = x[:, 0], x[:, -1, None]
    y = ops.sum(first * 2.0 + np.ones(16, "float32"), axis=-1, keepdims=True)
    return keras.Model(x, layers.Concatenate(name="out")([y, ops.squeeze(new, 1)]), name="m")


def looked_up():
    text = keras.Input((1,), dtype="string", name="text")
    y = layers.StringLookup(vocabulary=["a", "b"], output_mode="one_hot", name="look")(text)
    return keras.Model(text, layers.Dense(2, name="out")(y), name="m")


def masked():
    x = keras.Input((10, 4), name="x")
    y = layers.GRU(3, return_sequences=True, name="gru")(layers.Masking(name="mask")(x))
    return keras.Model(x, layers.Dense(2, name="out")(layers.GlobalAveragePooling1D(name="mean")(y)), name="m")


@pytest.mark.parametrize("make", [upscaling, grouped, recurrent, sliced, looked_up, masked])
def test_a_configuration_tells_types_settings_shapes_and_parameters_of_the_live_model(tmp_path, make):
    model = make()
    live, stored = read_graph(model), read_file(saved(model, tmp_path))
    assert stored.params == model.count_params()
    for call, other in zip(live.calls, stored.calls, strict=True):
        told = [(c.key, c.type, c.settings, c.params, [t.shape for t in c.outputs]) for c in (call, other)]
        assert told[0] == told[1]


@pytest.mark.skipif(
    not hasattr(layers, "ReversibleEmbedding"),
    reason=f"Keras {keras.__version__} has no layer whose shape hangs on an argument (ReversibleEmbedding)",
)
def test_calls_with_arguments_of_their_own_are_not_given_the_shape_of_plain_ones(tmp_path):
    i = keras.Input((5,), dtype="int32", name="i")
    embed = layers.ReversibleEmbedding(50, 8, name="embed")
    model = keras.Model(i, embed(layers.Dense(8, name="d")(embed(i)), reverse=True), name="m")
    calls = by_key(read_file(saved(model, tmp_path)))
    assert calls["embed@1"].outputs[0].shape == (None, 5, 8)
    assert calls["embed@2"].outputs[0].shape is None  # (None, 5, 50), which its shape rule does not know


def test_every_output_of_a_call_that_the_model_returns_is_there(tmp_path):
    a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
    parts = ops.split(layers.Dense(6, name="d")(a) + b, 3, axis=-1)
    model = keras.Model({"b": b, "a": a}, {"parts": parts, "all": [b]}, name="m")
    live, stored = read_graph(model), read_file(saved(model, tmp_path))
    assert [name for *_, name in stored.outputs] == ["all.0", "parts.0", "parts.1", "parts.2"]
    assert (stored.inputs, stored.outputs) == (live.inputs, live.outputs)


def test_inner_inputs_are_in_the_order_in_which_the_model_takes_them(tmp_path):
    a, b = keras.Input((3,), name="a"), keras.Input((4,), name="b")
    inner = keras.Model([b, a], layers.Concatenate(name="cat")([layers.Dense(2, name="d")(a), b]), name="inner")
    x, y = keras.Input((4,), name="x"), keras.Input((3,), name="y")
    model = keras.Model([x, y], inner([x, y]), name="m")
    live, stored = (by_key(g)["inner"] for g in (read_graph(model), read_file(saved(model, tmp_path))))
    assert stored.inner_inputs == live.inner_inputs == ("inner/b", "inner/a")


def test_the_optimizer_is_no_layer(tmp_path):
    class Net(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.first = layers.Dense(3)

        def call(self, x):
            return self.first(x)

    model = Net()
    model.compile("adam", "mse")
    model.fit(np.zeros((2, 4)), np.zeros((2, 3)), verbose=0)
    graph = load_graph(saved(model, tmp_path))
    assert ([c.name for c in graph.calls], graph.params) == (["first"], 15)


def test_a_class_of_its_own_with_a_graph_of_keras_s_shows_it(tmp_path):
    class Chain(keras.Sequential):
        pass

    class Net(keras.Model):
        pass

    chain = Chain([keras.Input((4,), name="i"), layers.Dense(3, name="d"), layers.ReLU(name="r")], name="chain")
    x = keras.Input((4,), name="x")
    inner = Net(x, layers.Dense(4, name="e")(x), name="inner")
    y = keras.Input((4,), name="y")
    model = Net(y, chain(inner(y)), name="m")
    live, stored = read_graph(model), load_graph(saved(model, tmp_path))
    assert [(c.key, c.kind, c.type) for c in stored.calls] == [(c.key, c.kind, c.type) for c in live.calls]
    assert [(e.source, e.target) for e in stored.edges] == [(e.source, e.target) for e in live.edges]
    assert "needs custom objects" in stored.notes[0]


def test_an_argument_called_layers_is_no_graph(tmp_path):
    class Net(keras.Model):
        def __init__(self, sizes, **kwargs):
            super().__init__(**kwargs)
            self.first = layers.Dense(sizes[0])

        def call(self, x):
            return self.first(x)

        def get_config(self):
            return {**super().get_config(), "layers": [3, 4]}

    model = Net([3, 4])
    model(np.zeros((1, 4), "float32"))
    graph = load_graph(saved(model, tmp_path))
    assert (graph.kind, [c.name for c in graph.calls]) == ("opaque", ["first"])


def test_a_model_used_at_two_levels_keeps_its_edges(tmp_path):
    """Keras saves such a file with calls counted on from the inner level, and cannot load it."""
    i = keras.Input((4,), name="i")
    inner = keras.Model(i, layers.Dense(4, name="d")(i), name="inner")
    j = keras.Input((4,), name="j")
    middle = keras.Model(j, inner(inner(j)), name="middle")
    k = keras.Input((4,), name="k")
    model = keras.Model(k, layers.Add(name="sum")([middle(k), inner(k)]), name="top")
    live, stored = read_graph(model), load_graph(saved(model, tmp_path))
    assert "ValueError" in stored.notes[0]  # Keras could not load it
    assert [(e.source, e.target) for e in stored.edges] == [(e.source, e.target) for e in live.edges]


def test_a_function_without_a_name_is_called_lambda(tmp_path):
    x = keras.Input((4,), name="x")
    model = keras.Model(x, layers.Dense(3, activation=lambda t: t * 2, name="d")(x), name="m")
    call = by_key(load_graph(saved(model, tmp_path)))["d"]
    assert (call.settings, dict(call.config)["activation"]) == (("lambda",), "lambda")


def test_bfloat16_weights_take_two_bytes(tmp_path):
    model = keras.Sequential([keras.Input((8,)), layers.Dense(4, dtype="bfloat16")], name="m")
    assert read_file(saved(model, tmp_path)).weight_bytes == (8 * 4 + 4) * 2


def test_operations_with_arrays_cost_the_same_as_in_the_live_model(tmp_path):
    x = keras.Input((4, 4, 6), name="x")
    y = ops.max_pool(ops.conv(x, np.ones((3, 3, 6, 2), "float32"), padding="same"), 2)
    y = ops.matmul(ops.einsum("bhwc,cd->bhwd", y, np.ones((2, 3), "float32")), np.ones((3, 5), "float32"))
    model = keras.Model(x, layers.Flatten(name="out")(y), name="m")
    live, stored = read_graph(model), read_file(saved(model, tmp_path))
    assert [call.cost.flops for call in stored.calls] == [call.cost.flops for call in live.calls]
    conv, pool, einsum, matmul = 2 * 4 * 4 * 2 * 54, 2 * 2 * 2 * 4, 2 * 2 * 2 * 2 * 3, 2 * 2 * 2 * 3 * 5
    assert stored.cost.flops == conv + pool + einsum + matmul
