"""Pictures are the arrays that an image model takes."""

import numpy as np
import pytest

import kfx
from kfx.values.data.pictures import as_pictures


@pytest.fixture
def model(keras):
    layers = keras.layers
    return keras.Sequential([keras.Input((6, 4, 3)), layers.Conv2D(2, 3, name="c")], name="seen")


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (3, 6, 4, 3)).astype("uint8")


@pytest.fixture
def files(pixels, tmp_path):
    from PIL import Image

    paths = [tmp_path / f"사진 {n}.png" for n in range(3)]
    for path, image in zip(paths, pixels, strict=True):
        Image.fromarray(image).save(path)
    return paths


def given(pixels, files):
    from PIL import Image

    return {
        "PIL images": [Image.fromarray(image) for image in pixels],
        "paths": files,
        "texts": list(map(str, files)),
        "a tuple": tuple(files),
        "a folder": files[0].parent,
        "a list of one input": [list(map(str, files))],
        "by name": {"input_layer": files},
    }


FORMS = ("PIL images", "paths", "texts", "a tuple", "a folder", "a list of one input")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_values_of_the_pixels(model, pixels, files, form):
    found = kfx.extract(model, given(pixels, files)[form], "c", batch_size=2)["c"]
    np.testing.assert_allclose(found, model.predict(pixels.astype("float32"), verbose=0), rtol=1e-5, atol=1e-4)


def test_pictures_come_in_batches(model, pixels, files):
    found = kfx.extract(model, iter([(files[:2], [0, 1]), (files[2:], [1])]), "c")["c"]
    np.testing.assert_allclose(found, model.predict(pixels.astype("float32"), verbose=0), rtol=1e-5, atol=1e-4)


def test_one_picture_is_one_example(model, pixels, files):
    from PIL import Image

    want = model.predict(pixels[:1].astype("float32"), verbose=0)
    for one in (files[0], str(files[0]), Image.fromarray(pixels[0])):
        np.testing.assert_allclose(kfx.extract(model, one, "c")["c"], want, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("verb", [kfx.statistics, kfx.gradients, kfx.inspect, kfx.saliency, kfx.explore])
def test_every_verb_takes_pictures(model, files, verb):
    settings = {"target": 0} if verb in (kfx.gradients, kfx.saliency) else {}
    assert repr(verb(model, files, **settings))


def test_pictures_are_brought_to_the_size_and_the_channels_of_the_model(keras):
    from PIL import Image

    image = Image.fromarray(np.full((12, 8, 3), 200, "uint8"))
    grey = keras.Sequential([keras.Input((6, 4, 1), name="i")])
    found = kfx.extract(grey, [image, image])["i"]
    assert found.shape == (2, 6, 4, 1)
    assert (found == 200).all()
    first = as_pictures(image, (None, 3, 6, 4), "uint8")
    assert (first.shape, first.dtype.name, first[0:1].shape) == ((1, 3, 6, 4), "uint8", (1, 3, 6, 4))


def test_a_model_without_a_graph_takes_pictures(keras, pixels, files):
    class Seen(keras.Model):
        def __init__(self):
            super().__init__(name="seen")
            self.c = keras.layers.Conv2D(2, 3, name="c")

        def call(self, x):
            return self.c(x)

    model = Seen()
    model(pixels.astype("float32"))
    found = kfx.extract(model, files, "c")["c"]
    np.testing.assert_allclose(found, model.predict(pixels.astype("float32"), verbose=0), rtol=1e-5, atol=1e-4)


def test_pictures_beside_other_inputs(keras, pixels, files):
    image, number = keras.Input((6, 4, 3), name="image"), keras.Input((2,), name="number")
    flat = keras.layers.Flatten()(image)
    model = keras.Model([image, number], keras.layers.Concatenate(name="both")([flat, number]))
    for data in ([files, np.ones((3, 2))], {"image": list(map(str, files)), "number": np.ones((3, 2))}):
        found = kfx.extract(model, data, "both")["both"]
        np.testing.assert_array_equal(found[:, :-2], pixels.reshape(3, -1))


def test_texts_stay_texts_where_the_model_takes_text(keras):
    i = keras.Input((), dtype="string")
    model = keras.Model(i, keras.layers.StringLookup(vocabulary=["a.png"], name="look")(i))
    np.testing.assert_array_equal(kfx.extract(model, ["a.png", "b"], "look")["look"], [1, 0])


def test_what_cannot_be_read_is_named(model, keras, tmp_path):
    from PIL import Image

    with pytest.raises(ValueError, match=r"Cannot read the image '.*no\.png'"):
        kfx.extract(model, [tmp_path / "no.png"])
    with pytest.raises(ValueError, match="holds no images"):
        kfx.extract(model, tmp_path)
    dense = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    with pytest.raises(TypeError, match=r"The data are pictures; input .* takes \(batch, 4\), not an image"):
        kfx.extract(dense, [Image.new("RGB", (4, 4))])
    any_size = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(2, 3)])
    with pytest.raises(ValueError, match="is 4 x 4 pixels, the first image 6 x 6; resize them first"):
        kfx.extract(any_size, [Image.new("RGB", (6, 6)), Image.new("RGB", (4, 4))])
