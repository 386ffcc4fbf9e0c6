"""The live attribution view in real JupyterLab: its numbers are those of the arrays, by mouse and by keyboard."""

import json

import pytest
from lab import write_notebook

SETUP = """
import keras, kfx, numpy as np
from keras import layers
keras.utils.set_random_seed(3)
i = keras.Input((12, 12, 1), name="image")
x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, activation="relu", name="conv")(i))
model = keras.Model(i, layers.Dense(3, activation="softmax")(x), name="eye")
data = np.random.default_rng(0).random((2, 12, 12, 1)).astype("float32")
"""
SHOW = "view = kfx.attribute(model, data, class_names=['cat', 'dog', '새'])\nview"


@pytest.fixture
def view(lab):
    """The live view, shown anew."""
    if lab.name != "attribution.ipynb":
        write_notebook(lab.root / "attribution.ipynb", SETUP, "")
        lab.open("attribution.ipynb")
        lab.run_all()
    lab.said.clear()
    live = lab.run_source(1, SHOW).locator(".kfx-live")
    live.locator(".kfx-attribution-class.sel").wait_for()
    yield live
    assert lab.said == [], "no error on the console"
    assert lab.dialogs == []


def truth(lab, expression):
    return json.loads(lab.execute(f"import json; print(json.dumps({expression}))"))


def test_a_class_is_chosen_by_a_click_and_by_keyboard(lab, view):
    other = view.locator(".kfx-attribution-class:not(.sel)").first
    name = other.locator("bdi").inner_text()
    other.click()
    view.locator(".kfx-title", has_text=name).wait_for()
    unit = ["cat", "dog", "새"].index(name)
    assert truth(lab, "view.widget.units") == [unit]
    rows = view.locator(".kfx-attribution-sums tbody td").all_inner_texts()
    score = truth(lab, f"float(kfx.attribute(model, data[:1], target={unit}, method='occlusion').score[0])")
    assert abs(float(rows[0].replace("−", "-")) - score) < 0.01
    view.locator(".kfx-attribution-class[tabindex='0']").focus()
    lab.page.keyboard.press("Home")
    lab.page.keyboard.press("Enter")
    first = view.locator(".kfx-attribution-class bdi").first.inner_text()
    view.locator(".kfx-title", has_text=first).wait_for()


def test_the_slider_sets_the_opacity_of_the_map(lab, view):
    view.get_by_role("slider").fill("30")
    over = view.locator("canvas.kfx-attribution-over")
    assert over.evaluate("e => getComputedStyle(e).opacity") == "0.3"
    assert "30 %" in view.inner_text()


def test_another_example_and_the_checks(lab, view):
    view.get_by_role("button", name="The next example").click()
    view.get_by_text("example 2 of 2").wait_for()
    view.get_by_role("button", name="Integrated gradients").click()
    view.get_by_text("rank correlation").wait_for()
    assert view.locator(".kfx-attribution-checks path").count() == 2


def test_nothing_scrolls_sideways_in_a_narrow_notebook(lab, view):
    lab.page.set_viewport_size({"width": 700, "height": 1000})
    lab.page.wait_for_timeout(300)
    try:
        parts = "[e, ...e.querySelectorAll('.kfx-attribution-columns > *')]"
        sizes = view.evaluate(f"e => {parts}.map(x => x.scrollWidth - x.clientWidth)")
        assert max(sizes) <= 0
    finally:
        lab.page.set_viewport_size({"width": 1280, "height": 1000})
