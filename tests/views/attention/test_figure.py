"""Figures of attention: the scores of a head with its words."""

import keras
import numpy as np
import pytest

import kfx

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def view():
    keras.utils.set_random_seed(0)
    x = keras.Input((5,), dtype="int32", name="words")
    h = keras.layers.Embedding(9, 8)(x)
    model = keras.Model(x, keras.layers.MultiHeadAttention(2, 4, name="look")(h, h), name="net")
    return kfx.attention(model, np.array([[1, 2, 3, 4, 5]]), tokens=["$", "$a$", "나", "b", "c", "d", "e", "f", "g"])


def test_a_head_is_its_scores_with_words_on_both_axes(view):
    figure = view.figure(head=1)
    ax = figure.axes[0]
    assert np.allclose(ax.images[0].get_array(), view["look"][0, 1])
    assert [label.get_text() for label in ax.get_yticklabels()][1] == "나"
    assert ax.images[0].get_clim() == (0, 1)
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_it_draws_on_axes_of_the_user(view):
    from matplotlib.figure import Figure

    figure = Figure()
    ax = figure.add_subplot()
    assert view.figure(ax=ax) is figure
    assert len(ax.images) == 1


def test_bad_wishes_are_refused_in_words(view):
    with pytest.raises(ValueError, match="`head` is 2; there are 2, 0 to 1"):
        view.figure(head=2)
    with pytest.raises(KeyError, match="No values for 'lok'"):
        view.figure(layer="lok")
