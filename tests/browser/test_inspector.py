"""The live inspector in real JupyterLab: it shows the values that NumPy and Keras compute, by mouse and by keyboard."""

import json
import re

import pytest
from lab import write_notebook

SETUP = """
import keras, kfx, numpy as np
from keras import layers
from kfx.datasets import preprocess, squeezenet, tickets
from kfx.datasets.photographs import PHOTO_NAMES, photo
from kfx.datasets.pretrained import imagenet_names

net = squeezenet()
pictures = np.stack([photo(name, size=227) for name in PHOTO_NAMES])
photos = preprocess(pictures)

keras.utils.set_random_seed(1)
image = keras.Input((12, 10, 1), name="image")
x = layers.Conv2D(40, 3, activation="relu", name="conv")(image)
x = layers.Conv2D(4, 3, name="signed")(x)
x = layers.GlobalAveragePooling2D(name="pool")(x)
cnn = keras.Model(image, layers.Dense(3, activation="softmax", name="scores")(x), name="cnn")
digits = np.random.RandomState(0).random((5, 12, 10, 1)).astype("float32")

words = tickets(20)
title = keras.Input((None,), dtype="int32", name="title")
x = layers.GlobalMaxPooling1D(name="most")(layers.Embedding(len(words.vocabulary), 24, name="embedding")(title))
ticket = keras.Model(title, layers.Dense(4, activation="softmax", name="department")(x), name="ticket")
"""
SMALL = "view = kfx.inspect(cnn, digits, layer='conv', class_names=['a', 'b', 'c'])\nview"


@pytest.fixture
def see(lab):
    """``see(source)`` runs a line where the models are there, and returns the live view once it shows values."""
    if lab.name != "inspector.ipynb":
        write_notebook(lab.root / "inspector.ipynb", SETUP, "")
        lab.open("inspector.ipynb")
        lab.run_all()
    lab.said.clear()

    def run(source, index=1):
        live = lab.run_source(index, source).locator(".kfx-live")
        live.locator(".kfx-inspect-one dd").first.wait_for()
        return live

    yield run
    assert lab.said == [], "no error on the console"
    assert lab.dialogs == []


def truth(lab, expression):
    return json.loads(lab.execute(f"import json; print(json.dumps({expression}))"))


def chosen(view):
    return view.locator(".kfx-map.sel").first.get_attribute("data-channel")


def wait_for_title(view, text):
    view.locator(".kfx-inspect-one .kfx-inspect-label", has_text=re.compile(rf"\b{text}\b")).wait_for()


def test_the_strongest_channels_come_first_and_more_can_be_shown(lab, see):
    view = see(SMALL)
    order = truth(lab, "np.argsort(-kfx.extract(cnn, digits[:1], 'conv')['conv'][0].mean((0, 1)), kind='stable').tolist()")
    shown = [int(c.get_attribute("data-channel")) for c in view.locator(".kfx-map").all()]
    assert shown == order[:30]
    assert "30 of 40 channels, strongest" in view.inner_text()
    dead = truth(lab, "int((kfx.extract(cnn, digits[:1], 'conv')['conv'][0].max((0, 1)) == 0).sum())")
    assert re.search(rf"\b{dead} of 40 channels (is|are) zero everywhere", view.inner_text())
    view.get_by_role("button", name="Show 10 more").click()
    view.locator(".kfx-map").nth(39).wait_for()
    assert not view.get_by_role("button", name=re.compile("^Show")).is_visible()


