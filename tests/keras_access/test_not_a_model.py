"""Objects of other libraries, and Keras's wrappers for scikit-learn, whose model every verb takes."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import kfx

X = np.random.default_rng(0).random((20, 4)).astype("float32")
Y = (X.sum(axis=1) > 2).astype("int64")


def build(X=None, y=None, units=3):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(units, name="h"), layers.Dense(1, name="o")], name="net")
    model.compile("sgd", "mse")
    return model


@pytest.fixture
def fitted():
    pytest.importorskip("sklearn")
    wrapper = keras.wrappers.SKLearnRegressor(build, model_kwargs={"units": 5})
    wrapper.fit(X, Y, verbose=0)
    return wrapper


@pytest.mark.parametrize("name", ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"])
def test_the_model_in_a_wrapper_is_shown_before_it_is_fitted(name):
    pytest.importorskip("sklearn")
    model = build()
    wrapper = getattr(keras.wrappers, name)(model)
    assert str(kfx.summary(wrapper)) == str(kfx.summary(model))


def test_a_fitted_wrapper_is_its_fitted_model_to_every_verb(fitted):
    model = fitted.model_
    before = dict(vars(fitted))
    for verb in (kfx.read_graph, kfx.summary, kfx.plot_model, kfx.explore):
        assert str(verb(fitted)) == str(verb(model))
    np.testing.assert_array_equal(kfx.extract(fitted, X, "h")["h"], kfx.extract(model, X, "h")["h"])
    np.testing.assert_array_equal(kfx.feature_extractor(fitted, "h")(X), kfx.feature_extractor(model, "h")(X))
    np.testing.assert_array_equal(kfx.saliency(fitted, X), kfx.saliency(model, X))
    assert str(kfx.statistics(fitted, X, "h")) == str(kfx.statistics(model, X, "h"))
    assert str(kfx.inspect(fitted, X)) == str(kfx.inspect(model, X))
    assert kfx.diff(kfx.snapshot(fitted), model).equal
    assert vars(fitted) == before


def test_a_patch_of_a_wrapper_holds_for_the_wrappers_own_predict(fitted):
    plain = fitted.predict(X)
    with kfx.patch(fitted, {"h": 0}):
        bias = float(np.asarray(fitted.model_.get_layer("o").bias)[0])
        np.testing.assert_allclose(fitted.predict(X), np.full(20, bias), rtol=1e-6)
    np.testing.assert_array_equal(fitted.predict(X), plain)


def test_a_wrapper_of_a_function_has_no_model_before_it_is_fitted():
    pytest.importorskip("sklearn")
    with pytest.raises(TypeError, match=r"a SKLearnClassifier of a function that makes the model .* Fit it first"):
        kfx.summary(keras.wrappers.SKLearnClassifier(build))


def test_other_objects_of_scikit_learn_are_named(fitted):
    pipeline = pytest.importorskip("sklearn.pipeline").make_pipeline(fitted)
    with pytest.raises(TypeError, match=r"'Pipeline' of scikit-learn; .* pipeline\[-1\]\.model_"):
        kfx.summary(pipeline)
    assert kfx.summary(pipeline[-1].model_).graph.name == "net"


def test_what_tensorflow_loads_is_named(tmp_path):
    build().export(tmp_path / "out", verbose=False)
    with pytest.raises(TypeError, match=r"what tf\.saved_model\.load returns: .* keras\.layers\.TFSMLayer\(folder"):
        kfx.plot_model(tf.saved_model.load(str(tmp_path / "out")))


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda: tf.Module(name="m"), "is the tf.Module 'Module', whose layers kfx does not know"),
        (lambda: tf.function(lambda x: x), "is the TensorFlow object 'Function'"),
    ],
)
def test_objects_of_tensorflow_are_named(made, says):
    with pytest.raises(TypeError, match=says):
        kfx.summary(made())


@pytest.mark.parametrize(
    ("module", "says"),
    [
        ("torch.nn.modules.module", "is the PyTorch module 'Net'"),
        ("tf_keras.src.engine.training", "is the Keras 2 model 'Net' of tf_keras"),
        ("onnx.onnx_ml_pb2", "is 'Net' of ONNX"),
        ("ai_edge_litert.interpreter", "is 'Net' of LiteRT"),
        ("nothing.known", "is 'Net'; expected a Keras model"),
    ],
)
def test_objects_of_other_libraries_are_named_by_the_module_of_their_class(module, says):
    with pytest.raises(TypeError, match=says):
        kfx.summary(type("Net", (), {"__module__": module})())


def test_a_path_is_no_model_to_a_verb_that_runs_it(tmp_path):
    with pytest.raises(TypeError, match=r"is the path .*; give the model itself"):
        kfx.extract(str(tmp_path), X, "h")
