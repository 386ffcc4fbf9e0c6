"""Values computed when they are asked for: the same as extract's, kept within a bound, anew after training."""

import numpy as np
import pytest

import kfx
from kfx.errors import UnbuiltModelError
from kfx.values import lazy
from kfx.values.lazy import LazyValues


def test_values_are_those_of_extract(nested):
    model, truth = nested
    data = truth["top_in"]
    values = LazyValues(model, data)
    assert values.count == len(data)
    for key in truth:
        ((label, array),) = values.parts(key, 3)
        assert label == key
        np.testing.assert_allclose(array, truth[key][3], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(values.outputs(3)[""], model.predict(data[3:4], verbose=0)[0], rtol=1e-6)


def test_nothing_is_computed_before_it_is_asked_for(keras, monkeypatch):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    monkeypatch.setattr(lazy.ValueSource, "__call__", lambda *_: pytest.fail("computed"))
    LazyValues(model, np.zeros((3, 2)))


def test_one_pass_serves_all_layers_of_an_example(keras):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, name="a"), keras.layers.Dense(2, name="b")])
    values = LazyValues(model, np.ones((3, 2)))
    first = values.parts("a", 0)[0][1]
    assert values.parts("a", 0)[0][1].base is first.base or np.shares_memory(values.parts("a", 0)[0][1], first)
    values.parts("b", 0)
    assert len(values._kept) == 1


def test_a_large_model_is_asked_layer_by_layer(keras, monkeypatch):
    monkeypatch.setattr(lazy, "ONE_PASS_BYTES", 0)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, name="a"), keras.layers.Dense(2, name="b")])
    values = LazyValues(model, np.eye(2))
    expected = kfx.extract(model, np.eye(2))
    for key in ("a", "b"):
        np.testing.assert_allclose(values.parts(key, 1)[0][1], expected[key][1], rtol=1e-6)
    assert {group for group, _ in values._kept} == {"a", "b"}


def test_what_is_kept_is_bounded(keras, monkeypatch):
    monkeypatch.setattr(lazy, "KEPT_BYTES", 1)
    values = LazyValues(keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, name="a")]), np.eye(2))
    values.parts("a", 0)
    values.parts("a", 1)
    assert [number for _, number in values._kept] == [1], "the newest remains, however large"


def test_values_follow_the_weights(keras):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, name="a", use_bias=False)])
    values = LazyValues(model, np.ones((1, 2)))
    values.parts("a", 0)
    before = values.version
    model.set_weights([np.full((2, 2), 3.0)])
    assert values.parts("a", 0)[0][1].tolist() == [6.0, 6.0]
    assert values.version == before + 1


def test_a_call_with_several_outputs_has_several_parts(keras):
    x = keras.Input((3, 4))
    sequence, state = keras.layers.GRU(2, return_sequences=True, return_state=True, name="gru")(x)
    values = LazyValues(keras.Model(x, [sequence, state]), np.ones((2, 3, 4)))
    assert [(label, array.shape) for label, array in values.parts("gru", 0)] == [("gru[0]", (3, 2)), ("gru[1]", (2,))]


def test_outputs_are_named_by_their_keys(keras):
    x = keras.Input((2,))
    model = keras.Model(x, {"left": keras.layers.Dense(1)(x), "right": keras.layers.Dense(3)(x)})
    values = LazyValues(model, np.ones((2, 2)))
    assert {name: array.shape for name, array in values.outputs(0).items()} == {"left": (1,), "right": (3,)}


def test_outputs_of_one_layer_are_numbered(keras):
    x = keras.Input((3, 4))
    sequence, state = keras.layers.GRU(2, return_sequences=True, return_state=True, name="gru")(x)
    values = LazyValues(keras.Model(x, [sequence, state]), np.ones((2, 3, 4)))
    assert {name: array.shape for name, array in values.outputs(0).items()} == {"output [0]": (3, 2), "output [1]": (2,)}


def test_a_model_whose_own_code_refuses_the_data_is_explained(keras):
    class Own(keras.Model):
        def __init__(self):
            super().__init__(name="own")
            self.conv = keras.layers.Conv2D(2, 3, name="conv")

        def call(self, x):
            return self.conv(x)

    model = Own()
    model(np.zeros((1, 8, 8, 1)))
    with pytest.raises(kfx.ExtractionError, match=r"model 'own' failed in batch 0.*One example\? Add the batch axis") as caught:
        LazyValues(model, np.zeros((8, 8, 1)))
    assert "\x1b" not in str(caught.value)


