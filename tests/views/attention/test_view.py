"""The faces of the attention view and its refusals, without a browser."""

import re

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

import kfx
from kfx.notebook.view import WEIGHT
from kfx.views.attention.answers import AttentionAnswers, about_attention
from kfx.views.attention.facts import short_labels

WORDS = ["[pad]", "the", "영화", "was", "not", "bad"]


@pytest.fixture
def reviews():
    """Attention whose scores are known: keys and queries are one-hot words, so each looks at its own word."""
    i = keras.Input((6,), dtype="int32", name="words")
    x = layers.Embedding(6, 6, mask_zero=True, name="one_hot", embeddings_initializer="identity")(i)
    look = layers.MultiHeadAttention(1, 6, name="look")
    x = layers.GlobalAveragePooling1D()(look(x, x))
    model = keras.Model(i, layers.Dense(1, activation="sigmoid", name="positive")(x), name="reviews")
    eye, none = np.eye(6)[:, None] * 4, np.zeros((1, 6))
    look.set_weights([eye, none, eye, none, eye, none, np.eye(6)[None], np.zeros(6)])
    model.get_layer("positive").set_weights([np.arange(6.0)[:, None], np.zeros(1)])
    return model


@pytest.fixture
def ids():
    return np.array([[1, 2, 3, 4, 5, 0], [2, 5, 0, 0, 0, 0]], "int32")


def test_the_text_names_layers_heads_and_what_each_word_looks_at(reviews, ids, golden):
    view = kfx.attention(reviews, ids, tokens=WORDS)
    golden("attention.txt", str(view))
    own, others = np.exp(16 / np.sqrt(6)), 4
    assert f"영화 (1) looks at 영화 (1) {own / (own + others):.2f}" in re.sub(" +", " ", str(view))


def test_without_a_vocabulary_a_token_is_called_by_its_number(reviews, ids):
    text = re.sub(" +", " ", str(kfx.attention(reviews, ids[1:])))
    assert "5 (1) looks at 5 (1)" in text


def test_the_mapping_is_the_scores(reviews, ids):
    view = kfx.attention(reviews, ids, tokens=WORDS)
    assert dict(view).keys() == {"look"}
    assert len(view) == 1
    assert view["look"].shape == (2, 1, 6, 6)
    assert not view["look"].flags.writeable
    assert repr(view) == "<Attention 'reviews'>"
    with pytest.raises(KeyError, match="No values for 'lok'; there are values for look"):
        view["lok"]


def test_the_static_face_holds_every_layer_and_is_small(reviews, ids):
    html = kfx.attention(reviews, ids, tokens=WORDS)._html()
    assert len(html) < WEIGHT
    assert html.count("<img") == 2
    assert "1 of 6 places is padding, left out" in html
    assert "<script" not in html
    assert "영화 (1)" in html


def test_the_static_face_of_a_large_model_is_kept_within_the_weight():
    x = np.random.default_rng(0).normal(size=(1, 100, 16)).astype("float32")
    i = h = keras.Input((100, 16))
    for _ in range(3):
        h = layers.MultiHeadAttention(40, 4)(h, h)
    view = kfx.attention(keras.Model(i, h), x)
    assert len(view._repr_mimebundle_()["text/html"]) < WEIGHT * 1.1
    assert "16 of 40 heads, the most concentrated first" in view._html()


def test_hostile_words_and_names_are_escaped(ids):
    i = keras.Input((6,), dtype="int32")
    x = layers.Embedding(6, 6)(i)
    model = keras.Model(i, layers.MultiHeadAttention(1, 6, name="<img src=x>")(x, x), name="<b>&")
    words = ["<script>alert(1)</script>", "\u202e", "a\nb", "&amp;", '"', "x" * 500]
    view = kfx.attention(model, ids, tokens=words)
    html = view._html()
    assert "<script>" not in html
    assert "<img src=x>" not in html
    assert "\u202e" not in html
    assert "x" * 100 not in html
    assert "\u202e" not in str(view)


@pytest.mark.parametrize("suffix", [".svg", ".png", ".html", ".txt"])
def test_it_is_saved_as_a_picture_a_page_and_text(reviews, ids, tmp_path, suffix):
    path = kfx.attention(reviews, ids, tokens=WORDS).save(tmp_path / f"look{suffix}")
    if suffix == ".png":
        assert min(Image.open(path).size) > 400
    else:
        assert "look, head 0" in path.read_text(encoding="utf-8")


def test_words_come_from_a_tokenizer_a_list_for_each_example_or_numbers(reviews, ids):
    class Tokenizer:
        def id_to_token(self, number):
            return WORDS[number]

    lists = [[WORDS[n] for n in row if n] for row in ids]
    for tokens in (Tokenizer(), lists, WORDS, WORDS.__getitem__, {"words": WORDS}):
        assert kfx.attention(reviews, ids, tokens=tokens).facts.at("look", 0).keys == ("the", "영화", "was", "not", "bad")
    assert kfx.attention(reviews, ids).facts.at("look", 0).keys == ("1", "2", "3", "4", "5"), "the tokens themselves"


def test_an_example_that_is_not_there_is_refused(reviews, ids):
    with pytest.raises(ValueError, match="`example` is 2; there are 2 examples, 0 to 1"):
        kfx.attention(reviews, ids, example=2)


def test_the_browser_is_answered_with_scores_as_bytes(reviews, ids):
    view = kfx.attention(reviews, ids, tokens=WORDS)
    answers = AttentionAnswers(view.facts, view.effects)
    facts, buffers = answers({"what": "head", "layer": "look", "example": 0, "head": 0})
    assert (facts["rows"], facts["columns"]) == (5, 5)
    np.testing.assert_array_equal(np.frombuffer(buffers[0], "<f4").reshape(5, 5), view["look"][0, 0, :5, :5])
    layer, maps = answers({"what": "layer", "layer": "look", "example": 0})
    assert layer["leftOut"] == "1 of 6 places is padding, left out"
    levels = np.frombuffer(maps[0], "u1").reshape(5, 5)
    np.testing.assert_allclose(levels / 254, view["look"][0, 0, :5, :5], atol=1 / 254)
    overview, _ = answers({"what": "overview", "example": 0})
    assert len(overview["layers"]) == 1
    effects, _ = answers({"what": "effects", "layer": "look", "example": 0})
    assert effects["kind"] == "logit"
    silence, _ = answers({"what": "silence", "layer": "look", "example": 0, "head": 0})
    assert silence["after"] == pytest.approx((0.5, 0.0), abs=1e-6), "the only head made the whole logit"
    assert silence["change"] == pytest.approx(effects["values"][0], abs=1e-6)


def test_a_question_that_cannot_be_answered_gives_a_sentence(reviews, ids):
    view = kfx.attention(reviews, ids)
    answer, _ = AttentionAnswers(view.facts, view.effects)({"what": "head", "layer": "look", "example": 0, "head": 7})
    assert answer == {"error": "There is no head 7; there are 1, 0 to 0."}


def test_the_live_view_knows_every_layer(reviews, ids):
    view = kfx.attention(reviews, ids)
    about = about_attention(view.facts)
    assert about["layers"] == [{"key": "look", "address": "look", "label": "look", "heads": 1}]
    assert view.widget.selected == "look"


def test_layers_have_short_labels():
    assert short_labels(["layer_0/attention", "layer_1/attention"]) == ["layer 0", "layer 1"]
    assert short_labels(["enc/self", "dec/self", "dec/cross"]) == ["enc/self", "dec/self", "dec/cross"]
    assert short_labels(["attention", "attention_1"]) == ["attention", "attention_1"]
