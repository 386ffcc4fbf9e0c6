"""Parameters counted from a file's arrays alone, against Keras's own count on the live model and numbers worked out by hand."""

import math

import keras
import pytest
from keras import layers

from kfx.model.files.load import read_file
from kfx.model.files.sizes import stored_sizes
from kfx.model.read.model import read_graph


def weights_of(graph):
    return {call.key: (call.params, call.trainable, call.weight_bytes) for call in graph.calls if call.params}


def saved_and_live(model, folder, suffix=".keras"):
    model.save(folder / f"m{suffix}")
    live, stored = read_graph(model), read_file(folder / f"m{suffix}")
    assert (stored.params, stored.trainable) == (
        model.count_params(),
        sum(math.prod(v.shape) for v in model.trainable_variables),
    )
    return weights_of(stored), weights_of(live)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_the_kernel_below_a_spectral_normalization_counts_once_and_its_vector_does_not_train(tmp_path, suffix):
    x = keras.Input((8, 8, 3))
    y = layers.SpectralNormalization(layers.Conv2D(4, 3), name="sn")(x)
    stored, live = saved_and_live(keras.Model(x, layers.Dense(2, name="d")(y)), tmp_path, suffix)
    kernel, bias, vector = 3 * 3 * 3 * 4, 4, 4
    assert stored == live
    assert stored["sn"] == (kernel + bias + vector, kernel + bias, 4 * (kernel + bias + vector))


def test_a_spectral_normalization_in_a_wrapper_counts_once(tmp_path):
    x = keras.Input((5, 3))
    y = layers.TimeDistributed(layers.SpectralNormalization(layers.Dense(4)), name="each")(x)
    stored, live = saved_and_live(keras.Model(x, y), tmp_path)
    assert stored == live == {"each": (12 + 4 + 4, 12 + 4, 4 * 20)}


def test_a_spectral_normalization_of_an_embedding_and_without_bias_counts_once(tmp_path):
    stack = [layers.SpectralNormalization(layers.Embedding(10, 3), name="words")]
    stack += [layers.SpectralNormalization(layers.Dense(2, use_bias=False), name="out")]
    stored, live = saved_and_live(keras.Sequential([keras.Input((5,), dtype="int32"), *stack]), tmp_path)
    assert stored == live
    assert (stored["words"][:2], stored["out"][:2]) == ((33, 30), (8, 6))


def quantized(mode):
    x = keras.Input((5, 8))
    y = layers.EinsumDense("abc,cd->abd", output_shape=(None, 8), bias_axes="d", name="equation")(x)
    y = layers.MultiHeadAttention(2, 4, name="attend")(y, y)
    y = layers.TimeDistributed(layers.Dense(3), name="each")(y)
    y = layers.Dense(4, use_bias=False, name="plain")(layers.LayerNormalization(name="norm")(y))
    model = keras.Model(x, layers.Dense(6, name="out")(y))
    model.quantize(mode)
    return model


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_of_a_quantized_layer_only_the_bias_trains(tmp_path, mode):
    stored, live = saved_and_live(quantized(mode), tmp_path)
    assert stored == live
    trained = {key: trainable for key, (_, trainable, _) in stored.items()}
    assert trained == {"equation": 8, "attend": 3 * 8 + 8, "each": 3, "norm": 6, "plain": 0, "out": 6}


def test_a_quantized_embedding_has_nothing_that_trains(tmp_path):
    model = keras.Sequential([keras.Input((5,), dtype="int32"), layers.Embedding(10, 8, name="words")])
    model.quantize("int8")
    stored, live = saved_and_live(model, tmp_path)
    assert stored == live == {"words": (80 + 10, 0, 80 + 4 * 10)}, "a byte a number, and ten scales"


def test_a_quantized_layer_with_a_spectral_normalization_keeps_both_kernels(tmp_path):
    x = keras.Input((3,))
    model = keras.Model(x, layers.SpectralNormalization(layers.Dense(4), name="sn")(x))
    model.quantize("int8")
    stored, live = saved_and_live(model, tmp_path)
    assert stored == live


def test_a_frozen_quantized_layer_trains_nothing(tmp_path):
    x = keras.Input((8,))
    model = keras.Model(x, layers.Dense(6, name="out")(x))
    model.quantize("int8")
    model.get_layer("out").trainable = False
    stored, _ = saved_and_live(model, tmp_path)
    assert stored["out"][1] == 0


def test_a_quantized_model_in_an_h5_file_counts_the_same(tmp_path):
    x = keras.Input((8,))
    model = keras.Model(x, layers.Dense(3, use_bias=False, name="plain")(layers.Dense(6, name="out")(x)))
    model.quantize("int8")
    stored, live = saved_and_live(model, tmp_path, ".h5")
    assert stored == live
    assert (stored["out"][:2], stored["plain"][:2]) == ((48 + 6 + 6, 6), (18 + 3, 0))


def test_whole_numbers_in_a_class_of_its_own_claim_nothing():
    arrays = {"layers/own/vars/0": ((4, 2), "int8"), "layers/own/vars/1": ((2,), "float32")}
    assert stored_sizes(None, "", {}, arrays, "layers/own/") == {
        "params": 10, "trainable": 10, "own_params": 10, "frozen": False, "partly_frozen": False, "weight_bytes": 16,
    }  # fmt: skip