def test_the_value_under_the_pointer_is_numpys(lab, see):
    view = see(SMALL)
    channel = int(chosen(view))
    view.locator(".kfx-zoomed").scroll_into_view_if_needed()
    box = view.locator(".kfx-zoomed").bounding_box()
    row, column = 6, 3  # of 10 × 8
    lab.page.mouse.move(box["x"] + box["width"] * (column + 0.5) / 8, box["y"] + box["height"] * (row + 0.5) / 10)
    text = view.locator(".kfx-readout").first.inner_text()
    value = truth(lab, f"float(kfx.extract(cnn, digits[:1], 'conv')['conv'][0, {row}, {column}, {channel}])")
    assert text.startswith(f"[{row}, {column}] = ")
    assert float(text.split("= ")[1].replace("−", "-")) == pytest.approx(value, rel=1e-5)
    assert view.locator(".kfx-cursor-in").is_visible(), "the place in the input is marked"


def test_the_values_can_be_read_by_keyboard(lab, see):
    view = see(SMALL)
    view.locator(".kfx-zoomed").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        lab.page.keyboard.press(key)
    assert view.locator(".kfx-readout").first.inner_text().startswith("[2, 1] = ")


def test_a_click_and_arrow_keys_choose_a_channel(lab, see):
    view = see(SMALL)
    cells = view.locator(".kfx-map")
    target = cells.nth(4).get_attribute("data-channel")
    cells.nth(4).click()
    wait_for_title(view, f"Channel {target}")
    lab.page.keyboard.press("ArrowRight")
    after = cells.nth(5).get_attribute("data-channel")
    wait_for_title(view, f"Channel {after}")
    assert chosen(view) == after
    assert lab.execute("print(view.widget.channel)").strip() == after
    mean = truth(lab, f"float(kfx.extract(cnn, digits[:1], 'conv')['conv'][0, ..., {after}].mean())")
    shown = view.locator(".kfx-figures dd").first.inner_text()
    assert float(shown.replace(",", "")) == pytest.approx(mean, rel=0.01)


def test_the_canvas_shows_the_values_colours(lab, see):
    view = see(SMALL)
    channel = int(chosen(view))
    drawn = view.locator(".kfx-zoomed").evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((_, i) => i % 4 !== 3)"
    )
    lab.execute("from kfx.draw.values.colormap import ramp; from kfx.draw.values.scale import levels, limits")
    lab.execute("v = kfx.extract(cnn, digits[:1], 'conv')['conv'][0]")
    expected = truth(lab, f"ramp(False)[levels(v[..., {channel}], limits(v))].ravel().tolist()")
    assert len(drawn) == len(expected) == 10 * 8 * 3
    assert max(abs(a - b) for a, b in zip(drawn, expected, strict=True)) <= 6, "within one step of 255 of the ramp"


def test_a_layer_is_chosen_from_the_list_and_by_keys(lab, see):
    view = see(SMALL)
    view.locator(".kfx-inspect-title").click()
    lab.page.keyboard.type("sco")
    assert view.locator(".kfx-layer-row").count() == 1
    lab.page.keyboard.press("Enter")
    view.locator(".kfx-inspect-title", has_text="scores").wait_for()
    view.locator(".kfx-bars").first.wait_for()
    assert lab.execute("print(view.widget.selected)") == "scores\n"
    lab.page.keyboard.press("[")
    view.locator(".kfx-inspect-title", has_text="pool").wait_for()
    view.get_by_role("button", name="Layer ›").click()
    view.locator(".kfx-inspect-title", has_text="scores").wait_for()
    assert view.locator(".kfx-bar-value").first.is_visible()
    lab.page.keyboard.press("/")
    assert view.get_by_label("Find a layer").evaluate("e => e === document.activeElement")
    lab.page.keyboard.press("Escape")
    assert not view.locator(".kfx-layer-list").is_visible()


def test_an_example_is_chosen_and_its_prediction_is_kerass(lab, see):
    view = see(SMALL)
    view.get_by_role("button", name="The next example").click()
    view.get_by_label("Example, 1 to 5").fill("4")
    lab.page.keyboard.press("Enter")
    best = truth(lab, "(lambda p: ['abc'[p.argmax()], f'{p.max() * 100:.1f} %'])(cnn.predict(digits[3:4], verbose=0)[0])")
    first = view.locator(".kfx-prediction tr").first
    first.filter(has_text=best[1]).wait_for()
    assert best[0] in first.inner_text()
    assert lab.execute("print(view.widget.example)") == "3\n"


