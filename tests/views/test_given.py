"""Views of a saved model by its path: the same as of the model itself, and without the code that made it."""

import pytest

import kfx
from kfx.errors import KfxError


@pytest.fixture(params=["model.keras", "model.h5"])
def saved(request, small_model, tmp_path):
    path = tmp_path / request.param
    small_model.save(path)
    return path


@pytest.mark.parametrize("show", [kfx.summary, kfx.plot_model, kfx.explore])
def test_a_path_shows_what_the_model_in_it_shows(show, small_model, saved):
    assert str(show(saved)) == str(show(small_model))
    assert str(show(str(saved))) == str(show(small_model))


def test_custom_code_is_not_needed(keras, tmp_path):
    class Twice(keras.layers.Layer):
        def call(self, inputs):
            return 2 * inputs

    numbers = keras.Input((4,), name="numbers")
    path = tmp_path / "own.keras"
    keras.Model(numbers, keras.layers.Dense(3, name="out")(Twice(name="twice")(numbers)), name="own").save(path)
    rows = {row.layer: (row.type, row.parameters) for row in kfx.summary(path).rows}
    assert rows["twice"] == ("Twice", 0)
    assert rows["out"] == ("Dense", 15)
    assert "Twice" in kfx.plot_model(path).svg()


def test_a_file_that_is_not_there_or_no_model_is_named(tmp_path):
    with pytest.raises(KfxError, match=r"missing\.keras"):
        kfx.summary(tmp_path / "missing.keras")
    (tmp_path / "text.keras").write_text("no model")
    with pytest.raises(KfxError, match=r"text\.keras"):
        kfx.plot_model(tmp_path / "text.keras")


def test_inputs_go_with_a_model_not_with_a_file(saved):
    with pytest.raises(TypeError, match=r"`inputs` goes with a model, and .* is a file\. Load it first"):
        kfx.summary(saved, inputs=(4,))


def test_other_text_and_data_for_a_file_are_refused_as_ever(saved):
    with pytest.raises(TypeError, match="is the text 'model'"):
        kfx.summary("model")
    with pytest.raises(TypeError, match="`model` is a file name; load it first"):
        kfx.explore(saved, [[1.0]])
