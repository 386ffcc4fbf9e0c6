"""``kfx.model_to_dot`` beside Keras's own."""

import inspect

import keras
import pytest

import kfx


def test_it_takes_the_arguments_of_keras_in_the_same_order():
    ours, theirs = (list(inspect.signature(one).parameters) for one in (kfx.model_to_dot, keras.utils.model_to_dot))
    assert ours[: len(theirs) - 1] == theirs[:-1], "the last is **kwargs"


def test_shapes_and_activations_are_written_on_request():
    pytest.importorskip("pydot")
    x = keras.Input((4,), name="x")
    model = keras.Model(x, keras.layers.Dense(2, activation="relu", name="out")(x))
    assert "relu" not in kfx.model_to_dot(model).to_string()
    assert "relu" in kfx.model_to_dot(model, show_layer_activations=True).to_string()
    assert kfx.model_to_dot(model, rankdir="LR", dpi=300).get_dpi() == 300
