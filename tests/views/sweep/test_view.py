"""The faces of `kfx.sweep` and its mapping, without a browser."""

import re

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

import kfx
from kfx.notebook.view import WEIGHT
from kfx.views.grid.answers import GridAnswers, about_grid

WORDS = ["the", "cat", "영화", "<b>"]


@pytest.fixture
def copying():
    """A model whose answer is the word at position 1, which a known layer moves to the last place."""
    i = keras.Input((3,), dtype="int32", name="words")
    x = layers.Embedding(4, 4, embeddings_initializer="identity", name="one_hot")(i)
    moved = layers.Permute((2, 1))(layers.Dense(3, use_bias=False, name="move")(layers.Permute((2, 1))(x)))
    model = keras.Model(i, layers.Rescaling(2.0, name="twice")(moved), name="copying")
    model.get_layer("move").set_weights([np.array([[1, 0, 0], [0, 1, 1], [0, 0, 0]], "float32")])
    return model


@pytest.fixture
def view(copying):
    return kfx.sweep(copying, [[0, 1, 2], [3, 1, 2]], [[0, 2, 2], [3, 2, 2]], ["one_hot", "twice"], metric=1, tokens=WORDS)


def test_the_known_place_is_found(view):
    np.testing.assert_allclose(view["one_hot"], [[0, 2, 0], [0, 2, 0]])
    np.testing.assert_allclose(view["twice"], [[0, 0, 2], [0, 0, 2]])
    np.testing.assert_allclose(view.clean, [2, 2])
    np.testing.assert_allclose(view.corrupted, [0, 0])
    assert list(view) == ["one_hot", "twice"]
    assert len(view) == 2
    assert view.measured == "output of unit 1 at the last position"
    with pytest.raises(KeyError, match="No sweep of 'other'; there are one_hot, twice"):
        view["other"]


def test_the_text_says_where(view, golden):
    golden("sweep.txt", str(view))
    assert re.search(r"one_hot +cat→영화 \(1\) +\+2\.00 +100 %", str(view))


def test_the_static_face_is_small_and_escaped(view):
    html = view._html()
    assert html.count("<img") == 1
    assert "<b>" not in html.split("</b>", 1)[1]
    assert len(view._repr_mimebundle_()["text/html"]) < WEIGHT
    assert "clean 2.00 · corrupted 0" in html


def test_one_example_is_shown_alone(copying, golden):
    view = kfx.sweep(copying, [[3, 1, 2]], [[0, 2, 2]], "one_hot", metric=1, tokens=WORDS)
    assert view.facts.pages == ("example 1 of 1",)
    assert view.facts.sheet(0).columns == ("<b>→the", "cat→영화", "영화")
    golden("sweep.svg", view.svg())


def test_files_are_written(view, tmp_path):
    view.save(tmp_path / "sweep.svg")
    with Image.open(view.save(tmp_path / "sweep.png")) as picture:
        assert picture.width > 300
    assert "sweep" in view.save(tmp_path / "sweep.html").read_text()
    with pytest.raises(ValueError, match="its suffix must be one of"):
        view.save(tmp_path / "sweep.doc")


def test_the_live_view_gets_the_numbers_as_bytes(view):
    about = about_grid(view.facts)
    assert about["pages"] == ["mean of 2 examples", "example 1 of 2", "example 2 of 2"]
    facts, buffers = GridAnswers(view.facts)({"page": 1})
    assert facts["columns"] == ["the", "cat→영화", "영화"]
    np.testing.assert_allclose(np.frombuffer(buffers[0], "<f4").reshape(2, 3), [[0, 2, 0], [0, 0, 2]])
    assert GridAnswers(view.facts)({"page": 9}) == ({"error": "There is no map 9; there are 3."}, [])


def test_equal_runs_have_no_share_to_restore(copying):
    view = kfx.sweep(copying, [[0, 1, 2]], [[0, 1, 2]], "one_hot", metric=1)
    assert "both runs have the same metric: there is no share to restore" in str(view)
    assert "NaN" in str(view)


def test_an_example_that_is_not_there_is_refused(copying):
    with pytest.raises(ValueError, match="`example` is 5; there are 1 examples, 0 to 0, or None for the mean"):
        kfx.sweep(copying, [[0, 1, 2]], [[0, 2, 2]], "one_hot", metric=1, example=5)
