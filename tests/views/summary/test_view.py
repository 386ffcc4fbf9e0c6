"""``kfx.summary`` on real Keras models, against Keras itself and totals worked out by hand."""

import inspect
import json
import re

import numpy as np
import pytest

import kfx
from kfx.text import table as columns


@pytest.fixture(scope="module")
def autoencoder(keras):
    """A model called inside a model: encoder 16·3·3·1 + 16 = 160 parameters, decoder 3·3·16·1 + 1 = 145."""
    layers = keras.layers
    x = keras.Input((8, 8, 1), name="pixels")
    encoder = keras.Model(x, layers.Conv2D(16, 3, padding="same", name="conv")(x), name="encoder")
    code = keras.Input((8, 8, 16), name="code")
    decoder = keras.Model(code, layers.Conv2D(1, 3, padding="same", name="back")(code), name="decoder")
    image = keras.Input((8, 8, 1), name="image")
    return keras.Model(image, decoder(encoder(image)), name="autoencoder")


def test_kerass_arguments_are_taken_in_kerass_order(keras):
    theirs = list(inspect.signature(keras.Model.summary).parameters)[1:]
    ours = list(inspect.signature(kfx.summary).parameters)[1:]
    assert ours[: len(theirs)] == theirs


def test_every_argument_of_a_call_written_for_keras_works(small_model):
    lines = []
    kfx.summary(small_model, 90, [0.3, 0.6, 0.7, 1.0], lines.append, True, True, ("first", "scores"))
    assert "Trainable" in "\n".join(lines)
    assert max(map(columns.width, lines)) <= 90


def test_the_parameter_column_adds_up_to_kerass_total(small_model, autoencoder):
    for model in (small_model, autoencoder):
        view = kfx.summary(model)
        assert sum(row.parameters for row in view.rows) == model.count_params() == view.graph.params


def test_every_layer_of_keras_has_a_row(small_model):
    assert [row.layer for row in kfx.summary(small_model).rows] == [layer.name for layer in small_model.layers]


def test_nested_rows_keep_their_connections(autoencoder):
    rows = {row.address: row for row in kfx.summary(autoencoder, expand_nested=True).rows}
    assert rows["encoder/pixels"].connected_to == ("image",)
    assert rows["encoder/conv"].connected_to == ("pixels",)
    assert rows["decoder"].connected_to == ("encoder",)
    assert (rows["encoder/conv"].parameters, rows["decoder/back"].parameters) == (160, 145)


def test_a_shared_layer_has_one_row_a_call_with_that_calls_shape(keras):
    short, long = keras.Input((5,), name="short"), keras.Input((7,), name="long")
    shared = keras.layers.Embedding(10, 4, name="words")
    rows = kfx.summary(keras.Model([short, long], [shared(short), shared(long)])).rows
    assert [(r.layer, r.output, r.parameters) for r in rows if "words" in r.layer] == [
        ("words@1", "5×4", 40),
        ("words@2", "7×4", 0),
    ]


def test_lines_go_to_print_fn_and_nowhere_else(small_model, capsys):
    lines = []
    view = kfx.summary(small_model, print_fn=lines.append)
    assert "\n".join(lines) == str(view)
    assert capsys.readouterr().out == ""


def test_nothing_is_printed_without_print_fn(small_model, capsys):
    kfx.summary(small_model)
    assert capsys.readouterr() == ("", "")


def test_the_text_is_the_same_on_every_run(small_model):
    assert str(kfx.summary(small_model)) == str(kfx.summary(small_model))
    assert max(map(columns.width, str(kfx.summary(small_model)).splitlines())) == 100


def test_a_terminal_gives_its_width(small_model, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "72")
    assert max(map(columns.width, str(kfx.summary(small_model)).splitlines())) == 72


@pytest.mark.parametrize("given", [31, 0, -5, 80.0, "80", True])
def test_a_width_that_cannot_be_says_what_can(small_model, given):
    with pytest.raises(ValueError, match=rf"`line_length` is {re.escape(repr(given))}; expected a whole number .* at least 32"):
        kfx.summary(small_model, given)


def test_a_range_keeps_the_rows_between(small_model):
    view = kfx.summary(small_model, layer_range=("sec", "add"))
    assert [row.layer for row in view.rows] == ["second", "add"]
    assert "90 parameters" in str(view), "the totals stay the model's"


def test_a_range_that_matches_nothing_names_what_is_near(small_model):
    with pytest.raises(ValueError, match=r"'frist', which matches no layer\. Near it: first"):
        kfx.summary(small_model, layer_range=("frist", "add"))


