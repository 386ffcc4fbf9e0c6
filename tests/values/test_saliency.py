"""The saliency is the absolute gradient by the inputs, of data of every kind."""

import numpy as np
import pytest

import kfx

KERNEL = np.array([[1.0, -2.0], [0.5, 3.0], [-4.0, 0.0]], "float32")


def dense(keras):
    i = keras.Input((3,), name="i")
    model = keras.Model(i, keras.layers.Dense(2, use_bias=False, name="d")(i), name="small")
    model.get_layer("d").set_weights([KERNEL])
    return model


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "bool", "float32", "float64"])
def test_whole_numbers_for_a_model_of_floats(keras, dtype):
    data = np.array([[1, 0, 1], [0, 1, 1]]).astype(dtype)
    np.testing.assert_array_equal(kfx.saliency(dense(keras), data, target=1), np.abs(KERNEL[:, 1]) * np.ones((2, 1)))
    np.testing.assert_array_equal(kfx.saliency(dense(keras), [data], target=1)[0], np.abs(KERNEL[:, 1]))


def test_pictures_of_bytes_for_a_model_of_a_class(keras):
    class Own(keras.Model):
        def call(self, x):
            return keras.ops.sum(keras.ops.cast(x, "float32") / 255, axis=(1, 2))

    model = Own()
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 3, 1)).astype("uint8")
    model(images)
    found = kfx.saliency(model, images)
    assert found.shape == (2, 3, 3, 1)
    np.testing.assert_allclose(found, 1 / 255, rtol=1e-6)


@pytest.mark.parametrize("kind", ["graph", "class", "bytes"])
def test_numbers_that_are_looked_up_have_none_and_the_first_values_with_one_are_named(keras, kind):
    layers = keras.layers

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.e, self.d = layers.Embedding(9, 2, name="e"), layers.Dense(2)

        def call(self, x):
            return self.d(keras.ops.mean(self.e(x), 1))

    data = np.ones((2, 4), "uint8" if kind == "bytes" else "int32")
    i = keras.Input((4,), dtype="int32")
    model = Own() if kind != "graph" else keras.Model(i, layers.Dense(2)(layers.Flatten()(layers.Embedding(9, 2, name="e")(i))))
    model(data)
    with pytest.raises(ValueError, match=r"The inputs are whole numbers or text, .* use kfx.gradients at 'e'"):
        kfx.saliency(model, data)


def test_several_inputs_come_back_as_the_data_came(keras):
    a, b, t = keras.Input((3,), name="a"), keras.Input((3,), name="b"), keras.Input((1,), dtype="int32", name="t")
    token = keras.layers.Flatten()(keras.layers.Embedding(4, 2)(t))
    model = keras.Model([a, b, t], keras.ops.sum(2 * a - 3 * b, -1, keepdims=True) + token[:, :1])
    x, ids = np.ones((4, 3), "float32"), np.ones((4, 1), "int32")
    found = kfx.saliency(model, {"b": x, "t": ids, "a": x})
    assert list(found) == ["b", "t", "a"]
    assert (found["a"] == 2).all()
    assert (found["b"] == 3).all()
    assert found["t"] is None
    listed = kfx.saliency(model, [x, x, ids])
    assert isinstance(listed, list)
    assert (listed[1] == 3).all()
    assert isinstance(kfx.saliency(model, (x, x, ids)), tuple)


def test_an_input_without_influence_has_zeros(keras):
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    model = keras.Model([a, b], [keras.layers.Dense(1)(a), b])
    found = kfx.saliency(model, [np.ones((2, 3)), np.ones((2, 3))], target=lambda outputs: outputs[0])
    assert found[1].tolist() == [[0, 0, 0]] * 2
