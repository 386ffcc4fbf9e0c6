"""A particle fits how the word before it is read; the words were read aloud, not computed."""

import pytest

from kfx.text.korean import fill, particle

CLOSED = [
    "층",
    "입력",
    "값",
    "블록",
    "노름",
    "LSTM",
    "RNN",
    "block",
    "dropout",
    "input",
    "output",
    "concat",
    "Flatten",
    "embedding",
    "mean",
    "plot",
    "look",
    "map",
    "fit",
    "dataset",
    "sum",
    "conv_10",
    "conv2d_3",
    "(26,26,16)",
    "10",
    "100",
    "1,000",
    "6",
    "'second_column'",
    "Conv1D_layers_0",
    "net",
    "reshape_0",
    "Subtraction",
    "average_3",
]
LIQUID = ["모델", "픽셀", "7", "1", "8", "model", "pool", "pool_1", "Scale", "URL", "scale", "LR", "block_8", "'label'"]
OPEN = [
    "층수",
    "예제",
    "그래프",
    "Dense",
    "Conv2D",
    "relu",
    "softmax",
    "Add",
    "hidden_2",
    "dense_4",
    "LayerNorma",
    "first",
    "smaller",
    "smallest",
    "second",
    "9",
    "30%",
    "GRU",
    "tanh",
    "MLP",
    "kfx.keras",
    "'이미지'",
    "(None,2)",
    "batch",
    "5",
    "index",
    "Lambda",
]


@pytest.mark.parametrize("word", CLOSED)
def test_a_word_that_ends_in_a_consonant(word):
    assert [particle(word, form) for form in ("은", "가", "를", "와", "로")] == ["은", "이", "을", "과", "으로"]


@pytest.mark.parametrize("word", LIQUID)
def test_a_word_that_ends_in_l(word):
    assert [particle(word, form) for form in ("는", "이", "을", "으로")] == ["은", "이", "을", "로"]


@pytest.mark.parametrize("word", OPEN)
def test_a_word_that_ends_in_a_vowel(word):
    assert [particle(word, form) for form in ("은", "이", "을", "과", "으로")] == ["는", "가", "를", "와", "로"]


def test_a_value_keeps_its_format_and_its_braces():
    assert (
        fill("{share:.1%|을} {{x}} {name!r:|은} {count:,}", share=0.254, name="pool", count=1234)
        == "25.4%를 {x} 'pool'은 1,234"
    )


def test_a_name_of_nothing_readable_gets_the_form_after_a_vowel():
    assert particle("", "은") == particle("+-", "을").replace("를", "는") == "는"
