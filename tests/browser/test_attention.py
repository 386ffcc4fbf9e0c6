"""The live attention view in real JupyterLab: its numbers are those of the arrays, by mouse and by keyboard."""

import json
import re

import pytest
from lab import write_notebook

SETUP = """
import keras, kfx, numpy as np
from keras import layers
keras.utils.set_random_seed(3)
words = "[pad] the plot was dull but 영화는 not really bad".split()
i = keras.Input((9,), dtype="int32", name="words")
x = layers.Embedding(10, 12, mask_zero=True, embeddings_initializer=keras.initializers.RandomNormal(stddev=2.0))(i)
for k in range(3):
    x = layers.Add()([x, layers.MultiHeadAttention(18 if k == 2 else 2, 4, name=f"encoder_{k}_attention")(x, x)])
pooled = layers.GlobalAveragePooling1D()(x)
model = keras.Model(i, layers.Dense(1, activation="sigmoid", name="positive")(pooled), name="reviews")
ids = np.array([[1, 2, 3, 4, 5, 6, 7, 9, 0], [6, 8, 9, 0, 0, 0, 0, 0, 0]], "int32")
"""
SHOW = "view = kfx.attention(model, ids, tokens=words, class_names=['positive'])\nview"


@pytest.fixture
def view(lab):
    """The live view, shown anew and at its first layer and head."""
    if lab.name != "attention.ipynb":
        write_notebook(lab.root / "attention.ipynb", SETUP, "")
        lab.open("attention.ipynb")
        lab.run_all()
    lab.said.clear()
    live = lab.run_source(1, SHOW).locator(".kfx-live")
    live.locator(".kfx-attention-top tr").first.wait_for()
    yield live
    assert lab.said == [], "no error on the console"
    assert lab.dialogs == []


def truth(lab, expression):
    return json.loads(lab.execute(f"import json; print(json.dumps({expression}))"))


def point(lab, view, row, column, places=8):
    view.locator(".kfx-attention-canvas").scroll_into_view_if_needed()
    box = view.locator(".kfx-attention-canvas").bounding_box()
    lab.page.mouse.move(box["x"] + box["width"] * (column + 0.5) / places, box["y"] + box["height"] * (row + 0.5) / places)


def test_the_sentence_under_the_pointer_is_the_score_in_the_array(lab, view):
    point(lab, view, 5, 2)
    head = truth(lab, "view.widget.head")
    score = truth(lab, f"float(view['encoder_0_attention'][0, {head}, 5, 2])")
    assert view.locator(".kfx-attention-sentence").inner_text() == f"영화는 (5) looks at was (2): {score:.2f}"
    assert "1 of 9 places is padding, left out" in view.inner_text()
    assert "What “영화는” looks at" in view.inner_text()


def test_a_head_and_a_layer_are_chosen_by_a_click_and_the_kernel_knows(lab, view):
    view.get_by_role("button", name="layer 1, head 1").click()
    view.locator(".kfx-attention-title", has_text="Head 1").wait_for()
    assert view.locator(".kfx-attention-layer").input_value() == "encoder_1_attention"
    assert lab.execute("print(view.widget.selected, view.widget.head)").strip() == "encoder_1_attention 1"
    shown = view.get_by_role("option", name=re.compile("^head 1,")).inner_text()
    entropy = truth(lab, "float(view.facts.at('encoder_1_attention', 0).figures.entropy[1])")
    assert f"{entropy:.2f}" in shown
    view.get_by_role("button", name="‹ Layer").click()
    lab.page.wait_for_function(
        "node => node.value === 'encoder_0_attention'", arg=view.locator(".kfx-attention-layer").element_handle()
    )


def test_everything_can_be_done_by_keyboard(lab, view):
    view.locator(".kfx-attention-canvas").focus()
    before = view.locator(".kfx-attention-sentence").inner_text()
    for key in ("ArrowUp", "ArrowDown", "ArrowDown", "ArrowRight"):
        lab.page.keyboard.press(key)
    assert view.locator(".kfx-attention-sentence").inner_text() != before
    view.locator(".kfx-attention-words [aria-selected=true]").focus()
    lab.page.keyboard.press("Home")
    assert view.locator(".kfx-attention-words [aria-selected=true]").inner_text() == "the"
    lab.page.keyboard.press("]")
    view.locator(".kfx-attention-label", has_text="layer 1").wait_for()
    view.locator(".kfx-attention-strip button[tabindex='0']").focus()
    lab.page.keyboard.press("ArrowDown")
    view.locator(".kfx-attention-label", has_text="layer 2").wait_for()


