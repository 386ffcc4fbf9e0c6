"""The faces of the examples of units: crops, words, files, and what they say."""

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

import kfx
from kfx.views.examples.crops import Crops

X = np.zeros((6, 16, 16, 1), "float32")
for n in range(6):
    X[n, 2 * n : 2 * n + 3, 4:7] = (n + 1) / 6


def spots():
    """A layer whose only channel finds bright squares of three by three."""
    i = keras.Input((16, 16, 1), name="image")
    return keras.Model(i, layers.Conv2D(1, 3, name="spot", kernel_initializer="ones")(i), name="spots")


@pytest.fixture
def view():
    return kfx.examples(spots(), X, "spot", 0, count=4, labels=np.arange(6), class_names=["a", "b", "c", "d", "<b>", "바다"])


def test_the_text_names_number_value_and_place(view, golden):
    golden("examples.txt", str(view))
    assert view.numbers().tolist() == [5, 4, 3, 2]
    assert view.values(0) == pytest.approx([9, 7.5, 6, 4.5])
    assert view.places().tolist() == [[10, 4], [8, 4], [6, 4], [4, 4]]
    assert repr(view) == "<Examples of 'spot'>"


def test_the_crop_is_the_square_that_was_found(view):
    crop = dict(view.facts.shown[0][0].pictures)["crop"]
    assert crop.shape == (3, 3, 3)
    assert (crop == 255).all()
    assert view.facts.notes == ("crop: the receptive field, 3×3",)


def test_a_place_of_unknown_field_is_scaled_to_the_input():
    crops = Crops((), (4, 4))
    assert crops.box((1, 2), (32, 64)) == (8, 16, 32, 48)
    assert crops.box((0, 3), (8, 8)) == (0, 5, 3, 8)
    assert "not known" in crops.words()


def test_a_field_of_the_whole_input_shows_it_once():
    i = keras.Input((16, 16, 1))
    model = keras.Model(i, layers.Conv2D(1, 16, name="all", kernel_initializer="ones")(i))
    view = kfx.examples(model, X, "all", 0)
    assert [name for name, _ in view.facts.shown[0][0].pictures] == ["the whole input"]


def test_the_static_face_and_files_hold_the_crops(view, tmp_path):
    html = view._html()
    assert html.count("<img") == 8
    assert "&lt;b&gt;" in html
    assert "<script" not in html
    assert Image.open(view.save(tmp_path / "a.png")).size == (400, 100)


def test_values_in_a_folder_take_their_pictures_from_the_user(view, tmp_path):
    kfx.extract(spots(), X, "spot", to=tmp_path / "f", progress=False)
    for model in (None, spots()):
        stored = kfx.examples(model, tmp_path / "f", "spot", 0, count=4, images=X)
        assert stored.numbers().tolist() == view.numbers().tolist()
        assert len(stored.facts.shown[0][0].pictures) == 2
    assert "receptive field, 3×3" in str(stored)
    bare = kfx.examples(None, tmp_path / "f", "spot", 0)
    assert bare.facts.shown[0][0].pictures == ()
    with pytest.raises(ValueError, match="`images` holds 2 pictures; expected one for each of 6 examples"):
        str(kfx.examples(None, tmp_path / "f", "spot", 0, images=X[:2]))
    with pytest.raises(ValueError, match="There is nothing to draw: no input is a picture"):
        bare.save(tmp_path / "a.png")


def test_words_are_shown_around_the_step():
    i = keras.Input((12,), dtype="int32", name="ids")
    model = keras.Model(i, layers.Embedding(12, 2, name="embed")(i))
    table = np.zeros((12, 2))
    table[7, 1] = 5
    model.get_layer("embed").set_weights([table])
    ids = np.arange(12)[None]
    words = [f"w{n}" for n in range(12)]
    view = kfx.examples(model, ids, "embed", 1, tokens=words)
    assert view.facts.shown[1][0].text == "… w3 w4 w5 w6 [w7] w8 w9 w10 w11"


def test_a_channel_without_finite_values_is_said():
    view = kfx.examples(spots(), X * np.nan, "spot", 0)
    assert "no value is finite" in str(view)
    assert "no value is finite" in view._html()
    assert "values that are not finite were left out" in str(view)


def test_the_channel_must_be_named_where_there_are_several():
    i = keras.Input((16, 16, 1))
    view = kfx.examples(keras.Model(i, layers.Conv2D(3, 3, name="c")(i)), X, "c")
    with pytest.raises(ValueError, match="`channel` is None; there are examples for 0, 1, 2"):
        view.numbers()
    with pytest.raises(TypeError, match="`class_names` is 'ab'"):
        kfx.examples(spots(), X, "spot", 0, class_names="ab")


def test_the_model_is_left_as_it_was():
    model = spots()
    before = vars(model).keys(), model.get_weights()
    kfx.examples(model, X, "spot", 0)
    assert vars(model).keys() == before[0]
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), before[1], strict=True))