@pytest.mark.parametrize("thing", [None, "model", 3, [1]])
def test_what_is_no_model_is_refused(thing):
    with pytest.raises(TypeError, match=r"`model` is .*(a Keras model was expected|expected a Keras model)"):
        kfx.summary(thing)


def test_an_unknown_option_is_refused(small_model):
    with pytest.raises(TypeError, match="expand_nestd"):
        kfx.summary(small_model, expand_nestd=True)


@pytest.mark.parametrize("suffix", [".txt", ".html", ".md", ".csv", ".json", ".tex"])
def test_a_summary_saves_as(small_model, tmp_path, suffix):
    text = kfx.summary(small_model).save(tmp_path / f"small{suffix}").read_text(encoding="utf-8")
    for name in ("pixels", "first", "second", "add", "scores"):
        assert name in text
    if suffix == ".json":
        assert json.loads(text)["parameters"] == 90


def test_the_model_is_left_as_it_was(small_model):
    before = json.dumps(small_model.get_config(), default=str)
    nodes = [len(layer._inbound_nodes) for layer in small_model.layers]
    view = kfx.summary(small_model, expand_nested=True)
    view.widget, view._html(), str(view)
    assert json.dumps(small_model.get_config(), default=str) == before
    assert [len(layer._inbound_nodes) for layer in small_model.layers] == nodes
    assert not small_model.compiled


def test_the_live_view_starts_as_the_text_does(autoencoder):
    widget = kfx.summary(autoencoder, expand_nested=True, show_trainable=True, layer_range=("encoder", "decoder")).widget
    assert widget.unfolded
    assert widget.trainable
    assert widget.only == ["encoder", "decoder"]
    assert [call["key"] for call in widget.facts["calls"]][:2] == ["image", "encoder"]


def test_training_is_told_apart(keras, small_model):
    first = small_model.get_layer("first")
    first.trainable = False
    view = kfx.summary(small_model, show_trainable=True)
    assert {row.layer: row.can_train for row in view.rows} == {
        "pixels": "",
        "first": "no",
        "second": "yes",
        "add": "",
        "scores": "yes",
    }
    assert "trainable 70 · frozen 20" in str(view)


def test_the_optimizers_share_is_said_and_not_added(keras, small_model):
    small_model.compile(optimizer="adam", loss="mse")
    small_model.optimizer.build(small_model.trainable_variables)
    text = str(kfx.summary(small_model))
    count = (
        sum(v.size for v in small_model.optimizer.variables) if hasattr(small_model.optimizer.variables[0], "size") else None
    )
    assert "Total 90" in text
    assert "optimizer " in text
    if count is not None:
        assert f"optimizer {count:,} more" in text


def test_hostile_names_are_text_in_every_face(keras, small_model, hostile_name):
    small_model.get_layer("first").name = hostile_name
    view = kfx.summary(small_model)
    str(view).encode()
    view._repr_mimebundle_()["text/html"].encode()
    json.dumps(view.widget.facts, ensure_ascii=False).encode()
    for make in (view.to_csv, view.to_markdown, view.to_json):
        make().encode()
    for html in (view._html(), view.to_markdown()):
        assert "<script>window" not in html
        assert "<img" not in html


def test_a_width_may_be_any_whole_number(small_model):
    assert str(kfx.summary(small_model, np.int64(60))) == str(kfx.summary(small_model, 60))


def test_parameters_of_a_model_that_was_never_built_are_unknown_not_zero(keras):
    model = keras.Sequential([keras.layers.Dense(3, name="a"), keras.Sequential([keras.layers.Dense(2)], name="b")], name="s")
    view = kfx.summary(model)
    lines = str(view).splitlines()
    assert "parameters unknown" in lines[1]
    assert [line.split()[-4] for line in lines if line.split()[:1] in (["a"], ["▸"])] == ["?", "?"]
    assert "Total unknown" in lines
    html = view._repr_mimebundle_()["text/html"]
    assert "parameters unknown" in html
    assert re.search(r"<td[^>]*>\?", html)
    assert not re.search(r"<td[^>]*>0", html)
    assert {call["paramsText"] for call in view.widget.facts["calls"]} == {"?"}
    assert [row.split(",")[7] for row in view.to_csv().splitlines()[1:]] == ["", ""]
    model.build((None, 4))
    assert "Total 23 " in str(kfx.summary(model))  # 4 * 3 + 3, 3 * 2 + 2


def test_a_built_model_without_weights_has_no_parameters(keras):
    x = keras.Input((4,))
    text = str(kfx.summary(keras.Model(x, keras.layers.ReLU()(x))))
    assert "0 parameters" in text
    assert "Total 0 " in text
