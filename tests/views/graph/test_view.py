"""``kfx.plot_model``: Keras's arguments by name, every face of the view, and nothing done that was not asked for."""

import base64
import inspect
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import kfx
from kfx.errors import NoEngineError
from kfx.views.graph.view import Plot, plot_model


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def words(svg):
    return [text.text for text in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_the_arguments_are_those_of_keras_in_its_order(keras):
    theirs = [name for name in inspect.signature(keras.utils.plot_model).parameters if name != "kwargs"]
    assert list(inspect.signature(plot_model).parameters)[: len(theirs)] == theirs


def test_nothing_is_written_unless_asked(small_model, here):
    view = kfx.plot_model(small_model)
    str(view)
    view.svg()
    view._repr_mimebundle_()
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("suffix", "begin"),
    [
        (".svg", b"<svg "),
        (".png", b"\x89PNG"),
        (".pdf", b"%PDF"),
        (".dot", b"digraph"),
        (".html", b"<!doctype"),
        (".txt", b"small"),
    ],
)
def test_to_file_writes_that_file(small_model, here, suffix, begin):
    kfx.plot_model(small_model, to_file=f"net{suffix}")
    assert [path.name for path in here.iterdir()] == [f"net{suffix}"]
    assert (here / f"net{suffix}").read_bytes().startswith(begin)


def test_the_text_face_says_what_feeds_what(small_model):
    assert str(kfx.plot_model(small_model)).splitlines() == [
        "small (Functional): 5 layers, 90 parameters, 170 FLOPs, 104 B activations",
        "pixels  Input  4",
        "first   Dense  4   <- pixels",
        "second  Dense  4   <- first",
        "add     Add    4   <- first, second",
        "scores  Dense  10  <- add",
        "returns scores",
    ]


def test_the_drawing_names_every_layer(small_model):
    assert {"pixels", "first", "second", "add", "scores"} <= set(words(kfx.plot_model(small_model).svg()))


def test_the_model_is_not_touched(keras, small_model):
    before = (small_model.get_config(), [w.path for w in small_model.weights], sorted(small_model.__dict__))
    view = kfx.plot_model(small_model)
    view.svg()
    assert (small_model.get_config(), [w.path for w in small_model.weights], sorted(small_model.__dict__)) == before
    assert not small_model.compiled


def test_the_drawing_is_the_same_on_every_run(small_model):
    first, second = kfx.plot_model(small_model), kfx.plot_model(small_model)
    assert first.svg() == second.svg()
    assert first._repr_mimebundle_() == second._repr_mimebundle_()


def test_the_static_face_is_an_image_with_a_text_beside_it(small_model):
    html = kfx.plot_model(small_model)._html()
    alt, source = re.search(r'<img class="kfx-pic" alt="([^"]+)"[^>]* src="data:image/svg\+xml;base64,([^"]+)"', html).groups()
    assert alt == "Graph of small: 5 boxes"
    saved = re.sub(r"@font-face\{.*?\}", "", kfx.plot_model(small_model).svg())  # a file brings its font, a notebook does not
    assert base64.b64decode(source).decode() == saved
    assert "first   Dense  4   &lt;- pixels" in html
    assert "<svg" not in html
    assert "<script" not in html


@pytest.mark.parametrize(
    ("option", "gone", "come"),
    [
        ({"show_shapes": False}, "10", None),
        ({"show_layer_names": False}, "first", "Dense"),
        ({"show_layer_activations": False}, "relu", None),
        ({"show_dtype": True}, None, "float32"),
        ({"show_trainable": True}, None, "trainable"),
    ],
)
def test_every_option_acts_on_the_drawing(keras, option, gone, come):
    x = keras.Input((10,), name="x")
    model = keras.Model(x, keras.layers.Dense(3, activation="relu", name="first")(x))
    plain = " | ".join(filter(None, words(kfx.plot_model(model).svg())))
    said = " | ".join(filter(None, words(kfx.plot_model(model, **option).svg())))
    if gone:
        assert gone in plain
        assert gone not in said
    if come:
        assert come in said


