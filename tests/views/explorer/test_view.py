"""The explorer's faces, without a browser."""

from unittest import mock

import pytest

import kfx
from kfx.errors import NoEngineError


def test_the_text_is_the_summarys(small_model):
    assert str(kfx.explore(small_model)) == str(kfx.summary(small_model))


def test_the_static_face_holds_the_drawing_and_the_table(small_model):
    html = kfx.explore(small_model)._repr_mimebundle_()["text/html"]
    assert 'class="kfx-pic"' in html
    assert 'alt="Graph of small: 5 boxes"' in html
    for name in ("pixels", "first", "second", "add", "scores", "Total 90"):
        assert name in html


def test_the_widget_holds_every_call_and_the_first_drawing(small_model):
    widget = kfx.explore(small_model).widget
    assert [call["key"] for call in widget.facts["calls"]] == ["pixels", "first", "second", "add", "scores"]
    assert len(widget.drawing["boxes"]) == 5
    assert widget.selected == ""


def test_a_model_is_not_changed_by_looking_at_it(small_model):
    before = (small_model.get_config(), small_model.built, small_model.compiled, vars(small_model).keys())
    view = kfx.explore(small_model)
    view._repr_mimebundle_()
    _ = view.widget
    assert (small_model.get_config(), small_model.built, small_model.compiled, vars(small_model).keys()) == before


def test_without_an_engine_the_table_remains_with_the_error(small_model):
    view = kfx.explore(small_model)
    with mock.patch("kfx.draw.graphviz.layout.ask_engines", side_effect=NoEngineError("No Graphviz engine. Install <one>.")):
        html = view._repr_mimebundle_()["text/html"]
        error = view.widget.drawing["error"]
    assert "No Graphviz engine. Install &lt;one&gt;." in html
    assert "Total 90" in html
    assert error == "No Graphviz engine. Install <one>."


def test_a_drawing_too_heavy_for_a_notebook_leaves_the_smallest_table(small_model, monkeypatch):
    monkeypatch.setattr("kfx.notebook.view.WEIGHT", 9_000)
    view = kfx.explore(small_model)
    full, small = view._html(), view._html_small()
    monkeypatch.setattr("kfx.notebook.view.WEIGHT", (len(full) + len(small)) // 2)
    kept = view._repr_mimebundle_()["text/html"]
    assert small in kept
    assert full not in kept


@pytest.mark.parametrize("thing", [None, 3, "model"])
def test_an_argument_that_is_not_a_model_is_refused(thing, keras):
    with pytest.raises(TypeError, match="a Keras model"):
        kfx.explore(thing)


def test_hostile_names_stay_text_in_the_static_face(keras, hostile_name):
    x = keras.Input((4,))
    layer = keras.layers.Dense(3)
    model = keras.Model(x, layer(x))
    layer.name = model.name = hostile_name
    html = kfx.explore(model)._repr_mimebundle_()["text/html"]
    html.encode()
    assert "<script" not in html
    assert "onerror=" not in html.replace("&lt;img src=x onerror=", "")
    assert len(html) < 100_000
