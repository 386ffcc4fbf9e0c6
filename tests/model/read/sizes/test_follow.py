"""The sizes of given inputs replace those that a graph leaves open, and every number is that of a graph made with them."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from kfx.model.read.model import read_graph


def sentence_model(length=None, name="m"):
    """Embedding, convolution, a nested model, recurrence, attention and products of texts of this length."""
    keras.utils.set_random_seed(1)
    x, mask = keras.Input((length,), dtype="int32", name="ids"), keras.Input((length, 1), name="weights")
    e = layers.Multiply(name="weighted")([layers.Embedding(30, 8, name="e")(x), mask])
    i = keras.Input((length, 8), name="i")
    inner = keras.Model(i, layers.Conv1D(8, 3, padding="same", name="conv")(i), name="inner")
    h = layers.MultiHeadAttention(2, 4, name="mha")(inner(e), inner(e))
    h = layers.LSTM(6, return_sequences=True, name="lstm")(h)
    return keras.Model({"ids": x, "weights": mask}, layers.Dense(3, name="d")(h), name=name)


def picture_model(side=None):
    x = keras.Input((side, side, 3), name="image")
    y = layers.Conv2D(4, 3, strides=2, name="c")(x)
    return keras.Model(x, layers.GlobalAveragePooling2D(name="g")(layers.MaxPooling2D(name="p")(y)), name="m")


def facts(graph):
    return [(c.key, [t.shape for t in (*c.inputs, *c.outputs)], c.cost) for c in graph.calls]


@pytest.mark.parametrize(
    "inputs",
    [
        {"ids": (1, 20), "weights": (1, 20, 1)},
        {"ids": np.zeros((5, 20), "int32"), "weights": np.zeros((5, 20, 1))},
        {"ids": tf.TensorSpec((None, 20), tf.int64), "weights": keras.KerasTensor((None, 20, 1))},
        [(None, 20), (None, 20, 1)],
        ((3, 20), (3, 20)),  # Keras itself adds the last axis of length 1
        tf.data.Dataset.from_tensor_slices({"ids": np.zeros((4, 20), "int32"), "weights": np.zeros((4, 20, 1))}).batch(2),
    ],
)
def test_every_number_is_that_of_a_model_made_with_these_sizes(inputs):
    graph, want = read_graph(sentence_model(), inputs=inputs), read_graph(sentence_model(20))
    assert facts(graph) == facts(want)
    assert graph.cost == want.cost
    assert graph.cost.flops > 0
    assert graph.cost.activation_bytes > 0
    assert graph.notes == ()


def test_sizes_of_pictures():
    graph, want = read_graph(picture_model(), inputs=(None, 32, 32, 3)), read_graph(picture_model(32))
    assert facts(graph) == facts(want)
    assert graph.cost.flops == 15 * 15 * 4 * (2 * 27 + 1) + 7 * 7 * 4 * 4 + 7 * 7 * 4


def test_what_stays_open_stays_unknown():
    graph = read_graph(picture_model(), inputs=(None, 32, None, 3))
    assert graph.calls[1].outputs[0].shape == (None, 15, None, 4)
    assert graph.cost.flops is None


def test_a_given_size_changes_nothing_on_the_model():
    model = sentence_model()
    every = [model, *model._flatten_layers(include_self=False)]
    before = [(dict(vars(x)), len(x._inbound_nodes), len(x._outbound_nodes)) for x in every]
    plain = read_graph(model)
    read_graph(model, inputs={"ids": (1, 20), "weights": (1, 20, 1)})
    assert before == [(dict(vars(x)), len(x._inbound_nodes), len(x._outbound_nodes)) for x in every]
    assert facts(read_graph(model)) == facts(plain)


class Odd(layers.Layer):
    """No shape rule, and code that does not run on shapes."""

    def call(self, x):
        return x if int(tf.reduce_sum(x)) > 0 else -x

    def compute_output_spec(self, x):
        if x.shape[1] is not None:
            raise RuntimeError("only where the length is open")
        return keras.KerasTensor(x.shape, x.dtype)


def test_a_layer_that_does_not_follow_is_named_and_nothing_invented():
    x = keras.Input((None, 4))
    model = keras.Model(x, layers.Dense(2, name="after")(Odd(name="odd")(layers.Dense(4, name="before")(x))))
    graph = read_graph(model, inputs=(None, 7, 4))
    assert [c.outputs[0].shape for c in graph.calls] == [(None, 7, 4), (None, 7, 4), (None, None, 4), (None, None, 2)]
    assert graph.cost.flops is None
    assert graph.notes == ("The sizes given are not known after 'odd': what comes out there is not known without a run.",)


REFUSED = {
    "too few": ([(None, 20)], "The inputs are 1; the model takes 2: 'ids', 'weights'"),
    "missing": ({"ids": (None, 20)}, "The inputs have no 'weights'; the model takes 'ids', 'weights', the inputs hold 'ids'"),
    "another rank": ([(None, 20, 3), (None, 20, 1)], r"Input 'ids' is given as \(None, 20, 3\); .* expects \(batch, any\)"),
    "a fixed axis": ([(None, 20), (None, 20, 2)], r"Input 'weights' is given as \(None, 20, 2\); .* \(batch, any, 1\)"),
    "no batch axis": ([(20,), (None, 20, 1)], r"Input 'ids' is given as \(20,\).*Put the batch axis first: \(None, 20\)"),
    "left out": ([(None, 20), None], "Input 'weights' is None; the model 'm' needs it"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_inputs_that_do_not_fit_are_refused_in_one_sentence(case):
    inputs, words = REFUSED[case]
    with pytest.raises(ValueError, match=words):
        read_graph(sentence_model(), inputs=inputs)


def test_a_fixed_batch_stays():
    x = keras.Input(batch_shape=(2, None, 3), name="x")
    model = keras.Model(x, layers.GRU(5, stateful=True, name="gru")(x))
    graph = read_graph(model, inputs=(2, 7, 3))
    assert [c.outputs[0].shape for c in graph.calls] == [(2, 7, 3), (2, 5)]
    assert graph.cost.flops == read_graph(keras.Sequential([keras.Input((7, 3)), layers.GRU(5)])).cost.flops


def test_a_single_number_has_no_size():
    x, scale = keras.Input((None,), name="x"), keras.Input(batch_shape=(), name="scale")
    graph = read_graph(keras.Model([x, scale], x * scale), inputs=[(None, 6), ()])
    assert graph.calls[-1].outputs[0].shape == (None, 6)
