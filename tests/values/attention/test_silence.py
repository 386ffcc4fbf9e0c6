"""Silenced heads against models in which a head's part of the output projection is zero."""

import keras
import numpy as np
import pytest
from keras import layers

import kfx
from kfx.errors import KfxError
from kfx.values.attention.silence import Outputs
from kfx.values.attention.target import Target, choose_target


def classifier(name="look", **last):
    i = keras.Input((7, 16))
    x = layers.GlobalAveragePooling1D()(layers.MultiHeadAttention(3, 5, name=name)(i, i))
    return keras.Model(i, layers.Dense(name="scores", **last)(x))


def without(model, head, x):
    """The output with the rows of one head zero in the last projection."""
    kernel = model.get_layer("look").weights[6]
    assert kernel.shape == (3, 5, 16)
    before = kernel.numpy()
    kernel.assign(before * (np.arange(3) != head)[:, None, None])
    output = np.asarray(model(x))[0]
    kernel.assign(before)
    return output


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(2, 7, 16)).astype("float32")


def test_a_silenced_head_changes_the_logit_as_a_zero_projection_does(x):
    model = classifier(units=4, activation="softmax")
    effects = kfx.attention(model, x).effects
    before = np.asarray(model(x[:1]))[0]
    unit = int(before.argmax())
    for head in range(3):
        found, after = effects.before_after("look", 0, head), without(model, head, x[:1])
        assert found.kind == "logit"
        assert found.before[0] == pytest.approx(before[unit], abs=1e-6)
        assert found.after[0] == pytest.approx(after[unit], abs=1e-6)
        assert softmax_unit(model, x, head) == pytest.approx(found.after[1], abs=1e-5)


def softmax_unit(model, x, head):
    """The logit of the unit that is largest with all heads, without one of them."""
    logits = keras.Model(model.inputs, model.layers[-2].output)
    kernel, bias = model.layers[-1].get_weights()
    weights = model.get_layer("look").weights[6]
    before = weights.numpy()
    unit = int((np.asarray(logits(x[:1]))[0] @ kernel + bias).argmax())
    weights.assign(before * (np.arange(3) != head)[:, None, None])
    found = (np.asarray(logits(x[:1]))[0] @ kernel + bias)[unit]
    weights.assign(before)
    return found


def test_the_effects_of_all_heads_are_those_of_each(x):
    model = classifier(units=1, activation="sigmoid")
    effects = kfx.attention(model, x).effects
    together = effects.of("look", 1, [0, 1, 2])
    for head in range(3):
        one = effects.before_after("look", 1, head)
        assert one.change == pytest.approx(together[head], abs=1e-5)
        assert one.before[1] == pytest.approx(np.log(one.before[0] / (1 - one.before[0])), abs=1e-4)


def test_an_output_without_a_softmax_is_measured_by_its_value_and_a_sequence_by_its_change(x):
    model = classifier(units=4)
    found = kfx.attention(model, x, target=2, class_names=list("abcd")).effects.before_after("look", 0, 1)
    assert (found.kind, found.name) == ("value", "c")
    assert found.after[0] == pytest.approx(without(model, 1, x[:1])[2], abs=1e-6)
    i = keras.Input((7, 16))
    series = keras.Model(i, layers.MultiHeadAttention(1, 5, name="look", use_bias=False)(i, i))
    assert kfx.attention(series, x).effects.of("look", 0, [0]) == pytest.approx([1.0]), "the only head made all of it"


def test_a_model_that_runs_eagerly_cannot_be_silenced_and_says_so(x):
    view = kfx.attention(classifier("주의", units=2), x)
    with pytest.raises(KfxError, match="cannot be silenced, because the model runs eagerly"):
        view.effects.of("주의", 0, [0])


def test_a_head_that_is_not_there_is_refused(x):
    with pytest.raises(ValueError, match=r"There is no head 3; 'look' has 3, 0 to 2\."):
        kfx.attention(classifier(units=2), x).effects.of("look", 0, [3])


def test_a_target_is_chosen_by_the_output():
    values = np.array([0.1, 0.7, 0.2])
    assert choose_target(Outputs((values,), (np.log(values),))) == Target("logit", 1)
    assert choose_target(Outputs((values,), (None,)), 2) == Target("value", 2)
    assert choose_target(Outputs((np.zeros((4, 9)),), (None,))) == Target("change")
    assert choose_target(Outputs((np.zeros((4, 9)),), (None,)), 5, last=2) == Target("value", 5, 2)
    with pytest.raises(ValueError, match="`target` is 3; the output has 3 units, 0 to 2"):
        choose_target(Outputs((values,), (None,)), 3)
    with pytest.raises(ValueError, match="the model returns 2 outputs"):
        choose_target(Outputs((values, values), (None, None)), 1)
