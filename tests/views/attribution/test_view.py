"""The faces of the attribution view: deterministic text, a static face, arrays by method, and strangers' names."""

import re
import xml.dom.minidom

import numpy as np
import pytest

import kfx
from kfx.views.attribution.answers import AttributionAnswers
from kfx.views.attribution.facts import Sum, plain, signed
from kfx.views.attribution.text import picture_words

NAMES = ["cat", "dog"]


def table(keras):
    x = keras.Input((3,), name="x")
    model = keras.Model(x, keras.layers.Dense(2, activation="softmax", name="d")(x), name="router")
    model.get_layer("d").set_weights([np.array([[1.0, 0], [0, 2], [-3, 0]], "float32"), np.array([0.5, 0], "float32")])
    return model


def words(keras):
    layers = keras.layers
    x = keras.Input((None,), dtype="int32", name="words")
    y = layers.GlobalAveragePooling1D()(layers.Embedding(6, 1, name="table", mask_zero=True)(x))
    model = keras.Model(x, layers.Dense(1, activation="sigmoid", name="out", use_bias=False)(y), name="reviews")
    model.get_layer("table").set_weights([np.array([[0.0], [1], [-2], [3], [0.5], [4]])])
    model.get_layer("out").set_weights([np.array([[2.0]])])
    return model


def picture(keras):
    layers = keras.layers
    x = keras.Input((12, 12, 1), name="image")
    y = layers.GlobalAveragePooling2D()(layers.Conv2D(1, 1, name="c", use_bias=False)(x))
    model = keras.Model(x, layers.Dense(2, name="d", use_bias=False)(y), name="eye")
    model.set_weights([np.ones((1, 1, 1, 1)), np.array([[1.0, -1.0]])])
    return model


def spot():
    data = np.full((1, 12, 12, 1), 0.5, "float32")
    data[0, 8:, 8:] = 1.0
    return data


def test_the_text_of_a_table_says_each_share_and_whether_they_add_up(keras):
    found = kfx.attribute(
        table(keras), np.array([[1.0, 1, 1]]), target="dog", class_names=NAMES, columns=["invoice", "refund", "bug"]
    )
    assert str(found) == (
        "router: why dog?  97.1 % · logit 2.00\n"
        "  dog 97.1 %, cat 2.9 %\n"
        "\n"
        "Integrated gradients: each column’s share of the logit\n"
        "  refund   1  +2.00\n"
        "  invoice  1  0.00\n"
        "  bug      1  0.00\n"
        "\n"
        "Does the map add up? logit 2.00 − baseline (0) 0.00 = 2.00; sum of the map, 50 steps: 2.00 · ✓ 100.0 % explained"
    )
    np.testing.assert_allclose(found["integrated"], [[0, 2, 0]], atol=1e-6)


def test_the_contrast_of_two_classes_is_said(keras):
    found = kfx.attribute(table(keras), np.array([[1.0, 1, 1]]), target=("dog", "cat"), class_names=NAMES)
    assert str(found).startswith("router: why dog rather than cat?  logit difference 3.50\n")
    np.testing.assert_allclose(found["integrated"], [[-1, 2, 3]], atol=1e-5)


def test_words_have_their_shares_and_padding_is_left_out_and_counted(keras):
    data = np.array([[3, 2, 0, 0]])
    found = kfx.attribute(words(keras), data, tokens=["pad", "a", "bad", "good", "of", "fine"])
    text = str(found)
    assert "  good  +3.00\n  bad   −2.00\n" in text
    assert text.endswith("left out: 2 places of padding in 'words'")
    assert str(found) == str(kfx.attribute(words(keras), data, tokens=["pad", "a", "bad", "good", "of", "fine"]))


def test_a_picture_says_where(keras):
    found = kfx.attribute(picture(keras), spot(), target=0, method=("integrated", "gradcam"), baseline=0.5)
    assert "Integrated gradients: each pixel’s share of the value\n  for: bottom right 100 %" in str(found)
    assert found["gradcam"].shape == (1, 12, 12)
    html = found._repr_html_()
    assert html.count("<img") == 3
    assert "<script" not in html


def test_series_have_a_band(keras):
    x = keras.Input((20, 2), name="x")
    model = keras.Model(x, keras.layers.Dense(1, name="d")(keras.layers.GlobalAveragePooling1D()(x)), name="m")
    found = kfx.attribute(model, np.random.default_rng(0).random((1, 20, 2)), columns=["load", "heat"])
    assert re.search(r"  load  sum \S+  most at step \d+: ", str(found))
    assert "data:image/svg+xml" in found._repr_html_()


def test_columns_of_several_inputs_are_one_table(keras):
    a, b = keras.Input((1,), name="age"), keras.Input((2,), name="other")
    model = keras.Model([a, b], keras.layers.Dense(1)(keras.layers.Concatenate()([a, b])), name="m")
    found = kfx.attribute(model, {"age": np.ones((1, 1)), "other": np.ones((1, 2))})
    assert [part.words for part in found.shown.parts] == [("age", "other[0]", "other[1]")]


