"""The answers to the live inspector: bytes that decode to NumPy's values, and only those that are shown."""

import json
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

import kfx


@pytest.fixture
def cnn(keras):
    keras.utils.set_random_seed(3)
    x = keras.Input((20, 16, 3), name="image")
    y = keras.layers.Conv2D(40, 3, activation="relu", name="conv")(x)
    z = keras.layers.GlobalAveragePooling2D(name="pool")(y)
    return keras.Model(x, keras.layers.Dense(3, activation="softmax", name="scores")(z), name="cnn")


@pytest.fixture
def data():
    return np.random.RandomState(0).random((4, 20, 16, 3)).astype("float32")


@pytest.fixture
def answers(cnn, data):
    return kfx.inspect(cnn, data, class_names=["a", "b", "c"]).answers()


def ask(answers, what, **more):
    return answers({"what": what, "layer": "conv", "example": 0, **more})


def test_a_layer_comes_ranked_with_its_first_page_and_its_strongest_channel(answers, cnn, data):
    facts, (order, levels, ends, one) = ask(answers, "layer", count=12)
    truth = kfx.extract(cnn, data[:1], "conv")["conv"][0]
    order = np.frombuffer(order, "<i4")
    assert sorted(order.tolist()) == list(range(40))
    strength = truth.mean(axis=(0, 1))[order]
    assert (np.diff(strength) <= strength[:-1] * 1e-3 + 1e-9).all()
    assert (facts["kind"], facts["shape"], facts["channels"]) == ("maps", "18×14×40", 40)
    assert facts["page"] == {"channels": order[:12].tolist(), "rows": 18, "columns": 14, "side": 1}
    ends = np.frombuffer(ends, "<f4").reshape(12, 2)
    drawn = np.frombuffer(levels, "uint8").reshape(12, 18, 14)
    maps = np.moveaxis(truth, -1, 0)[order[:12]]
    back = ends[:, :1, None] + drawn * (ends[:, 1:, None] - ends[:, :1, None]) / 254
    assert np.abs(back - maps).max() <= (ends[:, 1] - ends[:, 0]).max() / 508 + 1e-6
    assert facts["one"]["channel"] == order[0]
    assert (np.frombuffer(one, "<f4").reshape(18, 14) == maps[0]).all(), "the large one is exact"


def test_only_what_is_shown_is_sent(answers):
    facts, buffers = ask(answers, "layer", count=12)
    size = sum(map(len, buffers))
    assert size == 40 * 4 + 12 * 18 * 14 + 12 * 8 + 18 * 14 * 4
    assert len(json.dumps(facts)) < 2_000


def test_further_maps_and_one_channel(answers, cnn, data):
    truth = kfx.extract(cnn, data[2:3], "conv")["conv"][0]
    facts, (levels, _) = answers({"what": "maps", "layer": "conv", "example": 2, "channels": [7, 3, 99]})
    assert facts["channels"] == [7, 3]
    assert len(levels) == 2 * 18 * 14
    facts, (one,) = answers({"what": "channel", "layer": "conv", "example": 2, "channel": 7})
    assert (np.frombuffer(one, "<f4").reshape(18, 14) == truth[..., 7]).all()
    assert facts["figures"][0] == ("mean", f"{truth[..., 7].mean():.3g}")
    assert sum(facts["bins"]) == 18 * 14


def test_a_very_large_map_is_sent_as_means_of_squares(keras):
    x = keras.Input((1100, 1000, 1))
    model = keras.Model(x, keras.layers.Rescaling(1.0, name="same")(x))
    values = np.random.RandomState(0).random((1, 1100, 1000, 1)).astype("float32")
    answers = kfx.inspect(model, values).answers()
    facts, buffers = answers({"what": "layer", "layer": "same", "example": 0, "count": 1})
    assert facts["one"]["side"] == 2
    assert (facts["one"]["rows"], facts["one"]["columns"]) == (550, 500)
    sent = np.frombuffer(buffers[3], "<f4").reshape(550, 500)
    np.testing.assert_allclose(sent[0, 0], values[0, :2, :2, 0].mean(), rtol=1e-5)
    assert facts["page"]["rows"] <= 112


def test_a_vector_comes_whole_and_named(answers, cnn, data):
    facts, buffers = answers({"what": "layer", "layer": "scores", "example": 1})
    assert (facts["kind"], facts["names"]) == ("vector", ["a", "b", "c"])
    np.testing.assert_allclose(np.frombuffer(buffers[3], "<f4"), cnn.predict(data, verbose=0)[1], rtol=1e-5)


