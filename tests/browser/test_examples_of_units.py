"""The live view of examples in real JupyterLab: the numbers are those of the view, another channel by menu and by key."""

import json

import pytest
from lab import write_notebook

SETUP = """
import keras, kfx, numpy as np
from keras import layers
keras.utils.set_random_seed(3)
(x, y), _ = kfx.datasets.digits()
i = keras.Input((28, 28, 1), name="image")
model = keras.Model(i, layers.Conv2D(8, 5, name="conv")(i), name="net")
"""
SHOW = "view = kfx.examples(model, x[:500] / 255, 'conv', labels=y[:500], class_names=list('영12345678') + ['아홉'])\nview"


@pytest.fixture
def view(lab):
    """The live view, shown anew."""
    if lab.name != "examples.ipynb":
        write_notebook(lab.root / "examples.ipynb", SETUP, "")
        lab.open("examples.ipynb")
        lab.run_all()
    lab.said.clear()
    live = lab.run_source(1, SHOW).locator(".kfx-live")
    live.locator(".kfx-example").first.wait_for()
    yield live
    assert lab.said == [], "no error on the console"
    assert lab.dialogs == []


def numbers(view):
    return [int(text.rpartition(" ")[2].replace(",", "")) for text in view.locator(".kfx-example .kfx-label").all_inner_texts()]


def truth(lab, expression):
    return json.loads(lab.execute(f"import json; print(json.dumps({expression}))"))


def test_examples_and_crops_are_those_of_the_view(lab, view):
    assert numbers(view) == truth(lab, "view.numbers(0).tolist()")
    assert view.locator(".kfx-example").first.locator("img").count() == 2
    assert view.locator(".kfx-example img").first.evaluate("e => [e.naturalWidth, e.naturalHeight]") == [5, 5]


def test_another_channel_is_chosen_by_menu_and_by_key(lab, view):
    view.locator(".kfx-unit").select_option("3")
    view.locator(".kfx-strip .kfx-label", has_text="channel 3").first.wait_for()
    assert numbers(view) == truth(lab, "view.numbers(3).tolist()")
    view.locator(".kfx-unit").focus()
    lab.page.keyboard.press("]")
    view.locator(".kfx-strip .kfx-label", has_text="channel 4").first.wait_for()
    assert truth(lab, "view.widget.channel") == 4
    assert numbers(view) == truth(lab, "view.numbers(4).tolist()")


def test_nothing_scrolls_sideways_in_a_narrow_notebook(lab, view):
    lab.page.set_viewport_size({"width": 700, "height": 1000})
    lab.page.wait_for_timeout(300)
    try:
        assert view.evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    finally:
        lab.page.set_viewport_size({"width": 1280, "height": 1000})


def test_a_saved_notebook_without_a_kernel_shows_the_still_face(lab, view):
    lab.save()
    lab.open("examples.ipynb", kernel=None)
    lab.output(1).locator(".kfx-static").wait_for()
    assert lab.faces(1) == ["static"]
    assert "conv · 8 channels" in lab.output(1).inner_text()
    lab.name = ""