def test_the_kernel_leads_the_view(lab, see):
    view = see(SMALL)
    lab.execute("view.widget.selected = 'signed'; view.widget.channel = 2")
    wait_for_title(view, "Channel 2")
    assert "≤ −" in view.locator(".kfx-scale").first.inner_text() or view.locator(".kfx-scale").first.inner_text().startswith(
        "−"
    )


def test_silencing_a_channel_predicts_as_numpy_computes(lab, see):
    view = see("view = kfx.inspect(cnn, digits, layer='pool', channel=1, class_names=['a', 'b', 'c'])\nview")
    view.get_by_label("silence unit 1 and predict again").check()
    view.get_by_text("Prediction without unit 1").wait_for()
    expected = truth(
        lab,
        "(lambda h, w: (lambda s: (np.exp(s) / np.exp(s).sum()).tolist())((h * [1, 0, 1, 1]) @ w[0] + w[1]))"
        "(kfx.extract(cnn, digits[:1], 'pool')['pool'][0].astype('float64'), cnn.get_layer('scores').get_weights())",
    )
    for row in view.locator(".kfx-prediction tr").all():
        name, text = row.locator("td").nth(0).inner_text(), row.locator("td").nth(1).inner_text()
        assert text == f"{expected['abc'.index(name)] * 100:.1f} %"
    view.get_by_label("silence unit 1 and predict again").uncheck()
    before = truth(lab, "f'{cnn.predict(digits[:1], verbose=0).max() * 100:.1f} %'")
    view.locator(".kfx-prediction tr").first.filter(has_text=before).wait_for()
    assert view.get_by_text("Prediction without unit 1").count() == 0


def test_colours_by_channel_or_for_all(lab, see):
    view = see(SMALL)
    assert "one scale for all maps" in view.locator(".kfx-inspect-one").first.inner_text()
    view.get_by_role("button", name="own").click()
    assert "a scale of its own" in view.locator(".kfx-inspect-one").first.inner_text()
    assert lab.execute("print(view.widget.scale)") == "channel\n"
    brightest = view.locator(".kfx-zoomed").evaluate(
        "c => Math.max(...[...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((_, i) => i % 4 === 0))"
    )
    assert brightest == 0xFD, "its largest value has the last colour of the ramp"


def test_two_examples_side_by_side_share_a_scale_and_a_channel(see):
    view = see(SMALL)
    view.get_by_role("button", name="Compare").click()
    view.locator(".kfx-pane-b .kfx-figures dd").first.wait_for()
    scales = view.locator(".kfx-scale").all_inner_texts()
    assert len(scales) == 2
    assert scales[0] == scales[1]
    assert [c.get_attribute("data-channel") for c in view.locator(".kfx-map.sel").all()] == [chosen(view)] * 2
    target = view.locator(".kfx-map").nth(7).get_attribute("data-channel")
    view.locator(".kfx-map").nth(7).click()
    view.locator(".kfx-pane-b .kfx-inspect-label", has_text=f"Channel {target},").wait_for()
    view.get_by_label("Layer to compare with").select_option("signed")
    view.locator(".kfx-pane-b .kfx-label", has_text="all 4 channels").wait_for()


def test_statistics_of_all_examples(lab, see):
    view = see(SMALL)
    view.get_by_role("button", name="Statistics").click()
    view.get_by_text("All values of conv over 5 examples").wait_for()
    largest = truth(lab, "float(kfx.extract(cnn, digits, 'conv')['conv'].max())")
    said = view.locator(".kfx-inspect-statistics dt", has_text="largest").locator("+ dd").inner_text()
    assert float(said) == pytest.approx(largest, rel=0.01)


