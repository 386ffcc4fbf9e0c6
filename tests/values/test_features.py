"""`Features`: the mapping that extraction returns."""

import pickle

import numpy as np
import pytest

from kfx.values.features import Features, address_text, labelled, map_arrays, to_numpy


@pytest.fixture
def values():
    return Features({"b": np.zeros((2, 3), "float32"), "a/l": (np.ones(2, "int64"), {"s": np.ones((2, 1), "float16")})})


def test_it_keeps_the_order_and_shows_shapes(values):
    assert repr(values) == (
        "<Features: 2 addresses, 44 bytes>\n"
        "  b          (2, 3)  float32\n"
        "  a/l[0]     (2,)    int64\n"
        "  a/l[1][s]  (2, 1)  float16"
    )
    assert list(values) == ["b", "a/l"]


def test_it_cannot_be_changed(values):
    with pytest.raises(TypeError, match="does not support item assignment"):
        values["c"] = 1
    with pytest.raises(AttributeError, match="cannot be changed"):
        values.proof = "x"
    with pytest.raises(AttributeError, match="cannot be changed"):
        del values.output


def test_a_missing_address_is_told_what_there_is(values):
    with pytest.raises(KeyError, match="No values for 'c'; there are values for b, a/l"):
        values["c"]


def test_it_can_be_pickled(values):
    again = pickle.loads(pickle.dumps(values))
    assert list(again) == list(values)
    np.testing.assert_array_equal(again["a/l"][0], values["a/l"][0])


def test_pandas_holds_what_the_repr_shows(values):
    table = values.to_pandas()
    assert table.to_dict("list") == {
        "address": ["b", "a/l[0]", "a/l[1][s]"],
        "shape": [(2, 3), (2,), (2, 1)],
        "dtype": ["float32", "int64", "float16"],
        "nbytes": [24, 16, 4],
    }


def test_pandas_holds_the_values_at_an_address(values):
    table = values.to_pandas("b")
    assert (table.index.name, table.columns.name, table.shape) == ("batch", "axis_1", (2, 3))
    np.testing.assert_array_equal(table.to_numpy(), values["b"])
    deep = Features({"v": np.arange(24).reshape(2, 3, 4)}).to_pandas("v")
    assert deep.loc[(1, 2)].tolist() == [20, 21, 22, 23]
    with pytest.raises(KeyError, match="No values for 'c'; there are values for b"):
        values.to_pandas("c")


def test_ragged_tensors_become_an_array_for_each_example():
    import tensorflow as tf

    found = to_numpy({"v": tf.ragged.constant([[1, 2], [3, 4]])})["v"]
    assert (found.shape, found.dtype) == ((2,), object)
    assert [row.tolist() for row in found] == [[1, 2], [3, 4]]


def test_a_repr_shows_forty_rows():
    assert repr(Features({f"n{i}": np.zeros(1) for i in range(45)})).splitlines()[-1] == "  and 5 more"


def test_mapping_follows_the_labels():
    value = {"z": [1, None], "a": (2,)}
    assert [label for label, _ in labelled("v", value)] == ["v[z][0]", "v[a][0]"]
    letters = iter("xy")
    assert map_arrays(lambda _: next(letters), value) == {"z": ["x", None], "a": ("y",)}


@pytest.mark.parametrize("name", ["two\nlines", "half\ud83d", "bell\x07", "n" * 10_000, "a\u202eb"])
def test_a_hostile_address_is_one_short_printable_line(name):
    text = address_text(name)
    assert text.isprintable()
    assert len(text) <= 60
    text.encode("utf-8")
