"""The family of a layer, and the settings that are shown beside its name."""

import keras
import numpy as np
import pytest
from keras import layers

from kfx.model.facts import FAMILIES, Tensor
from kfx.model.layers.arguments import config_of, text_of
from kfx.model.layers.registry import known, operation
from kfx.model.layers.words import family, settings
from kfx.model.read.model import read_graph

EXPORTED = {n: c for n, c in vars(layers).items() if isinstance(c, type) and issubclass(c, layers.Layer)}
# Layers without a family of their own, on purpose: activations, look-ups, augmentations, anything with foreign code.
OTHER = {
    *("Activation", "ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax", "Identity", "Lambda", "Layer", "Wrapper", "Pipeline"),
    *("TFSMLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper", "CategoryEncoding", "Discretization", "HashedCrossing"),
    *("Hashing", "IntegerLookup", "StringLookup", "TextVectorization", "MelSpectrogram", "STFTSpectrogram", "CutMix"),
    *("MaxNumBoundingBoxes", "AugMix", "AutoContrast", "Equalization", "MixUp", "RandAugment", "Solarization"),
    "ContrastLimitedAdaptiveHistogramEqualization",
}


def custom_on_purpose(name):
    return name in OTHER or (name.startswith("Random") and name != "RandomCrop")


@pytest.mark.parametrize("name", sorted(EXPORTED))
def test_every_layer_of_keras_has_a_family(name):
    found = known(EXPORTED[name]).family
    assert found in FAMILIES
    assert (found == "custom") == custom_on_purpose(name)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("InputLayer", "io"),
        ("Conv2DTranspose", "conv"),
        ("SeparableConv1D", "conv"),
        ("DepthwiseConv2D", "conv"),
        ("ConvLSTM2D", "seq"),
        ("EinsumDense", "dense"),
        ("GlobalMaxPooling1D", "pool"),
        ("Flatten", "pool"),
        ("SpatialDropout2D", "norm"),
        ("Embedding", "seq"),
        ("MultiHeadAttention", "seq"),
        ("Bidirectional", "seq"),
        ("Dot", "merge"),
        ("Concatenate", "merge"),
    ],
)
def test_families_that_a_name_alone_would_get_wrong(name, wanted):
    assert known(EXPORTED[name]).family == wanted


def test_a_subclass_belongs_to_the_family_of_what_it_extends():
    class Convincing(layers.Conv2D):
        pass

    class DenseNetBlock(layers.Layer):
        pass

    assert known(Convincing).family == "conv"
    assert known(DenseNetBlock).family == "custom"


def test_families_of_operations():
    assert [operation(name).family for name in ("Add", "Matmul", "Reshape", "Relu", "Nothing")] == [
        *("merge", "merge", "pool", "custom", "custom")
    ]
    assert family(layers.Add(), kind="model") == "model"


