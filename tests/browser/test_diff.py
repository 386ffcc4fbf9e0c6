"""The comparison in a real JupyterLab: two colours, folded runs, one graph or the other, table and graph linked."""

import pytest

PAIR = """
def pair():
    L = keras.layers
    def net(wide):
        x = start = keras.Input((16, 16, 3), name="img")
        for n in range(4):
            x = L.Conv2D(8, 3, padding="same", name=f"conv_{n}")(x)
        x = L.Conv2D(8, 5 if wide else 3, name="edge")(x)
        x = L.BatchNormalization(name="norm")(x) if wide else x
        x = L.GlobalAveragePooling2D(name="pool")(x)
        x = x if wide else L.Dropout(0.5, name="drop")(x)
        return keras.Model(start, L.Dense(2, name="<b>scores")(x), name="net")
    first, second = net(False), net(True)
    second.get_layer("conv_1").set_weights([2 * w for w in first.get_layer("conv_1").get_weights()])
    for name in ("conv_0", "conv_2", "conv_3", "<b>scores"):
        second.get_layer(name).set_weights(first.get_layer(name).get_weights())
    return first, second
view = kfx.diff(*pair())
view
"""


@pytest.fixture
def compared(show):
    return show(PAIR)


def box(view, name):
    return view.locator(".kn", has_text=name).first


def row(view, text):
    return view.locator(".kfx-diff-table tbody tr", has_text=text).first


def test_equal_layers_fold_and_differences_carry_a_sign(compared):
    names = compared.locator(".kn .nm").all_text_contents()
    assert set(names) == {"5 layers", "edge", "norm", "pool", "<b>scores", "drop"}
    signs = {b.locator(".nm").text_content(): b.locator(".ms").all_text_contents() for b in compared.locator(".kn").all()}
    assert signs["edge"] == ["~"]
    assert signs["norm"] == ["+"]
    assert signs["drop"] == ["−"]
    assert signs["5 layers"] == signs["pool"] == []
    assert "1 changed · 1 added · 1 removed" in compared.locator(".kfx-facts").inner_text()


def test_a_folded_run_opens(compared):
    box(compared, "5 layers").click()
    box(compared, "conv_2").wait_for()
    assert compared.locator(".kf .kgt").all_text_contents() == ["5 layers"]


def test_either_graph_is_shown_alone(lab, compared):
    compared.get_by_role("button", name="Only A", exact=True).click()
    compared.locator(".kn", has_text="norm").wait_for(state="detached")
    assert box(compared, "drop").is_visible()
    assert lab.execute("print(view.widget.shown)") == "a\n"
    compared.get_by_role("button", name="Only B", exact=True).click()
    compared.locator(".kn", has_text="drop").wait_for(state="detached")
    assert box(compared, "norm").is_visible()
    compared.get_by_role("button", name="Both", exact=True).click()
    box(compared, "drop").wait_for()
    assert compared.get_by_role("button", name="Both", exact=True).get_attribute("aria-pressed") == "true"


def test_a_click_in_the_table_selects_in_the_graph(lab, compared):
    row(compared, "kernel_size").click()
    assert compared.locator(".kn.sel .nm").text_content() == "edge"
    assert lab.execute("print(view.widget.selected)") == "edge\n"


def test_a_click_in_the_graph_selects_in_the_table(compared):
    box(compared, "norm").click()
    assert "added" in compared.locator("tr.kfx-sel").first.inner_text()


def test_the_table_is_walked_with_the_keyboard(lab, compared):
    row(compared, "kernel_size").focus()
    lab.page.keyboard.press("ArrowDown")
    lab.page.keyboard.press("ArrowDown")
    lab.page.keyboard.press("Enter")
    assert compared.locator(".kn.sel .nm").text_content() == "norm"


def test_weights_that_moved_have_bars(compared):
    assert "100.0 %" in row(compared, "conv_1").inner_text()
    assert row(compared, "conv_1").locator(".kfx-bar").count() == 1


def test_names_stay_text(lab, compared):
    assert compared.locator("b").count() == 0
    assert "<b>scores" in compared.inner_text()


def test_an_equal_pair_says_so(show):
    view = show("kfx.diff(nested, nested)")
    assert "no difference found" in view.locator(".kfx-facts").inner_text()
    assert view.locator(".kfx-empty").inner_text() == "No difference found."
