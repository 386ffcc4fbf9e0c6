"""Gradients with respect to inner values equal hand computations and a tape around the layers."""

import numpy as np
import pytest

import kfx


@pytest.fixture
def model(keras):
    i = keras.Input((4,), name="i")
    h = keras.layers.Dense(3, activation="relu", name="h")(i)
    return keras.Model(i, keras.layers.Dense(2, name="o")(h), name="two")


def parts(model):
    return [layer.get_weights() for layer in (model.get_layer("h"), model.get_layer("o"))]


def test_a_unit_of_the_output_by_hand(model, x):
    (k1, b1), (k2, _) = parts(model)
    found = kfx.gradients(model, x, "*", target=1)
    h = np.maximum(x @ k1 + b1, 0)
    np.testing.assert_allclose(found["o"], np.tile([0.0, 1.0], (6, 1)))
    np.testing.assert_allclose(found["h"], np.tile(k2[:, 1], (6, 1)), rtol=1e-6)
    np.testing.assert_allclose(found["i"], (k2[:, 1] * (h > 0)) @ k1.T, rtol=1e-5, atol=1e-6)


def test_the_largest_output_is_the_target_unless_told_otherwise(model, x):
    best = model.predict(x, verbose=0).argmax(1)
    np.testing.assert_array_equal(kfx.gradients(model, x, "o")["o"], np.eye(2)[best])


def test_an_address_and_a_function_can_be_the_target(model, x):
    (k1, b1), _ = parts(model)
    on = (x @ k1 + b1 > 0).astype("float32")
    np.testing.assert_allclose(kfx.gradients(model, x, "i", target="h")["i"], on @ k1.T, rtol=1e-5, atol=1e-6)
    y = model.predict(x, verbose=0)
    np.testing.assert_allclose(kfx.gradients(model, x, "o", target=lambda out: out**2)["o"], 2 * y, rtol=1e-5)


def test_a_later_layer_does_not_move_an_earlier_target(model, x):
    assert not kfx.gradients(model, x, "o", target="h")["o"].any()


@pytest.mark.parametrize("batch_size", [4, None])
def test_a_loss_by_name_and_by_hand(model, x, batch_size):
    y = model.predict(x, verbose=0)
    labels = np.array([0, 1, 1, 0, 1, 0])
    loss = "sparse_categorical_crossentropy"
    found = kfx.gradients(model, x, "o", loss="mse", labels=np.eye(2)[labels], batch_size=batch_size)["o"]
    np.testing.assert_allclose(found, y - np.eye(2)[labels], rtol=1e-4, atol=1e-6)  # mean over two units: 2 (y - t) / 2
    import tensorflow as tf

    from kfx.keras_access.importing import import_keras

    keras = import_keras()
    made = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    found = kfx.gradients(model, tf.data.Dataset.from_tensor_slices((x, labels)).batch(3), "o", loss=made, batch_size=None)["o"]
    soft = np.exp(y) / np.exp(y).sum(1, keepdims=True)
    np.testing.assert_allclose(found, soft - np.eye(2)[labels], rtol=1e-4, atol=1e-6)
    with pytest.raises(ValueError, match="`loss` needs labels"):
        kfx.gradients(model, x, loss=loss)


def test_nested_and_subclassed_models_agree_with_a_tape(nested, subclassed, x):
    import tensorflow as tf

    for (model, _), inner, layer in (
        (nested, "mid@1/e", None),
        (subclassed, "encoder", "encoder"),
    ):
        found = kfx.gradients(model, x, [inner], target=0)[inner]
        step, value = 1e-2, kfx.extract(model, x, inner)[inner]
        bump = np.zeros_like(value)
        bump[:, 1] = step
        with kfx.patch(model, {inner: value + bump}):
            high = model(x)[:, 0]
        with kfx.patch(model, {inner: value - bump}):
            low = model(x)[:, 0]
        np.testing.assert_allclose(found[:, 1], (high - low) / (2 * step), rtol=2e-2, atol=1e-3)
        assert layer is None or tf.executing_eagerly()


