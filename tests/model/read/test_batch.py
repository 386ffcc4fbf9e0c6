"""What fit hands to a step, from everything that a user may give as ``inputs``."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kfx.model.read.batch import candidates
from kfx.model.read.inputs import Spec
from kfx.model.read.model import read_graph

X, Y = np.ones((8, 4)), np.ones((8, 1), "float32")


def first(inputs):
    return next(candidates(keras.Model(), inputs)).data()


def spec(*shape, dtype="float32", batch=8):
    return Spec((None, *shape), dtype, batch)


class Sequence(keras.utils.PyDataset):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        return X, Y


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (X, spec(4)),  # as fit, which casts floating-point arrays
        ((X, Y), (spec(4), spec(1))),
        ((X, Y, None), (spec(4), spec(1))),
        ([X, Y], ([spec(4), spec(1)],)),
        ({"image": X, "label": np.ones(8, "int32")}, {"image": spec(4), "label": spec(dtype="int32")}),
        ((None, 4), spec(4, batch=None)),
        (((None, 4), (None, 1)), (spec(4, batch=None), spec(1, batch=None))),
        (Sequence(), (spec(4), spec(1))),
        (tf.data.Dataset.from_tensor_slices((X, Y)).batch(8), (spec(4, dtype="float64", batch=None), spec(1, batch=None))),
        (keras.Input((4,)), spec(4, batch=None)),
    ],
)
def test_the_batch_is_what_fit_hands_over(inputs, expected):
    assert first(inputs) == expected


def test_a_list_may_be_meant_as_a_pair():
    assert [given.data() for given in candidates(keras.Model(), [X, Y])][1] == (spec(4), spec(1))


def test_the_number_of_examples_and_the_data_are_tried_last():
    found = list(candidates(keras.Model(), X))
    assert [given.data() for given in found[:2]] == [spec(4), Spec((8, 4), "float32")]
    assert found[2].holds_values
    assert found[2].data().dtype == "float32"


def test_what_has_no_shape_is_refused():
    with pytest.raises(TypeError, match="give shapes with the batch axis first"):
        read_graph(keras.Model(), inputs="data")


@pytest.mark.parametrize("form", ["arrays", "shapes", "dataset", "list"])
def test_every_form_gives_the_same_wiring(made, form):
    model, (x, y) = made("cycle")
    forms = {"arrays": (x, y), "shapes": ((None, 4), (8, 4)), "list": [x, y]}
    inputs = forms[form] if form in forms else tf.data.Dataset.from_tensor_slices((x, y)).batch(8)
    assert read_graph(model, inputs=inputs).edges == read_graph(model, inputs=(x, y)).edges