def test_strangers_names_are_escaped_and_cut(keras):
    name = "<img src=x onerror=alert(1)>" + "x" * 500
    found = kfx.attribute(table(keras), np.ones((1, 3)), class_names=[name, "b"], columns=[name, "b", "c"], target=0)
    html = found._repr_html_()
    assert "<img src=x" not in html
    assert "x" * 200 not in html
    assert "x" * 200 not in str(found)


def test_the_example_is_chosen_and_refused(keras):
    data = np.eye(3)[:2]
    found = kfx.attribute(table(keras), data, example=1)
    assert "example 2 of 2" in str(found)
    with pytest.raises(ValueError, match="`example` is True; there are 2 examples, 0 to 1"):
        kfx.attribute(table(keras), data, example=True)
    with pytest.raises(KeyError, match=r"No attribution by 'gradcam'; there is integrated. Ask for it: method='gradcam'"):
        found["gradcam"]


@pytest.mark.parametrize(
    ("kwargs", "error", "match"),
    [
        ({"columns": ["a"]}, ValueError, "`columns` holds 1 names; the input 'x' has 3 columns"),
        ({"columns": 5}, TypeError, "`columns` is 5; give one name for each column"),
        ({"class_names": ["a"]}, ValueError, "`class_names` holds 1 names; the model's output has 2 units"),
    ],
)
def test_names_that_do_not_fit_are_refused(keras, kwargs, error, match):
    with pytest.raises(error, match=match):
        kfx.attribute(table(keras), np.ones((1, 3)), **kwargs)


def test_numbers_are_written_alike():
    assert [signed(0.004, 1.0), signed(-1.234, 5.0), signed(0.0123, 0.02), signed(-0.0, 1)] == [
        "0.00",
        "−1.23",
        "+0.0123",
        "0.00",
    ]
    assert [plain(2.0), plain(-0.034), plain(0.0)] == ["2.00", "−0.034", "0.00"]
    assert Sum(2.0, 1.0, 0.5, 10).words == "50.0 % explained"
    assert not Sum(2.0, 1.0, 0.5, 10).is_close
    assert Sum(1.0, 1.0, 0.0, 10).words == "nothing to explain"


def test_the_ninths_of_a_picture():
    values = np.zeros((9, 9))
    values[0, 8], values[4, 4] = -1, 3
    assert picture_words(values, True) == "for: middle centre 75 %; against: top right 25 %"
    assert picture_words(np.zeros((9, 9)), True) == "nothing anywhere"


@pytest.mark.parametrize("make", [table, words, picture])
def test_it_is_saved_as_text_html_svg_and_png(keras, make, tmp_path):
    data = {table: np.ones((1, 3)), words: np.array([[3, 2]]), picture: spot()}[make]
    found = kfx.attribute(make(keras), data)
    heads = {suffix: found.save(tmp_path / f"a{suffix}").read_bytes()[:200] for suffix in (".txt", ".html", ".svg", ".png")}
    assert heads[".png"].startswith(b"\x89PNG")
    assert heads[".svg"].startswith(b"<svg ")
    xml.dom.minidom.parseString(found.svg())
    assert "Why" in found.svg()


def test_the_live_view_answers_with_the_numbers_of_the_arrays(keras):
    found = kfx.attribute(table(keras), np.array([[1.0, 1, 1], [2, 0, 0]]), class_names=NAMES)
    answers = AttributionAnswers(found._examples)
    facts, _ = answers({"what": "example", "example": 1, "units": [1], "steps": 0})
    assert (facts["target"], facts["units"], facts["head"]) == ("dog", [1], "7.6 % · logit 0.00")
    assert [one["name"] for one in facts["choices"]] == ["cat", "dog"]
    facts, _ = answers({"what": "example", "example": 0, "units": [0], "steps": 100})
    entries = {name: share for name, _, share, _ in facts["parts"][0]["maps"][0]["entries"]}
    assert entries == {"column 2": "−3.00", "column 0": "+1.00", "column 1": "0.00"}
    assert "100 steps" in facts["sum"]["rows"][3][0]
    assert answers({"what": "example", "example": 9, "units": []})[0]["error"]
    assert answers({"what": "example", "example": 0, "units": [7]})[0]["error"] == "There is no unit 7; the output has 2."
    assert answers({"what": "check", "example": 0, "method": "gradcam", "units": []})[0]["error"]


def test_both_checks_come_on_request_and_leave_the_model_as_it_was(keras):
    model = table(keras)
    before = model.get_weights()
    found = kfx.attribute(model, np.array([[1.0, 1, 1]]), target=0)
    curve = found.deletion()
    assert curve.score[0, [0, -1]].tolist() == pytest.approx([-1.5, 0.5])
    sane = found.sanity()
    assert len(sane.layers) == len(sane.correlation) == 1
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    np.testing.assert_array_equal(kfx.attribute(model, np.array([[1.0, 1, 1]]), target=0)["integrated"], found["integrated"])
    with pytest.raises(KeyError, match="No attribution by 'occlusion'"):
        found.sanity("occlusion")
    with pytest.raises(ValueError, match="`example` is 4"):
        found.deletion(example=4)