def test_double_precision_and_integers_stay_exact(keras):
    x = keras.Input((2,), dtype="int64")
    model = keras.Model(x, keras.layers.Flatten(name="same", dtype="int64")(x))
    answers = kfx.inspect(model, np.array([[2**40 + 1, 5]])).answers()
    facts, buffers = answers({"what": "layer", "layer": model.layers[0].name, "example": 0})
    assert facts["one"]["wide"]
    assert np.frombuffer(buffers[3], "<f8").tolist() == [2**40 + 1, 5]


def test_an_example_comes_as_a_small_picture_with_its_prediction(answers, cnn, data):
    facts, (content,) = answers({"what": "example", "example": 3})
    (one,) = facts["inputs"]
    assert (one["kind"], one["width"], one["height"], one["buffer"]) == ("picture", 16, 20, 0)
    assert content[:4] in (b"\x89PNG", b"\xff\xd8\xff\xe0")
    expected = cnn.predict(data, verbose=0)[3]
    (rows,) = facts["predictions"]
    assert rows["rows"][0]["name"] == "abc"[expected.argmax()]


def test_silencing_predicts_as_numpy_does(answers, cnn, data):
    facts, _ = answers({"what": "silence", "layer": "pool", "example": 1, "channel": 5})
    pooled = kfx.extract(cnn, data, "pool")["pool"][1].copy()
    pooled[5] = 0
    kernel, bias = cnn.get_layer("scores").get_weights()
    scores = pooled @ kernel + bias
    shares = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
    for row in facts["predictions"][0]["rows"]:
        assert row["share"] == pytest.approx(shares[row["unit"]], abs=1e-5)
    before = cnn.predict(data, verbose=0)[1]
    assert facts["predictions"][0]["before"] == pytest.approx(dict(enumerate(before.tolist())), abs=1e-5)


def test_statistics_are_over_all_examples(answers, cnn, data):
    facts, _ = ask(answers, "statistics")
    truth = kfx.extract(cnn, data, "conv")["conv"]
    figures = dict(facts["figures"])
    assert figures["mean"] == f"{truth.mean():.3g}"
    assert figures["values"] == f"{truth.size:,}"
    assert sum(facts["bins"]) == truth.size


def test_measures_of_every_layer_colour_the_graph(answers, cnn, data):
    found = ask(answers, "measures")[0]["found"]
    truth = kfx.extract(cnn, data, "conv")["conv"]
    assert found["conv"]["size"] == pytest.approx(np.sqrt((truth.astype("float64") ** 2).mean()), rel=1e-5)
    assert found["conv"]["zeros"] == pytest.approx((truth == 0).mean(), abs=1e-6)
    assert set(found) == {"image", "conv", "pool", "scores"}


def test_another_axis_can_be_the_channels(answers, cnn, data):
    facts, buffers = ask(answers, "layer", axis=0, channel=2, count=4)
    assert (facts["channels"], facts["rows"], facts["columns"], facts["axis"]) == (18, 14, 40, 0)
    truth = kfx.extract(cnn, data[:1], "conv")["conv"][0]
    assert (np.frombuffer(buffers[3], "<f4").reshape(14, 40) == truth[2]).all()


@pytest.mark.parametrize(("question", "match"), [
    ({"what": "layer", "layer": "nobody", "example": 0}, "No layer 'nobody' in model 'cnn'"),
    ({"what": "layer", "layer": "conv", "example": 9}, "there are 4 examples"),
    ({"what": "channel", "layer": "conv", "example": 0, "channel": 40}, "There is no channel 40"),
    ({"what": "silence", "layer": "image", "example": 0, "channel": 0}, "is an input: nothing is called there"),
    ({"what": "else"}, "else"),
    ({}, "what"),
])  # fmt: skip
def test_an_invalid_question_returns_an_error(answers, question, match):
    facts, buffers = answers(question)
    assert match in facts["error"]
    assert buffers == []


def test_an_operation_in_the_models_own_code_answers_with_its_values(keras):
    class Adding(keras.Model):
        def __init__(self):
            super().__init__(name="adding")
            self.first, self.last = keras.layers.Dense(2, name="first"), keras.layers.Dense(2, name="last")

        def call(self, x):
            return self.last(self.first(x) + x)

    model, x = Adding(), np.ones((3, 2), "float32")
    model(x)
    (between,) = (call.key for call in kfx.read_graph(model).calls if call.kind == "op")
    facts, buffers = kfx.inspect(model, x).answers()({"what": "layer", "layer": between, "example": 0})
    assert facts["shape"] == "2"
    np.testing.assert_allclose(np.frombuffer(buffers[3], "<f4"), np.asarray(model.first(x) + x)[0], rtol=1e-6)


