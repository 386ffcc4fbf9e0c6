"""The view of a mistake around fit: its faces, through `kfx.explain_error` and through `kfx.fit`."""

import gc
import json
import subprocess
import sys
import weakref
from dataclasses import asdict

import numpy as np
import pytest

import kfx
from kfx.views.mistake.data import mistake_words


@pytest.fixture
def failed(keras):
    """``failed(name)`` fits a model of this name, made for whole numbers, to rows; returns the error and the model."""

    def make(name="reader"):
        row = keras.Input((4,), name="row")
        ends = keras.layers.Dense(3, activation="softmax", kernel_initializer="zeros", name="kind")(row)
        model = keras.Model(row, ends, name="reader")
        model.compile("adam", "sparse_categorical_crossentropy")
        model.name = name
        with pytest.raises(ValueError, match="rank") as caught:
            model.fit(np.ones((6, 4)), np.eye(3)[[0, 1, 2, 0, 1, 2]], verbose=0)
        return caught.value, model

    return make


def test_the_text_names_the_clash_and_the_repairs(failed):
    error, _ = failed()
    view = kfx.explain_error(error)
    assert repr(view) == "<Mistake at 'fit'>"
    lines = str(view).splitlines()
    assert lines[0] == "fit stopped: the labels do not fit the loss"
    assert "Likely repairs, each tried on two examples" in lines
    assert '   model.compile("adam", "categorical_crossentropy")' in lines
    assert "   loss 1.1" in lines, "ln 3: zeros give all three classes alike"


def test_every_face_shows_the_flow(failed, tmp_path):
    view = kfx.explain_error(failed()[0])
    html = view._repr_mimebundle_()["text/html"]
    assert "data:image/svg+xml" in html
    assert "sparse_categorical_crossentropy" in html
    svg = view.svg()
    assert svg.count("kn f-custom err") == 1, "the loss is red"
    assert svg.count("kc err") == 2, "so are the lines from the output and from y"
    assert "<style>" not in view.widget.svg
    assert json.dumps(view.widget.mistake)
    for suffix in ("html", "txt", "svg", "png"):
        assert view.save(tmp_path / f"mistake.{suffix}").stat().st_size > 300


def test_it_holds_neither_model_nor_data(failed):
    error, model = failed()
    view = kfx.explain_error(error)
    ghost = weakref.ref(model)
    del error, model
    gc.collect()
    assert ghost() is None
    assert "labels" in str(view)


def test_hostile_names_are_text_in_every_face(failed, hostile_name):
    error, model = failed()
    model.name = hostile_name
    model.layers[-1].name = hostile_name
    view = kfx.explain_error(error)
    for markup in (view._repr_mimebundle_()["text/html"], view.svg(), view.widget.svg):
        markup.encode()
        assert "<script" not in markup
        assert "<img src=x" not in markup
    json.dumps(asdict(mistake_words(view.mistake)), ensure_ascii=False).encode()


SCRIPT = """
import numpy as np, keras, kfx
model = keras.Sequential([keras.Input((4,), name="row"), keras.layers.Dense(1)], name="prices")
model.compile("sgd", "mse")
x, y = np.ones((6, 4)), np.ones(6)
kfx.fit(model, x[:, :3], y)
"""


def test_a_script_reads_it_above_the_traceback(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    run = subprocess.run([sys.executable, tmp_path / "script.py"], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    said = run.stderr[run.stderr.index("fit stopped") :]
    assert said.startswith("fit stopped: the data do not fit the input\nrow wants 4 numbers for each example")
    assert "kfx.fit(model, x, y)" in said
    assert said.index("1. x fits") < said.index("Traceback (most recent call last)")
    assert "ValueError" in said.splitlines()[-1] or "ValueError" in said


def test_an_error_of_a_callback_is_raised_as_it_is(keras, capsys):
    class Broken(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise ValueError("mine")

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="mine"):
        kfx.fit(model, np.ones((6, 4)), np.ones(6), callbacks=[Broken()])
    assert "fit stopped" not in capsys.readouterr().err
