"""``kfx.Input`` and ``kfx.Model``: Keras's own objects come back, and nothing of kfx is in them."""

import inspect
import subprocess
import sys

import pytest

import kfx


def test_input_takes_keras_arguments_and_gives_keras_tensor(keras):
    ours = kfx.Input(shape=(28, 28), batch_size=3, dtype="int32", name="pixels")
    theirs = keras.Input(shape=(28, 28), batch_size=3, dtype="int32", name="pixels")
    assert type(ours) is type(theirs)
    assert (ours.shape, ours.dtype, ours.name) == (theirs.shape, theirs.dtype, theirs.name)
    assert kfx.Input((4,)).shape == (None, 4)


def test_input_refuses_what_keras_refuses_in_keras_words(keras):
    with pytest.raises(ValueError, match="Cannot convert '-3' to a shape"):
        kfx.Input(-3)


def test_model_is_keras_model(keras):
    assert kfx.Model is keras.Model
    x = kfx.Input((4,), name="x")
    model = kfx.Model(x, keras.layers.Dense(2)(x), name="tiny")
    assert type(model) is type(keras.Model(x, x))
    assert isinstance(model, kfx.Model)


def test_a_model_of_ones_own_descends_from_it(keras):
    class Own(kfx.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def call(self, x):
            return self.dense(x)

    assert Own.__mro__[1] is keras.Model
    assert Own()(keras.ops.ones((1, 4))).shape == (1, 2)
    assert not any("kfx" in inspect.getmodule(base).__name__ for base in Own.__mro__[1:-1])


def test_a_saved_model_loads_where_kfx_is_not(keras, tmp_path):
    x = kfx.Input((4,), name="x")
    path = tmp_path / "tiny.keras"
    kfx.Model(x, keras.layers.Dense(2, name="out")(x)).save(path)
    code = f"""
import sys
sys.modules["kfx"] = None
import keras
print([layer.name for layer in keras.models.load_model({str(path)!r}).layers])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "['x', 'out']"


def test_looking_up_what_is_not_there_is_refused():
    from kfx.views.sketch import define

    with pytest.raises(AttributeError, match="no attribute 'Modell'"):
        define.Modell  # noqa: B018
