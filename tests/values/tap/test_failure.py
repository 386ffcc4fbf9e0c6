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


# ------------------------------------------------------------------------------------------------ every kind of model


class Limit:
    """The layer that fails where a value is above its limit, not before it runs."""

    made = None

    @classmethod
    def layer(cls, keras, name="limit"):
        if cls.made is None:

            class AtMost(keras.layers.Layer):
                def call(self, inputs):
                    import tensorflow as tf

                    with tf.control_dependencies([tf.debugging.assert_less(inputs, 100.0, "one is too large")]):
                        return tf.identity(inputs)

                def compute_output_shape(self, shape):
                    return shape

            cls.made = AtMost
        return cls.made(name=name)


def functional(keras, shared, last):
    """shared -> (inner: shared again, limit) -> last, nested."""
    j = keras.Input((4,), name="j")
    inner = keras.Model(j, Limit.layer(keras)(shared(shared(j))), name="inner")
    i = keras.Input((4,), name="i")
    return keras.Model(i, last(shared(inner(shared(i)))), name="nested")


def sequential(keras, shared, last):
    return keras.Sequential([keras.Input((4,), name="i"), shared, Limit.layer(keras), last], name="sequence")


def own_class(keras, shared, last, name, begin):
    limit = Limit.layer(keras)

    class Own(keras.Model):
        def __init__(self):
            super().__init__(name=name)
            self.shared, self.limit, self.last = shared, limit, last

        def call(self, x):
            return self.last(self.shared(self.limit(self.shared(begin(x)))))

    model = Own()
    model(np.zeros((1, 4), "float32"))
    return model


def subclassed(keras, shared, last):
    return own_class(keras, shared, last, "own", shared)


def looking(keras, shared, last):
    """A class whose code looks at the values, so that nothing can compile it."""
    return own_class(keras, shared, last, "looking", lambda x: shared(x) if keras.ops.max(x) >= 0 else x)


KINDS = {  # the model, the values computed before the failure as how often `shared` was applied, and where it failed
    "nested": (functional, {"i": 0, "shared@1": 1, "inner/j": 1, "inner/shared@1": 2, "inner/shared@2": 3}, "inner/limit"),
    "sequential": (sequential, {"i": 0, "shared": 1}, "limit"),
    "subclassed": (subclassed, {"shared@1": 1, "shared@2": 2}, "limit"),
    "looking": (looking, {"shared": None, "shared@1": 1, "shared@2": 2}, "limit"),
}


@pytest.mark.parametrize("to_disk", [False, True], ids=["in memory", "to disk"])
@pytest.mark.parametrize("kind", KINDS)
def test_values_up_to_the_failing_layer_are_there_for_every_kind(keras, tmp_path, kind, to_disk):
    make, before, where = KINDS[kind]
    keras.utils.set_random_seed(4)
    shared, last = keras.layers.Dense(4, name="shared"), keras.layers.Dense(2, name="last")
    model = make(keras, shared, last)
    x = np.random.default_rng(3).uniform(size=(5, 4)).astype("float32")
    good = kfx.extract(model, x, "**")
    assert "last" in good
    x[3] = 10_000
    settings = {"to": tmp_path} if to_disk else {}
    with pytest.raises(kfx.ExtractionError, match=rf"failed at '{where}' in batch 0 .* too large") as caught:
        kfx.extract(model, x, "**", **settings)
    assert caught.value.address == where
    kernel, bias = shared.get_weights()
    applied = {0: x}
    for n in range(3):
        applied[n + 1] = applied[n] @ kernel + bias
    for key, value in caught.value.values.items():
        if key in before:
            np.testing.assert_allclose(value, applied[before[key]], rtol=1e-5)
    assert set(before) - set(caught.value.values) <= {"shared"}
    assert not {"last", where, "inner"} & set(caught.value.values)
