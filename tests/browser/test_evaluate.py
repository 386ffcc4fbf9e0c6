"""The live evaluation view in real JupyterLab: its counts are NumPy's, its examples those of a cell, by mouse and keyboard."""

import json

import pytest
from lab import write_notebook

SETUP = """
import keras, kfx, numpy as np
from keras import layers
keras.utils.set_random_seed(3)
(x, y), (xt, yt) = kfx.datasets.digits()
i = keras.Input((28, 28, 1), name="image")
h = layers.Flatten()(layers.MaxPooling2D(4)(layers.Rescaling(1 / 255)(i)))
model = keras.Model(i, layers.Dense(10, activation="softmax")(h), name="digits")
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[:2000], y[:2000], epochs=3, verbose=0)
names = ["영", "하나", "2", "3", "4", "5", "6", "seven, the widest of all the names", "8", "9"]
"""
SHOW = "view = kfx.evaluate(model, xt, yt, class_names=names)\nview"


@pytest.fixture
def view(lab):
    """The live view, shown anew."""
    if lab.name != "evaluate.ipynb":
        write_notebook(lab.root / "evaluate.ipynb", SETUP, "")
        lab.open("evaluate.ipynb")
        lab.run_all()
    lab.said.clear()
    live = lab.run_source(1, SHOW).locator(".kfx-live")
    live.locator(".kfx-example").first.wait_for()
    yield live
    assert lab.said == [], "no error on the console"
    assert lab.dialogs == []


def truth(lab, expression):
    return json.loads(lab.execute(f"import json; print(json.dumps({expression}))"))


def test_the_matrix_holds_the_counts(lab, view):
    counts = truth(lab, "view.confusion.tolist()")
    lab.execute("best = model.predict(xt, verbose=0).argmax(-1); c = np.zeros((10, 10), int); np.add.at(c, (yt, best), 1)")
    assert counts == truth(lab, "c.tolist()")
    shown = view.locator(".kfx-confusion tbody button").all_inner_texts()
    assert shown == [str(count) if count else "" for row in counts for count in row]


def test_a_click_on_a_cell_shows_its_examples(lab, view):
    pairs = truth(lab, "view.outputs[''].confusion.pairs(1)")
    true, predicted, count = pairs[0]
    view.locator(".kfx-confusion tbody button").nth(10 * true + predicted).click()
    names = truth(lab, "names")
    view.locator(".kfx-strip .kfx-label", has_text=f"{names[true]} read as {names[predicted]}: {count} example").wait_for()
    numbers = truth(lab, f"[one.number for one in view.examples({true}, {predicted})]")
    shown = view.locator(".kfx-example .kfx-label").all_inner_texts()
    assert [text.rpartition(" ")[2].replace(",", "") for text in shown] == list(map(str, numbers))
    assert view.locator(".kfx-example img").count() == len(numbers)
    assert view.locator(".kfx-example img").first.evaluate("e => e.naturalWidth") == 28
    assert truth(lab, "view.widget.chosen") == [0, true, predicted]
    view.get_by_role("button", name="Most confident mistakes").click()
    view.locator(".kfx-strip .kfx-label", has_text="most confident first").wait_for()
    assert truth(lab, "view.widget.chosen") == []


def test_the_matrix_is_walked_by_arrows(lab, view):
    view.locator(".kfx-confusion tbody button[tabindex='0']").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight"):
        lab.page.keyboard.press(key)
    lab.page.keyboard.press("Enter")
    view.locator(".kfx-strip .kfx-label", has_text="2, right").wait_for()
    assert truth(lab, "view.widget.chosen") == [0, 2, 2]


def test_charts_and_the_table_of_classes_are_there(lab, view):
    chart = view.locator(".kfx-evaluate-chart")
    assert chart.count() == 1
    lab.page.wait_for_function("e => e.naturalWidth > 100", arg=chart.element_handle())
    view.locator("summary", has_text="Each class").click()
    assert view.locator(".kfx-evaluate-classes tbody tr").count() == 10


def test_nothing_scrolls_sideways_in_a_narrow_notebook(lab, view):
    lab.page.set_viewport_size({"width": 700, "height": 1000})
    lab.page.wait_for_timeout(300)
    try:
        wider = "e => [e, ...e.querySelectorAll('.kfx-head, .kfx-evaluate-columns')].map(x => x.scrollWidth - x.clientWidth)"
        assert max(view.evaluate(wider)) <= 0
    finally:
        lab.page.set_viewport_size({"width": 1280, "height": 1000})


def test_a_saved_notebook_without_a_kernel_shows_the_still_face(lab, view):
    lab.save()
    lab.open("evaluate.ipynb", kernel=None)
    lab.output(1).locator(".kfx-static").wait_for()
    assert lab.faces(1) == ["static"]
    assert "digits" in lab.output(1).inner_text()
    assert lab.output(1).locator("img").count() == 2 + 12
    lab.name = ""