def test_a_sequence_is_strips_with_its_words(see):
    view = see("kfx.inspect(ticket, words.title, tokens=words.vocabulary)")
    assert view.locator(".kfx-strips .kfx-map").count() == 16
    view.get_by_role("button", name="Show 8 more").click()
    view.locator(".kfx-map").nth(23).wait_for()
    axis = view.locator(".kfx-strip-axis span").all_inner_texts()
    assert view.locator(".kfx-input-tokens").inner_text().split() == [word for word in axis if word]


def test_a_real_network_on_a_photograph(lab, see):
    view = see(
        "view = kfx.inspect(net, photos, layer='fire3_concat', example=1, images=pictures, class_names=imagenet_names())\nview"
    )
    assert view.locator(".kfx-input img").evaluate("e => e.complete && e.naturalWidth") == 227
    assert view.locator(".kfx-prediction tr").first.inner_text().startswith("Egyptian cat")
    assert view.locator(".kfx-map").count() == 30
    assert view.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_a_narrow_view_has_one_column(see):
    view = see(SMALL)
    view.evaluate("e => { e.style.width = '440px'; }")
    shown, grid, one = (view.locator(f".kfx-inspect-{part}").first.bounding_box() for part in ("shown", "grid", "one"))
    assert shown["y"] + shown["height"] <= grid["y"] + 1
    assert grid["y"] + grid["height"] <= one["y"] + 1
    assert view.evaluate("e => e.scrollWidth <= e.clientWidth"), "nothing to scroll sideways"


def test_signed_maps_change_their_middle_with_the_theme(lab, see):
    view = see("kfx.inspect(cnn, digits, layer='signed')")
    middle = (
        "e => { const c = e.querySelector('.kfx-swatch'); return [...c.getContext('2d').getImageData(127, 0, 1, 1).data]; }"
    )
    assert view.evaluate(middle) == [0xF4, 0xF4, 0xF2, 255]
    with lab.dark():
        assert view.evaluate(middle) == [0x2B, 0x30, 0x36, 255]


def test_nan_values_are_counted_and_marked(see):
    view = see("broken = digits.copy(); broken[0, 4, 4] = np.nan\nkfx.inspect(cnn, broken, layer='image')")
    assert "1 value not finite" in view.inner_text()
    assert view.locator(".kfx-odd", has_text="NaN").count() == 1


def test_exploring_links_graph_table_and_values(lab, see):
    view = see("view = kfx.explore(cnn, digits, class_names=['a', 'b', 'c'])\nview")
    view.locator(".kfx-explore-graph .kn", has_text="signed").first.click()
    view.locator(".kfx-explore-values .kfx-title", has_text="signed").wait_for()
    assert "kfx-sel" in view.locator("tr[data-key='signed']").get_attribute("class")
    view.locator("tr[data-key='pool']").click()
    view.locator(".kfx-explore-values .kfx-title", has_text="pool").wait_for()
    view.get_by_role("button", name="‹ Layer").click()
    view.locator(".kn.sel .nm", has_text="signed").wait_for()
    assert view.locator("tr[data-key='signed']").get_attribute("aria-selected") == "true"
    view.get_by_role("button", name="Zeros").click()
    share = truth(lab, "f\"{(kfx.extract(cnn, digits, 'conv')['conv'] == 0).mean() * 100:.1f} %\"")
    view.locator(".kfx-legend", has_text=f"{share} of the values are zero").wait_for()


WORDS = """
vocabulary = ["[PAD]", "the", "cat", "sat", "안녕", "세계"]
ids = np.array([[1, 2, 3, 4, 5, 0]])
tokens = keras.Input((6,), dtype="int32", name="tokens")
e = layers.Embedding(6, 8, name="embedding")(tokens)
scores = layers.Dot((2, 2), name="products")([e, layers.Dense(8)(e)])
weights = layers.Softmax(name="pattern")(scores * 40)
lm = keras.Model(tokens, layers.Dense(6, name="logits")(layers.Dot((2, 1), name="mix")([weights, e])), name="lm")
"""


