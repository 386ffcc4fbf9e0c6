"""SqueezeNet is a plain Keras model whose ImageNet weights really see."""

import numpy as np
import pytest

from kfx.datasets import decode_predictions, imagenet_names, photo, preprocess, squeezenet


@pytest.fixture(scope="module")
def model():
    return squeezenet()


def top(model, name):
    return decode_predictions(model.predict(preprocess(photo(name, size=227)), verbose=0))[0]


def test_cat_is_an_egyptian_cat(model):
    best = top(model, "cat")
    assert best[0][:2] == (285, "Egyptian cat")
    assert {name for _, name, _ in best[:3]} == {"Egyptian cat", "tiger cat", "tabby"}


def test_coffee_is_an_espresso(model):
    (number, name, probability), *_ = top(model, "coffee")
    assert (number, name) == (967, "espresso")
    assert probability > 0.9


def test_probabilities_add_up(model):
    assert model.predict(preprocess(photo("rocket", size=227)), verbose=0).sum() == pytest.approx(1, abs=1e-5)


def test_layers_carry_the_published_names(model):
    names = [layer.name for layer in model.layers]
    fires = [f"fire{k}_{part}" for k in range(2, 10) for part in ("squeeze1x1", "expand1x1", "expand3x3", "concat")]
    others = ["conv1", "pool1", "pool3", "pool5", "drop9", "conv10"]
    assert set(fires + others) <= set(names)
    assert len(names) == len(fires) + len(others) + 3  # image, global_average, softmax


def test_parameters_are_those_of_squeezenet_11(model):
    assert model.count_params() == 1_235_496


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("conv1", (113, 113, 64)),
        ("pool1", (56, 56, 64)),
        ("fire3_concat", (56, 56, 128)),
        ("pool3", (27, 27, 128)),
        ("fire5_concat", (27, 27, 256)),
        ("pool5", (13, 13, 256)),
        ("fire9_concat", (13, 13, 512)),
        ("conv10", (13, 13, 1000)),
    ],
)
def test_shapes_are_those_of_the_paper(model, name, shape):
    assert model.get_layer(name).output.shape == (None, *shape)


def test_model_is_plain_and_uncompiled(model):
    import keras

    assert type(model) is keras.Model or type(model).__module__.startswith("keras.")
    assert not model.compiled
    assert keras.Model.from_config(model.get_config()).count_params() == model.count_params()


def test_features_of_a_photograph_of_any_size():
    features = squeezenet(include_top=False, input_shape=(None, None, 3))
    assert features.layers[-1].name == "fire9_concat"
    assert features.predict(preprocess(photo("cat")), verbose=0).shape == (1, 12, 19, 512)


def test_random_weights_on_request():
    import keras

    keras.utils.set_random_seed(0)
    assert np.ptp(squeezenet(weights=None, input_shape=(64, 64, 3)).get_layer("conv1").bias.numpy()) == 0


def test_preprocess_is_keras_own():
    from keras.applications.imagenet_utils import preprocess_input

    picture = photo("retina", size=50)
    expected = preprocess_input(picture[None].astype("float32"), mode="caffe")
    assert preprocess(picture) == pytest.approx(expected, abs=1e-4)
    assert preprocess(picture[None]).shape == (1, 50, 50, 3)


def test_preprocess_leaves_its_input_alone():
    picture = np.full((1, 2, 2, 3), 9.0, "float32")
    preprocess(picture)
    assert (picture == 9).all()


@pytest.mark.parametrize(
    "images", [np.zeros((5, 5)), np.zeros((5, 5, 4)), np.zeros((1, 1, 5, 5, 3)), np.array([["a"] * 3] * 3)[None]]
)
def test_what_is_no_photograph_is_refused(images):
    with pytest.raises(ValueError, match="expected RGB photographs"):
        preprocess(images)


def test_names_stand_at_the_known_ids():
    known = {0: "tench", 1: "goldfish", 207: "golden retriever", 281: "tabby", 404: "airliner", 817: "sports car", 951: "lemon"}
    assert {k: imagenet_names()[k] for k in known} == known
    assert len(imagenet_names()) == 1000
    assert imagenet_names()[999] == "toilet tissue"


def test_only_crane_and_maillot_stand_twice():
    names = imagenet_names()
    twice = {name: [k for k in range(1000) if names[k] == name] for name in names if names.count(name) > 1}
    assert twice == {"crane": [134, 517], "maillot": [638, 639]}


def test_predictions_are_sorted_and_cut():
    row = np.zeros(1000)
    row[[3, 500, 7]] = 0.2, 0.5, 0.3
    assert [(number, round(p, 1)) for number, _, p in decode_predictions(row[None], top=2)[0]] == [(500, 0.5), (7, 0.3)]


def test_other_predictions_are_refused():
    with pytest.raises(ValueError, match=r"shape \(1, 10\); expected \(batch, 1000\)"):
        decode_predictions(np.zeros((1, 10)))


def test_unknown_weights_are_refused():
    with pytest.raises(ValueError, match="`weights` is 'mine'; it must be 'imagenet' or None"):
        squeezenet(weights="mine")


@pytest.mark.parametrize("shape", [(227, 227), (16, 227, 3), (227, 227, 1), 227])
def test_impossible_input_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"`input_shape` is .*; it must be"):
        squeezenet(input_shape=shape)
