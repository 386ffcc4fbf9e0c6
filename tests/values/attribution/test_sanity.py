"""A known answer: every method finds the patch that decides the class, and the checks tell a trained model from none."""

import numpy as np
import pytest

import kfx
from kfx.values.attribution.deletion import SHARES
from kfx.values.attribution.sanity import rank_correlation

SIDE, SPOT = 16, 4


def pictures(count, seed):
    """Noise with a patch of stripes somewhere: across for class 1, down for class 0; and where it is."""
    random = np.random.default_rng(seed)
    x = random.normal(0, 0.1, (count, SIDE, SIDE, 1)).astype("float32")
    y = np.arange(count) % 2
    places = random.integers(0, SIDE - SPOT + 1, (count, 2))
    stripes = np.tile([[1.0], [-1.0]], (SPOT // 2, SPOT))
    for n, (top, left) in enumerate(places):
        x[n, top : top + SPOT, left : left + SPOT, 0] += stripes if y[n] else stripes.T
    return x, y, places


@pytest.fixture(scope="module")
def trained(keras):
    layers = keras.layers
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        keras.Input((SIDE, SIDE, 1), name="picture"),
        layers.Conv2D(8, 3, padding="same", activation="relu", name="c1"),
        layers.Conv2D(8, 3, padding="same", activation="relu", name="c2"),
        layers.GlobalMaxPooling2D(),
        layers.Dense(2, activation="softmax", name="out"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.optimizer.learning_rate = 0.01
    x, y, _ = pictures(512, 1)
    model.fit(x, y, epochs=12, batch_size=32, verbose=0)
    x, y, places = pictures(24, 2)
    assert model.evaluate(x, y, verbose=0)[1] > 0.95
    return model, x, places


METHODS = ("gradcam", "layercam", "gradient_x_input", "integrated", "smoothgrad", "occlusion")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_the_patch_that_decides(trained, method):
    model, x, places = trained
    found = kfx.attribute(model, x, method=method, patch=3, stride=1)[method]
    maps = np.maximum(found.sum(-1) if found.ndim == 4 else found, 0)
    inside = np.zeros(maps.shape, "bool")
    for n, (top, left) in enumerate(places):
        inside[n, max(0, top - 2) : top + SPOT + 2, max(0, left - 2) : left + SPOT + 2] = True
    share = (maps * inside).sum((1, 2)) / np.maximum(maps.sum((1, 2)), 1e-9)
    assert np.median(share) > 2 * inside.mean(), "of the map lies on the patch and two pixels around it"
    best = maps.reshape(len(maps), -1).argmax(1)
    hits = inside.reshape(len(maps), -1)[np.arange(len(maps)), best].mean()
    assert hits > 0.85, "of the strongest places lie there"


def test_the_map_of_a_trained_model_changes_with_its_weights(trained):
    model, x, _ = trained
    sane = kfx.attribute(model, x[:1], method="integrated").sanity()
    assert sane.layers[-1].endswith("c1")
    assert abs(sane.correlation[-1]) < 0.5
    assert sane.changes


def test_a_map_that_shows_edges_whatever_the_weights_is_told(keras):
    layers = keras.layers
    x = keras.Input((SIDE, SIDE, 1), name="picture")
    edges = layers.Conv2D(1, (1, 2), use_bias=False, trainable=False, name="sobel")(x)
    strength = layers.Lambda(lambda e: keras.ops.sum(keras.ops.square(e), axis=(1, 2)), output_shape=(1,))(edges)
    model = keras.Model(x, layers.Dense(1, name="scale", use_bias=False)(strength))
    model.get_layer("sobel").set_weights([np.array([[[[1.0]], [[-1.0]]]])])
    data, _, _ = pictures(1, 3)
    sane = kfx.attribute(model, data, method="integrated", baseline=0).sanity()
    assert sane.correlation[-1] > 0.99
    assert not sane.changes


def test_the_score_falls_faster_without_the_strongest_parts(trained):
    model, x, _ = trained
    found = kfx.attribute(model, x[:1], method="integrated").deletion()
    by_map, by_chance = (float(area[0]) for area in found.areas)
    assert by_map < by_chance - 0.1
    assert found.shares is SHARES or np.array_equal(found.shares, SHARES)
    assert found.score[0, 0] == pytest.approx(found.random[0, 0])
    assert found.score[0, -1] == pytest.approx(found.random[0, -1], abs=1e-4)


def test_a_model_without_weights_is_refused(keras):
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Rescaling(2.0)(x), name="twice")
    with pytest.raises(ValueError, match="'twice' has no trainable weights"):
        kfx.attribute(model, np.ones((1, 3)), target=0).sanity()


def test_the_rank_correlation_is_spearmans():
    assert rank_correlation([1, 2, 3, 4], [10, 20, 30, 5]) == pytest.approx(1 - 6 * (1 + 1 + 1 + 9) / (4 * 15))
    assert rank_correlation([1, 1, 2], [1, 1, 5]) == pytest.approx(1)
    assert rank_correlation([1, 1], [1, 2]) == 0
