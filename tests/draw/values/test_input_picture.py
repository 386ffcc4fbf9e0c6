"""Inputs as pictures, by hand."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from kfx.draw.values.input_picture import picture, png_of, small_file


def test_bytes_are_taken_as_they_are():
    image = np.random.RandomState(0).randint(0, 256, (8, 9, 3), dtype="uint8")
    found = picture(image)
    assert (found.rgb == image).all()
    assert found.note == ""


@pytest.mark.parametrize(("low", "high", "pixels", "note"), [
    (0.0, 1.0, [0, 255], ""), (-1.0, 1.0, [0, 255], "values −1 to 1"), (-100.0, 150.0, [0, 255], "values −100 to 150"),
])  # fmt: skip
def test_floats_are_stretched_and_the_note_names_their_range(low, high, pixels, note):
    found = picture(np.tile([[low], [high]], (2, 4)).reshape(4, 4))
    assert sorted(set(found.rgb.ravel().tolist())) == pixels
    assert found.note == note


def test_transparency_lies_on_white():
    image = np.zeros((4, 4, 4), "uint8")
    assert (picture(image).rgb == 255).all()


def test_the_note_counts_nan():
    image = np.full((4, 4, 1), 0.5)
    image[0, 0] = np.nan
    assert picture(image).note == "1 not finite"


@pytest.mark.parametrize("shape", [(12,), (8, 8, 5), (3, 3), (2, 8, 8, 3), ()])
def test_other_shapes_are_not_pictures(shape):
    assert picture(np.zeros(shape)) is None


def test_text_is_not_a_picture():
    assert picture(np.array([["a"] * 8] * 8)) is None


def test_a_png_holds_the_pixels():
    image = np.random.RandomState(0).randint(0, 256, (5, 7, 3), dtype="uint8")
    assert (np.asarray(Image.open(BytesIO(png_of(image)))) == image).all()


def test_a_large_picture_becomes_small():
    media, content = small_file(np.random.RandomState(0).randint(0, 256, (400, 200, 3), dtype="uint8"))
    assert media == "image/jpeg"
    assert Image.open(BytesIO(content)).size == (80, 160)
    assert small_file(np.zeros((20, 20, 3), "uint8"))[0] == "image/png"
