"""The model that runs parts: what it returns, and that it can be saved."""

import keras
import numpy as np
from keras import layers

from kfx.values.parts_model import Parts

X = np.ones((3, 4), "float32")


def part(name):
    return keras.Sequential([keras.Input((4,)), layers.Dense(2, name="d")], name=name)


def test_one_part_returns_its_output_several_a_dict():
    a, b = part("a"), part("b")
    np.testing.assert_array_equal(Parts([a], ["a"])(X), a(X))
    found = Parts([a, b], ["a", "b~2"])(X)
    np.testing.assert_array_equal(found["b~2"], b(X))
    assert list(found) == ["a", "b~2"]


def test_its_weights_are_those_of_the_parts():
    a = part("a")
    assert Parts([a], ["a"]).weights == a.weights


def test_a_saved_one_runs_as_before(tmp_path):
    model = Parts([part("a"), part("b")], ["a", "x/b"], name="both")
    model.save(tmp_path / "parts.keras")
    again = keras.saving.load_model(tmp_path / "parts.keras")
    assert (again.name, again.labels) == ("both", ("a", "x/b"))
    np.testing.assert_array_equal(again(X)["x/b"], model(X)["x/b"])


def test_inputs_are_cast_by_the_parts_alone():
    half = keras.Sequential([keras.Input((4,)), layers.Dense(2, dtype="float16", kernel_initializer="ones")], name="half")
    assert Parts([half], ["half"])(np.full((1, 4), 0.1)).dtype == "float16"
