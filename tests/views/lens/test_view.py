"""The faces of `kfx.lens`, without a browser."""

import re

import keras
import numpy as np
import pytest
from keras import layers

import kfx
from kfx.notebook.view import WEIGHT
from kfx.views.grid.answers import GridAnswers

WORDS = ["the", "cat", "영화", "<b>"]


@pytest.fixture
def growing():
    """A model whose blocks know what they add: the first nothing, the second the next word's direction."""
    i = keras.Input((3,), dtype="int32", name="words")
    x = layers.Embedding(4, 4, embeddings_initializer=keras.initializers.Identity(3.0), name="one_hot")(i)
    still = layers.Add(name="still")([x, layers.Dense(4, kernel_initializer="zeros")(x)])
    turn = layers.Dense(4, use_bias=False, name="turn")
    model = keras.Model(i, layers.Softmax()(layers.Add(name="turned")([still, turn(still)])), name="growing")
    turn.set_weights([2 * np.roll(np.eye(4), 1, axis=1)])
    return model


@pytest.fixture
def view(growing):
    return kfx.lens(growing, [[0, 1, 2], [3, 3, 0]], ["still", "turned"], tokens=WORDS)


def test_the_guesses_are_those_that_the_blocks_make(view):
    np.testing.assert_array_equal(view.tokens[0, :, :, 0], [[0, 1, 2], [3, 3, 0]])
    np.testing.assert_array_equal(view.tokens[1, :, :, 0], [[1, 2, 3], [0, 0, 1]])
    e = np.exp([6, 3, 0, 0])
    np.testing.assert_allclose(view.probabilities[1, 0, 0], np.sort(e / e.sum())[::-1], rtol=1e-5)
    np.testing.assert_array_equal(view.answer, [[1, 2, 3], [0, 0, 1]])
    assert view.layers == ("still", "turned")
    assert (view.answer_rank[1] == 0).all()
    assert (view.answer_rank[0] > 0).all()


def test_the_text_holds_the_words(view, golden):
    golden("lens.txt", str(view))
    assert re.search(r"after turned +cat +영화 +<b>", str(view))


def test_the_static_face_is_small_and_escaped(view, golden):
    html = view._html()
    assert html.count("<img") == 1
    assert "&lt;b&gt;" in html
    assert len(view._repr_mimebundle_()["text/html"]) < WEIGHT
    golden("lens.svg", view.svg())


def test_the_live_view_gets_words_and_shares(view):
    facts, buffers = GridAnswers(view.facts)({"page": 1})
    ids = np.frombuffer(buffers[3], "<i4").reshape(2, 3, 4)
    assert [facts["words"][n] for n in ids[1, :, 0]] == ["the", "the", "cat"]
    assert facts["first"] == [1, 2]


def test_names_of_classes_and_numbers_are_words_too(growing):
    named = kfx.lens(growing, [[0, 1, 2]], ["still", "turned"], class_names=list("abcd"))
    assert named.facts.sheet(0).guess(1, 0) == "b"
    assert kfx.lens(growing, [[0, 1, 2]], ["still", "turned"]).facts.sheet(0).guess(1, 0) == "1"
    with pytest.raises(ValueError, match="`class_names` holds 2 names"):
        kfx.lens(growing, [[0, 1, 2]], ["still", "turned"], class_names=["a", "b"])


def test_a_given_answer_is_followed(growing):
    view = kfx.lens(growing, [[0, 1, 2]], ["still", "turned"], answers=[[1, 2, 3]], tokens=WORDS)
    assert "the given answer is <b>" in str(view)


def test_an_example_that_is_not_there_is_refused(growing):
    with pytest.raises(ValueError, match="`example` is 2; there are 1 examples"):
        kfx.lens(growing, [[0, 1, 2]], ["still", "turned"], example=2)


def test_a_long_text_shows_its_last_places(growing):
    i = keras.Input((None,), dtype="int32")
    x = layers.Embedding(4, 8)(i)
    x = layers.Add(name="block")([x, layers.MultiHeadAttention(2, 4)(x, x)])
    model = keras.Model(i, layers.Dense(4)(x))
    view = kfx.lens(model, np.zeros((1, 300), int))
    assert "positions 252 to 299" in view.svg()
    assert len(view._repr_mimebundle_()["text/html"]) < WEIGHT
    assert "positions 0 to 291 are not written" in str(view)
