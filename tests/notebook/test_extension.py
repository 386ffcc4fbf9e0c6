"""``%load_ext kfx`` in IPython: what it shows, what it does not import, and that it can be taken back."""

import subprocess
import sys

import pytest

import kfx
from kfx.errors import KfxError
from kfx.keras_access import importing
from kfx.notebook import extension


def printers(shell):
    display = shell.display_formatter
    return [
        (dict(formatter.type_printers), dict(formatter.deferred_printers))
        for formatter in (display.ipython_display_formatter, display.formatters["text/plain"])
    ]


@pytest.fixture
def loaded(kernel):
    kernel.run_line_magic("load_ext", "kfx")
    yield kernel
    extension.unload(kernel)


def test_loading_imports_neither_tensorflow_nor_a_widget_library_and_then_a_model_shows_itself():
    code = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "kfx")
print([m for m in ("tensorflow", "keras", "anywidget", "ipywidgets", "matplotlib") if m in sys.modules])
import keras
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="only")])
shell.display_formatter.format(model)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, *text = done.stdout.splitlines()
    assert first == "[]"
    assert any("only" in line and "15" in line for line in text)
    assert done.stderr == ""


def test_the_name_is_the_one_under_which_keras_defines_its_model(keras):
    assert (keras.Model.__module__, keras.Model.__name__) == importing.MODEL_CLASS


def test_every_kind_of_model_as_last_expression_is_a_static_and_a_live_face(loaded, keras, small_model):
    class Own(keras.Model):
        pass

    inputs = keras.Input((2,))
    for model in (
        small_model,
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]),
        Own(inputs, keras.layers.Dense(1)(inputs)),
    ):
        loaded.display_pub.outputs.clear()
        assert loaded.display_formatter.format(model) == ({}, {})
        static, live = loaded.sent()
        assert "kfx-static" in static["text/html"]
        assert "application/vnd.jupyter.widget-view+json" in live


def test_other_objects_are_shown_as_before(loaded, keras):
    data, _ = loaded.display_formatter.format(keras.layers.Dense(3, name="alone"))
    assert loaded.sent() == []
    assert "alone" in data["text/plain"]


def test_inside_a_list_a_model_stays_short(loaded, small_model):
    data, _ = loaded.display_formatter.format([small_model])
    assert data["text/plain"] == f"[{small_model!r}]"


def test_a_model_that_cannot_be_read_shows_its_text_and_why(loaded, small_model, monkeypatch):
    def refuse(model):
        raise KfxError("Nothing is known about it. Call it once.")

    monkeypatch.setattr("kfx.model.read.model.read_graph", refuse)
    loaded.display_formatter.format(small_model)
    (sent,) = loaded.sent()
    assert sent == {"text/plain": f"{small_model!r}\nNothing is known about it. Call it once."}
    text = loaded.display_formatter.formatters["text/plain"](small_model)
    assert text == sent["text/plain"]


def test_a_class_that_brings_its_own_display_keeps_it(loaded, keras):
    class Html(keras.Model):
        def _repr_html_(self):
            return "<b>mine</b>"

    class Bundle(keras.Model):
        def _repr_mimebundle_(self, **_):
            return {"text/html": "<b>a bundle</b>"}

    class Display(keras.Model):
        def _ipython_display_(self):
            loaded.display_pub.publish({"text/plain": "by hand"})

    for kind in (Html, Bundle, Display):
        loaded.display_formatter.format(kind())
    html, bundle, by_hand = loaded.sent()
    assert html["text/html"] == "<b>mine</b>"
    assert bundle["text/html"] == "<b>a bundle</b>"
    assert by_hand == {"text/plain": "by hand"}


def test_unloading_puts_everything_back(kernel, keras, small_model):
    before, finders = printers(kernel), list(sys.meta_path)
    kernel.run_line_magic("load_ext", "kfx")
    assert printers(kernel) != before
    kernel.display_formatter.format(small_model)
    kernel.run_line_magic("unload_ext", "kfx")
    assert printers(kernel) == before
    assert sys.meta_path == finders


def test_unloading_restores_the_users_own_formatter(kernel, keras):
    plain = kernel.display_formatter.formatters["text/plain"]

    def own(model, printer, cycle):
        printer.text("mine")

    plain.for_type(keras.Model, own)
    kfx.load_ipython_extension(kernel)
    assert plain.for_type(keras.Model) is not own
    extension.unload(kernel)
    assert plain.for_type(keras.Model) is own


def test_loading_twice_is_loading_once(kernel, keras):
    before = printers(kernel)
    kfx.load_ipython_extension(kernel)
    once = printers(kernel)
    kfx.load_ipython_extension(kernel)
    assert printers(kernel) == once
    extension.unload(kernel)
    assert printers(kernel) == before
