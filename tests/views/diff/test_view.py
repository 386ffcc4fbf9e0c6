"""``kfx.diff``: models, files and moments in, every face of the comparison out."""

import re
import xml.etree.ElementTree as ET

import pytest

import kfx
from kfx.model.compare.verdict import Verdict
from kfx.views.diff.view import Diff


@pytest.fixture
def net(keras):
    def make(kernel=3, norm=False, name="net"):
        x = start = keras.Input((16, 16, 3), name="img")
        for n in range(4):
            x = keras.layers.Conv2D(8, 3, padding="same", name=f"conv_{n}")(x)
        x = keras.layers.Conv2D(8, kernel, name="edge")(x)
        x = keras.layers.BatchNormalization(name="norm")(x) if norm else x
        x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
        return keras.Model(start, keras.layers.Dense(2, name="scores")(x), name=name)

    return make


@pytest.fixture
def pair(net):
    a, b = net(), net(5, norm=True)
    for layer in a.layers:
        if layer.name != "edge":
            b.get_layer(layer.name).set_weights(layer.get_weights())
    return a, b


def test_a_model_and_itself_saved_and_loaded_differ_in_nothing(net, tmp_path):
    model = net()
    model.save(tmp_path / "net.keras")
    view = kfx.diff(model, tmp_path / "net.keras")
    assert view.equal
    assert view.changes == []
    assert str(view).splitlines() == ["A net → B net.keras", "no difference found · 8 equal"]


def test_an_h5_file_and_a_keras_file_of_one_model_are_equal(net, tmp_path):
    model = net()
    model.save(tmp_path / "net.keras")
    model.save(tmp_path / "net.h5")
    assert kfx.diff(str(tmp_path / "net.keras"), tmp_path / "net.h5").equal


def test_differences_are_listed_and_said(pair):
    view = kfx.diff(*pair)
    assert [(c.kind, c.after, c.what) for c in view.changes] == [
        ("changed", "edge", "kernel_size"),
        ("changed", "edge", "output"),
        ("added", "norm", ""),
        ("rewired", "pool", "input"),
    ]
    assert [(w.after, w.relative, w.note) for w in view.weights] == [("edge", None, "kernel: 3×3×8×8 → 5×5×8×8")]
    assert "1 changed · 1 added · 1 rewired · 6 equal in structure · weights of 1 layer differ" in str(view)
    assert not view.equal


def test_weights_are_left_alone_when_asked(net):
    view = kfx.diff(net(), net(), weights=False)
    assert view.equal
    assert "The weights were not compared." in str(view)
    assert not kfx.diff(net(), net()).equal, "they were initialised differently"


def test_the_tolerance_forgives_small_changes(net):
    a, b = net(), net()
    b.set_weights([w * 1.001 for w in a.get_weights()])
    assert not kfx.diff(a, b).equal
    assert kfx.diff(a, b, tolerance=0.01).equal


@pytest.mark.parametrize("bad", [-1, float("nan"), float("inf"), "a", None, True])
def test_a_bad_tolerance_is_refused(net, bad):
    with pytest.raises(ValueError, match="tolerance"):
        kfx.diff(net(), net(), tolerance=bad)


def test_a_missing_file_is_refused(net):
    with pytest.raises(ValueError, match=r"nowhere\.keras"):
        kfx.diff(net(), "nowhere.keras")


def test_what_is_no_model_is_refused(net):
    with pytest.raises(TypeError, match="Keras"):
        kfx.diff(net(), 5)


def test_the_models_are_left_as_they_were(pair):
    before = [(layer.name, layer.trainable, len(layer._inbound_nodes)) for model in pair for layer in model.layers]
    kfx.diff(*pair)._repr_mimebundle_()
    assert before == [(layer.name, layer.trainable, len(layer._inbound_nodes)) for model in pair for layer in model.layers]


