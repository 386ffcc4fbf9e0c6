"""The examples that drive units, of arrays, data sets and folders, against argsort by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import kfx
from kfx.values.examples.find import find_examples, find_stored, stored_values

rng = np.random.default_rng(5)
X = rng.normal(size=(90, 10, 10, 2)).astype("float32")
Y = np.arange(90) % 4


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(2)
    i = keras.Input((10, 10, 2), name="image")
    x = layers.Conv2D(5, 3, name="conv")(i)
    return keras.Model(i, layers.Dense(3, name="out")(layers.GlobalMaxPooling2D(name="pool")(x)), name="net")


def by_hand(model, address, channel, count):
    values = kfx.extract(model, X, address)[address][..., channel].reshape(90, -1)
    order = np.argsort(-values.max(1), kind="stable")[:count]
    return order, values[order].max(1), values[order].argmax(1)


def check(found, model, address, channels, count):
    for channel in channels:
        order, values, places = by_hand(model, address, channel, count)
        some = found.found[channel]
        assert [one.number for one in some] == order.tolist()
        assert [one.value for one in some] == pytest.approx(values.tolist(), rel=1e-6)
        if found.space:
            assert [np.ravel_multi_index(one.place, found.space) for one in some] == places.tolist()


def stream():
    return ((X[i : i + 16], Y[i : i + 16]) for i in range(0, 90, 16))


@pytest.mark.parametrize("data", [lambda: X, lambda: tf.data.Dataset.from_tensor_slices(X).batch(25), stream])
@pytest.mark.parametrize(("address", "channels"), [("conv", [0, 4]), ("pool", [3]), ("out", [2])])
def test_they_are_those_of_a_sort_by_hand(model, data, address, channels):
    found = find_examples(model, data(), address, channels, count=7)
    check(found, model, address, channels, 7)
    assert found.count == 90
    for channel in channels:
        assert all(np.array_equal(one.inputs["image"], X[one.number]) for one in found.found[channel])


def test_labels_come_along(model):
    for found in (find_examples(model, stream(), "conv", 1), find_examples(model, X, "conv", 1, labels=Y)):
        assert all(one.label == Y[one.number] for one in found.found[1])


def test_all_channels_are_taken_where_none_is_named(model):
    found = find_examples(model, X, "conv", count=3)
    assert list(found.found) == [0, 1, 2, 3, 4]
    check(found, model, "conv", range(5), 3)


def test_a_folder_of_values_gives_the_same(model, tmp_path):
    kfx.extract(model, X, "conv", to=tmp_path / "f", progress=False, batch_size=16)
    values = stored_values(str(tmp_path / "f"))
    found = find_stored(None, values, "conv", [2], count=6)
    check(found, model, "conv", [2], 6)
    assert found.found[2][0].inputs is None
    assert stored_values(X) is None
    assert stored_values(str(tmp_path)) is None


def test_sequences_and_heads_have_their_axes():
    i = keras.Input((6,), dtype="int32")
    x = layers.Embedding(9, 4, name="embed")(i)
    x, scores = layers.MultiHeadAttention(2, 3, name="look")(x, x, return_attention_scores=True)
    model = keras.Model(i, [x, layers.Identity(name="scores")(scores)])
    words = rng.integers(0, 9, (20, 6))
    found = find_examples(model, words, "embed", 1, count=4)
    values = kfx.extract(model, words, "embed")["embed"][..., 1]
    assert [one.number for one in found.found[1]] == np.argsort(-values.max(1), kind="stable")[:4].tolist()
    assert found.space == (6,)
    with pytest.raises(ValueError, match="`layer` means 2 arrays"):
        find_examples(model, words, "look", 0)


def test_values_that_are_not_finite_are_left_out_and_counted(model):
    x = X.copy()
    x[3] = np.nan
    found = find_examples(model, x, "pool", 0, count=90)
    assert len(found.found[0]) == 89
    assert found.left_out == 1
    none = find_examples(model, X * np.nan, "pool", 0)
    assert none.found[0] == ()


@pytest.mark.parametrize(
    ("layer", "channel", "how", "sentence"),
    [
        ("conv", 5, {}, "`channel` is 5; 'conv' has 5 of them, 0 to 4"),
        ("conv", True, {}, "`channel` is True"),
        ("conv", "a", {}, "`channel` is 'a'"),
        ("conv", [], {}, "`channel` names 0 units"),
        ("cnv", 0, {}, "No layer 'cnv'.*'conv'"),
        ("conv", 0, {"count": 0}, "`count` is 0; expected a whole number from 1 to 100"),
        (["conv", "pool"], 0, {}, "`layer` means 2 arrays: 'conv', 'pool'"),
    ],
)
def test_bad_input_gets_one_sentence(model, layer, channel, how, sentence):
    with pytest.raises(ValueError, match=sentence):
        find_examples(model, X, layer, channel, **how)


def test_empty_data_and_an_unknown_address_are_said(model, tmp_path):
    with pytest.raises(ValueError, match="The data hold no examples"):
        find_examples(model, X[:0], "conv", 0)
    with pytest.raises(ValueError, match="The data hold no examples"):
        find_examples(model, (one for one in []), "conv", 0)
    values = kfx.extract(model, X, "conv")
    with pytest.raises(ValueError, match="No values for 'pool'; there are values for 'conv'"):
        find_stored(model, values, "pool", 0)