def test_expand_nested_unfolds_all_none_or_some(keras):
    def inner(name):
        x = keras.Input((4,), name="in")
        return keras.Model(x, keras.layers.Dense(4, name=f"{name}_dense")(x), name=name)

    x = keras.Input((4,), name="x")
    model = keras.Model(x, inner("decoder")(inner("encoder")(x)))
    assert not any("_dense" in word for word in words(kfx.plot_model(model).svg()))
    assert {"encoder_dense", "decoder_dense"} <= set(words(kfx.plot_model(model, expand_nested=True).svg()))
    some = set(words(kfx.plot_model(model, expand_nested=["encoder"]).svg()))
    assert "encoder_dense" in some
    assert "decoder_dense" not in some


def test_rankdir_turns_the_drawing(small_model):
    def size(**options):
        return [
            float(n)
            for n in re.search(r'width="([\d.]+)" height="([\d.]+)"', kfx.plot_model(small_model, **options).svg()).groups()
        ]

    tall, wide = size(), size(rankdir="LR")
    assert tall[1] > tall[0]
    assert wide[0] > wide[1]


def test_dpi_sets_the_size_of_a_png(small_model, here):
    widths = []
    for dpi in (96, 192):
        path = kfx.plot_model(small_model, dpi=dpi).save(f"{dpi}.png")
        widths.append(int.from_bytes(path.read_bytes()[16:20], "big"))
    assert widths[1] == pytest.approx(2 * widths[0], abs=1)