def test_files_that_cannot_be_loaded_are_compared_by_their_stored_weights(keras, tmp_path):
    x = keras.Input((4,), name="x")
    model = keras.Model(x, keras.layers.Lambda(lambda v: v * 2, name="twice")(keras.layers.Dense(3, name="d")(x)), name="m")
    model.save(tmp_path / "m.keras")
    model.save(tmp_path / "again.keras")
    assert kfx.diff(tmp_path / "m.keras", tmp_path / "again.keras").equal
    model.get_layer("d").set_weights([2 * w for w in model.get_layer("d").get_weights()])
    model.save(tmp_path / "moved.keras")
    view = kfx.diff(tmp_path / "m.keras", tmp_path / "moved.keras")
    assert view.verdict is Verdict.DIFFERENT
    assert [(w.after, w.relative) for w in view.weights] == [("d", 1.0)]


@pytest.mark.parametrize(
    ("suffix", "begin"),
    [
        (".txt", b"A net"),
        (".md", b"**A net"),
        (".csv", b"kind,layer"),
        (".html", b"<!doctype"),
        (".svg", b"<svg "),
        (".png", b"\x89PNG"),
    ],
)
def test_every_form_is_written(pair, tmp_path, suffix, begin):
    assert kfx.diff(*pair).save(tmp_path / f"d{suffix}").read_bytes().startswith(begin)


def test_the_static_face_holds_the_graph_and_the_table(pair):
    html = kfx.diff(*pair)._repr_mimebundle_()["text/html"]
    body = html.split("</style>", 1)[1]
    assert body.count("<img") == 1
    assert "kernel_size" in body
    assert not re.search(r"<script|<svg| id=|data-n", body)


def test_the_faces_are_the_same_on_every_run(pair):
    one, two = kfx.diff(*pair), kfx.diff(*pair)
    assert one._repr_mimebundle_() == two._repr_mimebundle_()
    assert "0x" not in repr(one)


def test_without_an_engine_the_table_remains(pair, no_engine):
    view = kfx.diff(*pair)
    html = view._repr_mimebundle_()["text/html"]
    assert "kernel_size" in html
    assert "<img" not in html.split("</style>", 1)[1]
    assert "error" in view.widget.drawing


def test_the_widget_shows_either_graph(pair):
    widget = kfx.diff(*pair).widget
    assert "norm" in widget.drawing["boxes"]
    widget.shown = "a"
    assert "norm" not in widget.drawing["boxes"]
    widget.shown = "b"
    assert "norm" in widget.drawing["boxes"]
    run = next(key for key in widget.drawing["boxes"] if "~" in key)
    widget.unfolded = [run]
    assert "conv_2" in widget.drawing["boxes"]
    assert widget.shown == "b"


def test_names_that_try_to_do_harm_stay_text(keras, hostile_name):
    def model(units):
        x = keras.Input((4,), name="x")
        made = keras.Model(x, keras.layers.Dense(units)(x))
        made.layers[1].name = hostile_name.replace("/", ":")
        made.name = hostile_name
        return made

    view = kfx.diff(model(2), model(3))
    bundle = view._repr_mimebundle_()
    assert "<script" not in bundle["text/html"]
    assert "onerror=window" not in re.sub(r"&lt;.*?&gt;", "", bundle["text/html"])
    ET.fromstring(view.svg())
    assert "\x1b" not in str(view)
    assert view.widget.tables["rows"][0]["key"].encode()
    view.to_csv(), view.to_markdown()


def test_a_large_comparison_stays_light_in_a_notebook(keras):
    def deep(units):
        x = start = keras.Input((4,), name="x")
        for n in range(900):
            x = keras.layers.Activation("relu" if units == 2 or n % 2 else "tanh", name=f"{'layer_' * 8}{n}")(x)
        return keras.Model(start, x, name="deep")

    view = kfx.diff(deep(2), deep(3))
    assert view.structure.count("changed") == 450
    assert len(view._repr_mimebundle_()["text/html"]) < 210_000
    assert isinstance(view, Diff)


