"""Outputs as what they are, against arrays worked by hand."""

import numpy as np
import pytest

from kfx.views.inspector.facts import InputShown
from kfx.views.inspector.shown.outputs import About, described, units_of
from kfx.views.inspector.shown.pictures import pictures_of
from kfx.views.inspector.shown.series import series_of

RANDOM = np.random.RandomState(0)
TOKENS = InputShown("ids", "tokens", "a b c", words=("a", "b", "c"), ids=("7", "50256", "1"))
IDS = {"ids": np.array([7, 50256, 1])}


def about_picture(value, **more):
    return About(inputs={"image": value}, shown=(InputShown("image", "picture", "", pictures_of(value)),), **more)


def test_scores_of_a_language_model_are_the_top_next_tokens_at_each_position():
    scores = np.zeros((3, 5), "float32")
    scores[0, 3], scores[1, 0], scores[2, 4] = 5, 5, 5
    found = described("", scores, About(list("vwxyz"), inputs=IDS, shown=(TOKENS,)))
    assert [(one.step, one.word, one.rows[0].name) for one in found.positions] == [(0, "a", "y"), (1, "b", "v"), (2, "c", "z")]
    share = np.exp(5) / (np.exp(5) + 4)
    assert found.positions[0].rows[0].text == f"{share * 100:.1f} %"
    assert "softmax of the scores" in found.note
    assert len(found.positions[0].rows) == 3


def test_without_words_tokens_have_their_exact_numbers():
    scores = np.zeros((3, 60_000), "float32")
    scores[:, 50_256] = 9
    numbers = InputShown("ids", "numbers", "")
    found = described("", scores, About(inputs=IDS, shown=(numbers,), scores=True))
    assert [one.word for one in found.positions] == ["7", "50256", "1"]
    assert {one.rows[0].name for one in found.positions} == {"50256"}


def test_states_inside_a_transformer_are_no_next_tokens():
    found = described("", RANDOM.normal(size=(3, 16)).astype("float32"), About(inputs=IDS, shown=(TOKENS,)))
    assert (found.kind, found.positions) == ("picture", ())
    assert found.note.startswith("3×16 values, −")


def test_probabilities_stay_as_they_are():
    found = described("", np.array([[0.2, 0.8], [0.7, 0.3]]), About(["no", "yes"]))
    assert [[row.text for row in one.rows] for one in found.positions] == [["80.0 %", "20.0 %"], ["70.0 %", "30.0 %"]]
    assert "softmax" not in found.note


def test_a_reconstruction_has_its_difference_from_the_input():
    given = RANDOM.random((8, 8, 3)).astype("float32")
    made = (given + 0.25).astype("float32")
    found = described("", made, about_picture(given))
    assert (found.kind, found.beside) == ("picture", "image")
    np.testing.assert_allclose(found.difference.values, 0.25, atol=1e-6)
    assert found.note.endswith("mean distance from the input 0.25")


def test_channels_first_pictures_are_turned():
    given = RANDOM.random((3, 16, 16)).astype("float32")
    found = described("", given, About(axis=0))
    assert found.pictures.size == (16, 16)
    np.testing.assert_array_equal(found.pictures.values[0], np.moveaxis(given, 0, -1))


def test_a_mask_is_the_likeliest_class_at_each_place():
    shares = np.zeros((4, 6, 3))
    shares[..., 2] = 1
    shares[0, :3] = [1, 0, 0]
    found = described("", shares, About(["sky", "road", "car"]))
    assert found.kind == "mask"
    assert [(one.name, one.text) for one in found.legend] == [("car", "87.5 %"), ("sky", "12.5 %")]
    np.testing.assert_array_equal(found.pictures.values[0, ..., 0], np.argmax(shares, -1))


def test_whole_numbers_over_a_picture_are_a_mask():
    found = described("", np.eye(8, dtype="int64"), about_picture(RANDOM.random((8, 8, 3))))
    assert [(one.name, one.text) for one in found.legend] == [("class 0", "87.5 %"), ("class 1", "12.5 %")]


@pytest.mark.parametrize(
    ("shape", "axis", "count", "size"),
    [((5, 8, 9, 1), None, 5, (8, 9)), ((1, 5, 8, 9), 0, 5, (8, 9)), ((5, 8, 9, 3), None, 5, (8, 9))],
)
def test_a_volume_is_its_slices(shape, axis, count, size):
    found = described("", RANDOM.random(shape).astype("float32"), About(axis=axis, step="slice"))
    assert (found.pictures.count, found.pictures.size, found.pictures.which(1)) == (count, size, "slice 2 of 5")


def test_one_column_is_a_series_and_no_classes():
    values = np.sin(np.arange(50.0))[:, None]
    found = described("", values, About())
    assert (found.kind, found.rows) == ("series", ())
    np.testing.assert_array_equal(found.series.values[0], values[:, 0])


def test_a_reconstructed_series_lies_over_its_input():
    given = RANDOM.random((40, 3))
    one = InputShown("x", "series", "", series=series_of(given))
    found = described("", given + 1, About(inputs={"x": given}, shown=(one,)))
    np.testing.assert_array_equal(found.series.beneath, given.T)
    assert found.note.endswith("mean distance from the input 1")


def test_chosen_tokens_are_written_exactly():
    found = described("", np.array([50256, 12345, 7]), About())
    assert (found.note, found.rows) == ("50256, 12345, 7", ())
    words = described("", np.array([50256, 7]), About(word=lambda n: {50256: "the", 7: "끝"}[n], inputs=IDS, shown=(TOKENS,)))
    assert words.note == "the 끝"


def test_attention_is_no_picture_with_channels():
    found = described("", np.full((2, 3, 3), 1 / 3, "float32"), About(role="attention"))
    assert (found.pictures.count, found.pictures.which(0)) == (2, "head 1 of 2")
    assert "(head, query, key)" in found.note


@pytest.mark.parametrize(("dtype", "text"), [("float16", "0.5"), ("complex64", "0.5"), ("bool", "1"), ("int64", "1")])
def test_one_number_of_any_type_is_a_value(dtype, text):
    value = np.array(0.5 if dtype in ("float16", "complex64") else 1, dtype)
    (row,) = described("", value, About()).rows
    assert row.text == text


def test_values_that_are_not_finite_are_left_out_and_told():
    values = np.zeros((8, 8, 1))
    values[0, 0] = np.nan
    assert "1 not finite" in described("", values, about_picture(values)).note
    scores = np.array([[np.nan, 3.0, -9.0], [np.inf, 1.0, 0.0]])
    rows = described("", scores, About(["a", "b", "c"])).positions
    assert rows[0].rows[0].name == "b"


@pytest.mark.parametrize(
    ("shape", "axis", "units"),
    [((), None, 1), ((10,), None, 10), ((1, 1, 1000), None, 1000), ((7, 50), None, 50), ((4, 9, 9), 0, 4)],
)
def test_units_are_the_classes(shape, axis, units):
    assert units_of(shape, axis) == units