@pytest.mark.parametrize(
    ("bad", "error", "match"),
    [
        ({"rankdir": "XY"}, ValueError, r"`rankdir` is 'XY'; expected one of 'TB', 'LR', 'BT', 'RL'"),
        ({"splines": "wavy"}, ValueError, r"`splines` is 'wavy'; expected one of 'spline'"),
        ({"splines": []}, ValueError, r"`splines` is \[\]; expected one of 'spline'"),
        ({"dpi": 0}, ValueError, r"`dpi` is 0; expected dots per inch"),
        ({"dpi": "200"}, ValueError, r"`dpi` is '200'"),
        ({"show_shape": True}, TypeError, r"no argument 'show_shape'\. Did you mean 'show_shapes'\?"),
        ({"zzz": 1}, TypeError, r"no argument 'zzz'\. It takes model, to_file"),
        ({"layer_range": ["a", "b"]}, TypeError, r"no argument 'layer_range'"),
        (
            {"expand_nested": "encoder"},
            TypeError,
            r"`expand_nested` is 'encoder'; expected True, False or a list of names, \['encoder'\]",
        ),
        ({"expand_nested": ["encodr"]}, ValueError, r"No nested model 'encodr'"),
        (
            {"to_file": "net.gif"},
            ValueError,
            r"Cannot save 'net.gif': its suffix must be one of .dot, .html, .pdf, .png, .svg, .txt",
        ),
        ({"to_file": "net"}, ValueError, r"Cannot save 'net': its suffix must be one of"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_wrong_argument_is_refused_with_advice(small_model, here, bad, error, match):
    with pytest.raises(error, match=match):
        kfx.plot_model(small_model, **bad)
    assert list(here.iterdir()) == []


def test_what_is_no_model_is_refused():
    with pytest.raises(TypeError, match="model"):
        kfx.plot_model("resnet50")


@pytest.mark.usefixtures("no_engine")
def test_without_an_engine_the_faces_are_text_and_advice(small_model, here):
    view = kfx.plot_model(small_model)
    html = view._repr_mimebundle_()["text/html"]
    assert "pip install pygraphviz" in html
    assert "<details open>" in html
    assert "second  Dense  4   &lt;- first" in html
    assert "second  Dense" in str(view)
    with pytest.raises(NoEngineError, match="pip install pygraphviz"):
        view.svg()
    with pytest.raises(NoEngineError, match="pip install pygraphviz"):
        view.save("net.svg")
    view.save("net.txt")
    view.save("net.dot")
    assert sorted(path.name for path in here.iterdir()) == ["net.dot", "net.txt"]


def test_parallel_edges_keep_their_two_lines(keras):
    x = keras.Input((4,), name="x")
    view = kfx.plot_model(keras.Model(x, keras.layers.Add(name="twice")([x, x])))
    assert view.svg().count("data-e=") == 2
    assert "twice  Add    4  <- x, x" in str(view)


def test_a_shared_layer_has_a_box_for_each_call(keras):
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = keras.layers.Dense(4, name="shared")
    view = kfx.plot_model(keras.Model([a, b], keras.layers.Add(name="sum")([shared(a), shared(b)])))
    assert {"shared@1", "shared@2"} <= set(words(view.svg()))


def test_outputs_and_inputs_by_name_are_all_there(keras):
    ins = {name: keras.Input((4,), name=name) for name in ("title", "body")}
    both = keras.layers.Concatenate(name="both")(list(ins.values()))
    outs = {name: keras.layers.Dense(n, name=name)(both) for name, n in (("priority", 1), ("team", 4))}
    text = str(kfx.plot_model(keras.Model(ins, outs)))
    assert text.splitlines()[-1] == "returns priority: priority, team: team"


def test_models_nested_twice_unfold_inside_each_other(keras):
    x = keras.Input((4,), name="x")
    inner = keras.Model(x, keras.layers.Dense(4, name="deep")(x), name="inner")
    y = keras.Input((4,), name="y")
    middle = keras.Model(y, keras.layers.Add(name="plus")([inner(y), y]), name="middle")
    z = keras.Input((4,), name="z")
    view = kfx.plot_model(keras.Model(z, middle(middle(z))), expand_nested=True)
    assert words(view.svg()).count("deep") == 2
    assert view.svg().count("data-f=") == 4
    assert [frame.key for frame in view.picture().frames] == ["middle@1", "middle@1/inner", "middle@2", "middle@2/inner"]


def test_a_names_harm_stays_text_in_every_face(keras, hostile_name, here):
    name = hostile_name.replace("/", ":")
    x = keras.Input((4,), name="x")
    try:
        model = keras.Model(x, keras.layers.Dense(2, name=name)(x))
    except (ValueError, UnicodeError) as error:
        pytest.skip(f"Keras refuses the name: {error}")
    view = kfx.plot_model(model)
    ET.fromstring(view.svg())
    html = view._html()
    assert "<script" not in html
    assert "<img src=x" not in html
    for suffix in ("svg", "png", "pdf", "dot", "html", "txt"):
        assert view.save(f"net.{suffix}").stat().st_size > 0


def test_a_large_model_of_equal_blocks_shows_one_of_them(keras):
    x = y = keras.Input((8, 8, 4), name="x")
    for i in range(1, 21):
        z = keras.layers.Conv2D(4, 3, padding="same", name=f"block{i}_conv")(y)
        z = keras.layers.BatchNormalization(name=f"block{i}_bn")(z)
        z = keras.layers.ReLU(name=f"block{i}_relu")(z)
        y = keras.layers.Add(name=f"block{i}_add")([z, y])
    model = keras.Model(x, y)
    view = kfx.plot_model(model)
    picture = view.picture()
    assert [box.name for box in picture.boxes] == ["x", "block1_conv", "block1_bn", "block1_relu", "block1_add"]
    assert [(frame.name, frame.right) for frame in picture.frames] == [("block1 … 20", "×20 · shown: 1")]
    ends = sorted((picture.boxes[line.source].name, picture.boxes[line.target].name) for line in picture.lines)
    assert ends == [
        ("block1_bn", "block1_relu"), ("block1_conv", "block1_bn"), ("block1_relu", "block1_add"), ("x", "block1_add"),
        ("x", "block1_conv"),
    ]  # fmt: skip
    assert [box.badge for box in view.picture(()).boxes] == ["", "×20"]
    assert len(kfx.plot_model(model, fold=False).picture().boxes) == 81


def test_a_repr_is_short(small_model):
    assert repr(kfx.plot_model(small_model)) == "<Plot 'small'>"
    assert isinstance(kfx.plot_model(small_model), Plot)


def test_what_a_reader_should_know_stands_below_the_drawing(keras):
    class Asks(keras.Model):
        def __init__(self):
            super().__init__()
            self.up, self.down = keras.layers.Dense(4, name="up"), keras.layers.Dense(4, name="down")

        def call(self, x):
            return self.up(x) if keras.ops.max(x) > 0 else self.down(x)

    html = kfx.plot_model(Asks(), inputs=np.ones((2, 4), "float32"))._html()
    image, _, below = html.partition("<img ")
    assert "asks for values" not in image
    assert "asks for values: this is what it does with the data given" in below.partition("<details")[0]
