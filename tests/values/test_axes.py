"""Axes have the names of what the layer tells, and neutral ones where it tells nothing."""

import numpy as np
import pytest

import kfx


def names(model, data, **settings):
    found = kfx.extract(model, data, **settings)
    return {label: " ".join(found.axes(label)) for label, _ in found.arrays()}


def test_images_and_vectors(flat, images):
    found = names(flat, images)
    picture = "batch height width channel"
    assert found == {
        **dict.fromkeys(("image", "conv", "norm", "pool", "drop"), picture),
        **dict.fromkeys(("flatten", "scores"), "batch unit"),
    }


def test_sequences_states_and_scores(keras):
    layers = keras.layers
    i = keras.Input((5, 4), name="i")
    x, h, c = layers.LSTM(4, return_sequences=True, return_state=True, name="lstm")(i)
    y, scores = layers.MultiHeadAttention(2, 2, name="mha")(x, x, return_attention_scores=True)
    found = names(keras.Model(i, [y, scores, h, c]), np.ones((3, 5, 4), "float32"))
    assert found["i"] == found["lstm[0]"] == found["mha[0]"] == "batch step unit"
    assert found["lstm[1]"] == "batch unit"
    assert found["mha[1]"] == "batch head query key"


@pytest.mark.parametrize(("rank", "want"), [(1, "batch step channel"), (3, "batch depth height width channel")])
def test_convolutions_of_one_and_three_axes(keras, rank, want):
    conv = getattr(keras.layers, f"Conv{rank}D")(2, 2, name="c")
    model = keras.Sequential([keras.Input((*[4] * rank, 1), name="i"), conv])
    assert names(model, np.ones((2, *[4] * rank, 1), "float32")) == {"i": want, "c": want}


def test_channels_that_come_first(keras):
    pool = keras.layers.MaxPooling2D(data_format="channels_first", name="p")
    model = keras.Sequential([keras.Input((3, 8, 8)), pool])
    assert names(model, np.ones((2, 3, 8, 8), "float32"))["p"] == "batch channel height width"


def test_what_no_layer_tells_has_neutral_names(keras):
    i = keras.Input((2, 3, 4), name="i")
    model = keras.Model(i, keras.layers.Permute((3, 1, 2), name="p")(i))
    assert names(model, np.ones((2, 2, 3, 4), "float32"))["p"] == "batch axis_1 axis_2 axis_3"
    with pytest.raises(KeyError, match="No values for 'q'; there are values for i, p"):
        kfx.extract(model, np.ones((2, 2, 3, 4), "float32")).axes("q")
