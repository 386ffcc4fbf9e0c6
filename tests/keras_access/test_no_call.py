"""Models without ``call``: told from models whose ``call`` does something, and the steps that they define."""

import keras
import pytest
from keras import layers

from kfx.keras_access.no_call import has_no_call, step_of


class Bare(keras.Model):
    pass


class Raises(keras.Model):
    def call(self, inputs, training=False):
        """Not needed."""
        raise NotImplementedError(f"{self.name} is only trained")


class Passes(keras.Model):
    def call(self, inputs):
        pass


class Sometimes(keras.Model):
    def call(self, inputs, training=False):
        if training:
            raise NotImplementedError
        return inputs


class Doubles(keras.Model):
    def call(self, inputs):
        return inputs * 2


class Group(layers.Layer):
    """A layer that only holds others."""


class Trains(Bare):
    def train_step(self, data):
        return {}


class Evaluates(Bare):
    def test_step(self, data):
        return {}


@pytest.mark.parametrize("cls", [Bare, Raises, Passes, Group, Trains, keras.Model])
def test_a_model_that_cannot_be_called_is_recognised(cls):
    assert has_no_call(cls())


@pytest.mark.parametrize("cls", [Sometimes, Doubles, keras.Sequential, layers.Flatten, layers.Activation])
def test_a_model_that_can_be_called_is_not(cls):
    assert not has_no_call(cls("relu") if cls is layers.Activation else cls())


def test_a_class_with_a_graph_of_its_own_has_a_call():
    class Graph(keras.Model):  # Keras gives such a class another base
        pass

    x = keras.Input((2,))
    assert not has_no_call(Graph(x, layers.Dense(1)(x)))


def test_what_is_not_a_layer_is_not_a_model_without_call():
    assert not has_no_call("model")
    assert not has_no_call(None)
    assert not has_no_call(Bare)


@pytest.mark.parametrize(("cls", "step"), [(Trains, "train_step"), (Evaluates, "test_step"), (Bare, "")])
def test_the_step_is_the_one_that_the_class_defines(cls, step):
    assert step_of(cls()) == step