def test_cached_values_follow_the_weights(answers, cnn):
    before = ask(answers, "layer", channel=0)[1][3]
    cnn.get_layer("conv").set_weights([w * 2 for w in cnn.get_layer("conv").get_weights()])
    after = ask(answers, "layer", channel=0)[1][3]
    assert before != after


def test_the_widget_answers_messages(cnn, data):
    widget = kfx.inspect(cnn, data, layer="conv", example=2, channel=5, scale="channel").widget
    assert (widget.selected, widget.example, widget.channel, widget.scale) == ("conv", 2, 5, "channel")
    sent = []
    widget.send = lambda content, buffers=None: sent.append((content, buffers))
    widget._handle_custom_msg({"ask": 7, "what": "channel", "layer": "conv", "example": 2, "channel": 5}, [])
    widget._handle_custom_msg({"no": "question"}, [])
    ((content, buffers),) = sent
    assert (content["answer"], content["channel"]) == (7, 5)
    assert len(buffers[0]) == 18 * 14 * 4
    assert len(widget.ramps) == 4 * 256 * 3
    json.dumps(widget.about)


@pytest.fixture
def attends(keras):
    keras.utils.set_random_seed(5)
    x = keras.Input((6,), dtype="int32", name="tokens")
    e = keras.layers.Embedding(10, 8, name="embed")(x)
    return keras.Model(x, keras.layers.Dense(10, name="logits")(keras.layers.MultiHeadAttention(2, 4, name="mha")(e, e)))


def test_the_scores_of_an_attention_layer_are_heads_and_no_channels(attends):
    view = kfx.inspect(attends, np.array([[1, 2, 3, 4, 5, 6]]))
    assert "mha/scores" in [one["key"] for one in view.live_traits()["about"]["layers"]]
    facts, buffers = view.answers()({"what": "layer", "layer": "mha/scores", "example": 0, "channel": 1})
    assert (facts["noun"], facts["channels"], facts["rows"], facts["columns"]) == ("head", 2, 6, 6)
    assert (facts["low"], facts["high"], facts["queries"]) == (0, 1, ["1", "2", "3", "4", "5", "6"])
    e = kfx.extract(attends, np.array([[1, 2, 3, 4, 5, 6]]), "embed")["embed"]
    truth = np.asarray(attends.get_layer("mha")(e, e, return_attention_scores=True)[1])[0, 1]
    np.testing.assert_allclose(np.frombuffer(buffers[3], "<f4").reshape(6, 6), truth, atol=1e-6)


def test_silencing_a_head_is_a_head_without_weights_in_the_output(attends):
    data = np.array([[1, 2, 3, 4, 5, 6]])
    facts, _ = kfx.inspect(attends, data).answers()({"what": "silence", "layer": "mha/scores", "example": 0, "channel": 1})
    kernel = next(w for w in attends.get_layer("mha").weights if "attention_output/kernel" in w.path)
    without = np.asarray(kernel).copy()
    without[1] = 0
    kernel.assign(without)
    truth = attends.predict(data, verbose=0)[0]
    shares = np.exp(truth - truth.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    for one, row in zip(facts["predictions"][0]["positions"], shares, strict=True):
        assert one["rows"][0]["unit"] == row.argmax()
        assert one["rows"][0]["share"] == pytest.approx(row.max(), abs=1e-5)


def test_a_slice_of_a_volume_is_asked_for_by_its_number(keras):
    x = keras.Input((3, 8, 8, 1), name="scan")
    model = keras.Model(x, keras.layers.Conv3D(1, 1, name="same", kernel_initializer="ones")(x))
    data = np.arange(3).reshape(1, 3, 1, 1, 1) / 2 * np.ones((1, 3, 8, 8, 1))
    answers = kfx.inspect(model, data).answers()
    facts, _ = answers({"what": "example", "example": 0})
    assert facts["wide"]
    assert [facts["inputs"][0][name] for name in ("at", "count", "word")] == [0, 3, "slice"]
    for of in ("input", "output"):
        facts, (content,) = answers({"what": "picture", "of": of, "number": 0, "at": 2, "example": 0})
        assert facts["at"] == 2
        assert np.asarray(Image.open(BytesIO(content))).min() == 255
    facts, _ = answers({"what": "layer", "layer": "same", "example": 0, "places": [1]})
    assert (facts["step"], facts["steps"]) == ("slice", ((0, 3),))