@pytest.mark.parametrize(
    ("layer", "wanted"),
    [
        (layers.Conv2D(8, 3, padding="same", activation="relu"), ("3×3", "same", "relu")),
        (layers.Conv2D(8, (1, 7), strides=2, dilation_rate=1, groups=2), ("1×7", "stride 2", "groups 2")),
        (layers.Conv1D(8, 3, dilation_rate=4, padding="causal"), ("3", "dilation 4", "causal")),
        (layers.DepthwiseConv2D(5, depth_multiplier=2), ("5×5", "depth ×2")),
        (layers.Conv2DTranspose(8, 4, strides=(2, 1)), ("4×4", "stride 2×1")),
        (layers.Dense(8), ()),
        (layers.Dense(8, activation="softmax"), ("softmax",)),
        (layers.EinsumDense("abc,cd->abd", output_shape=(None, 7)), ("abc,cd->abd",)),
        (layers.Embedding(1000, 128), ("1,000 → 128",)),
        (layers.Embedding(1000, 128, mask_zero=True), ("1,000 → 128", "mask zeros")),
        (layers.Dropout(0.5), ("rate 0.5",)),
        (layers.GaussianNoise(0.1), ("σ 0.1",)),
        (layers.MaxPooling2D(3), ("3×3",)),
        (layers.MaxPooling2D(3, strides=2, padding="same"), ("3×3", "stride 2", "same")),
        (layers.AveragePooling1D(2), ("2",)),
        (layers.GlobalAveragePooling2D(), ()),
        (layers.LSTM(32), ("32 units",)),
        (layers.GRU(32, return_sequences=True, return_state=True), ("32 units", "every step", "with state")),
        (layers.SimpleRNN(8, activation="relu", go_backwards=True), ("8 units", "backwards", "relu")),
        (layers.RNN(layers.LSTMCell(8)), ("LSTMCell 8×8",)),
        (layers.Bidirectional(layers.LSTM(32), merge_mode="sum"), ("LSTM 32", "sum")),
        (layers.TimeDistributed(layers.Conv2D(8, 3, activation="relu")), ("Conv2D 8 3×3 relu",)),
        (layers.SpectralNormalization(layers.Conv2D(8, 3)), ("Conv2D 8 3×3",)),
        (layers.MultiHeadAttention(4, 16), ("4 heads", "size 16")),
        (layers.GroupQueryAttention(16, 8, 2), ("8 heads", "2 shared", "size 16")),
        (layers.Reshape((7, 7, 16)), ("to 7×7×16",)),
        (layers.Permute((2, 1)), ("axes 2, 1",)),
        (layers.RepeatVector(3), ("×3",)),
        (layers.UpSampling2D(2, interpolation="bilinear"), ("×2", "bilinear")),
        (layers.ZeroPadding2D(((3, 3), (3, 3))), ("3",)),
        (layers.ZeroPadding2D(((0, 1), (0, 1))), ("((0, 1), (0, 1))",)),
        (layers.Cropping1D((1, 2)), ("(1, 2)",)),
        (layers.Rescaling(1 / 255), ("× 0.00392157",)),
        (layers.Activation("gelu"), ("gelu",)),
        (layers.LeakyReLU(negative_slope=0.1), ("slope 0.1",)),
        (layers.ReLU(max_value=6), ("max 6",)),
        (layers.Lambda(lambda x: x), ("lambda",)),
        (layers.GroupNormalization(8), ("groups 8",)),
        (layers.BatchNormalization(axis=1), ("axis 1",)),
        (layers.Concatenate(axis=1), ("axis 1",)),
        (layers.Resizing(32, 48), ("32×48", "bilinear")),
        (layers.InputLayer((3,)), ()),
        (layers.InputLayer((3,), dtype="int32"), ("integers",)),
        (layers.InputLayer((3,), dtype="string"), ("text",)),
        (layers.InputLayer((3,), dtype="float16"), ("float16",)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, layers.Layer) else None,
)
def test_settings_say_what_matters(layer, wanted):
    assert settings(layer) == wanted


def test_a_merge_shows_its_number_of_inputs():
    tensor = Tensor((None, 3), "float32")
    assert settings(layers.Add(), inputs=(tensor, tensor)) == ("2 inputs",)


@pytest.mark.parametrize("name", sorted(EXPORTED))
def test_settings_of_a_layer_without_attributes_are_empty_and_never_raise(name):
    assert settings(object.__new__(EXPORTED[name])) == ()


def test_plain_arguments_of_a_custom_layer_are_shown():
    class Scale(layers.Layer):
        def __init__(self, factor, mode="up", steps=3, more=4, **kwargs):
            super().__init__(**kwargs)
            self.factor, self.mode, self.steps, self.more = factor, mode, steps, more

    assert settings(Scale(2.5)) == ("factor 2.5", "mode up", "steps 3")


def test_config_lists_the_arguments_in_the_constructors_order():
    config = dict(config_of(layers.Conv2D(8, 3, padding="same", activation="relu", name="c")))
    assert list(config)[:4] == ["filters", "kernel_size", "strides", "padding"]
    assert config["kernel_size"] == "(3, 3)"
    assert config["activation"] == "relu"
    assert config["kernel_initializer"] == "GlorotUniform"
    assert "name" not in config
    assert "kernel_regularizer" not in config  # None


def test_arguments_given_at_the_call_are_listed():
    x = keras.Input((3,))
    call = read_graph(keras.Model(x, layers.Dropout(0.5)(x, training=True))).calls[1]
    assert call.settings == ("rate 0.5", "training True")
    assert ("training", "True") in call.config


class Rude:
    def __repr__(self):
        raise RuntimeError("no")

    __str__ = __repr__


class Huge:
    def __repr__(self):
        return "x" * 10**7


class Shapeless:
    shape, dtype = 3, None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (1.0, "1"),
        (1e-7, "1e-07"),
        ("relu", "relu"),
        ((1,), "(1,)"),
        ((3, 3), "(3, 3)"),
        ([1, [2, [3]]], "(1, (2, 1 values))"),
        ({"a": 1}, "{a: 1}"),
        (slice(None, 3), ":3"),
        (Ellipsis, "..."),
        (b"abc", "3 bytes"),
        (np.zeros((3, 4), "float32"), "3×4 float32"),
        (np.float32(2.5), "2.5"),
        (np.float32(3), "3"),
        (10**40, "a huge number"),
        (lambda x: x, "lambda"),
        (len, "len"),
        (keras.initializers.HeNormal(), "HeNormal"),
        (layers.LSTMCell(3), "LSTMCell(units=3)"),
        (layers.Dense(2, activation="relu", name="head"), "Dense head(units=2, activation=relu)"),
        (layers.LeakyReLU(), "LeakyReLU"),
        (Rude(), "Rude"),
        (Huge(), "Huge"),
        (Shapeless(), "Shapeless"),
        ("x" * 1000, "x" * 79 + "…"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_value_becomes_short_text_without_addresses(value, text):
    assert text_of(value) == text


def test_a_long_list_is_cut():
    assert text_of(list(range(1000))) == "(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …)"
    assert len(text_of(["word" * 20] * 12)) == 80


@pytest.mark.parametrize(
    ("index", "text"),
    [
        (np.s_[:, 0], "[:, 0]"),
        (np.s_[:, -1, None], "[:, -1, None]"),
        (np.s_[..., ::2], "[..., ::2]"),
    ],
    ids=str,
)
def test_an_index_is_shown_as_it_was_written(index, text):
    x = keras.Input((3, 4), name="x")
    assert read_graph(keras.Model(x, x[index])).calls[1].settings == (text,)
