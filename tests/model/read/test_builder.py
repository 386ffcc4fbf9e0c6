"""What trains and what is frozen, call by call; the truth is what Keras counts as ``trainable_weights``."""

import keras
import pytest
from keras import layers

from kfx.model.read.model import read_graph
from kfx.model.walk import by_key


def with_base(*inner):
    base = keras.Sequential([keras.Input((4,)), *inner], name="base")
    x = keras.Input((4,), name="x")
    return keras.Model(x, layers.Dense(1, name="head")(base(x)), name="net"), base


def trains(model):
    """Return each call's answer, after the totals are compared with Keras's."""
    graph = read_graph(model)
    assert graph.trainable == sum(w.numpy().size for w in model.trainable_weights)
    assert sum(call.trainable for call in graph.calls if call.parent is None) == graph.trainable
    return {call.key: call.trains for call in graph.calls if call.trains}


def test_a_frozen_model_whose_inner_layer_was_thawed_is_partly_trainable():
    model, base = with_base(layers.Dense(4, name="a"), layers.Dense(4, name="b"))
    base.trainable = False
    base.get_layer("b").trainable = True
    assert trains(model) == {"base": "partly", "base/a": "no", "base/b": "yes", "head": "yes"}
    calls = by_key(read_graph(model))
    assert [calls[key].trainable for key in ("base", "base/a", "base/b", "head")] == [20, 0, 20, 5]


def test_a_model_with_one_frozen_layer_is_partly_trainable():
    model, base = with_base(layers.Dense(4, name="a"), layers.Dense(4, name="b"))
    base.get_layer("a").trainable = False
    assert trains(model) == {"base": "partly", "base/a": "no", "base/b": "yes", "head": "yes"}


def test_nothing_trains_in_a_frozen_root_whatever_is_thawed_inside():
    model, base = with_base(layers.Dense(4, name="a"))
    model.trainable = False
    base.trainable = True
    assert model.trainable_weights == []
    assert trains(model) == {"base": "no", "base/a": "no", "head": "no"}
    assert trains(base) == {"a": "yes"}, "by itself it trains"


def test_one_frozen_variable_makes_a_layer_partly_trainable():
    model, base = with_base(layers.Dense(4, name="a"))
    base.get_layer("a").kernel.trainable = False
    assert trains(model) == {"base": "partly", "base/a": "partly", "head": "yes"}


def test_a_frozen_layer_with_one_thawed_variable_trains_it():
    model, base = with_base(layers.Dense(4, name="a"))
    base.get_layer("a").trainable = False
    base.get_layer("a").bias.trainable = True
    assert trains(model) == {"base": "partly", "base/a": "partly", "head": "yes"}


def test_moving_statistics_are_not_frozen():
    model, base = with_base(layers.BatchNormalization(name="bn"), layers.Dense(4, name="a"))
    assert trains(model) == {"base": "yes", "base/bn": "yes", "base/a": "yes", "head": "yes"}
    base.trainable = False
    for layer in base.layers:
        layer.trainable = True
    assert trains(model) == {"base": "yes", "base/bn": "yes", "base/a": "yes", "head": "yes"}
    base.get_layer("bn").trainable = False
    assert trains(model)["base"] == "partly"


def test_a_layer_of_statistics_alone_has_nothing_that_trains_and_freezes_nothing():
    model, _ = with_base(layers.Normalization(name="norm"), layers.Dense(4, name="a"))
    assert trains(model) == {"base": "yes", "base/norm": "no", "base/a": "yes", "head": "yes"}
    assert not by_key(read_graph(model))["base/norm"].frozen


def test_every_call_of_a_shared_layer_says_the_same():
    x = keras.Input((4,), name="x")
    shared = layers.Dense(4, name="d", trainable=False)
    assert trains(keras.Model(x, shared(shared(x)))) == {"d@1": "no", "d@2": "no"}


def test_a_frozen_wrapper_with_one_thawed_side_is_partly_trainable():
    x = keras.Input((3, 4), name="x")
    both = layers.Bidirectional(layers.LSTM(2), name="both")
    model = keras.Model(x, both(x))
    both.trainable = False
    assert trains(model) == {"both": "no"}
    both.forward_layer.trainable = True
    assert trains(model) == {"both": "partly"}


def test_a_frozen_attention_with_one_thawed_projection_is_partly_trainable():
    x = keras.Input((3, 4), name="x")
    attend = layers.MultiHeadAttention(2, 2, name="attend")
    model = keras.Model(x, attend(x, x))
    attend.trainable = False
    attend.query_dense.trainable = True
    assert trains(model) == {"attend": "partly"}


def test_the_own_weights_of_a_composite_layer_count():
    class Block(layers.Layer):
        def build(self, shape):
            self.dense = layers.Dense(4, name="dense")
            self.dense.build(shape)
            self.scale = self.add_weight(shape=(4,), name="scale")

        def call(self, x):
            return self.dense(x) * self.scale

        def compute_output_shape(self, shape):
            return shape

    model, base = with_base(Block(name="block"))
    block = base.get_layer("block")
    assert trains(model) == {"base": "yes", "base/block": "yes", "base/block/dense": "yes", "head": "yes"}
    block.dense.trainable = False
    assert trains(model) == {"base": "partly", "base/block": "partly", "base/block/dense": "no", "head": "yes"}
    block.trainable = False
    block.dense.trainable = True
    assert trains(model) == {"base": "partly", "base/block": "partly", "base/block/dense": "yes", "head": "yes"}


def test_a_class_that_lists_what_it_trains_is_believed():
    class OnlyHead(keras.Model):
        @property
        def trainable_weights(self):
            return self.get_layer("head").trainable_weights

    x = keras.Input((4,), name="x")
    model = OnlyHead(x, layers.Dense(1, name="head")(layers.Dense(3, name="body")(x)))
    assert trains(model) == {"body": "no", "head": "yes"}
    assert by_key(read_graph(model))["body"].frozen


@pytest.mark.parametrize("mode", [None, "int8", "int4", "float8"])
def test_of_a_lora_layer_the_update_trains_and_the_kernel_is_frozen(mode):
    x = keras.Input((16,), name="x")
    model = keras.Model(x, layers.Dense(32, name="d")(x))
    if mode:
        model.quantize(mode)
    model.get_layer("d").enable_lora(4)
    assert trains(model) == {"d": "partly"}


def test_a_quantized_kernel_cannot_train():
    x = keras.Input((16,), name="x")
    model = keras.Model(x, layers.Dense(2, use_bias=False, name="bare")(layers.Dense(32, name="d")(x)))
    model.quantize("int8")
    assert trains(model) == {"d": "partly", "bare": "no"}