def test_more_than_sixteen_heads_are_shown_on_request(lab, view):
    view.locator(".kfx-attention-layer").select_option("encoder_2_attention")
    view.locator(".kfx-attention-label", has_text="the 16 most concentrated of 18").wait_for()
    assert view.locator(".kfx-attention-head").count() == 16
    view.get_by_role("button", name="Show 2 more").click()
    view.locator(".kfx-attention-head").nth(17).wait_for()


def test_a_silenced_head_gives_the_prediction_that_a_patch_gives(lab, view):
    view.get_by_role("button", name="layer 1, head 0").click()
    view.locator(".kfx-attention-title", has_text="Head 0").wait_for()
    view.get_by_role("checkbox").check()
    rows = view.locator(".kfx-attention-before tbody tr")
    rows.nth(1).wait_for()
    patch = "kfx.patch(model, {'encoder_1_attention': kfx.silence(head=0)})"
    lab.execute(f"with {patch}: after = float(model.predict(ids[:1], verbose=0)[0, 0])")
    before, after = truth(lab, "[float(model.predict(ids[:1], verbose=0)[0, 0]), after]")
    assert f"{100 * before:.2f} %" in rows.nth(0).inner_text()
    assert f"{100 * after:.2f} %" in rows.nth(1).inner_text()
    view.locator(".kfx-attention-menu").select_option("effect")
    view.locator(".kfx-attention-overview", has_text="change of the logit").wait_for()
    change = truth(lab, f"float(np.log({after} / (1 - {after})) - np.log({before} / (1 - {before})))")
    shown = view.get_by_role("button", name="layer 1, head 0").inner_text().replace("−", "-").replace("+", "")
    assert float(shown) == pytest.approx(change, abs=0.06)


def test_the_table_reads_what_every_word_looks_at(lab, view):
    view.get_by_role("button", name="Table").click()
    assert view.locator(".kfx-attention-table tbody tr").count() == 8
    assert view.locator(".kfx-attention-table tbody th").first.inner_text() == "the (0)"
    view.get_by_role("button", name="Lines").click()
    assert not view.locator(".kfx-attention-columns").is_visible()
    assert view.locator(".kfx-attention-svg path").count() > 0


def test_another_example_shows_its_own_words(lab, view):
    view.get_by_role("button", name="The next example").click()
    view.locator(".kfx-facts", has_text="3 places").wait_for()
    view.locator(".kfx-attention-down", has_text=re.compile("^영화는")).wait_for()
    assert view.locator(".kfx-attention-down").inner_text().split() == ["영화는", "really", "bad"]


LONG = """
long = keras.Input((30,), dtype="int32", name="words")
h = keras.layers.Embedding(9, 8)(long)
long = keras.Model(long, keras.layers.MultiHeadAttention(2, 4, name="look")(h, h), name="long")
kfx.attention(long, np.arange(30)[None] % 9, tokens=["a", "considerable", "단어", "b", "c", "d", "e", "f", "g"])
"""


def test_as_many_words_are_in_a_row_as_there_is_room_for(lab, view):
    long = lab.run_source(1, LONG).locator(".kfx-live")
    row = long.locator(".kfx-attention-scroll")
    row.locator("[data-query]").first.wait_for()
    assert row.evaluate("e => e.scrollWidth <= e.clientWidth + 1")
    wide = row.locator("[data-query]").count()
    lab.page.set_viewport_size({"width": 700, "height": 1000})
    try:
        lab.page.wait_for_timeout(400)
        assert row.evaluate("e => e.scrollWidth <= e.clientWidth + 1")
        narrow = row.locator("[data-query]").count()
        assert 5 <= narrow < wide
        assert f"{30 - narrow} farther keys not shown" in long.locator(".kfx-attention-lines").inner_text()
    finally:
        lab.page.set_viewport_size({"width": 1280, "height": 1000})
    lab.page.wait_for_timeout(400)
    assert row.locator("[data-query]").count() == wide
    lab.name = ""  # the next one starts anew


def test_nothing_scrolls_sideways_in_a_narrow_notebook(lab, view):
    lab.page.set_viewport_size({"width": 700, "height": 1000})
    lab.page.wait_for_timeout(300)
    try:
        parts = ".kfx-head, .kfx-attention-columns, .kfx-attention-right, .kfx-attention-scroll"
        wider = f"e => [e, ...e.querySelectorAll('{parts}')].map(x => x.scrollWidth - x.clientWidth)"
        sizes = view.evaluate(wider)
        assert max(sizes) <= 0
    finally:
        lab.page.set_viewport_size({"width": 1280, "height": 1000})


def test_a_saved_notebook_without_a_kernel_shows_the_still_face(lab, view):
    lab.save()
    lab.open("attention.ipynb", kernel=None)
    lab.output(1).locator(".kfx-static").wait_for()
    assert lab.faces(1) == ["static"]
    assert "attention · reviews" in lab.output(1).inner_text()
    assert lab.output(1).locator("img").count() == 2
    lab.name = ""