def test_inputs_are_named(keras):
    a, b = keras.Input((2,), name="a"), keras.Input((3,), name="b")
    model = keras.Model([a, b], keras.layers.Concatenate()([a, b]))
    for data in ([np.ones((2, 2)), np.zeros((2, 3))], {"b": np.zeros((2, 3)), "a": np.ones((2, 2))}):
        found = LazyValues(model, data).inputs(1)
        assert {name: array.tolist() for name, array in found.items()} == {"a": [1, 1], "b": [0, 0, 0]}


def test_the_first_examples_of_a_stream_are_held(keras):
    import tensorflow as tf

    model = keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(2.0, name="twice")])
    stream = tf.data.Dataset.from_tensor_slices(np.arange(200.0)[:, None]).batch(7)
    values = LazyValues(model, stream)
    assert (values.count, values.more) == (64, True)
    assert values.parts("twice", 63)[0][1].tolist() == [126.0]
    endless = LazyValues(model, (np.full((5, 1), float(n)) for n in range(3)))
    assert (endless.count, endless.more) == (15, False)
    assert endless.parts("twice", 14)[0][1].tolist() == [4.0]


@pytest.mark.parametrize("channel", [0, 1])
def test_a_silenced_channel_changes_the_output_as_by_hand(keras, channel):
    x = keras.Input((2,))
    hidden = keras.layers.Dense(2, name="hidden")(x)
    model = keras.Model(x, keras.layers.Dense(1, name="out")(hidden))
    data = np.array([[1.0, 2.0], [3.0, -1.0]])
    (w, b), (v, c) = model.get_layer("hidden").get_weights(), model.get_layer("out").get_weights()
    h = data @ w + b
    h[:, channel] = 0
    values = LazyValues(model, data)
    for number in (1, 0):
        np.testing.assert_allclose(values.silenced("hidden", 0, 1, channel, number)[""], (h @ v + c)[number], rtol=1e-5)
    np.testing.assert_allclose(values.outputs(1)[""], model.predict(data, verbose=0)[1], rtol=1e-6)


def test_another_channel_needs_no_new_graph(keras):
    values = LazyValues(keras.Sequential([keras.Input((2,)), keras.layers.Dense(4, name="a")]), np.ones((2, 2)))
    for channel in (0, 3, 1):
        values.silenced("a", 0, 1, channel, 0)
    (silenced,) = values._silenced.values()
    assert silenced._program.traces == 1
    with pytest.raises(ValueError, match="There is no channel 4; there are 4, 0 to 3"):
        values.silenced("a", 0, 1, 4, 0)


def test_the_model_stays_as_it_was(keras):
    model = keras.Sequential([keras.Input((2,)), keras.layers.BatchNormalization(name="n"), keras.layers.Dense(2, name="a")])
    before = [w.copy() for w in model.get_weights()]
    attributes = set(vars(model))
    values = LazyValues(model, np.ones((2, 2)))
    values.parts("n", 0)
    values.silenced("a", 0, 1, 1, 0)
    assert all((a == b).all() for a, b in zip(model.get_weights(), before, strict=True))
    assert set(vars(model)) == attributes
    assert not model.compiled


@pytest.mark.parametrize(("data", "error", "match"), [
    (np.zeros((0, 2)), ValueError, "no examples: the first axis has length 0"),
    (np.zeros((3, 5)), ValueError, r"has shape \(3, 5\); the model 'm' expects \(batch, 2\)"),
    (np.zeros(2), ValueError, r"One example\? Add the batch axis: inputs\[None, ...\]"),
    (np.array([["a", "b"]]), TypeError, "expects float32"),
    (None, TypeError, "The data are None"),
])  # fmt: skip
def test_data_that_do_not_fit_are_refused_with_advice(keras, data, error, match):
    with pytest.raises(error, match=match):
        LazyValues(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)], name="m"), data)


def test_a_model_never_built_and_an_example_not_there_are_refused(keras):
    with pytest.raises(UnbuiltModelError, match="was never built"):
        LazyValues(keras.Sequential([keras.layers.Dense(1)]), np.zeros((1, 2)))
    values = LazyValues(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="`example` is 3; there are 3 examples, 0 to 2"):
        values.example(3)


def test_inputs_come_in_the_order_in_which_they_were_given(keras):
    b, a = keras.Input((2,), name="b"), keras.Input((3,), name="a")
    model = keras.Model({"b": b, "a": a}, keras.layers.Concatenate()([b, a]))
    data = {"b": np.zeros((4, 2)), "a": np.ones((4, 3))}
    found = LazyValues(model, data).inputs(1)
    assert {name: x.shape for name, x in found.items()} == {"b": (2,), "a": (3,)}
    assert list(found) == ["b", "a"]
