"""Figures of values: the numbers that are drawn are those of the layer."""

import keras
import numpy as np
import pytest

import kfx

pytest.importorskip("matplotlib")
layers = keras.layers


@pytest.fixture(scope="module")
def view():
    keras.utils.set_random_seed(0)
    x = keras.Input((12, 10, 1), name="img")
    h = layers.Conv2D(20, 3, name="합성곱")(x)
    model = keras.Model(x, layers.Dense(3, name="out")(layers.GlobalAveragePooling2D(name="pool")(h)), name="net")
    return kfx.inspect(model, np.random.default_rng(0).random((2, 12, 10, 1)), class_names=["a", "b", "c"])


def test_maps_are_the_strongest_channels_with_one_scale(view):
    figure = view.figure(most=5)
    panes = [ax for ax in figure.axes if ax.get_title().isdigit()]
    stack = view.source.at("합성곱", 0).stack
    strongest = np.argsort(-np.round(np.abs(stack).mean((1, 2)), 4), kind="stable")[:5]
    assert [int(ax.get_title()) for ax in panes] == strongest.tolist()
    for ax, channel in zip(panes, strongest, strict=True):
        assert np.array_equal(ax.images[0].get_array(), stack[channel])
    assert len({ax.images[0].get_clim() for ax in panes}) == 1
    assert "5 of 20 channels" in figure.get_suptitle()


def test_a_vector_is_bars_with_the_names_of_the_classes(view):
    figure = view.figure(layer="out", example=1)
    (ax,) = figure.axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b", "c"]
    assert np.allclose([bar.get_height() for bar in ax.patches], view.source.at("out", 1).stack.ravel())


def test_a_sequence_is_channels_by_step():
    x = keras.Input((7, 2), name="x")
    figure = kfx.inspect(keras.Model(x, layers.LSTM(4, return_sequences=True, name="lstm")(x)), np.ones((1, 7, 2))).figure()
    assert figure.axes[0].images[0].get_array().shape == (4, 7)


def test_bad_wishes_are_refused_in_words(view):
    with pytest.raises(ValueError, match="`most` is 0"):
        view.figure(most=0)
    with pytest.raises(ValueError, match="nowhere"):
        view.figure(layer="nowhere")