def test_attention_has_words_on_both_axes_and_says_who_looks_at_whom(lab, see):
    view = see(WORDS + "kfx.inspect(lm, ids, tokens=vocabulary, layer='pattern')")
    words = ["the", "cat", "sat", "안녕", "세계", "[PAD]"]
    assert view.locator(".kfx-query").all_inner_texts() == words
    assert view.locator(".kfx-key").all_inner_texts() == words
    view.locator(".kfx-zoomed").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight"):
        lab.page.keyboard.press(key)
    weight = truth(lab, "float(kfx.extract(lm, ids, 'pattern')['pattern'][0, 1, 3])")
    assert view.locator(".kfx-readout").first.inner_text().startswith(f"cat (1) looks at 안녕 (3): {weight:.2f}")
    assert "units" not in view.locator(".kfx-inspect-grid").first.inner_text()


def test_next_tokens_are_the_softmax_of_kerass_logits(lab, see):
    view = see(WORDS + "kfx.inspect(lm, ids, tokens=vocabulary, layer='mix')")
    rows = view.locator(".kfx-positions tbody tr")
    best = truth(lab, "(lambda p: [[int(i.argmax()), float(i.max())] for i in p])"
                      "(keras.ops.softmax(lm.predict(ids, verbose=0)[0]).numpy())")  # fmt: skip
    words = ["[PAD]", "the", "cat", "sat", "안녕", "세계"]
    for (unit, share), row in zip(best, rows.all(), strict=True):
        assert row.locator("td").nth(1).inner_text() == f"{words[unit]} {share * 100:.1f} %"
    ids = view.locator(".kfx-input-tokens span").evaluate_all("spans => spans.map(span => span.dataset.id)")
    assert ids == ["1", "2", "3", "4", "5", "0"]


def test_a_volume_is_stepped_through_slice_by_slice(lab, see):
    view = see(
        "scan = keras.Input((5, 16, 16, 1), name='scan')\n"
        "volume = keras.Model(scan, layers.Conv3D(1, 3, padding='same', name='smooth')(scan))\n"
        "scans = np.linspace(0, 1, 2 * 5).reshape(2, 5, 1, 1, 1) * np.ones((1, 5, 16, 16, 1))\n"
        "kfx.inspect(volume, scans, example=1)"
    )
    first = view.locator(".kfx-shown-inputs .kfx-facets")
    assert "slice 1 of 5" in first.inner_text()
    grey = "e => { const c = document.createElement('canvas').getContext('2d'); c.drawImage(e, 0, 0);" + (
        " return c.getImageData(2, 2, 1, 1).data[0]; }"
    )
    shade = first.locator("img").evaluate(grey)
    first.locator("input").focus()
    lab.page.keyboard.press("End")
    first.get_by_text("slice 5 of 5").wait_for()
    lab.page.wait_for_function(
        "([e, before]) => e.complete && e.src !== before", arg=[first.locator("img").element_handle(), ""]
    )
    lab.page.wait_for_timeout(500)
    assert first.locator("img").evaluate(grey) == 255 > shade
    assert "slice 1 of 5 (axis 1)" in view.locator(".kfx-steppers").inner_text()


def test_a_series_is_lines_that_are_read_step_by_step(lab, see):
    view = see(
        "signal = keras.Input((40, 2), name='signal')\n"
        "filtered = keras.Model(signal, layers.Conv1D(2, 3, padding='same', name='filter')(signal))\n"
        "waves = np.random.RandomState(1).normal(size=(2, 40, 2)).astype('float32')\n"
        "kfx.inspect(filtered, waves)"
    )
    lines = view.locator(".kfx-shown-inputs .kfx-lines")
    assert lines.locator(".kfx-line").count() == 2
    assert view.locator(".kfx-shown-predictions .kfx-line-beneath").count() == 2
    lines.focus()
    for _ in range(3):
        lab.page.keyboard.press("ArrowRight")
    values = truth(lab, "waves[0, 3].tolist()")
    said = view.locator(".kfx-shown-inputs .kfx-lines-readout").inner_text()
    assert said.startswith("[step 3] = ")
    assert [float(x.replace("−", "-")) for x in said.split("= ")[1].split(", ")] == pytest.approx(values, rel=1e-4)


