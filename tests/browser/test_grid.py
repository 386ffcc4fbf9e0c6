"""The live maps of a sweep and of a lens in real JupyterLab: their numbers are those of the arrays, by mouse and keyboard."""

import json

import pytest
from lab import write_notebook

SETUP = """
import keras, kfx, numpy as np
from keras import layers
keras.utils.set_random_seed(3)
words = "the cat sat on a mat and 그리고 dog ran very far away <b> new old big red hot cold".split()
i = keras.Input((None,), dtype="int32", name="tokens")
x = layers.Embedding(20, 16, name="embed")(i)
for k in range(3):
    x = layers.Add(name=f"block_{k}")([x, layers.MultiHeadAttention(2, 8, name=f"attn_{k}")(x, x, use_causal_mask=True)])
wide = keras.initializers.RandomNormal(stddev=1.0)
model = keras.Model(i, layers.Dense(20, kernel_initializer=wide)(layers.LayerNormalization()(x)), name="모델")
ids = np.random.default_rng(0).integers(0, 20, (2, 8))
other = ids.copy()
other[:, 2] = (other[:, 2] + 1) % 20
long = np.random.default_rng(1).integers(0, 20, (1, 70))
"""
SWEEP = "view = kfx.sweep(model, ids, other, 'block_*', tokens=words)\nview"
LENS = "view = kfx.lens(model, ids, tokens=words)\nview"
LONG = "view = kfx.lens(model, long, tokens=words)\nview"


@pytest.fixture
def show(lab):
    """Return a function that shows a view live."""
    if lab.name != "grid.ipynb":
        write_notebook(lab.root / "grid.ipynb", SETUP, "")
        lab.open("grid.ipynb")
        lab.run_all()
    lab.said.clear()

    def run(source):
        live = lab.run_source(1, source).locator(".kfx-live")
        live.locator(".kfx-grid-figures dt").first.wait_for()
        return live

    yield run
    assert lab.said == [], "no error on the console"
    assert lab.dialogs == []


def truth(lab, expression):
    return json.loads(lab.execute(f"import json; print(json.dumps({expression}))"))


def point(lab, view, row, column, rows, columns):
    view.locator(".kfx-grid-canvas").scroll_into_view_if_needed()
    box = view.locator(".kfx-grid-canvas").bounding_box()
    lab.page.mouse.move(box["x"] + box["width"] * (column + 0.5) / columns, box["y"] + box["height"] * (row + 0.5) / rows)


def test_the_numbers_under_the_pointer_are_those_of_the_array(lab, show):
    view = show(SWEEP)
    point(lab, view, 1, 5, 3, 8)
    change = truth(lab, "float((view['block_1'][:, 5] - view.corrupted).mean())")
    whole = truth(lab, "float((view.clean - view.corrupted).mean())")
    metric = truth(lab, "float(view['block_1'][:, 5].mean())")
    assert view.locator(".kfx-grid-sentence").inner_text() == "block_1, position 5"
    shown = [text.replace("−", "-").replace("+", "") for text in view.locator(".kfx-grid-figures dd").all_inner_texts()]
    assert float(shown[0]) == pytest.approx(change, abs=0.006)
    assert float(shown[1].removesuffix(" %")) == pytest.approx(100 * change / whole, abs=0.6)
    assert float(shown[2]) == pytest.approx(metric, abs=0.006)


def test_an_example_and_a_measure_are_chosen_and_the_kernel_knows(lab, show):
    view = show(SWEEP)
    view.get_by_label("Example").select_option("example 2 of 2")
    view.locator(".kfx-grid-across", has_text="→").wait_for()
    view.get_by_label("Coloured by").select_option("restored")
    view.locator(".kfx-scale", has_text="%").wait_for()
    assert lab.execute("print(view.widget.page, view.widget.measure)").strip() == "2 restored"
    assert "모델" in view.inner_text()


def test_the_keyboard_reads_every_cell_and_turns_the_pages(lab, show):
    view = show(SWEEP)
    view.locator(".kfx-grid-canvas").focus()
    for key in ("Home", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowRight"):
        lab.page.keyboard.press(key)
    assert view.locator(".kfx-grid-sentence").inner_text() == "block_1, position 1"
    lab.page.wait_for_timeout(200)
    assert lab.execute("print(list(view.widget.cell))").strip() == "[1, 1]"
    lab.page.keyboard.press(".")
    view.locator(".kfx-grid-across", has_text="→").wait_for()
    assert view.get_by_label("Example").input_value() == "1"


def test_a_cell_of_the_lens_lists_the_guesses_of_the_array(lab, show):
    view = show(LENS)
    point(lab, view, 1, 4, 4, 8)
    ids, shares = truth(lab, "[view.tokens[1, 0, 4].tolist(), view.probabilities[1, 0, 4].tolist()]")
    words = truth(lab, "words")
    rows = view.locator(".kfx-grid-top tr").all_inner_texts()
    assert [row.split("\t")[0].strip() for row in rows] == [words[n] for n in ids]
    assert [float(row.split("\t")[-1].removesuffix("%")) for row in rows] == pytest.approx([100 * s for s in shares], abs=0.51)
    texts = view.locator(".kfx-grid-texts span").all_inner_texts()
    assert texts == truth(lab, "[words[n] for n in view.tokens[:, 0, :, 0].ravel()]")


def test_a_long_text_is_drawn_in_parts_that_the_arrow_keys_turn(lab, show):
    view = show(LONG)
    assert "positions 22 to 69 of 70" in view.inner_text()
    view.locator(".kfx-grid-canvas").focus()
    lab.page.keyboard.press("Home")
    view.locator(".kfx-label", has_text="positions 0 to 47 of 70").first.wait_for()
    assert view.locator(".kfx-grid-texts span").count() == 4 * 48


def test_nothing_scrolls_sideways_in_a_narrow_notebook(lab, show):
    lab.page.set_viewport_size({"width": 700, "height": 1000})
    try:
        for source in (SWEEP, LENS):
            view = show(source)
            lab.page.wait_for_timeout(300)
            parts = ".kfx-head, .kfx-grid-both, .kfx-grid-side"
            wider = f"e => [e, ...e.querySelectorAll('{parts}')].map(x => x.scrollWidth - x.clientWidth)"
            assert max(view.evaluate(wider)) <= 0
    finally:
        lab.page.set_viewport_size({"width": 1280, "height": 1000})


def test_a_saved_notebook_without_a_kernel_shows_the_still_face(lab, show):
    show(LENS)
    lab.save()
    lab.open("grid.ipynb", kernel=None)
    lab.output(1).locator(".kfx-static").wait_for()
    assert lab.faces(1) == ["static"]
    assert "lens · 모델" in lab.output(1).inner_text()
    assert lab.output(1).locator("img").count() == 1
    lab.name = ""
