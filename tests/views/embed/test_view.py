"""The faces of a map of examples, its colours, and its refusals, without a browser."""

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

import kfx
from kfx.errors import ClosedViewError
from kfx.notebook.view import WEIGHT
from kfx.views.embed.answers import EmbeddingAnswers, about_embedding, wire_points

X = np.array([[0.0, 0, 0], [1, 0, 0], [0, 5, 0], [1, 5, 0], [0, 0, 9], [1, 0, 9]])
Y = np.array([0, 0, 1, 1, 2, 0])
NAMES = ["고양이", "<b>dog</b>", "bird"]


def same(loss="sparse_categorical_crossentropy"):
    i = keras.Input((3,), name="x")
    model = keras.Model(i, layers.Softmax(name="out")(layers.Identity(name="same")(i)), name="tiny")
    model.compile(loss=loss)
    return model


@pytest.fixture
def view():
    return kfx.embed(same(), X, "same", labels=Y, class_names=NAMES)


def test_the_text_says_how_it_was_made_and_where_labels_lie(view, golden):
    golden("embedding.txt", str(view))
    centred = X - X.mean(0)
    values = np.linalg.svd(centred, compute_uv=False) ** 2
    assert view.explained == pytest.approx((values / values.sum())[:2])
    assert repr(view) == "<Embedding of 'same'>"


def test_colours_are_labels_predictions_and_errors(view):
    by = {one.name: one for one in view.facts.colourings}
    assert list(by) == ["label", "predicted", "error"]
    assert by["label"].counts == (3, 2, 1)
    predicted = same().predict(X, verbose=0).argmax(-1)
    assert np.array_equal(by["predicted"].groups, predicted)
    assert by["error"].counts == (int((predicted == Y).sum()), int((predicted != Y).sum()))
    first = kfx.embed(same(), X, "same", labels=Y, color="error").facts.colourings[0]
    assert first.name == "error"


def test_labels_may_be_words_and_numbers_a_ramp():
    words = kfx.embed(same(), X, "same", labels=np.array(["a", "b", "a", "b", "c", "c"])).facts.colourings[0]
    assert (words.names, words.counts) == (("a", "b", "c"), (2, 2, 2))
    i = keras.Input((3,))
    model = keras.Model(i, layers.Dense(1, name="out")(i))
    model.compile(loss="mse")
    view = kfx.embed(model, X, "out", labels=X[:, 2], color="error")
    assert [one.name for one in view.facts.colourings] == ["error", "label", "predicted"]
    assert view.facts.colourings[1].ends == (0.0, 9.0)
    assert "dark 0, bright 9" in kfx.embed(model, X, "out", labels=X[:, 2])._html()


def test_without_labels_all_have_one_colour():
    view = kfx.embed(same(), X, "same")
    assert [one.name for one in view.facts.colourings] == ["none"]
    assert "label" not in str(view)
    with pytest.raises(ValueError, match="The examples cannot be coloured by 'label': there are no labels"):
        kfx.embed(same(), X, "same", color="label")


def test_the_static_face_is_small_and_holds_no_markup_of_strangers(view, tmp_path):
    html = view._html()
    assert len(html) < WEIGHT
    assert "<b>dog</b>" not in html
    assert html.count("<img") == 1
    assert Image.open(view.save(tmp_path / "a.png")).size == (1040, 840)
    many = kfx.embed(same(), np.random.default_rng(0).normal(size=(20_000, 3)), "same", batch_size=5000)
    assert len(many._html()) < WEIGHT


def test_one_label_and_features_that_are_not_finite_are_said():
    x = X.copy()
    x[2, 0] = np.inf
    view = kfx.embed(same(), x, "same", labels=np.zeros(6, "int64"))
    assert "1 example left out: not all of its features are finite." in str(view)
    assert "Only one label occurs: 0." in str(view)
    assert np.isnan(view.points[2]).all()


def test_answers_are_cards_and_colours(view):
    answers = EmbeddingAnswers(view.facts, view.shown)
    facts, _ = answers({"what": "cards", "numbers": [4, 99, -1]})
    assert [one["number"] for one in facts["examples"]] == [4]
    assert facts["examples"][0]["title"] == [["bird", False]]
    kind, (groups,) = answers({"what": "colours", "colouring": 0})
    assert kind == {"kind": "groups"}
    assert np.frombuffer(groups, "<i2").tolist() == Y.tolist()
    assert "error" in answers({"what": "colours", "colouring": 9})[0]
    assert about_embedding(view.facts)["count"] == 6
    assert np.frombuffer(wire_points(view.facts), "<f4").reshape(6, 2).min() >= 0


def test_a_closed_view_lets_go_of_the_data_and_keeps_its_picture(view):
    text, html = str(view), view._html()
    view.close()
    assert (str(view), view._html()) == (text, html)
    assert view._found.inputs(0) is None
    with pytest.raises(ClosedViewError, match=r"call kfx\.embed again"):
        _ = view.widget


def test_values_in_a_folder_take_their_pictures_from_the_user(tmp_path):
    x = np.zeros((4, 9, 9, 1), "float32")
    x[2:] = 1
    i = keras.Input((9, 9, 1))
    model = keras.Model(i, layers.Conv2D(2, 3, name="conv", kernel_initializer="ones")(i))
    kfx.extract(model, x, "conv", to=tmp_path / "f", progress=False)
    view = kfx.embed(None, tmp_path / "f", "conv", images=x, labels=[0, 0, 1, 1])
    assert len(view.shown(3).pictures) == 1
    assert view.points[0, 0] == pytest.approx(-view.points[3, 0])
    with pytest.raises(ValueError, match="`images` holds 2 pictures for 4 examples"):
        kfx.embed(None, tmp_path / "f", "conv", images=x[:2])


@pytest.mark.parametrize(
    ("how", "error", "sentence"),
    [
        ({"color": "red"}, ValueError, "`color` is 'red'; expected one of 'label', 'predicted', 'error'"),
        ({"method": "pda"}, ValueError, "`method` is 'pda'"),
        ({"class_names": "abc"}, TypeError, "`class_names` is 'abc'; give one name for each label"),
        ({"class_names": ["a", "b"]}, ValueError, "`class_names` holds 2 names, and there is a label 2"),
    ],
)
def test_bad_arguments_get_one_sentence(how, error, sentence):
    with pytest.raises(error, match=sentence):
        kfx.embed(same(), X, "same", labels=Y, **how)
