"""The inspector's faces and its refusals, without a browser."""

import re

import numpy as np
import pytest
from PIL import Image

import kfx
from kfx.notebook.view import WEIGHT


@pytest.fixture
def cnn(keras):
    """A convolution whose channels are known: as it is, twice as much, nothing, minus one; then their means."""
    image = keras.Input((8, 8, 1), name="image")
    x = keras.layers.Conv2D(4, 1, name="conv")(image)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    model = keras.Model(image, keras.layers.Activation("softmax", name="scores")(x), name="known")
    model.get_layer("conv").set_weights([np.array([1.0, 2.0, 0.0, 0.0]).reshape(1, 1, 1, 4), np.array([0.0, 0.0, 0.0, -1.0])])
    return model


@pytest.fixture
def images():
    return np.stack([np.linspace(0, 1, 64).reshape(8, 8, 1), np.full((8, 8, 1), 0.5)]).astype("float32")


def test_the_text_holds_inputs_predictions_and_figures_of_the_layer(cnn, images, golden):
    view = kfx.inspect(cnn, images, class_names=["as is", "twice", "nothing", "minus one"])
    golden("inspect_known.txt", str(view))
    assert "1 of 4 channels is zero everywhere" in str(view)
    assert repr(view) == "<Inspector 'known'>"


def test_the_predicted_shares_are_kerass(cnn, images):
    view = kfx.inspect(cnn, images, example=1)
    expected = view.values.model.predict(images, verbose=0)[1]
    (found,) = view.source.predictions(1)
    assert [row.unit for row in found.rows] == np.argsort(-expected, kind="stable").tolist()
    assert found.rows[0].text == f"{expected.max() * 100:.1f} %"


def test_the_text_is_the_same_on_every_run(cnn, images):
    assert str(kfx.inspect(cnn, images)) == str(kfx.inspect(cnn, images))


def test_the_static_face_is_a_contact_sheet_with_its_figures(cnn, images):
    html = kfx.inspect(cnn, images)._repr_mimebundle_()["text/html"]
    assert len(html.encode()) < WEIGHT
    assert 'alt="Contact sheet of 4 channels of conv, the strongest first: 1, 3, 0, 2"' in html
    assert "data:image/png;base64," in html
    assert "8×8×4" in html
    assert "<script" not in html
    assert "<svg" not in html


def test_a_thousand_large_maps_stay_within_the_weight(keras):
    x = keras.Input((96, 96, 3))
    model = keras.Model(x, keras.layers.Conv2D(256, 3, name="conv")(x))
    noise = np.random.RandomState(0).normal(size=(2, 96, 96, 3))
    html = kfx.inspect(model, noise)._repr_mimebundle_()["text/html"]
    assert len(html.encode()) < WEIGHT + 5_000, "the style sheet of the frame comes on top"
    assert "Contact sheet of" in html


def test_a_vector_is_bars_and_a_sequence_is_strips(keras):
    x = keras.Input((5,), dtype="int32", name="words")
    e = keras.layers.Embedding(9, 4, name="embedding")(x)
    model = keras.Model(x, keras.layers.GlobalMaxPooling1D(name="most")(e), name="text")
    data = np.array([[1, 2, 3, 0, 0], [4, 0, 0, 0, 0]])
    vocabulary = ["", "the", "printer", "jams", "help", "a", "b", "c", "d"]
    view = kfx.inspect(model, data, tokens=vocabulary)
    assert view.layer == "embedding"
    assert "Heat strips of 4 units of embedding over 5 steps" in view._html()
    assert "input words: the printer jams" in str(view)
    assert view.source.tokens(view.source.at("embedding", 0), 0) == ("the", "printer", "jams", "", "")
    assert "Bars of 4 units of most" in kfx.inspect(model, data, layer="most")._html()


def test_tokens_may_be_given_for_each_example(keras):
    x = keras.Input((3,), name="steps")
    model = keras.Model(x, keras.layers.Reshape((3, 1), name="line")(x))
    view = kfx.inspect(model, np.zeros((2, 3)), tokens=[["a", "b", "c"], ["d", "e", "f"]])
    assert view.source.tokens(view.source.at("line", 1), 1) == ("d", "e", "f")
    with pytest.raises(ValueError, match="`tokens` holds 1 lists of words for 2 examples"):
        kfx.inspect(model, np.zeros((2, 3)), tokens=[["a", "b", "c"]])


def test_files_of_every_kind(cnn, images, tmp_path):
    view = kfx.inspect(cnn, images)
    assert Image.open(view.save(tmp_path / "maps.png")).size == (1920, 1080)
    assert view.save(tmp_path / "x.txt").read_text(encoding="utf-8") == str(view)
    assert "<!doctype html>" in view.save(tmp_path / "x.html").read_text(encoding="utf-8")
    vector = kfx.inspect(cnn, images, layer="pool").save(tmp_path / "bars.png")
    assert Image.open(vector).format == "PNG"
    with pytest.raises(ValueError, match=r"its suffix must be one of .html, .png, .txt"):
        view.save(tmp_path / "x.gif")


