"""The arithmetic of an output shape, against hand-worked lines and against Keras."""

import re

import pytest

from kfx.keras_access.importing import import_keras
from kfx.model.facts import Tensor
from kfx.model.layers.registry import known
from kfx.model.layers.words import derivation

keras = import_keras()
L = keras.layers


def lines(layer, *shapes, **kwargs):
    inputs = [keras.Input(shape) for shape in shapes]
    output = layer(inputs[0] if len(inputs) == 1 else inputs)
    return derivation(
        known(type(layer)),
        layer,
        [Tensor(tuple(t.shape), t.dtype) for t in inputs],
        [Tensor(tuple(output.shape), output.dtype)],
    )


def test_a_valid_convolution_shows_the_designs_own_example():
    assert lines(L.Conv2D(32, 3), (28, 28, 1)) == (
        "height: 28 − 3 + 1 = 26",
        "width: 28 − 3 + 1 = 26",
        "channels: 32 filters",
    )


@pytest.mark.parametrize(
    ("layer", "shapes", "first"),
    [
        (lambda: L.Conv2D(8, 3, strides=2), [(28, 28, 1)], "height: ⌊(28 − 3) / 2⌋ + 1 = 13"),
        (lambda: L.Conv2D(8, 3, strides=2, padding="same"), [(27, 28, 1)], "height: ⌈27 / 2⌉ = 14"),
        (lambda: L.Conv2D(8, 3, dilation_rate=2), [(28, 28, 1)], "height: 28 − ((3 − 1) · 2 + 1) + 1 = 24"),
        (lambda: L.Conv1D(8, 3, padding="causal"), [(None, 4)], "steps: stays ?"),
        (lambda: L.DepthwiseConv2D(3, depth_multiplier=2), [(9, 9, 4)], "height: 9 − 3 + 1 = 7"),
        (lambda: L.SeparableConv2D(6, 3), [(9, 9, 4)], "height: 9 − 3 + 1 = 7"),
        (lambda: L.Conv2DTranspose(4, 3), [(4, 4, 1)], "height: 4 + 3 − 1 = 6"),
        (lambda: L.Conv2DTranspose(4, 3, strides=2), [(4, 4, 1)], "height: 4 · 2 + 3 − 2 = 9"),
        (lambda: L.Conv2DTranspose(4, 3, strides=2, padding="same"), [(4, 4, 1)], "height: 4 · 2 = 8"),
        (lambda: L.MaxPooling2D(3), [(28, 28, 2)], "height: ⌊(28 − 3) / 3⌋ + 1 = 9"),
        (lambda: L.AveragePooling1D(2, padding="same"), [(7, 2)], "steps: ⌈7 / 2⌉ = 4"),
        (lambda: L.GlobalMaxPooling2D(), [(4, 4, 16)], "channels: one number for each of 16 channels"),
        (lambda: L.GlobalAveragePooling2D(keepdims=True), [(4, 4, 16)], "height: one number for each map = 1"),
        (lambda: L.Dense(10), [(5, 7)], "steps: stays 5"),
        (lambda: L.Flatten(), [(8, 8, 32)], "features: 8 · 8 · 32 = 2048"),
        (lambda: L.Reshape((4, -1)), [(16,)], "axis 1: target 4 (16 = 4 · 4 = 16 numbers) = 4"),
        (lambda: L.UpSampling2D(3), [(6, 6, 2)], "height: 6 · 3 = 18"),
        (lambda: L.ZeroPadding2D(((1, 2), (0, 1))), [(6, 6, 2)], "height: 6 + 1 + 2 = 9"),
        (lambda: L.Cropping1D((1, 2)), [(9, 2)], "steps: 9 − 1 − 2 = 6"),
        (lambda: L.Embedding(1000, 128), [(None,)], "steps: stays ?"),
        (lambda: L.LSTM(32), [(10, 5)], "features: 32 units"),
        (lambda: L.GRU(32, return_sequences=True), [(10, 5)], "steps: stays 10"),
        (lambda: L.Concatenate(), [(4, 2), (4, 3)], "steps: stays 4"),
        (lambda: L.Concatenate(axis=1), [(4, 2), (5, 2)], "steps: 4 + 5 = 9"),
        (lambda: L.Add(), [(4, 2), (1, 2)], "steps: 1 repeated 4 times = 4"),
        (lambda: L.RepeatVector(3), [(7,)], "steps: repeated 3 times"),
        (lambda: L.Permute((2, 1)), [(4, 7)], "axis 1: was axis 2 = 7"),
        (lambda: L.BatchNormalization(), [(4, 7)], "steps: stays 4"),
    ],
)
def test_the_first_axis_of_a_core_layer(layer, shapes, first):
    assert lines(layer(), *shapes)[0] == first


@pytest.mark.parametrize("n", [5, 6, 7, 28, 29])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_every_line_ends_in_the_size_that_keras_computed(n, stride, padding):
    layer = L.Conv1D(4, 3, strides=stride, padding=padding)
    size = layer.compute_output_shape((None, n, 2))[1]
    assert re.search(r"(\d+)$", lines(layer, (n, 2))[0]).group(1) == str(size)


def test_nothing_is_claimed_without_a_formula_that_holds():
    class Odd(L.Dense):
        def compute_output_shape(self, shape):
            return (*shape[:-1], 2 * self.units)

        def call(self, x):
            y = super().call(x)
            return keras.ops.concatenate([y, y], axis=-1)

    assert lines(Odd(3), (5,)) == ()
    assert lines(L.TimeDistributed(L.Dense(3)), (4, 5)) == ()


def test_a_graph_that_was_read_says_how_each_shape_follows():
    from kfx.model.read.model import read_graph
    from kfx.views.payload import payload

    image = keras.Input((28, 28, 1), name="image")
    x = L.Conv2D(4, 3, name="conv")(image)
    x = L.Lambda(lambda t: t[:, :5], output_shape=(5, 26, 4), name="own")(x)
    graph = read_graph(keras.Model(image, x))
    found = {call.name: call.derivation for call in graph.calls}
    assert found["conv"] == ("height: 28 − 3 + 1 = 26", "width: 28 − 3 + 1 = 26", "channels: 4 filters")
    assert found["image"] == found["own"] == ()
    facts = payload(graph)
    shown = {call["key"]: facts["texts"][call["why"]] for call in facts["calls"]}
    assert shown["conv"].startswith("height: 28 − 3 + 1 = 26; width")
    assert shown["own"] == "Keras computes (batch, 5, 26, 4) float32 from (batch, 26, 26, 4) float32"
    assert shown["image"] == ""


def test_a_layer_with_a_call_of_its_own_is_not_explained_by_its_ancestors_formula():
    class Odd(L.Dense):
        def call(self, x):
            return super().call(x)

    assert lines(Odd(3), (4,)) == ()


def test_a_saved_file_says_it_too(tmp_path):
    from kfx.model.files.graph import graph_of_file
    from kfx.model.files.open import read_model_file

    x = keras.Input((9, 9, 2), name="x")
    keras.Model(x, L.MaxPooling2D(2, name="pool")(x)).save(tmp_path / "m.keras")
    graph = graph_of_file(read_model_file(tmp_path / "m.keras"), "m").graph
    (pool,) = [call for call in graph.calls if call.name == "pool"]
    assert pool.derivation[0] == "height: ⌊(9 − 2) / 2⌋ + 1 = 4"
