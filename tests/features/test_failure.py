"""A model that fails half way says where, at which batch, and hands over what it computed before."""

import numpy as np
import pytest

import kfx


@pytest.fixture
def fragile(keras):
    class Fragile(keras.layers.Layer):
        def call(self, inputs):
            if inputs.shape[0] == 3:
                raise RuntimeError("three is too many")
            return inputs

        def compute_output_shape(self, shape):
            return shape

    i = keras.Input((4,), name="i")
    h = keras.layers.Dense(4, name="before")(i)
    return keras.Model(i, keras.layers.Dense(2, name="after")(Fragile(name="fragile")(h)), name="brittle")


def test_the_failing_layer_and_batch_are_named(fragile):
    with pytest.raises(kfx.ExtractionError, match=r"'brittle' failed at 'fragile' in batch 0 \(examples 0 to 2\)") as caught:
        kfx.extract(fragile, np.ones((3, 4), "float32"))
    assert "RuntimeError: three is too many." in str(caught.value)
    assert caught.value.address == "fragile"
    assert caught.value.batch == 0


def test_a_later_batch_that_fails_is_named(keras):
    i = keras.Input((2,), dtype="int32", name="i")
    model = keras.Model(i, keras.layers.Embedding(3, 2, name="e")(i), name="words")
    with pytest.raises(kfx.ExtractionError, match=r"'words' failed at 'e' in batch 2 \(examples 4 to 4\)") as caught:
        kfx.extract(model, np.array([[0, 1]] * 4 + [[0, 9]]), batch_size=2)
    assert caught.value.batch == 2


def test_what_was_computed_before_is_there(fragile):
    x = np.ones((3, 4), "float32")
    with pytest.raises(kfx.ExtractionError, match="the 2 values computed before it") as caught:
        kfx.extract(fragile, x)
    values = caught.value.values
    assert list(values) == ["i", "before"]
    np.testing.assert_allclose(values["before"], x @ fragile.get_layer("before").get_weights()[0], rtol=1e-5)


def test_a_failure_while_the_graph_runs_is_found_too(keras):
    i = keras.Input((2,), dtype="int32", name="i")
    model = keras.Model(i, keras.ops.sum(keras.layers.Embedding(3, 2, name="e")(keras.layers.Identity(name="id")(i)), axis=1))
    with pytest.raises(kfx.ExtractionError, match=r"failed at 'e' in batch 0.*not in \[0, 3\)") as caught:
        kfx.extract(model, np.array([[0, 7]]))
    assert list(caught.value.values) == ["i", "id"]


def test_a_class_without_a_graph_is_told_about_the_batch_axis(subclassed, x):
    model, _ = subclassed
    with pytest.raises(kfx.ExtractionError, match=r"One example\? Add the batch axis: inputs\[None, \.\.\.\]"):
        kfx.extract(model, x[0])


def test_nan_goes_through_and_checks(keras, x):
    i = keras.Input((4,))
    model = keras.Model(i, keras.ops.log(i))
    values = kfx.extract(model, np.abs(x) * -1.0, check=True)
    assert np.isnan(values["log"]).all()
    assert "bit for bit" in values.proof


def test_a_model_that_is_never_the_same_fails_its_proof(keras, x):
    class Noise(keras.layers.Layer):
        def call(self, inputs):
            return inputs + np.random.uniform()

    i = keras.Input((4,))
    model = keras.Model(i, Noise(name="noise")(i))
    with pytest.raises(kfx.KfxError, match=r"differs by .* \(relative\) with values taken and without"):
        kfx.extract(model, x, check=True)


def test_statistics_and_gradients_name_the_failing_layer(fragile):
    x = np.ones((3, 4), "float32")
    for verb in (kfx.statistics, kfx.gradients):
        with pytest.raises(kfx.ExtractionError, match="failed at 'fragile'"):
            verb(fragile, x)