def test_nan_values_are_counted_in_the_text(cnn, images):
    images[0, 0, 0] = np.nan
    view = kfx.inspect(cnn, images)
    assert "4 values not finite" in str(view)
    assert "NaN" in str(view)
    assert view._repr_mimebundle_()["text/html"].count("<img") == 2


def test_preprocessed_inputs_are_shown_as_the_pictures_they_were(cnn, images):
    pictures = np.random.RandomState(0).randint(0, 256, (2, 8, 8, 3), dtype="uint8")
    view = kfx.inspect(cnn, images * 100 - 50, images=pictures)
    assert (view.source.inputs(1)[0].rgb == pictures[1]).all()
    with pytest.raises(ValueError, match="`images` holds 1 pictures for 2 examples; give one for each"):
        kfx.inspect(cnn, images, images=pictures[:1])
    with pytest.raises(TypeError, match="`images` is a 'int'; give one picture for each example"):
        kfx.inspect(cnn, images, images=5)


def test_a_subclassed_model_can_be_looked_into(keras, images):
    class Net(keras.Model):
        def __init__(self):
            super().__init__(name="own")
            self.conv = keras.layers.Conv2D(3, 3, name="conv")

        def call(self, x):
            return self.conv(x)

    model = Net()
    model(images)
    view = kfx.inspect(model, images)
    assert view.layer == "conv"
    np.testing.assert_allclose(np.moveaxis(view.source.at("conv", 1).stack, 0, -1), model(images[1:2])[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("arguments", "match"), [
    ({"layer": "convv"}, "Did you mean 'conv'"),
    ({"layer": "*"}, r"`layer` is '\*', which means 4 calls"),
    ({"example": 2}, "`example` is 2; there are 2 examples, 0 to 1"),
    ({"example": True}, "`example` is True"),
    ({"channel": 4}, "`channel` is 4; 'conv' has 4 channels, 0 to 3"),
    ({"scale": "log"}, "`scale` is 'log'; it must be one of 'layer', 'channel'"),
    ({"class_names": ["a", "b"]}, "`class_names` holds 2 names; the model's output has 4 units"),
    ({"class_names": {"x": "abcd"}}, "`class_names` names an output 'x'"),
    ({"tokens": {"y": ["a"]}}, "`tokens` names an input 'y'; the model's inputs are 'image'"),
])  # fmt: skip
def test_an_argument_that_names_nothing_is_refused(cnn, images, arguments, match):
    with pytest.raises(ValueError, match=match):
        kfx.inspect(cnn, images, **arguments)


def test_a_text_as_model_or_as_class_names_is_refused(cnn, images):
    with pytest.raises(TypeError, match="`model` is the text 'model'; a Keras model was expected"):
        kfx.inspect("model", images)
    with pytest.raises(TypeError, match="`class_names` is the text 'cat'; give one name for each class"):
        kfx.inspect(cnn, images, class_names="cat")
    with pytest.raises(TypeError, match="`class_names` is 5; give one name for each class"):
        kfx.inspect(cnn, images, class_names=5)


def test_hostile_class_names_and_tokens_are_text(cnn, images, hostile_name):
    view = kfx.inspect(cnn, images, class_names=[hostile_name, "b", "c", "d"])
    html = view._repr_mimebundle_()["text/html"]
    assert "<script" not in html
    assert not re.search(r"<img [^>]*onerror", html)
    assert "\n" not in view.source.predictions(0)[0].rows[0].name


def test_a_model_with_a_hostile_layer_name_shows_it_as_text(keras, images, hostile_name):
    x = keras.Input((8, 8, 1))
    model = keras.Model(x, keras.layers.Conv2D(2, 1)(x))
    model.layers[1].name = hostile_name.replace("/", "")  # Keras itself runs no layer with a slash in its name
    view = kfx.inspect(model, images)
    assert "<script" not in view._repr_mimebundle_()["text/html"]
    assert str(view).count("\n") < 12


def test_exploring_with_data_adds_the_values(cnn, images):
    view = kfx.explore(cnn, images, layer="conv")
    assert "Contact sheet of 4 channels of conv" in view._html()
    assert "1 of 4 channels is zero everywhere" in str(view)
    widget = view.widget
    assert widget.selected == "conv"
    assert len(widget.about["layers"]) == 4
    assert len(widget.drawing["boxes"]) == 4
    assert kfx.explore(cnn).inspector is None


def test_exploring_refuses_what_needs_data(cnn):
    with pytest.raises(ValueError, match="`class_names` was given without data; give some examples"):
        kfx.explore(cnn, class_names=["a"])


def test_token_ids_are_names_and_never_rounded(keras):
    x = keras.Input((3,), dtype="int32", name="tokens")
    model = keras.Model(x, keras.layers.Embedding(60_000, 2, name="embedding")(x))
    data = np.array([[50256, 12345, 7]])
    assert "input tokens: 50256, 12345, 7\n" in str(kfx.inspect(model, data))
    view = kfx.inspect(model, data, layer="tokens")
    rows = str(view).split("largest\n")[1].splitlines()
    assert [row.split() for row in rows] == [["0", "50256"], ["1", "12345"], ["2", "7"]]
    assert "50,300" not in view._html()
    words = kfx.inspect(model, data, tokens={50256: "끝", 12345: "the", 7: "a"})
    assert "input tokens: 끝 the a\n  ids 50256, 12345, 7" in str(words)


def test_channels_first_is_read_by_its_channels(keras):
    x = keras.Input((3, 16, 16), name="image")
    conv = keras.layers.Conv2D(5, 3, padding="same", data_format="channels_first", name="conv")(x)
    pooled = keras.layers.GlobalAveragePooling2D(data_format="channels_first")(keras.layers.ReLU(name="relu")(conv))
    model = keras.Model(x, keras.layers.Dense(2, name="out")(pooled))
    data = np.random.RandomState(0).random((2, 3, 16, 16)).astype("float32")
    view = kfx.inspect(model, data)
    assert "of 5 channels" in str(view)
    assert view.source.inputs(0)[0].pictures.size == (16, 16)
    facts, _ = view.answers()({"what": "silence", "layer": "relu", "example": 1, "channel": 2})
    kernel, bias = model.get_layer("out").get_weights()
    means = kfx.extract(model, data[1:], "relu")["relu"][0].mean(axis=(1, 2)) * [1, 1, 0, 1, 1]
    assert {row["unit"]: float(row["text"].replace("−", "-")) for row in facts["predictions"][0]["rows"]} == pytest.approx(
        dict(enumerate((means @ kernel + bias).tolist())), rel=1e-2
    )


def test_padding_of_attention_is_no_dead_channel(keras):
    x = keras.Input((4,), dtype="int32", name="tokens")
    e = keras.layers.Embedding(9, 8, mask_zero=True)(x)
    out, scores = keras.layers.MultiHeadAttention(2, 4, name="mha")(e, e, return_attention_scores=True)
    view = kfx.inspect(keras.Model(x, [out, scores]), np.array([[3, 5, 0, 0]]), tokens=list("abcdefghi"))
    text = str(kfx.inspect(view.values.model, np.array([[3, 5, 0, 0]]), layer="mha/scores", tokens=list("abcdefghi")))
    assert "2 heads: 4 queries × 4 keys" in text
    assert "2 keys without any weight (masked)" in text
    assert "channels" not in text
    assert re.search(r"head \d  [df] \(\d\) looks at [df] \(\d\): [01]\.\d\d", text)


def test_names_of_classes_are_asked_for_by_the_channels_of_a_mask(keras):
    x = keras.Input((8, 8, 1), name="image")
    model = keras.Model(x, keras.layers.Conv2D(3, 1, activation="softmax", name="mask")(x))
    images = np.random.RandomState(0).random((1, 8, 8, 1))
    view = kfx.inspect(model, images, class_names=["배경", "road", "sky"])
    (found,) = view.source.predictions(0)
    assert found.kind == "mask"
    assert {one.name for one in found.legend} <= {"배경", "road", "sky"}
    with pytest.raises(ValueError, match="`class_names` holds 2 names; the model's output has 3 units"):
        kfx.inspect(model, images, class_names=["a", "b"])


def test_augmentation_is_seen_with_training_and_not_without(keras):
    x = keras.Input((8, 8, 3), name="image")
    y = keras.layers.RandomFlip("horizontal", seed=2, name="flip")(x)
    model = keras.Model(x, keras.layers.Dense(2)(keras.layers.Flatten()(y)))
    images = np.random.RandomState(0).random((8, 8, 8, 3)).astype("float32")
    seen = [kfx.inspect(model, images, training=True).source.here("flip", i).pictures.values[0] for i in range(8)]
    assert {bool((a == b).all()) for a, b in zip(seen, images[:, :, ::-1], strict=True)} == {True, False}
    assert all((a == b).all() or (a == b[:, ::-1]).all() for a, b in zip(seen, images, strict=True))
    plain = kfx.inspect(model, images)
    assert (plain.source.here("flip", 0).pictures.values[0] == images[0]).all()
    assert plain.source.notes == ()
    with pytest.raises(ValueError, match="`training` was given without data"):
        kfx.explore(model, training=True)


def test_the_scores_are_drawn_with_words_in_the_static_face(keras):
    x = keras.Input((3,), dtype="int32", name="tokens")
    e = keras.layers.Embedding(9, 8)(x)
    model = keras.Model(x, keras.layers.MultiHeadAttention(2, 4, name="mha")(e, e))
    html = kfx.inspect(model, np.array([[1, 2, 3]]), layer="mha/scores")._html()
    assert "Contact sheet of 2 heads of mha/scores" in html
    assert "Attention of mha/scores · head" in html
