"""Names that try to do harm, in the live views that run a model, compare two or look below one: shown as text, nothing runs."""

import pytest
from tried_models import SEEN

# Keras itself runs no layer with a slash in its name.
MILD = """
import numpy as np
x = mild_start = keras.Input((4,), name="start")
for _ in names:
    x = layers.Dense(4)(x)
mild = keras.Model(mild_start, x, name="<img src=x onerror=window.kfxHarm=1>")
for layer, name in zip(mild.layers[1:], names):
    layer.name = name.replace("</", "<:")
"""
NAMES = [name.replace("</", "<:") for name in SEEN]


@pytest.fixture
def shown(lab, show):
    """``shown("kfx.diff(mild, nested)")``: every word of a live view, those of the layers that were pointed at included."""

    def words(source):
        lab.execute(MILD)
        view = show(source)
        for one in view.locator(".kn").all():
            one.hover()
        assert lab.page.evaluate("window.kfxHarm") is None
        assert view.locator("script, img[onerror], [onload]").count() == 0
        return view.text_content()

    return words


@pytest.mark.parametrize("source", ["kfx.explore(mild, np.ones((2, 4)))", "kfx.diff(mild, nested)", "kfx.sketch(mild_start)"])
def test_every_name_is_shown(shown, source):
    words = shown(source)
    assert [name[:40] for name in NAMES if (name if len(name) < 40 else name[:10]) not in words] == [], (
        "a long one is cut to fit"
    )


@pytest.mark.parametrize("place", range(len(NAMES)), ids=[name[:12] for name in NAMES])
def test_the_inspector_shows_the_name_of_the_layer_it_looks_into(shown, place):
    words = shown(f"kfx.inspect(mild, np.ones((2, 4)), layer=mild.layers[{place + 1}].name)")
    assert NAMES[place][:100] in words
