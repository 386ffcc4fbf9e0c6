"""Values inside the parts of models without ``call``, against NumPy and Keras itself, by every verb."""

import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import kfx
from kfx.errors import UnbuiltModelError
from kfx.values.parts import part_addresses, runnable

X = np.random.default_rng(4).normal(size=(8, 6)).astype("float32")


class Auto(keras.Model):
    """The parts take different data."""

    def __init__(self):
        super().__init__(name="auto")
        self.encoder = keras.Sequential([keras.Input((6,), name="x"), layers.Dense(2, name="h")], name="encoder")
        self.decoder = keras.Sequential([keras.Input((2,), name="z"), layers.Dense(6, name="o")], name="decoder")

    def train_step(self, x):
        x = x[0] if isinstance(x, tuple) else x
        with tf.GradientTape() as tape:
            loss = keras.ops.mean((self.decoder(self.encoder(x)) - x) ** 2)
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"loss": loss}


class Net(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.a, self.b = layers.Dense(5, "relu", name="a"), layers.Dense(3, name="b")

    def call(self, x, training=False):
        return self.b(self.a(x)) + (1.0 if training else 0.0)


class Pair(keras.Model):
    """Two parts for the same data, two of one name, one that was never built, and a model without call that holds one more."""

    def __init__(self):
        super().__init__(name="pair")
        self.nets = {"teacher": Net(name="net"), "student": Net(name="net")}
        self.later = [Net(name="later")]
        self.inner = Auto()
        for net in self.nets.values():
            net(X)


@pytest.fixture
def auto():
    keras.utils.set_random_seed(1)
    model = Auto()
    model.compile("adam")
    return model


def dense(x, layer):
    return x @ np.asarray(layer.kernel) + np.asarray(layer.bias)


def test_an_address_in_a_part_gives_the_values_of_that_part(auto):
    found = kfx.extract(auto, X, "encoder/h")
    assert list(found) == ["encoder/h"]
    np.testing.assert_allclose(found["encoder/h"], dense(X, auto.encoder.layers[0]), rtol=1e-5)


def test_values_follow_training(auto):
    kfx.extract(auto, X, "encoder/h")
    auto.fit(X, epochs=2, verbose=0)
    found = kfx.extract(auto, X, "encoder/h", check=True)
    np.testing.assert_allclose(found["encoder/h"], dense(X, auto.encoder.layers[0]), rtol=1e-5)


@pytest.mark.parametrize(
    ("layers_", "keys"),
    [
        ("*", ["encoder"]),
        ("**", ["encoder", "encoder/x", "encoder/h"]),
        ("h", ["encoder/h"]),
        (["encoder/h", "encoder"], ["encoder", "encoder/h"]),
        (layers.Dense, ["encoder/h"]),
        (lambda call: call.type == "Dense", ["encoder/h"]),
    ],
)
def test_every_kind_of_address_names_calls_in_parts(auto, layers_, keys):
    assert list(kfx.extract(auto, X, layers_)) == keys


def test_the_other_part_takes_its_own_data(auto):
    assert kfx.extract(auto, X[:, :2], "*")["decoder"].shape == (8, 6)


def test_parts_that_take_the_same_data_run_together():
    model = Pair()
    found = kfx.extract(model, X, ["net/a", "net~2/b"])
    np.testing.assert_allclose(found["net/a"], np.maximum(dense(X, model.nets["teacher"].a), 0), rtol=1e-5)
    np.testing.assert_allclose(found["net~2/b"], model.nets["student"](X), rtol=1e-5)


def test_a_part_of_a_part_has_an_address():
    model = Pair()
    found = kfx.extract(model, X, "auto/encoder/h")
    np.testing.assert_allclose(found["auto/encoder/h"], dense(X, model.inner.encoder.layers[0]), rtol=1e-5)
    assert list(kfx.extract(model, X, "auto/encoder/*")) == ["auto/encoder/x", "auto/encoder/h"]


def test_a_part_runs_as_in_training_where_asked():
    model = Pair()
    still, moved = (kfx.extract(model, X, "net", training=training)["net"] for training in (False, True))
    np.testing.assert_allclose(moved - still, 1.0, rtol=1e-5)


@pytest.mark.parametrize(
    ("data", "layers_", "error", "message"),
    [
        (
            X,
            ["encoder/h", "decoder/o"],
            ValueError,
            "2 parts that do not all take these data: encoder takes .batch, 6., decoder",
        ),
        (X, "decoder/o", ValueError, r"has shape \(8, 6\); the model 'decoder' expects \(batch, 2\)"),
        (X[:, :3], "*", ValueError, r"none of them takes these data: encoder takes \(batch, 6\), decoder takes \(batch, 2\)"),
        (X[0], "encoder/h", ValueError, "Add the batch axis"),
        (X, "encoder/g", ValueError, "No layer 'encoder/g' in model 'auto'. Did you mean 'encoder/x' or 'encoder/h'"),
        (X, "h2", ValueError, "No layer 'h2' in model 'auto'"),
    ],
)
def test_what_cannot_be_run_is_refused_in_one_sentence(auto, data, layers_, error, message):
    with pytest.raises(error, match=message):
        kfx.extract(auto, data, layers_)


def test_a_part_without_weights_is_named():
    with pytest.raises(UnbuiltModelError, match="'later' was never built"):
        kfx.extract(Pair(), X, "later/a")
    assert list(kfx.extract(Pair(), X)) == ["net", "net~2"]  # a pattern means those that can be run


def test_a_model_without_parts_is_refused():
    with pytest.raises(ValueError, match="has no call and holds no layers"):
        kfx.extract(keras.Model(name="empty"), X)


@pytest.mark.parametrize("kind", ["dataset", "labelled", "generator"])
def test_data_come_in_any_form(auto, kind):
    sets = {
        "dataset": tf.data.Dataset.from_tensor_slices(X).batch(3),
        "labelled": tf.data.Dataset.from_tensor_slices((X, X)).batch(3),
        "generator": (X[i : i + 3] for i in (0, 3, 6)),
    }
    found = kfx.extract(auto, sets[kind], "encoder/h")
    np.testing.assert_allclose(found["encoder/h"], dense(X, auto.encoder.layers[0]), rtol=1e-5)


def test_values_are_written_to_a_folder_under_their_addresses(auto, tmp_path):
    kfx.extract(auto, X, "encoder/h", to=tmp_path / "values", progress=False)
    found = kfx.load_features(tmp_path / "values")
    np.testing.assert_allclose(found["encoder/h"], dense(X, auto.encoder.layers[0]), rtol=1e-5)


def test_statistics_of_a_part(auto):
    s = kfx.statistics(auto, X, "encoder/h")["encoder/h"]
    values = dense(X, auto.encoder.layers[0])
    assert (s.count, s.mean, s.max) == (16, pytest.approx(values.mean(), rel=1e-4), pytest.approx(values.max(), rel=1e-4))


def test_gradients_and_saliency_of_a_part(auto):
    kernel = np.asarray(auto.encoder.layers[0].kernel)
    np.testing.assert_allclose(kfx.saliency(auto, X, target=1), np.tile(np.abs(kernel[:, 1]), (8, 1)), rtol=1e-5)
    found = kfx.gradients(auto, X, "encoder/h", target=0)["encoder/h"]
    np.testing.assert_array_equal(found, np.tile([1.0, 0.0], (8, 1)))
    found = kfx.gradients(auto, X, "encoder/x", target="encoder/h")["encoder/x"]
    np.testing.assert_allclose(found, np.tile(kernel.sum(1), (8, 1)), rtol=1e-5)


def test_a_target_in_a_part_says_which_part_runs(auto):
    kernel = np.asarray(auto.decoder.layers[0].kernel)
    found = kfx.saliency(auto, X[:, :2], target="decoder/o")
    np.testing.assert_allclose(found, np.tile(np.abs(kernel.sum(1)), (8, 1)), rtol=1e-5)


def test_a_feature_extractor_of_a_part_is_an_ordinary_model(auto, tmp_path):
    one = kfx.feature_extractor(auto, "encoder/h")
    assert type(one).__name__ == "Functional"
    np.testing.assert_allclose(one(X), dense(X, auto.encoder.layers[0]), rtol=1e-5)
    both = kfx.feature_extractor(auto, ["encoder", "encoder/h"])
    both.save(tmp_path / "both.keras")
    again = keras.saving.load_model(tmp_path / "both.keras")(X)
    assert {key: value.shape for key, value in again.items()} == {"encoder": (8, 2), "encoder/h": (8, 2)}
    with pytest.raises(ValueError, match="parts that take different inputs: encoder, decoder"):
        kfx.feature_extractor(auto, ["encoder/h", "decoder/o"])


def test_a_patch_holds_wherever_the_part_is_called(auto):
    before = auto.get_weights()
    decoded = auto.decoder(np.zeros((8, 2), "float32"))
    with kfx.patch(auto, {"encoder/h": 0.0}):
        assert not np.any(auto.encoder(X))
        assert not np.any(auto.encoder.predict(X, verbose=0))
        assert not np.any(kfx.extract(auto, X, "encoder")["encoder"])
        loss = auto.train_step(X)["loss"]
        auto.fit(X, verbose=0)
    np.testing.assert_allclose(loss, np.mean((decoded - X) ** 2), rtol=1e-5)
    np.testing.assert_array_equal(auto.encoder.layers[0].kernel, before[0])  # no gradient came through the patch
    np.testing.assert_allclose(auto.encoder(X), dense(X, auto.encoder.layers[0]), rtol=1e-5)


def test_patches_in_two_parts_hold_together(auto):
    with kfx.patch(auto, {"encoder/h": lambda x: x * 0, "decoder": lambda x: x * 0 + 1}):
        assert not np.any(auto.encoder(X))
        assert float(np.min(auto.decoder(X[:, :2]))) == 1.0
    with pytest.raises(ValueError, match="No layer 'encoder/g'"), kfx.patch(auto, {"encoder/g": 0}):
        pass


def test_an_operation_in_the_code_of_a_part_has_values():
    class Sums(Net):
        def call(self, x):
            return self.a(x) + self.a(x * 2)

    model = keras.Model(name="holds")
    model.net = Sums(name="net")
    model.net(X)
    found = kfx.extract(model, X, ["net/add", "net/multiply"])
    np.testing.assert_allclose(found["net/add"], np.asarray(model.net.a(X) + model.net.a(X * 2)), rtol=1e-6)
    np.testing.assert_array_equal(found["net/multiply"], X * 2)
    assert kfx.unreadable(model) == {"net/b": "not called in the traced run"}
    with kfx.patch(model, {"net/add": 0.0}):
        assert not np.any(model.net(X))


def test_the_inspector_looks_into_the_part_that_takes_the_data(auto):
    view = kfx.inspect(auto, X, layer="encoder/h")
    assert "encoder/h" in str(view)
    answer, _ = view.answers()({"what": "layer", "layer": "decoder/o", "example": 0})
    assert "not in a part of the model that takes these data" in answer["error"]
    assert "decoder" in str(kfx.inspect(auto, X[:, :2]))
    explorer = kfx.explore(auto, X)
    assert [call.key for call in explorer.graph.calls if call.parent is None] == ["encoder", "decoder"]
    assert "encoder" in str(explorer.inspector)


def test_running_parts_changes_nothing():
    model = Pair()

    def state():
        held = [model, *model._flatten_layers(include_self=False)]
        return [(dict(vars(x)), len(x._inbound_nodes)) for x in held]

    before = state()
    use(model)
    for (old, nodes), (new, nodes_now) in zip(before, state(), strict=True):
        assert (sorted(old), nodes) == (sorted(new), nodes_now)
        assert [name for name in old if old[name] is not new[name]] == []


def use(model):
    kfx.extract(model, X, "net/a")
    kfx.statistics(model, X, "net~2/a")
    with kfx.patch(model, {"net/a": 0}):
        kfx.extract(model, X, "net")


def test_nothing_is_kept_alive():
    model = Pair()
    use(model)
    gone = [weakref.ref(model), weakref.ref(model.nets["teacher"])]
    del model
    for _ in range(2):  # the model, then what was kept for it
        gc.collect()
    assert [one() for one in gone] == [None, None]


def test_the_same_runner_serves_the_same_parts(auto):
    assert runnable(auto, "encoder/h", X) is runnable(auto, "encoder", X)
    assert runnable(auto.encoder) is auto.encoder
    assert part_addresses(auto, "**") == ["encoder", "decoder"]
