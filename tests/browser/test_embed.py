"""The live map in real JupyterLab: what a drawn line selects is what lies inside it, by mouse and by keyboard."""

import json

import numpy as np
import pytest
from lab import write_notebook

SETUP = """
import keras, kfx, numpy as np
from keras import layers
keras.utils.set_random_seed(3)
(x, y), _ = kfx.datasets.digits()
i = keras.Input((28, 28, 1), name="image")
h = layers.Flatten()(layers.MaxPooling2D(4, name="pool")(layers.Rescaling(1 / 255)(i)))
model = keras.Model(i, layers.Dense(10, activation="softmax")(h), name="digits")
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x[:2000], y[:2000], epochs=2, verbose=0)
names = ["영", "하나"] + list("23456789")
"""
SHOW = "view = kfx.embed(model, x[:400], 'pool', labels=y[:400], class_names=names, pool='flat')\nview"

COLOURS = """e => {
  const dots = e.getContext("2d").getImageData(0, 0, e.width, e.height).data, seen = new Set();
  for (let i = 0; i < dots.length; i += 4) if (dots[i + 3] > 250) seen.add([dots[i], dots[i + 1], dots[i + 2]].join());
  return [...seen];
}"""


@pytest.fixture
def view(lab):
    """The live map, shown anew."""
    if lab.name != "embed.ipynb":
        write_notebook(lab.root / "embed.ipynb", SETUP, "")
        lab.open("embed.ipynb")
        lab.run_all()
    lab.said.clear()
    live = lab.run_source(1, SHOW).locator(".kfx-live")
    live.locator(".kfx-embed-legend button").first.wait_for()
    live.scroll_into_view_if_needed()
    yield live
    assert lab.said == [], "no error on the console"
    assert lab.dialogs == []


def truth(lab, expression):
    return json.loads(lab.execute(f"import json; print(json.dumps({expression}))"))


def places(lab, view):
    """Where each example is on the page."""
    box = view.locator(".kfx-embed-canvas").bounding_box()
    points = np.array(truth(lab, "np.frombuffer(view.widget.points, '<f4').reshape(-1, 2).tolist()"))
    wide, tall = view.locator(".kfx-embed-canvas").evaluate("e => [e.clientWidth, e.clientHeight]")
    scale = min(wide, tall) - 24
    return (points - 0.5) * scale + np.array([box["x"] + 1 + wide / 2, box["y"] + 1 + tall / 2])


def draw(lab, line):
    lab.page.mouse.move(*line[0])
    lab.page.mouse.down()
    for place in line[1:]:
        lab.page.mouse.move(*place)
    lab.page.mouse.up()


def test_a_line_around_examples_lists_those_inside(lab, view):
    shown = places(lab, view)
    middle = shown.mean(0)
    left, top, right, bottom = middle[0] - 71.3, middle[1] - 50.7, middle[0] + 20.9, middle[1] + 61.1
    draw(lab, [(left, top), (right, top), (right, bottom), (left, bottom), (left, top + 1)])
    inside = (shown[:, 0] > left) & (shown[:, 0] < right) & (shown[:, 1] > top) & (shown[:, 1] < bottom)
    words = view.locator(".kfx-embed > .kfx-strip > .kfx-label")
    words.filter(has_text="examples selected").wait_for()
    lab.page.wait_for_timeout(300)
    assert truth(lab, "view.selected.tolist()") == np.flatnonzero(inside).tolist()
    assert words.first.inner_text().startswith(f"{inside.sum()} of 400 examples selected")
    cards = view.locator(".kfx-embed > .kfx-strip .kfx-example")
    assert cards.count() == min(48, inside.sum())
    assert cards.first.locator("img").count() == 1


def test_the_colours_are_those_of_the_groups(lab, view):
    view.locator(".kfx-embed-choice").select_option("2")
    view.locator(".kfx-embed-legend button", has_text="wrong").wait_for()
    wrong = truth(lab, "int((view.labels != view.predicted).sum())")
    assert view.locator(".kfx-embed-legend button", has_text="wrong").inner_text().split()[-1] == str(wrong)
    view.locator(".kfx-embed-legend button", has_text="wrong").click()
    assert view.locator(".kfx-embed-legend button[aria-pressed=true]").count() == 1
    lab.page.wait_for_timeout(200)
    colours = view.locator(".kfx-embed-canvas").evaluate(COLOURS)
    assert "217,102,10" in colours


def test_everything_can_be_done_by_keyboard(lab, view):
    view.locator(".kfx-embed-canvas").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "Enter"):
        lab.page.keyboard.press(key)
    view.locator(".kfx-strip .kfx-label", has_text="1 of 400 examples selected").first.wait_for()
    first = truth(lab, "view.selected.tolist()")
    lab.page.keyboard.press("ArrowLeft")
    lab.page.keyboard.press("Enter")
    view.locator(".kfx-strip .kfx-label", has_text="2 of 400 examples selected").first.wait_for()
    assert set(first) < set(truth(lab, "view.selected.tolist()"))
    lab.page.keyboard.press("Escape")
    view.locator(".kfx-strip .kfx-label", has_text="Nothing is selected").first.wait_for()
    for key in ("+", "+", "+", "v"):
        lab.page.keyboard.press(key)
    view.locator(".kfx-strip .kfx-label", has_text="of 400 examples selected").first.wait_for()
    assert 0 < len(truth(lab, "view.selected.tolist()")) < 400


def test_an_example_under_the_pointer_is_shown(lab, view):
    shown = places(lab, view)
    number = int(np.argmax(shown[:, 0]))
    lab.page.mouse.move(*shown[number])
    card = view.locator(".kfx-embed-side .kfx-example")
    card.filter(has_text=f"example {number}").wait_for()
    assert card.locator("img").evaluate("e => e.naturalWidth") == 28


def test_nothing_scrolls_sideways_in_a_narrow_notebook(lab, view):
    lab.page.set_viewport_size({"width": 700, "height": 1000})
    lab.page.wait_for_timeout(300)
    try:
        assert view.evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    finally:
        lab.page.set_viewport_size({"width": 1280, "height": 1000})


def test_fifty_thousand_points_are_drawn_within_a_few_frames(lab, view):
    many = "view = kfx.embed(None, kfx.values.features.Features({'a': np.random.default_rng(0).normal(size=(50_000, 2))}), 'a')"
    live = lab.run_source(1, f"import kfx.values.features\n{many}\nview").locator(".kfx-live")
    live.locator(".kfx-embed-canvas").wait_for()
    lab.page.wait_for_timeout(500)
    live.locator(".kfx-embed-canvas").focus()
    lab.page.keyboard.press("v")
    live.locator(".kfx-strip .kfx-label", has_text="50,000 of 50,000 examples selected, the first 48 shown").wait_for()
    assert truth(lab, "len(view.selected)") == 50_000


def test_a_saved_notebook_without_a_kernel_shows_the_still_face(lab, view):
    lab.save()
    lab.open("embed.ipynb", kernel=None)
    lab.output(1).locator(".kfx-static").wait_for()
    assert lab.faces(1) == ["static"]
    assert "pool · 400 examples" in lab.output(1).inner_text()
    lab.name = ""
