"""Feature extractors are ordinary Keras models that share the user's layers."""

import subprocess
import sys

import numpy as np
import pytest

import kfx


def test_the_top_level_of_a_graph_gives_a_functional_model(keras, flat, images):
    model = kfx.feature_extractor(flat, "pool")
    assert type(model) is keras.src.models.functional.Functional
    np.testing.assert_array_equal(model.predict_on_batch(images), kfx.extract(flat, images, "pool")["pool"])


def test_several_addresses_give_a_dict(nested, x):
    model, hand = nested
    found = kfx.feature_extractor(model, ["s", "mid@2"]).predict(x, verbose=0)
    assert set(found) == {"s@1", "s@2", "mid@2"}
    for key, array in found.items():
        np.testing.assert_allclose(array, hand[key], rtol=2e-5, atol=2e-6)


def test_walls_are_no_obstacle(nested, subclassed, x):
    for (model, hand), address in ((nested, "mid@2/deep/d@1"), (subclassed, "h@2")):
        extractor = kfx.feature_extractor(model, address)
        np.testing.assert_allclose(extractor.predict(x, verbose=0), hand[address], rtol=2e-5, atol=2e-6)
        np.testing.assert_allclose(extractor(x), hand[address], rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("address", ["mid@1", "mid@1/e"], ids=["functional", "through a wall"])
def test_layers_are_shared_and_trained_through(keras, nested, x, address):
    model, _ = nested
    extractor = kfx.feature_extractor(model, address)
    assert {id(w) for w in extractor.weights} <= {id(w) for w in model.weights}
    i = keras.Input((4,))
    top = keras.Model(i, keras.layers.Dense(1)(extractor(i)))
    top.compile(keras.optimizers.SGD(0.1), "mse")
    kernel = model.get_layer("mid").get_layer("e").get_weights()[0]
    top.fit(x, np.ones((6, 1)), verbose=0)
    assert not np.allclose(model.get_layer("mid").get_layer("e").get_weights()[0], kernel)


def test_the_users_model_gains_nothing(nested, flat, subclassed, state, capsys):
    for model, address in ((nested[0], "mid@2/e"), (nested[0], "s"), (subclassed[0], "**"), (flat, "*")):
        model.summary()
        text, before = capsys.readouterr().out, state(model)
        kfx.feature_extractor(model, address)
        assert state(model) == before
        model.summary()
        assert capsys.readouterr().out == text


def test_training_mode_reaches_the_layers(flat, images):
    extractor = kfx.feature_extractor(flat, "drop")
    assert (np.asarray(extractor(images, training=True)) == 0).mean() > 0.3
    assert (np.asarray(extractor(images, training=False)) == 0).mean() < 0.3


@pytest.mark.parametrize("address", ["s", "mid@2/deep/d@1"], ids=["functional", "through a wall"])
def test_it_is_saved_and_loaded_in_a_fresh_process(nested, x, tmp_path, address):
    extractor = kfx.feature_extractor(nested[0], [address])
    extractor.save(tmp_path / "f.keras")
    np.save(tmp_path / "x.npy", x)
    code = (
        "import keras, numpy as np, sys\n"
        "from kfx import FeatureExtractor\n"
        "m = keras.models.load_model(sys.argv[1] + '/f.keras')\n"
        "np.savez(sys.argv[1] + '/out.npz', **{k.replace('/', '|'): v for k, v in "
        "m.predict(np.load(sys.argv[1] + '/x.npy'), verbose=0).items()})"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True)
    want = extractor.predict(x, verbose=0)
    with np.load(tmp_path / "out.npz") as found:
        assert {name.replace("|", "/") for name in found.files} == set(want)
        for key, array in want.items():
            np.testing.assert_allclose(found[key.replace("/", "|")], array, rtol=1e-6)


def test_states_come_as_the_layer_returns_them(keras):
    i = keras.Input((3, 2))
    model = keras.Model(i, keras.layers.Dense(1)(keras.layers.GRU(2, return_state=True, name="gru")(i)[1]))
    data = np.ones((2, 3, 2), "float32")
    found = kfx.feature_extractor(model, "gru").predict(data, verbose=0)
    values = kfx.extract(model, data, "gru")["gru"]
    for a, b in zip(found, values, strict=True):
        np.testing.assert_array_equal(a, b)


def test_dict_inputs_are_kept(keras):
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    model = keras.Model({"a": a, "b": b}, keras.layers.Add(name="add")([a, b]))
    found = kfx.feature_extractor(model, "add").predict({"b": np.ones((3, 2)), "a": np.ones((3, 2))}, verbose=0)
    np.testing.assert_array_equal(found, np.full((3, 2), 2.0))


def test_a_model_whose_shapes_nobody_knows_is_told_what_to_do(keras):
    class Two(keras.Model):
        def call(self, a, b):
            return a + b

    model = Two(name="two")
    model(np.ones((1, 2)), np.ones((1, 2)))
    with pytest.raises(ValueError, match="Model 'two' has no graph of its own, and the shapes"):
        kfx.feature_extractor(model, "*")
