"""The saved picture: large enough for a slide, with its title, and letters that are really drawn."""

from io import BytesIO

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

import kfx
from kfx.draw.values.colormap import ramp
from kfx.views.inspector.slide import _slide


@pytest.fixture(scope="module")
def view():
    x = keras.Input((8, 8, 3), name="image")
    y = layers.Conv2D(5, 3, name="합성곱")(x)
    model = keras.Model(x, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(y)), name="small")
    return kfx.inspect(model, np.random.RandomState(0).random((2, 8, 8, 3)), class_names=["고양이", "dog"])


def test_the_picture_has_the_size_of_a_slide(view, tmp_path):
    assert Image.open(view.save(tmp_path / "maps.png")).size == (1920, 1080)


def test_the_slide_says_what_it_shows(view):
    svg = _slide(view.source, view.source.at("합성곱", 0), 0)
    for text in ("합성곱", "6×6×5 Conv2D", "model small", "example 1 of 2", "5 of 5 channels", "고양이", "channels are zero"):
        assert text in svg
    assert svg.count("<image") == 5 + 1 + 1, "the maps, the input and the scale"


def test_title_and_scale_are_drawn(view, tmp_path):
    pixels = np.asarray(Image.open(view.save(tmp_path / "maps.png")).convert("RGB")).astype(int)
    assert (pixels[50:100, 60:400].sum(axis=-1) < 200).sum() > 300, "dark letters of the title"
    colours = {tuple(colour) for colour in pixels[1030:1045, 1400:1900].reshape(-1, 3)}
    scale = view.source.at("합성곱", 0).scale
    assert {tuple(ramp(scale.signed)[i].tolist()) for i in (40, 120, 200)} <= colours


@pytest.mark.parametrize(
    "made", [layers.Flatten(name="v"), layers.Reshape((16, 12), name="v"), layers.Reshape((4, 4, 4, 3), name="v")]
)
def test_vectors_sequences_and_volumes_are_drawn_too(made, tmp_path):
    x = keras.Input((8, 8, 3))
    view = kfx.inspect(keras.Model(x, made(x)), np.random.RandomState(0).random((1, 8, 8, 3)), layer="v")
    found = Image.open(BytesIO(view.save(tmp_path / "v.png").read_bytes()))
    assert found.size == (1920, 1080)
    assert len(found.convert("RGB").getcolors(1 << 24)) > 20