def test_augmentation_is_seen_in_training(lab, see):
    view = see(
        "picture = keras.Input((8, 8, 3), name='picture')\n"
        "flipped = layers.RandomFlip('horizontal', seed=4, name='flip')(picture)\n"
        "augmented = keras.Model(picture, layers.Dense(2)(layers.Flatten()(flipped)))\n"
        "pixels = np.random.RandomState(0).random((6, 8, 8, 3)).astype('float32')\n"
        "view = kfx.inspect(augmented, pixels, layer='flip', training=True)\nview"
    )
    assert view.locator(".kfx-shown-here img").is_visible()
    assert "Run as in training" in view.inner_text()
    found = truth(lab, "[int(np.array_equal(view.values.parts('flip', i)[0][1], pixels[i, :, ::-1])) for i in range(6)]")
    assert set(found) == {0, 1}, "each example has a draw of its own"


def test_nothing_scrolls_sideways_at_700_px(see):
    view = see(WORDS + "kfx.explore(lm, ids, tokens=vocabulary)")
    view.evaluate("e => { e.style.width = '560px'; }")  # a window of 700 px leaves as much
    assert view.evaluate("e => e.scrollWidth <= e.clientWidth")
    wider = "e => [...e.querySelectorAll('*')].filter(x => x.scrollWidth > x.clientWidth + 1)"
    scrolls = ".filter(x => ['auto', 'scroll'].includes(getComputedStyle(x).overflowX)).map(x => x.className)"
    assert view.evaluate(wider + scrolls) == []


def test_the_inspector_works_in_notebook_7(lab):
    write_notebook(lab.root / "seven.ipynb", SETUP, SMALL)
    page = lab.open("seven.ipynb", app="notebook")
    lab.run_all()
    view = lab.output(1).locator(".kfx-live")
    target = view.locator(".kfx-map").nth(3).get_attribute("data-channel")
    view.locator(".kfx-map").nth(3).click()
    wait_for_title(view, f"Channel {target}")
    page.keyboard.press("]")
    view.locator(".kfx-inspect-title", has_text="signed").wait_for()
    assert lab.said == []
    lab.name = ""


def test_a_saved_notebook_keeps_a_contact_sheet(lab, see):
    see(SMALL)
    book = lab.save()
    html = "".join(book["cells"][1]["outputs"][0]["data"]["text/html"])
    assert "Contact sheet of 30 channels of conv" in html
    assert len(html) < 200_000
    text = "".join(book["cells"][1]["outputs"][0]["data"]["text/plain"])
    assert text.startswith("cnn: example 1 of 5")
    lab.open("inspector.ipynb", kernel=None)
    picture = lab.output(1).locator("img[alt^='Contact sheet']")
    picture.wait_for()
    assert lab.faces(1) == ["static"]
    assert picture.evaluate("e => e.complete && e.naturalWidth") == 6 * 56 + 5 * 8
    lab.name = ""  # the next one starts anew


def test_after_a_restart_of_the_kernel_the_view_says_what_to_do(lab, see):
    live = see(SMALL)
    lab.page.evaluate("() => kfxPanel.sessionContext.session.kernel.restart()")
    lab.page.wait_for_function("() => kfxPanel.sessionContext.session.kernel.status === 'idle'")
    live.get_by_role("button", name="Layer ›").click()
    live.get_by_text("The kernel that computed this is gone: run the cell again.").first.wait_for()
    assert "waiting for the kernel" not in live.inner_text()
    lab.name = ""  # the next one starts anew