@pytest.fixture
def with_one_inside(keras):
    def make(base, name):
        class Own(base):
            def __init__(self, **kwargs):
                super().__init__(**kwargs)
                self.first = keras.layers.Dense(3, name="first")

            def call(self, x):
                return self.first(x)

        return Own(name=name)

    return make


def test_a_file_without_a_graph_is_no_match_for_a_live_model(keras, with_one_inside, tmp_path):
    model = with_one_inside(keras.Model, "own")
    model(keras.ops.zeros((1, 4)))
    model.save(tmp_path / "own.keras")
    with pytest.raises(
        kfx.KfxError, match=r"'own.keras' holds no graph to compare: Own is a class of its own.*import it first"
    ):
        kfx.diff(model, tmp_path / "own.keras")
    assert kfx.diff(tmp_path / "own.keras", tmp_path / "own.keras").equal


def test_an_inside_that_a_file_does_not_tell_is_named(keras, with_one_inside, tmp_path):
    x = keras.Input((4,), name="x")
    model = keras.Model(x, with_one_inside(keras.layers.Layer, "block")(x), name="m")
    model.save(tmp_path / "m.keras")
    view = kfx.diff(model, tmp_path / "m.keras")
    assert view.verdict is Verdict.NOT_ALL_COMPARED
    assert view.left_out == ("What is inside block was not compared: the file does not hold it.",)
    assert "no difference" not in str(view).lower()
    model.get_layer("block").first.bias.assign([0.0, 1.0, 0.0])
    assert kfx.diff(model, tmp_path / "m.keras").verdict is Verdict.DIFFERENT, "the weights are compared all the same"


def test_weights_in_a_file_are_compared_with_a_model(keras, net, tmp_path):
    model = net()
    model.save_weights(tmp_path / "w.weights.h5")
    assert kfx.diff(model, tmp_path / "w.weights.h5").equal
    assert kfx.diff(tmp_path / "w.weights.h5", tmp_path / "w.weights.h5").equal
    model.get_layer("edge").set_weights([w * 3 for w in model.get_layer("edge").get_weights()])
    view = kfx.diff(tmp_path / "w.weights.h5", model)
    assert [(w.after, round(w.relative, 5)) for w in view.weights] == [("edge", 2.0)]
    assert not view.changes


def test_a_file_of_weights_shows_what_was_loaded_when_mismatches_are_skipped(keras, tmp_path):
    def build(classes):
        i = keras.Input((4,), name="i")
        return keras.Model(i, keras.layers.Dense(classes, name="head")(keras.layers.Dense(5, name="body")(i)), name="m")

    build(3).save_weights(tmp_path / "w.weights.h5")
    model = build(2)
    model.load_weights(tmp_path / "w.weights.h5", skip_mismatch=True)
    view = kfx.diff(tmp_path / "w.weights.h5", model)
    assert [(w.after, w.note) for w in view.weights] == [("head", "vars/0: 5×3 → 5×2; vars/1: 3 → 2")]


def test_separate_initialisations_are_one_row_and_all_numbers_stay_in_the_table(keras):
    def build():
        return keras.Sequential([keras.Input((16,)), *[keras.layers.Dense(16, name=f"d{n}") for n in range(6)]], name="m")

    view = kfx.diff(build(), build())
    assert len(view.weights) == 6
    assert str(view).splitlines()[-1].split() == [
        "6",
        "layers",
        "unrelated,",
        "as",
        "after",
        "two",
        "separate",
        "initialisations",
    ]
    assert view.to_csv().count("weights,d") == 6


def test_quantized_kernels_are_compared_by_the_numbers_that_they_stand_for(keras):
    model = keras.Sequential([keras.Input((16,)), keras.layers.Dense(8, name="a"), keras.layers.Dense(4, name="b")], name="m")
    before = kfx.snapshot(model)
    model.quantize("int8")
    moved = kfx.diff(before, model).weights
    assert [change.after for change in moved] == ["a", "b"]
    assert all(0 < change.relative <= 1 / 254 * 1.01 for change in moved), "half a step of 127 at most"