def test_saliency_is_the_absolute_gradient_of_the_input(flat, images):
    found = kfx.saliency(flat, images, target=2)
    assert found.shape == images.shape
    np.testing.assert_allclose(found, np.abs(kfx.gradients(flat, images, "image", target=2)["image"]), rtol=1e-5)
    np.testing.assert_allclose(found, kfx.saliency(flat, images, target=2, batch_size=3), rtol=1e-3, atol=1e-7)


def test_whole_numbers_have_no_gradient(keras):
    i = keras.Input((3,), dtype="int32", name="tokens")
    e = keras.layers.Embedding(5, 2, name="e")(i)
    model = keras.Model(i, keras.layers.Dense(2, name="d")(keras.layers.Flatten(name="f")(e)))
    tokens = np.array([[1, 2, 3]])
    assert list(kfx.gradients(model, tokens)) == ["e", "f", "d"]
    with pytest.raises(ValueError, match="'tokens' are whole numbers or text and have no gradient"):
        kfx.gradients(model, tokens, "tokens")
    with pytest.raises(ValueError, match="The inputs are whole numbers"):
        kfx.saliency(model, tokens)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"target": 5}, ValueError, "`target` is 5; the output of 'two' has 2 units, 0 to 1"),
        ({"target": 1.5}, TypeError, "`target` is 'float'; expected a unit's number"),
        ({"target": 0, "loss": "mse"}, ValueError, "Both `target` and `loss`"),
        ({"labels": [1]}, ValueError, "`labels` were given without `loss`"),
        ({"loss": "mse", "labels": [[1.0, 0.0]]}, ValueError, "6 examples came with 1 labels"),
        ({"target": "nowhere"}, ValueError, "No layer 'nowhere'"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused(model, x, arguments, error, words):
    with pytest.raises(error, match=words):
        kfx.gradients(model, x, **arguments)


def test_several_outputs_must_be_told_apart(keras, x):
    i = keras.Input((4,))
    model = keras.Model(i, [i + 1.0, i * 2.0], name="double")
    with pytest.raises(ValueError, match="'double' has 2 outputs; say which"):
        kfx.gradients(model, x)
    assert (kfx.gradients(model, x, "multiply", target=lambda out: out[1])["multiply"] == 1).all()


def test_the_model_stays_as_it_was(flat, images, state):
    before = state(flat)
    kfx.gradients(flat, images, training=True)
    kfx.saliency(flat, images)
    assert state(flat) == before


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_with_logits_the_gradient_is_that_before_the_softmax_or_sigmoid(keras, activation, eager):
    x = keras.Input((3,))
    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation=activation, name="out")], name="inner")
    model = keras.Model(x, inner(keras.layers.Dense(3, name="hidden")(x)))
    model.compile(run_eagerly=eager)
    data = np.ones((4, 3), "float32")
    kernel = inner.get_layer("out").kernel.numpy()
    found = kfx.gradients(model, data, "hidden", target=1, logits=True)["hidden"]
    np.testing.assert_allclose(found, np.tile(kernel[:, 1], (4, 1)), rtol=1e-6)
    largest = int(model.predict(data, verbose=0)[0].argmax())
    found = kfx.gradients(model, data, "hidden", logits=True)["hidden"]
    np.testing.assert_allclose(found, np.tile(kernel[:, largest], (4, 1)), rtol=1e-6)
    plain = kfx.gradients(model, data, "hidden", target=1)["hidden"]
    assert np.abs(plain).max() < np.abs(kernel).max() / 2


def test_logits_do_not_go_with_a_target_that_says_itself(keras):
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Dense(2, activation="softmax", name="out")(x))
    for kwargs in ({"target": "out"}, {"target": lambda y: y[:, 0]}, {"loss": "mse", "labels": np.ones((1, 2))}):
        with pytest.raises(ValueError, match="`logits` goes with a largest output or a unit"):
            kfx.gradients(model, np.ones((1, 3)), logits=True, **kwargs)
